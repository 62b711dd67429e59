package import Domain

/// One thing that is wrong with a history.
package struct HistoryFinding: Hashable, Sendable {
    /// What is wrong; spelled as in the JSON output.
    package enum Kind: String, CaseIterable, Sendable {
        /// The row is not the one that was sealed: payload, metadata or place differ.
        case rowChanged = "row-changed"
        /// Two rows stand in each other's place.
        case rowsSwapped = "rows-swapped"
        /// The position was given to an event that is not there.
        case rowMissing = "row-missing"
        /// An event that has no position and does not wait for one.
        case rowInserted = "row-inserted"
        /// A second row under the number of an event that has a position.
        case rowDoubled = "row-doubled"
        /// The rows of `outbox_stamps` leave positions out, give them twice, or lie about the time.
        case stampAltered = "stamp-altered"
        /// A signed head has more positions than the database.
        case tailCut = "tail-cut"
        /// Rows between two signed heads are not those that were sealed, and the stored tree cannot say which.
        case stretchChanged = "stretch-changed"
        /// The rows are right, what is stored of the tree is not.
        case treeAltered = "tree-altered"
        /// A stream lacks a version, or its head row says another one.
        case versionGap = "version-gap"
        /// A head that names our key and is not signed by it.
        case headForged = "head-forged"
        /// A head that is signed by a key that was not given.
        case headOfAnotherKey = "head-of-another-key"
        /// A head that is smaller than one before it in the log: an old one, served again.
        case headOutOfOrder = "head-out-of-order"
        /// A head of another history: rows and later heads contradict it.
        case headForked = "head-forked"
        /// An entry of the log that is no head.
        case headUnreadable = "head-unreadable"
        /// The head that was verified last time is not in the log any more.
        case verifiedHeadGone = "verified-head-gone"
    }

    /// What is wrong.
    package var kind: Kind
    /// Whose history; nil where an entry of the log does not say.
    package var database: String?
    /// The shard; nil where it concerns none.
    package var shard: Shard?
    /// The first wrong position; nil where the fault has none.
    package var position: Int64?
    /// The last position that may be wrong, where it is a stretch.
    package var lastPosition: Int64?
    /// The event that stands there now, as far as there is one.
    package var event: EventTrace?
    /// In words, without data of the row.
    package var detail: String

    /// Takes what is known.
    package init(
        _ kind: Kind, in database: String?, shard: Shard? = nil, position: Int64? = nil, lastPosition: Int64? = nil,
        event: EventTrace? = nil, _ detail: String
    ) {
        self.kind = kind
        self.database = database
        self.shard = shard
        self.position = position
        self.lastPosition = lastPosition
        self.event = event
        self.detail = detail
    }

    /// First by shard, then by position; what has no position comes first.
    package static func isBefore(_ one: Self, _ other: Self) -> Bool {
        (one.shard?.number ?? -1, one.position ?? 0) < (other.shard?.number ?? -1, other.position ?? 0)
    }
}

/// What names an event that is there: ids only, never data.
package struct EventTrace: Hashable, Sendable {
    /// `event_number` of the row.
    package var number: Int64
    /// The event's own id; nil where no row has the number.
    package var eventID: EventID?
    /// Its stream.
    package var stream: String?
    /// The version that the stream had after it.
    package var streamVersion: Int64?

    /// Takes what is known.
    package init(number: Int64, eventID: EventID? = nil, stream: String? = nil, streamVersion: Int64? = nil) {
        self.number = number
        self.eventID = eventID
        self.stream = stream
        self.streamVersion = streamVersion
    }
}

/// Findings of one shard or database: the first ones are kept, all are counted.
package struct HistoryFindings: Sendable {
    /// How many are kept.
    package static let keptMax = 20

    /// The first of them, in the order in which they were added.
    package private(set) var kept: [HistoryFinding] = []
    /// All of them.
    package private(set) var count = 0

    /// None yet.
    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// Counts a finding, and keeps it if there is room.
    package mutating func add(_ finding: HistoryFinding) {
        count += 1
        if kept.count < Self.keptMax { kept.append(finding) }
    }

    /// Adds those of another list.
    package mutating func add(_ other: HistoryFindings) {
        count += other.count
        kept += other.kept.prefix(Self.keptMax - kept.count)
    }

    /// Puts those that are kept in order.
    package mutating func sort() { kept.sort(by: HistoryFinding.isBefore) }

    /// Replaces what is kept, one by one: to add what was looked up.
    package mutating func replaceKept(_ findings: [HistoryFinding]) { kept = findings }
}
