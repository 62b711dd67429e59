import Domain
import Testing

@Suite("Identifiers")
struct IdentifierTests {
    @Test("the canonical form is read in either case and written in lower case")
    func canonicalForm() throws {
        let id = try #require(BookingID("0192F3A4-B5C6-7D8E-9F01-23456789ABCD"))
        #expect(id.description == "0192f3a4-b5c6-7d8e-9f01-23456789abcd")
        #expect(id.high == 0x0192_f3a4_b5c6_7d8e && id.low == 0x9f01_2345_6789_abcd)
        #expect(id.bytes.first == 0x01 && id.bytes.last == 0xcd && id.bytes.count == 16)
        #expect(BookingID(utf8: id.utf8) == id)
    }

    @Test(
        "every other form is refused",
        arguments: [
            "", "0192f3a4b5c67d8e9f0123456789abcd", "{0192f3a4-b5c6-7d8e-9f01-23456789abcd}",
            "0192f3a4-b5c6-7d8e-9f01-23456789abc", "0192f3a4-b5c6-7d8e-9f01-23456789abcde",
            "0192f3a4-b5c67-d8e-9f01-23456789abcd", "0192f3a4-b5c6-7d8e-9f01-23456789abcg",
            "0192f3a4-b5c6-7d8e-9f01-2345678\u{661}abcd",
        ])
    func refusedForms(_ text: String) {
        #expect(BookingID(text) == nil)
    }

    @Test("random identifiers survive writing and reading, and are ordered as their bytes are")
    func roundTrip() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            let one = EventID(high: generator.next(), low: generator.next())
            let other = EventID(high: generator.next(), low: generator.next())
            #expect(EventID(one.description) == one)
            #expect((one < other) == one.bytes.lexicographicallyPrecedes(other.bytes))
        }
    }

    @Test("a country code is two lower-case letters", arguments: ["", "f", "fra", "FR", "f1", "é"])
    func countryCodes(_ text: String) {
        #expect(CountryCode(text) == nil)
        #expect(CountryCode("fr")?.text == "fr")
    }
}

@Suite("Kafka's default partitioner")
struct KafkaPartitionerTests {
    @Test(
        "murmur2 gives the values of Kafka's own tests",
        arguments: [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971), ("abc", 479_470_107),
        ] as [(String, Int32)])
    func murmur2(_ key: String, _ hash: Int32) {
        #expect(KafkaPartitioner.murmur2([UInt8](key.utf8)) == hash)
        #expect(KafkaPartitioner.partition(key: [UInt8](key.utf8), count: 6) == (hash & 0x7fff_ffff) % 6)
    }

    @Test("practitioners are spread over all six partitions, and each stays where it is")
    func spread() {
        var generator = SeededGenerator(seed: 2)
        var counts = [Int](repeating: 0, count: 6)
        for _ in 0..<6_000 {
            let id = PractitionerID(high: generator.next(), low: generator.next())
            let partition = KafkaPartitioner.partition(of: id)
            #expect(partition == KafkaPartitioner.partition(key: [UInt8](id.description.utf8), count: 6))
            counts[Int(partition)] += 1
        }
        #expect(counts.allSatisfy { (850...1_150).contains($0) }, "\(counts)")
    }
}
