package import Domain
package import JSON

extension JSONWriter {
    /// A member that is an id, as lower-case UUID text.
    package mutating func id<Tag>(_ name: StaticString, _ id: Identifier<Tag>) {
        key(name)
        string(id.description)
    }

    /// A member that is a string.
    package mutating func text(_ name: StaticString, _ text: String) {
        key(name)
        string(text)
    }

    /// A member that is an array of strings.
    package mutating func texts(_ name: StaticString, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    /// A member that is a whole number.
    package mutating func int(_ name: StaticString, _ value: Int) {
        key(name)
        int(value)
    }

    /// A member that is true or false.
    package mutating func bool(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    /// A member that is an instant: RFC 3339 in UTC.
    package mutating func instant(_ name: StaticString, _ instant: Instant) {
        key(name)
        string(instant.text())
    }

    /// A member that is a day, such as `2026-11-21`.
    package mutating func date(_ name: StaticString, _ date: LocalDate) {
        key(name)
        string(date.description)
    }

    /// Indices, ascending.
    mutating func slots(_ slots: SlotMask) {
        key("slots")
        beginArray()
        for index in slots.indices { int(index) }
        endArray()
    }
}

extension JSONNode {
    /// Reads a member that is an id.
    ///
    /// - Throws: `JSONError`.
    package func id<Tag>(_ name: StaticString) throws(JSONError) -> Identifier<Tag> {
        guard let id = Identifier<Tag>(utf8: try required(name).utf8()) else { throw JSONError(.unexpectedKind) }
        return id
    }

    /// Reads a member that is a string.
    ///
    /// - Throws: `JSONError`.
    package func text(_ name: StaticString) throws(JSONError) -> String { try required(name).string() }

    /// Reads a member that is an array of strings.
    ///
    /// - Throws: `JSONError`.
    package func texts(_ name: StaticString) throws(JSONError) -> [String] {
        var texts: [String] = []
        try required(name).forEachElement { (element) throws(JSONError) in texts.append(try element.string()) }
        return texts
    }

    func value<Value: RawRepresentable<String>>(_ name: StaticString) throws(JSONError) -> Value {
        guard let value = Value(rawValue: try text(name)) else { throw JSONError(.unexpectedKind) }
        return value
    }

    /// Reads a member that is a whole number.
    ///
    /// - Throws: `JSONError`.
    package func int(_ name: StaticString) throws(JSONError) -> Int {
        guard let value = Int(exactly: try required(name).int()) else { throw JSONError(.numberOutOfRange) }
        return value
    }

    /// Reads the member `country`.
    ///
    /// - Throws: `JSONError`.
    package func country() throws(JSONError) -> CountryCode {
        guard let country = CountryCode(try text("country")) else { throw JSONError(.unexpectedKind) }
        return country
    }

    /// Reads a member that is an instant.
    ///
    /// - Throws: `JSONError`.
    package func instant(_ name: StaticString) throws(JSONError) -> Instant {
        do { return try ParsedTime(try text(name)).instant } catch let error as JSONError { throw error } catch {
            throw JSONError(.unexpectedKind)
        }
    }

    /// Reads a member that is a day.
    ///
    /// - Throws: `JSONError`.
    package func date(_ name: StaticString) throws(JSONError) -> LocalDate {
        guard let date = LocalDate(try text(name)) else { throw JSONError(.unexpectedKind) }
        return date
    }

    /// Reads a member that is a time of day.
    ///
    /// - Throws: `JSONError`.
    package func time(_ name: StaticString) throws(JSONError) -> LocalTime {
        guard let time = LocalTime(try text(name)) else { throw JSONError(.unexpectedKind) }
        return time
    }

    func slots() throws(JSONError) -> SlotMask {
        let bits = try required("slots").bits()
        guard bits <= SlotMask.all.rawValue else { throw JSONError(.numberOutOfRange) }
        return SlotMask(rawValue: bits)
    }
}
