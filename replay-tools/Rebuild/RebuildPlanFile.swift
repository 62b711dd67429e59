import Crypto
import Foundation
import JSON

/// What `replay plan --output` wrote: a plan a model, one a line.
struct RebuildPlanFile: Sendable {
    /// At least one.
    let plans: [RebuildPlan]
    /// SHA-256 of the file's bytes in hexadecimal: names the plan in the history.
    let digest: String

    /// Puts plans into a file that is yet to be written.
    init(_ plans: [RebuildPlan]) {
        self.plans = plans
        digest = Self.digest(of: Self.bytes(of: plans))
    }

    /// Reads a file.
    ///
    /// - Throws: `UsageError`.
    init(_ path: String) throws(UsageError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UsageError("--plan \(path) cannot be read")
        }
        var plans: [RebuildPlan] = []
        for line in data.split(separator: UInt8(ascii: "\n")) {
            let value: JSONValue
            do { value = try parseJSON(Array(line)) } catch { throw UsageError("--plan \(path) is no plan: \(error)") }
            plans.append(try RebuildPlan(value))
        }
        if plans.isEmpty { throw UsageError("--plan \(path) holds no plan") }
        self.plans = plans
        digest = Self.digest(of: Array(data))
    }

    /// Finds out before anything is done whether a file can be written there.
    ///
    /// - Throws: `UsageError`.
    static func check(_ path: String) throws(UsageError) {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        guard FileManager.default.isWritableFile(atPath: folder), !exists || !isFolder.boolValue else {
            throw UsageError("--output \(path) cannot be written")
        }
    }

    /// Writes the file whole, or not at all.
    ///
    /// - Throws: `UsageError`.
    func write(_ path: String) throws(UsageError) {
        do {
            try Data(Self.bytes(of: plans)).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw UsageError("--output \(path) cannot be written")
        }
    }

    private static func bytes(of plans: [RebuildPlan]) -> [UInt8] { Array(plans.map(\.json).joined().utf8) }

    private static func digest(of bytes: [UInt8]) -> String {
        SHA256.hash(bytes).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
