/// Strong entity tags: a resource's version in quotes, `"7"`.
enum EntityTag {
    /// The tag of a version.
    static func text(_ version: Int64) -> String { "\"\(version)\"" }

    /// Reads a list of entity tags; nil unless it is `*` or well formed by RFC 9110.
    static func list(_ header: String) -> TagList? {
        let bytes = Array(header.utf8)
        var tags: [Tag] = []
        var position = 0
        skipSpace(bytes, &position)
        if position < bytes.count, bytes[position] == UInt8(ascii: "*") {
            position += 1
            skipSpace(bytes, &position)
            return position == bytes.count ? .any : nil
        }
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: ",") {
                position += 1
            } else {
                guard let tag = tag(bytes, &position) else { return nil }
                tags.append(tag)
                skipSpace(bytes, &position)
                guard position == bytes.count || bytes[position] == UInt8(ascii: ",") else { return nil }
            }
            skipSpace(bytes, &position)
        }
        return tags.isEmpty ? nil : .tags(tags)
    }

    /// What `If-Match` and `If-None-Match` hold.
    enum TagList: Sendable, Equatable {
        case any
        case tags([Tag])
    }

    /// One entity tag.
    struct Tag: Sendable, Equatable {
        let isWeak: Bool
        /// The version that it stands for; nil for a tag that we never gave out.
        let version: Int64?
    }

    private static func tag(_ bytes: [UInt8], _ position: inout Int) -> Tag? {
        let isWeak = bytes[position...].starts(with: "W/".utf8)
        if isWeak { position += 2 }
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return nil }
        position += 1
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        let content = bytes[position..<end]
        guard content.allSatisfy({ $0 == 0x21 || $0 >= 0x23 && $0 != 0x7F }) else { return nil }
        position = end + 1
        let text = String(decoding: content, as: UTF8.self)
        let version = Int64(text).flatMap { $0 >= 0 && String($0) == text ? $0 : nil }
        return Tag(isWeak: isWeak, version: version)
    }

    private static func skipSpace(_ bytes: [UInt8], _ position: inout Int) {
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
    }
}
