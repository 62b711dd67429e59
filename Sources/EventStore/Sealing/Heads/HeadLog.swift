package import Domain

/// Where signed heads are kept outside the databases: notes are added, none is ever changed or taken away.
///
/// Several processes may share one. What a log answers is not to be believed before its signature was checked. The file
/// log is one implementation; a bucket with object lock has the same shape: a conditional put a note.
package protocol HeadLog: Sendable {
    /// The latest note of every tree's origin, those of other processes too; lists are not among them.
    ///
    /// - Throws: `HeadLogError`.
    func latest() async throws -> [String: SignedNote]

    /// The latest list of all heads; nil: there is none.
    ///
    /// - Throws: `HeadLogError`.
    func latestList() async throws -> SignedNote?

    /// Adds heads that are newer than those that the log has, and then the list of all; when it returns, they are
    /// durable.
    ///
    /// - Parameters:
    ///   - heads: Signed checkpoints. One whose tree has as many leaves in the log already, or more, is left out:
    ///     another process was faster.
    ///   - list: Makes the note that lists all heads, from the latest ones with the new ones among them; no other
    ///     process adds anything meanwhile. Not called where no head is new.
    /// - Returns: The latest notes with what was added among them, even if somebody has taken that away already.
    /// - Throws: `HeadLogError`, also where it is not known whether all were added; adding them again does no harm.
    func append(
        _ heads: [SignedNote], list: @Sendable ([String: SignedNote]) throws -> SignedNote
    ) async throws -> [String: SignedNote]

    /// Reads every note from the first on, lists too, in the order in which they were added.
    ///
    /// A note may come again: each file begins with the heads that were the latest.
    ///
    /// - Parameter each: Gets one note at a time.
    /// - Returns: How many records were passed over because a crash or a full disk had cut them.
    /// - Throws: What `each` throws; `HeadLogError`.
    @discardableResult
    func read(_ each: @escaping @Sendable (HeadRecord) throws -> Void) async throws -> Int
}

/// A note with the place where the log has it.
package struct HeadRecord: Hashable, Sendable {
    /// The note, not yet believed.
    package let note: SignedNote
    /// When it was added, by the clock of whoever added it; nobody has signed that.
    package let addedAt: Instant
    /// For people: a file's name and the byte at which the record begins there.
    package let place: String

    /// Joins the three.
    package init(note: SignedNote, addedAt: Instant, place: String) {
        self.note = note
        self.addedAt = addedAt
        self.place = place
    }
}

/// Why heads could not be read or added.
package enum HeadLogError: Error, Hashable, Sendable {
    /// The system refused an operation on a path, with this `errno`.
    case refused(operation: String, path: String, code: Int32)
    /// Another process has kept the log to itself for longer than anybody may.
    case busy(path: String)
    /// A note that the log cannot keep: its text is no head.
    case notAHead
}
