import JSON
import Testing

@Suite("JSON round trips")
struct RoundTripTests {
    /// A small generator with a seed, so that a failure can be repeated.
    struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    static func randomString(_ random: inout SplitMix) -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\r", "\t", "\u{0}", "\u{1F}", "\u{7F}", "é", "€", "😀",
            "\u{301}", "\u{2028}",
        ]
        let length = Int.random(in: 0...20, using: &random)
        var text = String.UnicodeScalarView()
        for _ in 0..<length { text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)]) }
        return String(text)
    }

    static func randomValue(_ random: inout SplitMix, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .int(Int64(bitPattern: random.next()) >> Int64.random(in: 0...63, using: &random))
        case 3:
            let value = Double(bitPattern: random.next())
            return value.isFinite ? .double(value) : .double(0.1)
        case 4, 5: return .string(randomString(&random))
        case 6:
            let count = Int.random(in: 0...6, using: &random)
            return .array((0..<count).map { _ in randomValue(&random, depth: depth - 1) })
        default:
            let count = Int.random(in: 0...20, using: &random)
            return .object(
                (0..<count).map { JSONMember("\($0)\(randomString(&random))", randomValue(&random, depth: depth - 1)) })
        }
    }

    /// Equal by bytes: `==` on strings would take two spellings of an accent for the same.
    @Test(arguments: 0..<20)
    func `what is written is read back byte for byte`(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        for _ in 0..<100 {
            let value = Self.randomValue(&random, depth: 5)
            let text = value.serialized()
            let read = try parseJSON(text)
            #expect(read == value)
            #expect(read.serialized() == text)
        }
    }

    /// A text with one byte changed must be refused or mean something; either way nothing may trap.
    @Test(arguments: 0..<10)
    func `a damaged text never harms`(seed: Int) {
        var random = SplitMix(state: UInt64(1_000 + seed))
        for _ in 0..<300 {
            var text = Self.randomValue(&random, depth: 4).serialized()
            let victim = Int.random(in: 0..<text.count, using: &random)
            text[victim] = UInt8(truncatingIfNeeded: random.next())
            guard let read = try? parseJSON(text) else { continue }
            #expect((try? parseJSON(read.serialized())) == read)
        }
    }
}
