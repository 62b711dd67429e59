import Crypto
import Testing

@Suite("SHA-256 and HMAC")
struct HashTests {
    struct Vector: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var message: [UInt8]
        var hex: String
    }

    /// FIPS 180-4 examples.
    static let vectors = [
        Vector(
            testDescription: "empty", message: [],
            hex: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        Vector(
            testDescription: "abc", message: Array("abc".utf8),
            hex: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        Vector(
            testDescription: "two blocks",
            message: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
            hex: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        Vector(
            testDescription: "a million a", message: [UInt8](repeating: 0x61, count: 1_000_000),
            hex: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ]

    @Test(arguments: vectors)
    func hashesAtOnceAndInPieces(_ vector: Vector) {
        #expect(hex(SHA256.hash(vector.message)) == vector.hex)
        var hasher = SHA256Hasher()
        for round in 1...2 {  // the second round proves that `finish` started over
            for piece in stride(from: 0, to: vector.message.count, by: 1_000) {
                hasher.update(Array(vector.message[piece..<min(piece + 1_000, vector.message.count)]))
            }
            #expect(hex(hasher.finish()) == vector.hex, "round \(round)")
        }
    }

    @Test func hasherWritesIntoLentMemory() {
        var hasher = SHA256Hasher()
        hasher.update(Array("abc".utf8))
        var memory = [UInt8](repeating: 0xAA, count: 40)
        memory.withUnsafeMutableBytes { hasher.finish(into: $0) }
        #expect(Array(memory[..<32]) == SHA256.hash(Array("abc".utf8)))
        #expect(memory[32...].allSatisfy { $0 == 0xAA })
    }

    /// RFC 4231 test cases 1, 2 and 6, and the empty key.
    static let codes: [(name: String, key: [UInt8], message: [UInt8], hex: String)] = [
        (
            "short key", [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "text key", Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            "key longer than a block", [UInt8](repeating: 0xAA, count: 131),
            Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        ("nothing at all", [], [], "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ]

    @Test func codesMatchTheStandard() {
        for example in Self.codes {
            let code = HMACSHA256.code(example.message, key: example.key)
            #expect(hex(code) == example.hex, "\(example.name)")
            #expect(HMACSHA256.isValid(code, for: example.message, key: example.key))
            #expect(!HMACSHA256.isValid(Array(code.dropLast()), for: example.message, key: example.key))
            #expect(!HMACSHA256.isValid(code, for: example.message + [0], key: example.key))
        }
    }
}

/// Lower-case hexadecimal, as the standards print their vectors.
func hex(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }.joined()
}
