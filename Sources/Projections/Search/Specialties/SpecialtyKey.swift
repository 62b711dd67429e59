extension Specialty {
    /// What profiles and queries are compared by: the code of a known specialty, whatever it was called, else the text
    /// itself without regard to case.
    package static func key(_ text: String) -> String {
        let trimmed = text.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
        return codesByName[SearchWords.phrase(trimmed)] ?? trimmed
    }

    /// The code that a phrase means, folded as `SearchWords.phrase` does; nil for one that means none.
    static func code(folded phrase: String) -> String? { codesByName[phrase] }

    private static let codesByName: [String: String] = {
        var codes: [String: String] = [:]
        for specialty in all {
            codes[SearchWords.phrase(specialty.code)] = specialty.code
            for name in specialty.names.values.joined() { codes[SearchWords.phrase(name)] = specialty.code }
        }
        return codes
    }()
}
