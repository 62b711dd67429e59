import Configuration
import Crypto
import Domain
import EventStore
import JSON

/// What was verified last time, in a file.
///
/// Who can write the file can make a later `--since-last` skip what lies before it: keep it where the owner of the
/// databases cannot write, or verify everything from time to time. Its head must still be in the log.
struct VerifiedState: Sendable {
    static let format = "appointments-verified/1"
    private static let bytesMax = 4 << 20

    var trees: [SealedTree: VerifiedTree] = [:]
    var verifiedAt: Instant?

    /// Reads the file.
    ///
    /// - Throws: `SettingsError` where it is there and not such a file; one that is not there is an empty state.
    static func read(_ path: String) throws(SettingsError) -> VerifiedState {
        guard let bytes = try? FileBytes.read(path, bytesMax: bytesMax) else { return VerifiedState() }
        guard let json = try? parseJSON(bytes), json["format"]?.stringValue == format,
            let list = json["trees"]?.arrayValue
        else { throw SettingsError(lines: ["\(path) is no file of verified heads; delete it to verify everything"]) }
        var state = VerifiedState()
        state.verifiedAt = json["verifiedAt"]?.stringValue.flatMap { try? ParsedTime($0) }?.instant
        for entry in list {
            guard let tree = entry["origin"]?.stringValue.flatMap({ SealedTree(origin: $0) }),
                let size = entry["size"]?.intValue, let root = hash(entry["root"]),
                let parts = entry["parts"]?.arrayValue,
                let verified = VerifiedTree(size: size, root: root, parts: parts.compactMap(hash))
            else { throw SettingsError(lines: ["\(path): a tree in it is not whole; delete it to verify everything"]) }
            state.trees[tree] = verified
        }
        return state
    }

    /// Writes the file, whole or not at all.
    ///
    /// - Throws: `FileBytes.Fault`.
    func write(_ path: String) throws(FileBytes.Fault) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("format")
        writer.string(Self.format)
        writer.member("verifiedAt", verifiedAt)
        writer.key("trees")
        writer.beginArray()
        for (tree, verified) in trees.sorted(by: { $0.key < $1.key }) {
            writer.beginObject()
            writer.key("origin")
            writer.string(tree.origin)
            writer.key("size")
            writer.int(verified.size)
            writer.key("root")
            writer.string(Base64.encode(verified.root.bytes))
            writer.key("parts")
            writer.beginArray()
            for part in verified.parts { writer.string(Base64.encode(part.bytes)) }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        try FileBytes.write(writer.bytes + [UInt8(ascii: "\n")], to: path)
    }

    private static func hash(_ json: JSONValue) -> TreeHash? {
        json.stringValue.flatMap(Base64.decode).flatMap { TreeHash($0) }
    }

    private static func hash(_ json: JSONValue?) -> TreeHash? { json.flatMap { hash($0) } }
}
