/// One thing that is wrong with a request.
package struct Fault: Sendable, Hashable {
    /// RFC 6901 pointer into the body (`/location/lat`), `/query/<name>` for a query parameter; empty: the whole body.
    package let pointer: String
    /// What is expected there; it never repeats what was sent.
    package let detail: String

    /// A fault at a place.
    package init(_ pointer: String, _ detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}

/// A place in a body as a pointer of RFC 6901.
struct JSONPointer: Sendable {
    private(set) var text: String

    /// The whole body.
    static let root = JSONPointer(text: "")
    /// The query; its parameters lie below it.
    static let query = JSONPointer(text: "/query")

    /// The member `name` of the object here, `~` and `/` escaped.
    func member(_ name: String) -> JSONPointer {
        var escaped = text + "/"
        for character in name.unicodeScalars {
            switch character {
            case "~": escaped += "~0"
            case "/": escaped += "~1"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return JSONPointer(text: escaped)
    }

    /// The element at `index` of the array here.
    func element(_ index: Int) -> JSONPointer { JSONPointer(text: "\(text)/\(index)") }
}
