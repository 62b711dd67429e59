extension Rule {
    private static let sourceKinds: Set<Substring> = ["swift", "sql", "c", "cpp", "h", "sh", "py", "tf"]

    static let fileLength = everyFile("a file has at most 500 lines", kinds: sourceKinds) { file in
        let count = file.lineCount
        return count <= 500
            ? [] : [file.fault(501, "\(count) lines; split the file by idea, at most 500 stay together.")]
    }

    static let lineLength = everyFile("a line has at most 120 characters", kinds: sourceKinds) { file in
        file.lines.enumerated().filter { $0.element.count > 120 }.map { index, line in
            file.fault(index + 1, "\(line.count) characters; break the line, at most 120 fit.")
        }
    }

    static let functionLength = everyFile("a function has at most 70 lines", kinds: ["swift"]) { file in
        functions(in: file.code).filter { $0.length > 70 }.map { start, length in
            file.fault(
                start + 1, "a function of \(length) lines; give its parts names of their own, at most 70 lines fit.")
        }
    }

    /// Where functions and initialisers start (counted from 0), and how many lines they have up to their closing brace.
    static func functions(in code: [Substring]) -> [(start: Int, length: Int)] {
        code.indices.compactMap { start in
            guard code[start].firstMatch(of: /(^|\s)(func\s+\S+|init[?]?|deinit)\s*[(<{]/) != nil else { return nil }
            var depth = 0
            var opened = false
            for index in start..<code.count {
                for letter in code[index].utf8 {
                    if letter == UInt8(ascii: "{") { (depth, opened) = (depth + 1, true) }
                    if letter == UInt8(ascii: "}") { depth -= 1 }
                    if opened, depth == 0 { return (start, index - start + 1) }
                    if depth < 0 { return nil }  // a requirement of a protocol, it has no body
                }
            }
            return nil
        }
    }
}
