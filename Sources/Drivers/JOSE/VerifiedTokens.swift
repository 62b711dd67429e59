import Synchronization

/// Remembers what was verified, as a signature costs a hundred times more than looking it up.
///
/// Bounded by two generations a shard: when the young one is full it becomes the old one, and the old one is dropped;
/// what is used moves to the young one. Only verified tokens get in, so nobody can fill it with rubbish.
final class VerifiedTokens: Sendable {
    private struct Shard {
        var young: [TokenKey: JWTClaims] = [:]
        var old: [TokenKey: JWTClaims] = [:]
    }

    private final class LockedShard: Sendable {
        let content = Mutex(Shard())
    }

    private static let shardCount = 16

    private let shards = (0..<shardCount).map { _ in LockedShard() }
    private let youngMax: Int

    /// - Parameter countMax: About how many tokens are kept, at least 32.
    init(countMax: Int) { youngMax = max(1, countMax / Self.shardCount / 2) }

    func claims(of token: String) -> JWTClaims? {
        let key = TokenKey(token)
        return shard(key).content.withLock { shard in
            if let claims = shard.young[key] { return claims }
            guard let claims = shard.old.removeValue(forKey: key) else { return nil }
            insert(claims, key, into: &shard)
            return claims
        }
    }

    func remember(_ claims: JWTClaims, of token: String) {
        let key = TokenKey(token)
        shard(key).content.withLock { insert(claims, key, into: &$0) }
    }

    func forget(_ token: String) {
        let key = TokenKey(token)
        shard(key).content.withLock { shard in
            shard.young[key] = nil
            shard.old[key] = nil
        }
    }

    var count: Int { shards.reduce(0) { $0 + $1.content.withLock { $0.young.count + $0.old.count } } }

    private func insert(_ claims: JWTClaims, _ key: TokenKey, into shard: inout Shard) {
        if shard.young.count >= youngMax {
            shard.old = shard.young
            shard.young = [:]
        }
        shard.young[key] = claims
    }

    private func shard(_ key: TokenKey) -> LockedShard { shards[Int(key.tail % UInt64(Self.shardCount))] }
}

/// A whole token, compared in full but hashed only by its end: that is signature, and as good as random.
private struct TokenKey: Hashable {
    let token: String
    let tail: UInt64

    init(_ token: String) {
        self.token = token
        var token = token
        tail = token.withUTF8 { bytes in
            bytes.suffix(12).reduce(0) { tail, byte in tail &* 61 &+ UInt64(byte) }
        }
    }

    static func == (left: TokenKey, right: TokenKey) -> Bool {
        left.tail == right.tail && left.token == right.token
    }

    func hash(into hasher: inout Hasher) { hasher.combine(tail) }
}
