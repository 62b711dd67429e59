import Crypto
import Domain
import EventStore
import Testing

@Suite("Signed notes and heads, as existing verifiers read them (G8)")
struct SignedNoteTests {
    /// The note and the key of golang.org/x/mod/sumdb/note's documentation.
    static let goKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    static let goNote = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=

        """

    @Test("a note that Go signed verifies with the key that Go printed, and with nothing changed")
    func verifiesForeignNote() throws {
        let key = try NoteKey(vkey: Self.goKey)
        #expect(key.vkey == Self.goKey)
        let note = try SignedNote(parsing: Self.goNote.utf8)
        #expect(try note.text(signedBy: [key]).hasPrefix("If you think"))
        #expect(note.encoded == Self.goNote)
        let changed = try SignedNote(parsing: Self.goNote.replacing("answer", with: "reason").utf8)
        #expect(throws: NoteError.wrongSignature) { try changed.text(signedBy: [key]) }
        #expect(throws: NoteError.notSigned) { try note.text(signedBy: []) }
        let own = try NoteSigner(name: "PeterNeumann", privateKey: Ed25519PrivateKey())
        #expect(throws: NoteError.notSigned) { try note.text(signedBy: [own.key]) }
    }

    /// Bytes that are no signed note.
    struct Malformed: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let note: String
    }

    static let malformed: [Malformed] = [
        Malformed(testDescription: "nothing", note: ""),
        Malformed(testDescription: "no signature", note: "text\n\n"),
        Malformed(testDescription: "no empty line", note: "text\n— a AAAAAAA=\n"),
        Malformed(testDescription: "no line feed at the end", note: "text\n\n— a AAAAAAA="),
        Malformed(testDescription: "hyphens for the dash", note: "text\n\n-- a AAAAAAA=\n"),
        Malformed(testDescription: "base64 that is none", note: "text\n\n— a A?AAAAA=\n"),
        Malformed(testDescription: "base64 of another spelling", note: "text\n\n— a AAAAAAB=\n"),
        Malformed(testDescription: "a signature without bytes", note: "text\n\n— a AAAAAA==\n"),
        Malformed(testDescription: "a control character", note: "te\u{7}xt\n\n— a AAAAAAA=\n"),
        Malformed(testDescription: "a name with a plus", note: "text\n\n— a+b AAAAAAA=\n"),
        Malformed(
            testDescription: "too many signatures", note: "text\n\n" + String(repeating: "— a AAAAAAA=\n", count: 101)),
    ]

    @Test("what is no note is refused", arguments: malformed)
    func refusesMalformed(_ example: Malformed) {
        #expect(throws: NoteError.badNote) { try SignedNote(parsing: example.note.utf8) }
    }

    @Test("bytes that are not UTF-8 are refused")
    func refusesForeignBytes() {
        #expect(throws: NoteError.badNote) { try SignedNote(parsing: [0x74, 0xFF, 0x0A, 0x0A]) }
    }

    @Test("a key's text is refused where its id is another key's, its type another, or its name has spaces")
    func refusesKeys() throws {
        #expect(throws: NoteError.badKey) { try NoteKey(vkey: Self.goKey.replacing("c74f20a3", with: "c74f20a4")) }
        #expect(throws: NoteError.badKey) { try NoteKey(vkey: "PeterNeumann+c74f20a3+AhpcAAAA") }
        #expect(throws: NoteError.badName) { try NoteSigner(name: "two words", privateKey: Ed25519PrivateKey()) }
    }

    @Test("a head is three lines, signed under its origin, and comes back as it was")
    func headsComeBack() throws {
        let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32))
        let head = Checkpoint(origin: "appointments/booking/0", size: 1_204, root: TreeHasher.emptyRoot)
        let note = try head.signed(by: key)
        #expect(
            note.text == "appointments/booking/0\n1204\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
        #expect(try Checkpoint(SignedNote(parsing: note.encoded.utf8), signedBy: key.publicKey) == head)
        #expect(note.encoded.contains("\n\n— appointments/booking/0 "))
        let other = try Ed25519PrivateKey()
        #expect(throws: NoteError.notSigned) { try Checkpoint(note, signedBy: other.publicKey) }
        let renamed = try SignedNote(parsing: note.encoded.replacing("/0", with: "/1").utf8)
        #expect(throws: NoteError.notSigned) { try Checkpoint(renamed, signedBy: key.publicKey) }
    }

    /// A text that is no checkpoint.
    @Test(
        "a text that is no head is refused",
        arguments: [
            "", "origin\n", "origin\n5\n", "origin\n05\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
            "origin\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "origin\n5\n47DEQpj8HBSa\n",
            "origin\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        ])
    func refusesHeads(_ text: String) {
        #expect(throws: NoteError.badHead) { try Checkpoint(text: text) }
    }

    @Test("a list of heads names each tree once, in order, with the moment")
    func listsHeads() throws {
        let key = try Ed25519PrivateKey()
        let heads = [3, 1, 2].map {
            Checkpoint(origin: "appointments/patient/\($0)", size: Int64($0), root: TreeHasher.emptyRoot)
        }
        let list = HeadList(signedAt: Instant(seconds: 1_790_000_000), heads: heads)
        let note = try list.signed(by: key)
        #expect(note.text.hasPrefix("appointments/heads\ntime 2026-09-21T14:13:20Z\nappointments/patient/1 1 47DEQ"))
        #expect(try HeadList(SignedNote(parsing: note.encoded.utf8), signedBy: key.publicKey) == list)
        #expect(throws: NoteError.badHead) { try HeadList(text: note.text.replacing("time ", with: "at ")) }
        #expect(throws: NoteError.badHead) { try HeadList(text: note.text.replacing(" 2 ", with: " 02 ")) }
    }

    @Test("origins name trees, and nothing else does")
    func originsNameTrees() {
        for shard in Shard.sealed {
            let tree = SealedTree(database: "booking", shard: shard)
            #expect(SealedTree(origin: tree.origin) == tree)
        }
        for origin in ["appointments/heads", "appointments/booking/9", "appointments/booking/00", "x/booking/0", ""] {
            #expect(SealedTree(origin: origin) == nil)
        }
    }
}
