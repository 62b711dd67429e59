/// One text file: where it is, what it says, and for Swift what it says apart from comments and strings.
struct SourceFile: Sendable {
    /// Below the root, with `/`: `Sources/Domain/Time/Instant.swift`.
    let path: String
    let lines: [Substring]
    /// The same lines with comments and the contents of strings blanked; only for Swift, else as `lines`.
    let code: [Substring]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        code =
            path.hasSuffix(".swift")
            ? SwiftCode.blanked(text).split(separator: "\n", omittingEmptySubsequences: false) : lines
    }

    /// Its last path component: `Instant.swift`.
    var name: Substring { path.split(separator: "/").last ?? "" }

    /// `name` without what follows the first dot.
    var stem: Substring { name.prefix { $0 != "." } }

    /// `swift`, `sql`; empty for a file without one.
    var kind: Substring {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count > 1 ? parts[parts.count - 1] : ""
    }

    /// Lines without the empty one that ends every file.
    var lineCount: Int { lines.last?.isEmpty == true ? lines.count - 1 : lines.count }

    /// A fault in this file; `line` counts from 1.
    func fault(_ line: Int, _ sentence: String) -> Fault { Fault(place: "\(path):\(line)", sentence: sentence) }
}

/// Something untidy: where it is, and a sentence that says what to do about it.
struct Fault: Equatable, CustomStringConvertible {
    let place: String
    let sentence: String

    var description: String { "\(place): \(sentence)" }
}
