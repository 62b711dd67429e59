import Crypto
import Testing

@Suite("Base64url, randomness, comparison")
struct EncodingTests {
    /// RFC 4648 section 10, in the URL alphabet.
    static let vectors: [(String, String)] = [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test func encodesTheStandardsVectors() {
        for (plain, text) in Self.vectors {
            #expect(Base64URL.encode(Array(plain.utf8)) == text)
            #expect(Base64URL.decode(text) == Array(plain.utf8))
        }
        #expect(Base64URL.encode([0xFB, 0xFF, 0xBF]) == "-_-_")
    }

    @Test func roundTripsEveryLength() throws {
        for count in 0..<200 {
            let bytes = try SecureRandom.bytes(count)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
    }

    @Test(arguments: ["Z", "Zg==", "Zh", "Zm9", "Zm9v+w", "Zm9v/w", "Zm 9", "Zm\n", "Zé", "A\u{0}A"])
    func refusesWhatIsNotCanonical(_ text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test func randomBytesDiffer() throws {
        #expect(try SecureRandom.bytes(0).isEmpty)
        #expect(try SecureRandom.bytes(32) != SecureRandom.bytes(32))
        #expect(throws: CryptoError.self) { try SecureRandom.bytes(-1) }
    }

    @Test func comparesContents() {
        #expect(constantTimeEquals([], []))
        #expect(constantTimeEquals([1, 2], [1, 2]))
        #expect(!constantTimeEquals([1, 2], [1, 3]))
        #expect(!constantTimeEquals([1, 2], [1, 2, 3]))
    }
}
