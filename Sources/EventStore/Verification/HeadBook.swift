package import Crypto
package import Domain

/// The signed heads of a log, believed or complained about: what a history is verified against.
package struct HeadBook: Sendable {
    /// Heads that our key signed, by tree, in the order of sizes; each size once, unless two heads contradict each
    /// other.
    package private(set) var heads: [SealedTree: [SignedSize]] = [:]
    /// What is wrong with entries of the log, in its order.
    package private(set) var findings = HistoryFindings()
    /// Notes that were read, lists too.
    package private(set) var noteCount = 0
    /// Records that a crash or a full disk had cut.
    package private(set) var tornCount = 0
    /// When the newest list of all heads was signed, by the signer's clock; nil: there is none.
    package private(set) var newestListAt: Instant?

    private let publicKey: Ed25519PublicKey
    private let trees: Set<SealedTree>?
    private var latest: [SealedTree: Checkpoint] = [:]
    private var accepted: [String: SignedNote] = [:]

    /// An empty book.
    ///
    /// - Parameters:
    ///   - publicKey: Who is believed.
    ///   - trees: Whose heads are kept; nil: all.
    package init(publicKey: Ed25519PublicKey, trees: Set<SealedTree>? = nil) {
        self.publicKey = publicKey
        self.trees = trees
    }

    /// Reads a whole log.
    ///
    /// - Throws: `HeadLogError`; a note that is not believed is a finding, not an error.
    package static func read(
        _ log: some HeadLog, publicKey: Ed25519PublicKey, trees: Set<SealedTree>? = nil
    ) async throws -> HeadBook {
        let reader = BookReader(HeadBook(publicKey: publicKey, trees: trees))
        let torn = try await log.read { record in reader.add(record) }
        var book = reader.take()
        book.tornCount = torn
        return book
    }

    /// Takes the next note of the log.
    package mutating func add(_ record: HeadRecord) {
        noteCount += 1
        // Each file begins with the heads that were the latest: the same note again says nothing new.
        if accepted[record.note.origin] == record.note { return }
        do {
            if record.note.origin == HeadList.origin {
                try addList(record)
            } else if let tree = SealedTree(origin: record.note.origin) {
                if let trees, !trees.contains(tree) { return }
                add(try Checkpoint(record.note, signedBy: publicKey), of: tree, record.place)
            } else {
                return complain(.headUnreadable, record, "names no tree of this system")
            }
            accepted[record.note.origin] = record.note
        } catch {
            complain(error, record)
        }
    }

    /// The last position that a head of a tree covers; 0: none.
    package func sealedSize(_ tree: SealedTree) -> Int64 { heads[tree]?.last?.size ?? 0 }

    private mutating func addList(_ record: HeadRecord) throws(NoteError) {
        let list = try HeadList(record.note, signedBy: publicKey)
        newestListAt = max(newestListAt ?? list.signedAt, list.signedAt)
        for head in list.heads {
            guard let tree = SealedTree(origin: head.origin), trees?.contains(tree) ?? true else { continue }
            add(head, of: tree, record.place)
        }
    }

    private mutating func add(_ head: Checkpoint, of tree: SealedTree, _ place: String) {
        if let known = latest[tree] {
            if head == known { return }
            if head.size < known.size {
                findings.add(
                    HistoryFinding(
                        .headOutOfOrder, in: tree.database, shard: tree.shard, position: head.size,
                        "\(place): a head of \(head.size) positions comes after one of \(known.size): an old head was "
                            + "served again"))
                // It may still be a true one: what it says is judged like every other.
                return insert(SignedSize(size: head.size, root: head.root, place: place), into: tree)
            }
            if head.size == known.size {
                findings.add(
                    HistoryFinding(
                        .headForked, in: tree.database, shard: tree.shard, position: head.size,
                        "\(place): two heads of \(head.size) positions have different roots"))
            }
        }
        latest[tree] = head
        heads[tree, default: []].append(SignedSize(size: head.size, root: head.root, place: place))
    }

    /// Puts a head where it belongs by size, unless it is there.
    private mutating func insert(_ head: SignedSize, into tree: SealedTree) {
        var known = heads[tree, default: []]
        if known.contains(where: { $0.size == head.size && $0.root == head.root }) { return }
        known.insert(head, at: known.firstIndex { $0.size > head.size } ?? known.endIndex)
        heads[tree] = known
    }

    private mutating func complain(_ error: NoteError, _ record: HeadRecord) {
        switch error {
        case .wrongSignature: complain(.headForged, record, "names our key, but is not signed by it")
        case .notSigned: complain(.headOfAnotherKey, record, "is signed by another key than the one given")
        default: complain(.headUnreadable, record, "cannot be read: \(error)")
        }
    }

    private mutating func complain(_ kind: HistoryFinding.Kind, _ record: HeadRecord, _ detail: String) {
        let tree = SealedTree(origin: record.note.origin)
        let size = (try? Checkpoint(text: record.note.text))?.size
        findings.add(
            HistoryFinding(
                kind, in: tree?.database, shard: tree?.shard, position: size,
                "\(record.place): the head '\(record.note.origin)' \(detail)"))
    }
}

/// Collects notes from the log's queue; one call at a time.
private final class BookReader: @unchecked Sendable {
    private var book: HeadBook

    init(_ book: HeadBook) { self.book = book }

    func add(_ record: HeadRecord) { book.add(record) }

    func take() -> HeadBook { book }
}
