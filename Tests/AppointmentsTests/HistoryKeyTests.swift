import Configuration
import Crypto
import Domain
import EventStore
import Foundation
import Testing

@testable import appointments

@Suite("Key of the sealed history")
struct HistoryKeyTests {
    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("history-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    private func environment(_ folder: String) -> [String: String] {
        ["HISTORY_KEY": "file:\(folder)/history.pem", "HISTORY_HEADS": "file:\(folder)/history/heads"]
    }

    private func makeKey(_ folder: String) async throws {
        var arguments: ArraySlice<String> = []
        #expect(try await MakeHistoryKey(&arguments).run(environment(folder)) == .success)
    }

    @Test("is made once, for its owner's eyes; what verifiers need lies beside the heads")
    func isMadeOnce() async throws {
        try await withFolder { folder in
            try await makeKey(folder)
            let pem = try String(contentsOfFile: "\(folder)/history.pem", encoding: .utf8)
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/history.pem")
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            try await makeKey(folder)
            #expect(try String(contentsOfFile: "\(folder)/history.pem", encoding: .utf8) == pem)
            let publicKey = try Ed25519PrivateKey(pem: pem).publicKey
            let shown = try String(contentsOfFile: "\(folder)/history/public.pem", encoding: .utf8)
            #expect(try Ed25519PublicKey(pem: shown).raw == publicKey.raw)
            let vkeys = try String(contentsOfFile: "\(folder)/history/verifiers.vkey", encoding: .utf8)
            let keys = try vkeys.split(separator: "\n").map { try NoteKey(vkey: String($0)) }
            #expect(keys.count == 3 * 7 + 1)
            #expect(keys.contains { $0.name == "appointments/booking/6" })
            let note = try HeadList(signedAt: .init(seconds: 0), heads: []).signed(by: Ed25519PrivateKey(pem: pem))
            #expect(throws: Never.self) { try note.text(signedBy: keys) }
        }
    }

    /// Settings with which the role `relay` must not start.
    struct Fault: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let changes: @Sendable (String) throws -> [String: String]
        let names: String
    }

    static let faults: [Fault] = [
        Fault(testDescription: "no key", changes: { _ in ["HISTORY_KEY": ""] }, names: "HISTORY_KEY is missing"),
        Fault(
            testDescription: "a key that is not there", changes: { ["HISTORY_KEY": "file:\($0)/none"] },
            names: "HISTORY_KEY: cannot read"),
        Fault(
            testDescription: "a public key for the private one",
            changes: { ["HISTORY_KEY": "file:\($0)/history/public.pem"] }, names: "HISTORY_KEY: "),
        Fault(testDescription: "no heads", changes: { _ in ["HISTORY_HEADS": ""] }, names: "HISTORY_HEADS is missing"),
        Fault(
            testDescription: "heads that are not there", changes: { ["HISTORY_HEADS": "file:\($0)/none"] },
            names: "HISTORY_HEADS: cannot open"),
        Fault(
            testDescription: "heads in a file", changes: { ["HISTORY_HEADS": "file:\($0)/history.pem"] },
            names: "HISTORY_HEADS: cannot open"),
    ]

    @Test("the role relay does not start without it, and says in one line why", arguments: faults)
    func stopsTheStart(_ fault: Fault) async throws {
        try await withFolder { folder in
            try await makeKey(folder)
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().path
            var values = environment(folder).merging(SettingsTests.complete) { $1 }
            values["COUNTRIES"] = "\(root)/countries.json"
            values.merge(try fault.changes(folder)) { $1 }
            let settings = try Settings.read(values)
            let process = try ProcessContext(settings)
            let error = try #require(throws: SettingsError.self) {
                _ = try RelayRole(settings, process, KafkaConnection(settings.kafka))
            }
            #expect(error.lines.count == 1)
            #expect(error.lines.first?.hasPrefix(fault.names) == true, "\(error.lines)")
        }
    }
}
