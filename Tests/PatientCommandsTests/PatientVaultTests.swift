import Domain
import Observability
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import PatientCommands

@Suite("The patient vault: what is personal is readable through it alone")
struct PatientVaultTests {
    static let one = PatientID(high: 0x0123_4567_89ab_7000, low: 0x8000_0000_0000_0001)
    static let two = PatientID(high: 0x0123_4567_89ab_7000, low: 0x8000_0000_0000_0002)

    /// Two patients, one of them changed once, so that every kind of row exists.
    private func withPatients(_ suite: String, _ body: (Clinic) async throws -> Void) async throws {
        try await Clinic.with(suite) { clinic in
            var other = Somebody.data
            other.givenName = "Ysolde"
            _ = await clinic.run(.register(Self.one, Somebody.data), key: "one")
            _ = await clinic.run(.register(Self.two, other), key: "two")
            var patch = PatientPatch()
            patch.language = "en"
            _ = await clinic.run(.update(Self.one, patch))
            try await body(clinic)
        }
    }

    @Test("no byte sequence of a name, address, number or date is in any table of the database")
    func nothingInTheClear() async throws {
        try await withPatients("vault_clear") { clinic in
            let tables = try await clinic.owner.query(
                SQLStatement(
                    name: "tables",
                    text: "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'r'"
                        + " AND c.relnamespace = 'public'::regnamespace"))
            for table in (0..<tables.count).map({ tables.text($0, 0) }) {
                for trace in Somebody.traces {
                    #expect(try await Self.rows(of: table, with: trace, clinic) == 0, "\(table)")
                }
            }
            #expect(
                try await Self.rows(of: "events_default", with: "givenName", clinic) == 2, "the search itself works")
            #expect(await clinic.run(.register(Self.one, Somebody.data), key: "one").hasSuffix("v1 Zéphyrine"))
        }
    }

    /// Rows of a table whose text has a trace, or its bytes in the hexadecimal spelling of `bytea`.
    private static func rows(of table: String, with trace: String, _ clinic: Clinic) async throws -> Int64 {
        let hexadecimal = trace.utf8.map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
        let found = try await clinic.owner.query(
            SQLStatement(
                name: "search_\(table)",
                text: "SELECT count(*) FROM \(table) AS t"
                    + " WHERE position($1 in t::text) > 0 OR position($2 in t::text) > 0"),
            [.text(trace), .text(hexadecimal)])
        return found.int(0, 0)
    }

    /// What an intruder with write access can do to rows, and it must not open.
    static let tamperings: [(String, String)] = [
        ("a changed byte of the content", "SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)"),
        ("a changed byte of the key", "SET wrapped_key = set_byte(wrapped_key, 20, get_byte(wrapped_key, 20) # 1)"),
        ("a cut-off content", "SET sealed = substring(sealed for 20)"),
        (
            "another patient's content",
            "SET sealed = o.sealed FROM patient_vault o WHERE o.patient_id <> v.patient_id"
        ),
        (
            "another patient's content and key",
            "SET sealed = o.sealed, wrapped_key = o.wrapped_key"
                + " FROM patient_vault o WHERE o.patient_id <> v.patient_id"
        ),
    ]

    @Test(arguments: tamperings.map(\.0))
    func tampering(_ name: String) async throws {
        let change = try #require(Self.tamperings.first { $0.0 == name }).1
        try await withPatients("vault_tamper") { clinic in
            let joint = change.contains("WHERE") ? "AND" : "WHERE"
            try await clinic.run("UPDATE patient_vault v \(change) \(joint) v.patient_id = '\(Self.one)'")
            await #expect(throws: VaultError.notAuthentic) { try await clinic.queries.patient(Self.one, in: .fr) }
            #expect(await clinic.run(.update(Self.one, PatientPatch())) == "unavailable patient-vault")
            #expect(try await clinic.queries.patient(Self.two, in: .fr)?.personal.givenName == "Ysolde")
        }
    }

    @Test("an old content that is put back under the new version does not open")
    func rollback() async throws {
        try await withPatients("vault_rollback") { clinic in
            try await clinic.run("CREATE TABLE kept AS SELECT * FROM patient_vault")
            var patch = PatientPatch()
            patch.language = "de"
            _ = await clinic.run(.update(Self.one, patch))
            try await clinic.run(
                "UPDATE patient_vault v SET sealed = k.sealed FROM kept k WHERE k.patient_id = v.patient_id")
            await #expect(throws: VaultError.notAuthentic) { try await clinic.queries.patient(Self.one, in: .fr) }
        }
    }

    @Test("a stored answer that is moved under another request's key does not open")
    func movedAnswer() async throws {
        try await withPatients("vault_answer") { clinic in
            try await clinic.run(
                "UPDATE idempotency i SET body = o.body FROM idempotency o WHERE i.key = 'two' AND o.key = 'one'")
            #expect(await clinic.run(.register(Self.two, Somebody.data), key: "two") == "unavailable patient-vault")
            #expect(await clinic.run(.register(Self.one, Somebody.data), key: "one").hasSuffix("Zéphyrine"))
        }
    }

    @Test(
        "a wrong master key opens nothing, says so, and logs nothing personal; the old one beside a new one opens all")
    func masterKeys() async throws {
        try await withPatients("vault_master") { clinic in
            let lines = Mutex<[UInt8]>([])
            let log = Log(minimum: .debug, format: .json, clock: { 0 }) { line in lines.withLock { $0 += line } }
            let new = [UInt8](repeating: 8, count: 32)
            let wrong = clinic.reopened(with: try FileMasterKey(contents: new), seed: 3, log: log)
            await #expect(throws: VaultError.unknownMasterKey) { try await wrong.queries.patient(Self.one, in: .fr) }
            #expect(await wrong.run(.update(Self.one, PatientPatch())) == "unavailable patient-vault")
            let written = lines.withLock { String(decoding: $0, as: UTF8.self) }
            #expect(written.contains("patient-vault"))
            for trace in Somebody.traces { #expect(!written.contains(trace)) }

            let both = try FileMasterKey(contents: Array("\(Self.base64(8))\n\(Self.base64(7))\n".utf8))
            let rotated = clinic.reopened(with: both, seed: 4)
            #expect(try await rotated.queries.patient(Self.one, in: .fr)?.personal.language == "en")
            #expect(await rotated.run(.register(nil, Somebody.data), key: "new").hasPrefix("registered"))
            #expect(try await clinic.int("SELECT count(DISTINCT master_key_id) FROM patient_vault") == 2)
        }
    }

    @Test("destroying a patient's key makes patient and stored answers unreadable, and others stay")
    func destroyedKey() async throws {
        try await withPatients("vault_erased") { clinic in
            try await clinic.run("UPDATE patient_vault SET wrapped_key = NULL WHERE patient_id = '\(Self.one)'")
            #expect(try await clinic.queries.patient(Self.one, in: .fr) == nil)
            #expect(await clinic.run(.update(Self.one, PatientPatch())) == "refused unknownPatient")
            #expect(await clinic.run(.register(Self.one, Somebody.data), key: "one") == "refused unknownPatient")
            #expect(await clinic.run(.register(Self.one, Somebody.data), key: "again") == "refused patientExists")
            #expect(await clinic.run(.register(Self.two, Somebody.data), key: "two").hasSuffix("Ysolde"))
        }
    }

    /// What a key file may hold, and what not.
    static let files: [(String, [UInt8], Bool)] = [
        ("32 raw bytes", [UInt8](repeating: 10, count: 32), true),
        ("Base64 with a line feed", Array("\(base64(7))\n".utf8), true),
        ("Base64 without padding", Array(base64(7).replacing("=", with: "").utf8), true),
        ("an empty file", [], false),
        ("31 bytes", [UInt8](repeating: 1, count: 31), false),
        ("Base64 of 16 bytes", Array("AAECAwQFBgcICQoLDA0ODw==".utf8), false),
        ("a key and a line of something else", Array("\(base64(7))\nhello\n".utf8), false),
    ]

    @Test(arguments: files.map(\.0))
    func keyFile(_ name: String) throws {
        let (_, contents, isKey) = try #require(Self.files.first { $0.0 == name })
        if isKey {
            #expect(try FileMasterKey(contents: contents).id.hasPrefix("file:"))
        } else {
            #expect(throws: VaultError.invalidMasterKey) { try FileMasterKey(contents: contents) }
        }
    }

    /// 32 times the same byte, 6...9, in standard Base64.
    private static func base64(_ byte: Int) -> String {
        ["BgYG", "BwcH", "CAgI", "CQkJ"][byte - 6].repeated(10) + ["BgY=", "Bwc=", "CAg=", "CQk="][byte - 6]
    }
}

extension String {
    fileprivate func repeated(_ count: Int) -> String { String(repeating: self, count: count) }
}
