/// The content types that the API speaks.
enum MediaType {
    static let json = "application/json"
    static let mergePatch = "application/merge-patch+json"
    static let problem = "application/problem+json"

    /// Whether a `Content-Type` header names one of `accepted`, in any case, with no parameter but `charset=utf-8`.
    static func matches(_ header: String, _ accepted: [String]) -> Bool {
        let parts = header.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
        guard let type = parts.first?.lowercased(), accepted.contains(type) else { return false }
        return parts.dropFirst().allSatisfy { parameter in
            let lower = parameter.lowercased()
            return lower.isEmpty || lower == "charset=utf-8" || lower == "charset=\"utf-8\""
        }
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
