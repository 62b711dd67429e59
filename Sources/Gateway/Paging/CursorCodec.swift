import Crypto

/// Turns a service's place in a list into an opaque cursor and back.
///
/// A cursor is base64url of an HMAC and the place; the HMAC covers what the list was asked for and by whom, so a cursor
/// that was changed, or that belongs to another list, question or caller, is refused.
struct CursorCodec: Sendable {
    /// Half of the HMAC: 128 bits that nobody guesses, and cursors stay short.
    private static let codeByteCount = 16
    private let key: [UInt8]

    /// - Parameter key: The same in every process of the role; at least 16 bytes.
    init(key: [UInt8]) {
        self.key = key
    }

    /// The cursor of `place` in the list that `scope` names.
    func encode(_ place: [UInt8], scope: String) -> String {
        Base64URL.encode(code(place, scope) + place)
    }

    /// The place that a cursor stands for.
    ///
    /// - Throws: 400 where it was not given out for this list.
    func decode(_ cursor: String, scope: String) throws(Problem) -> [UInt8] {
        guard let bytes = Base64URL.decode(cursor), bytes.count >= Self.codeByteCount else { throw Self.invalid }
        let place = Array(bytes.dropFirst(Self.codeByteCount))
        let sent = Array(bytes.prefix(Self.codeByteCount))
        guard constantTimeEquals(sent, code(place, scope)) else { throw Self.invalid }
        return place
    }

    private func code(_ place: [UInt8], _ scope: String) -> [UInt8] {
        // The hash's length is fixed, so that scope and place cannot run into each other.
        let scopeHash = SHA256.hash(Array(scope.utf8))
        return Array(HMACSHA256.code(scopeHash + place, key: key).prefix(Self.codeByteCount))
    }

    private static let invalid = Problem(
        .invalidCursor, "Use nextCursor as it was given, with the same token and the same parameters.")
}
