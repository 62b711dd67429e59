/// Kafka's default partitioner: where the Java client puts a record with a key.
package enum KafkaPartitioner {
    /// The partition of a record.
    ///
    /// - Parameters:
    ///   - key: The record's key; ours is a practitioner's id as lower-case UUID text.
    ///   - count: Partitions of the topic, at least 1.
    /// - Returns: 0..<`count`.
    package static func partition(key: [UInt8], count: Int32) -> Int32 {
        precondition(count >= 1, "a topic has at least one partition")
        return (murmur2(key) & Int32.max) % count
    }

    /// The partition of a practitioner's records in each of our topics.
    package static func partition(of practitioner: PractitionerID) -> Int32 {
        partition(key: practitioner.utf8, count: Topic.partitionsPerTopic)
    }

    /// MurmurHash2, 32 bits, little-endian, with Kafka's seed.
    package static func murmur2(_ key: [UInt8]) -> Int32 {
        let multiplier: UInt32 = 0x5bd1_e995
        var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: key.count)
        var position = 0
        while position + 4 <= key.count {
            var word =
                UInt32(key[position]) | UInt32(key[position + 1]) << 8 | UInt32(key[position + 2]) << 16
                | UInt32(key[position + 3]) << 24
            word &*= multiplier
            word ^= word >> 24
            word &*= multiplier
            hash = (hash &* multiplier) ^ word
            position += 4
        }
        let tail = key.count - position
        if tail >= 3 { hash ^= UInt32(key[position + 2]) << 16 }
        if tail >= 2 { hash ^= UInt32(key[position + 1]) << 8 }
        if tail >= 1 {
            hash ^= UInt32(key[position])
            hash &*= multiplier
        }
        hash ^= hash >> 13
        hash &*= multiplier
        hash ^= hash >> 15
        return Int32(bitPattern: hash)
    }
}
