import Crypto
import Testing

@Suite("AES-256-GCM")
struct EncryptionTests {
    static let key = [UInt8](repeating: 7, count: AES256GCM.keyByteCount)

    @Test(arguments: [0, 1, 15, 16, 17, 4_096, 100_000])
    func opensWhatItSealed(_ count: Int) throws {
        let plain = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let sealed = try AES256GCM.seal(plain, key: Self.key, additionalData: Array("patient/1".utf8))
        #expect(sealed.count == count + AES256GCM.nonceByteCount + AES256GCM.tagByteCount)
        #expect(try AES256GCM.open(sealed, key: Self.key, additionalData: Array("patient/1".utf8)) == plain)
    }

    @Test func neverSealsTheSameWayTwice() throws {
        let plain = Array("same".utf8)
        #expect(try AES256GCM.seal(plain, key: Self.key) != AES256GCM.seal(plain, key: Self.key))
    }

    @Test func refusesEveryChangedBit() throws {
        let sealed = try AES256GCM.seal(Array("content".utf8), key: Self.key, additionalData: [1])
        for bit in 0..<(sealed.count * 8) {
            var changed = sealed
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: CryptoError.notAuthentic) {
                try AES256GCM.open(changed, key: Self.key, additionalData: [1])
            }
        }
    }

    @Test func refusesEveryShorterLength() throws {
        let sealed = try AES256GCM.seal(Array("content".utf8), key: Self.key)
        for count in 0..<sealed.count {
            #expect(throws: CryptoError.notAuthentic) { try AES256GCM.open(Array(sealed[..<count]), key: Self.key) }
        }
    }

    @Test func bindsKeyAndAdditionalData() throws {
        let sealed = try AES256GCM.seal([1, 2, 3], key: Self.key, additionalData: Array("a".utf8))
        let other = [UInt8](repeating: 8, count: 32)
        #expect(throws: CryptoError.notAuthentic) {
            try AES256GCM.open(sealed, key: other, additionalData: Array("a".utf8))
        }
        #expect(throws: CryptoError.notAuthentic) {
            try AES256GCM.open(sealed, key: Self.key, additionalData: Array("b".utf8))
        }
        #expect(throws: CryptoError.notAuthentic) { try AES256GCM.open(sealed, key: Self.key) }
    }

    @Test(arguments: [0, 16, 31, 33])
    func refusesKeysOfOtherLengths(_ count: Int) {
        let key = [UInt8](repeating: 1, count: count)
        #expect(throws: CryptoError.invalidKey) { try AES256GCM.seal([1], key: key) }
        #expect(throws: CryptoError.invalidKey) { try AES256GCM.open([UInt8](repeating: 0, count: 40), key: key) }
    }
}
