/// Tells Swift code from comments and strings, as far as tidiness needs it.
enum SwiftCode {
    /// The text with comments and the contents of strings replaced by spaces; line breaks and code stay where they are.
    static func blanked(_ text: String) -> String {
        var scanner = Scanner(Array(text.unicodeScalars))
        scanner.code(until: nil)
        return String(String.UnicodeScalarView(scanner.output))
    }

    private struct Scanner {
        let input: [Unicode.Scalar]
        var output: [Unicode.Scalar]
        var position = 0

        init(_ input: [Unicode.Scalar]) {
            self.input = input
            output = input
        }

        func sees(_ text: String, at offset: Int = 0) -> Bool {
            var index = position + offset
            for scalar in text.unicodeScalars {
                guard index < input.count, input[index] == scalar else { return false }
                index += 1
            }
            return true
        }

        mutating func blank(_ count: Int = 1) {
            for index in position..<min(position + count, input.count) where input[index] != "\n" {
                output[index] = " "
            }
            position += count
        }

        /// Walks over code to its end, or to the bracket that closes an interpolation.
        mutating func code(until closing: Unicode.Scalar?) {
            var depth = 0
            while position < input.count {
                if sees("//") {
                    while position < input.count, input[position] != "\n" { blank() }
                } else if sees("/*") {
                    while position < input.count, !sees("*/") { blank() }
                    blank(2)
                } else if let hashes = stringStart() {
                    string(hashes: hashes)
                } else if startsRegex() {
                    blank()
                    while position < input.count, input[position] != "/" { blank(input[position] == "\\" ? 2 : 1) }
                    blank()
                } else {
                    if input[position] == "(" { depth += 1 }
                    if input[position] == ")" { depth -= 1 }
                    if depth < 0, closing != nil { return }
                    position += 1
                }
            }
        }

        /// The number of `#` before a quotation mark that stands here, nil where no string starts.
        private func stringStart() -> Int? {
            var hashes = 0
            while sees("#", at: hashes) { hashes += 1 }
            return sees("\"", at: hashes) ? hashes : nil
        }

        private mutating func string(hashes: Int) {
            let fence = String(repeating: "#", count: hashes)
            let isLong = sees("\"\"\"", at: hashes)
            let end = (isLong ? "\"\"\"" : "\"") + fence
            position += hashes + (isLong ? 3 : 1)
            while position < input.count, !sees(end) {
                if sees("\\" + fence + "(") {
                    blank(2 + hashes)
                    code(until: ")")
                    blank()
                } else if sees("\\" + fence) {
                    blank(2 + hashes)
                } else if !isLong, input[position] == "\n" {
                    return  // not a string after all; the compiler will say so
                } else {
                    blank()
                }
            }
            position += end.unicodeScalars.count
        }

        /// A `/` after an opening bracket, comma, colon or equals sign, closed on the same line.
        private func startsRegex() -> Bool {
            guard input[position] == "/", position + 1 < input.count, input[position + 1] != " " else { return false }
            var before = position - 1
            while before >= 0, input[before] == " " { before -= 1 }
            guard before >= 0, "(,:=".unicodeScalars.contains(input[before]) else { return false }
            return input[(position + 1)...].prefix { $0 != "\n" }.contains("/")
        }
    }
}
