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

    /// Some heads of a very long log are not kept: those that are left are spread evenly, the newest are all there.
    package private(set) var isThinned = false

    /// Heads of one tree that are kept, and those of them that are never thinned out.
    private static let keptMax = 65_536
    private static let newestMax = 4_096
    private static let pendingMax = 1_000

    private let publicKey: Ed25519PublicKey
    private let trees: Set<SealedTree>?
    private let floors: [SealedTree: Int64]
    private var latest: [SealedTree: Checkpoint] = [:]
    private var accepted: [String: SignedNote] = [:]
    /// Heads that wait for the list that was signed with them: its one signature speaks for all.
    private var pending: [Pending] = []

    private struct Pending {
        let record: HeadRecord
        let tree: SealedTree
        let head: Checkpoint
    }

    /// An empty book.
    ///
    /// - Parameters:
    ///   - publicKey: Who is believed.
    ///   - trees: Whose heads are kept; nil: all.
    ///   - floors: Smaller heads of a tree than this are not looked at: they were verified before.
    package init(
        publicKey: Ed25519PublicKey, trees: Set<SealedTree>? = nil, floors: [SealedTree: Int64] = [:]
    ) {
        self.publicKey = publicKey
        self.trees = trees
        self.floors = floors
    }

    /// Reads a whole log.
    ///
    /// - Throws: `HeadLogError`; a note that is not believed is a finding, not an error.
    package static func read(
        _ log: some HeadLog, publicKey: Ed25519PublicKey, trees: Set<SealedTree>? = nil,
        floors: [SealedTree: Int64] = [:]
    ) async throws -> HeadBook {
        let reader = BookReader(HeadBook(publicKey: publicKey, trees: trees, floors: floors))
        let torn = try await log.read { record in reader.add(record) }
        var book = reader.take()
        book.checkPending(beside: nil)
        book.tornCount = torn
        return book
    }

    /// Takes the next note of the log.
    fileprivate mutating func take(_ record: HeadRecord) {
        noteCount += 1
        // Each file begins with the heads that were the latest: the same note again says nothing new.
        if accepted[record.note.origin] == record.note { return }
        if record.note.origin == HeadList.origin { return addList(record) }
        guard let tree = SealedTree(origin: record.note.origin) else {
            return complain(.headUnreadable, record, "names no tree of this system")
        }
        if let trees, !trees.contains(tree) { return }
        do {
            let head = try Checkpoint(text: record.note.text)
            if isBelow(head, of: tree) { return }
            pending.append(Pending(record: record, tree: tree, head: head))
            if pending.count >= Self.pendingMax { checkPending(beside: nil) }
        } catch {
            complain(error, record)
        }
    }

    /// The last position that a head of a tree covers; 0: none.
    package func sealedSize(_ tree: SealedTree) -> Int64 { heads[tree]?.last?.size ?? 0 }

    private mutating func addList(_ record: HeadRecord) {
        do {
            let text = try HeadList(text: record.note.text)
            let isNew = text.heads.contains { head in
                SealedTree(origin: head.origin).map { isKept($0) && !isBelow(head, of: $0) } ?? false
            }
            if !isNew && pending.isEmpty { return }
            let list = try HeadList(record.note, signedBy: publicKey)
            newestListAt = max(newestListAt ?? list.signedAt, list.signedAt)
            checkPending(beside: list)
            for head in list.heads {
                guard let tree = SealedTree(origin: head.origin), isKept(tree), !isBelow(head, of: tree) else {
                    continue
                }
                add(head, of: tree, record.place)
            }
            accepted[HeadList.origin] = record.note
        } catch {
            checkPending(beside: nil)
            complain(error, record)
        }
    }

    /// Believes the heads that wait: by the list that has them, or each by its own signature.
    private mutating func checkPending(beside list: HeadList?) {
        for waiting in pending {
            if list?.heads.contains(waiting.head) != true {
                do { _ = try Checkpoint(waiting.record.note, signedBy: publicKey) } catch {
                    complain(error, waiting.record)
                    continue
                }
            }
            add(waiting.head, of: waiting.tree, waiting.record.place)
            accepted[waiting.record.note.origin] = waiting.record.note
        }
        pending = []
    }

    private func isKept(_ tree: SealedTree) -> Bool { trees?.contains(tree) ?? true }

    /// Verified before; but behind that head in the log a smaller one is an old one again.
    private func isBelow(_ head: Checkpoint, of tree: SealedTree) -> Bool {
        latest[tree] == nil && head.size < floors[tree] ?? 0
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
        if heads[tree, default: []].count > Self.keptMax { thinOut(tree) }
    }

    /// Forgets every second head but the newest: memory stays bounded, however long the log is.
    private mutating func thinOut(_ tree: SealedTree) {
        let known = heads[tree] ?? []
        let newest = known.count - Self.newestMax
        heads[tree] = known.indices.filter { $0 >= newest || $0 % 2 == 0 }.map { known[$0] }
        isThinned = true
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

    func add(_ record: HeadRecord) { book.take(record) }

    func take() -> HeadBook { book }
}
