/// Which of the Merkle trees: there is one a shard of a database.
package struct SealedTree: Hashable, Comparable, Sendable {
    /// What every origin begins with.
    package static let originPrefix = "appointments/"

    /// `booking`, `practitioner`, `patient`: lower-case letters, digits and `-`, as it stands in every sealed row.
    package let database: String
    /// The shard.
    package let shard: Shard

    /// Names a tree.
    package init(database: String, shard: Shard) {
        self.database = database
        self.shard = shard
    }

    /// Reads an origin; nil where it names no tree of ours.
    package init?(origin: String) {
        guard origin.hasPrefix(Self.originPrefix) else { return nil }
        let parts = origin.dropFirst(Self.originPrefix.count).split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.allSatisfy(Self.isPartOfName),
            let shard = Shard.sealed.first(where: { "\($0.number)" == parts[1] })
        else { return nil }
        self.init(database: String(parts[0]), shard: shard)
    }

    /// What its heads are called: `appointments/<database>/<shard>`.
    package var origin: String { "\(Self.originPrefix)\(database)/\(shard.number)" }

    package static func < (one: Self, other: Self) -> Bool {
        (one.database, one.shard) < (other.database, other.shard)
    }

    private static func isPartOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
