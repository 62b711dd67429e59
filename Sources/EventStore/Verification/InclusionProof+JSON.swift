import Crypto
import JSON

extension InclusionProof {
    /// The first member of every file.
    package static let format = "appointments-inclusion-proof/1"
    /// Bytes of a file, at most.
    package static let bytesMax = 4 << 20

    /// The proof as one line of JSON with a line feed; see docs/history.md.
    package var encoded: [UInt8] {
        var writer = JSONWriter(capacity: 4_096)
        writer.beginObject()
        writer.key("format")
        writer.string(Self.format)
        SealedRowJSON.write(row, &writer)
        writer.key("leafHash")
        writer.string(Base64.encode(leaf.bytes))
        writer.key("path")
        writer.beginArray()
        for hash in path { writer.string(Base64.encode(hash.bytes)) }
        writer.endArray()
        writer.key("head")
        writer.string(head.encoded)
        writer.key("list")
        if let list { writer.string(list.encoded) } else { writer.null() }
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// Reads a proof; believes nothing yet.
    ///
    /// A file that says the same in other bytes is refused: what a reader sees in it must be what is checked.
    ///
    /// - Throws: `ProofFault`.
    package init(reading bytes: [UInt8]) throws(ProofFault) {
        guard bytes.count <= Self.bytesMax else { throw .malformed("it is too long") }
        let json: JSONValue
        do { json = try parseJSON(bytes) } catch { throw .malformed("not JSON") }
        guard json["format"]?.stringValue == Self.format else { throw .malformed("format is not \(Self.format)") }
        let row = try SealedRowJSON.read(json)
        guard let hashes = json["path"]?.arrayValue else { throw .malformed("path") }
        var path: [TreeHash] = []
        for hash in hashes {
            guard let hash = hash.stringValue.flatMap(Base64.decode).flatMap({ TreeHash($0) }) else {
                throw .malformed("path")
            }
            path.append(hash)
        }
        let head = try Self.note(json["head"], "head", ProofFault.head)
        let list = json["list"]?.isNull == true ? nil : try Self.note(json["list"], "list", ProofFault.list)
        self.init(row: row, path: path, head: head, list: list)
        let shown = json["leafHash"]?.stringValue
        guard shown == Base64.encode(leaf.bytes) else { throw .otherLeaf }
        guard encoded == bytes else { throw .malformed("its bytes are not spelled as they should be") }
    }

    private static func note(
        _ json: JSONValue?, _ name: String, _ fault: (NoteError) -> ProofFault
    ) throws(ProofFault) -> SignedNote {
        guard let text = json?.stringValue else { throw .malformed(name) }
        do { return try SignedNote(parsing: Array(text.utf8)) } catch { throw fault(error) }
    }
}
