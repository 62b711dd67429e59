import Foundation

extension Rule {
    static let importsGoOneWay = everyFile("imports go one way", kinds: ["swift"]) { file in
        guard let room = House.room(of: file.path) else { return [] }
        return imports(of: file).flatMap { line, module in
            if House.modules.contains(module), !room.mayImport.contains(module) {
                return [file.fault(line, "`import \(module)` is not for \(room.folder): \(room.reason).")]
            }
            if module == "Foundation", room.folder == "Sources/Domain" {
                return [file.fault(line, "`import Foundation`: the domain does without; write the few lines it needs.")]
            }
            return []
        }
    }

    /// What the file imports, with the line's number from 1.
    static func imports(of file: SourceFile) -> [(line: Int, module: String)] {
        file.code.enumerated().compactMap { index, line in
            // `@testable import A`, `package import A`, `import struct A.B`
            guard let match = line.firstMatch(of: /^\s*(@\w+\s+)*([a-z]+\s+)?import\s+([a-z]+\s+)?(\w+)/)
            else { return nil }
            return (index + 1, String(match.output.4))
        }
    }

    static let manifestAgrees = Rule("Package.swift allows no more than the rules") { repository in
        guard let manifest = repository.file("Package.swift") else { return [] }
        do {
            return try Manifest(describing: repository.root).targets.flatMap { faults(of: $0, in: manifest) }
        } catch {
            return [manifest.fault(1, "cannot be read: \(error)")]
        }
    }

    /// Dependencies of one target that its folder's rule does not allow.
    static func faults(of target: Manifest.Target, in manifest: SourceFile) -> [Fault] {
        guard let path = target.path, let room = House.room(of: path) else { return [] }
        return target.dependencies.filter { House.modules.contains($0) && !room.mayImport.contains($0) }.map {
            manifest.fault(1, "target \(target.name) may not depend on \($0): \(room.reason).")
        }
    }
}

/// Package.swift as SwiftPM reads it.
struct Manifest {
    struct Target {
        let name: String
        let path: String?
        let dependencies: [String]
    }

    let targets: [Target]

    /// Asks `swift package dump-package`, in a scratch folder of its own because the build holds the usual one.
    init(describing root: URL) throws {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("tidy-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "swift", "package", "--package-path", root.path, "--scratch-path", scratch.path, "dump-package",
        ]
        var environment = ProcessInfo.processInfo.environment
        environment["BUILD_ONLY"] = nil  // the whole house, also when the tests were built alone
        process.environment = environment
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try self.init(json: data)
    }

    /// Reads what `dump-package` prints.
    init(json: Data) throws {
        let dump = try JSONDecoder().decode(Dump.self, from: json)
        targets = dump.targets.map { target in
            Target(
                name: target.name, path: target.path,
                dependencies: target.dependencies.compactMap { $0.byName?.compactMap(\.self).first })
        }
    }

    private struct Dump: Decodable {
        let targets: [DumpedTarget]
    }

    private struct DumpedTarget: Decodable {
        let name: String
        let path: String?
        let dependencies: [DumpedDependency]
    }

    private struct DumpedDependency: Decodable {
        let byName: [String?]?
    }
}
