import CRhonabwy

/// One parsed JSON value of jansson, released when its owner goes away.
struct JSONDocument: ~Copyable {
    let root: UnsafeMutablePointer<json_t>

    /// Parses strictly (no duplicate names, nothing after the value, at most 2,048 levels); nil if it is not JSON.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, let root = crhonabwy_parse_strictly(start, bytes.count) else { return nil }
        self.root = root
    }

    /// The same of an array.
    init?(_ bytes: [UInt8]) {
        guard let root = crhonabwy_parse_strictly(bytes, bytes.count) else { return nil }
        self.root = root
    }

    deinit { crhonabwy_release(root) }
}
