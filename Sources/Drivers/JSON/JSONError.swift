/// Why a text is not JSON that we accept.
package struct JSONError: Error, Equatable, Sendable {
    /// What is wrong with the text.
    package enum Fault: String, Equatable, Sendable {
        /// Not JSON as RFC 8259 defines it.
        case syntax
        /// The bytes are not UTF-8.
        case invalidUTF8
        /// Arrays and objects are nested deeper than allowed.
        case tooDeep
        /// An integer outside of `Int64`, or a number that no `Double` holds.
        case numberOutOfRange
        /// An object has two members of the same name.
        case duplicateName
        /// Nothing but white space.
        case empty
        /// There was no memory for the parser's buffers, or the text is 4 GiB long.
        case outOfMemory
        /// A hot-path reader met another kind of value than its caller asked for.
        case unexpectedKind
        /// A hot-path reader did not find a member that must be there.
        case missingMember
    }

    /// What is wrong with the text.
    package let fault: Fault
    /// Where the text stops being right, counted in bytes from 0; nil where only the whole text can be blamed.
    package let offset: Int?

    /// An error at a place, if that is known.
    package init(_ fault: Fault, at offset: Int? = nil) {
        self.fault = fault
        self.offset = offset
    }
}

extension JSONError: CustomStringConvertible {
    /// Safe to show and to log: it never quotes the text.
    package var description: String {
        guard let offset else { return "JSONError(\(fault.rawValue))" }
        return "JSONError(\(fault.rawValue) at byte \(offset))"
    }
}
