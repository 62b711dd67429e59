import Foundation

/// The folder of specifications, and the checker that tries their models.
enum ModelChecker {
    /// The checkout that these tests were built from.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let folder = root.appendingPathComponent("docs/spec")

    /// Whether TLC is here; it comes from outside of the repository.
    static let isPresent =
        FileManager.default.isExecutableFile(atPath: root.appendingPathComponent("../shared/engines/tlc").path)
        && (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/java")
        }

    /// Every configuration that is checked each time, by its path below the root.
    static let configurations = ["docs/spec", "docs/spec/broken"].flatMap { folder in
        names(in: folder).filter { $0.hasSuffix(".cfg") }.map { "\(folder)/\($0)" }
    }

    static func names(in folder: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
        return (names ?? []).sorted()
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// Runs `scripts/model-check` on one configuration.
    ///
    /// - Returns: Its exit status, and what it printed: the counter-example of a surprise is in it.
    static func check(_ configuration: String) async throws -> (status: Int32, output: String) {
        let log = FileManager.default.temporaryDirectory.appendingPathComponent("spec-\(UUID().uuidString).log")
        defer { try? FileManager.default.removeItem(at: log) }
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let process = Process()
        process.executableURL = root.appendingPathComponent("scripts/model-check")
        process.arguments = [configuration]
        let file = try FileHandle(forWritingTo: log)
        process.standardOutput = file
        process.standardError = file
        process.standardInput = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return (status, try String(contentsOf: log, encoding: .utf8))
    }
}
