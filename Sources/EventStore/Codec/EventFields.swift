import Domain
import JSON

extension JSONWriter {
    mutating func id<Tag>(_ name: StaticString, _ id: Identifier<Tag>) {
        key(name)
        string(id.description)
    }

    mutating func text(_ name: StaticString, _ text: String) {
        key(name)
        string(text)
    }

    mutating func texts(_ name: StaticString, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    mutating func int(_ name: StaticString, _ value: Int) {
        key(name)
        int(value)
    }

    mutating func bool(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    /// RFC 3339 in UTC.
    mutating func instant(_ name: StaticString, _ instant: Instant) {
        key(name)
        string(instant.text())
    }

    mutating func date(_ name: StaticString, _ date: LocalDate) {
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
    func id<Tag>(_ name: StaticString) throws(JSONError) -> Identifier<Tag> {
        guard let id = Identifier<Tag>(utf8: try required(name).utf8()) else { throw JSONError(.unexpectedKind) }
        return id
    }

    func text(_ name: StaticString) throws(JSONError) -> String { try required(name).string() }

    func texts(_ name: StaticString) throws(JSONError) -> [String] {
        var texts: [String] = []
        try required(name).forEachElement { (element) throws(JSONError) in texts.append(try element.string()) }
        return texts
    }

    func value<Value: RawRepresentable<String>>(_ name: StaticString) throws(JSONError) -> Value {
        guard let value = Value(rawValue: try text(name)) else { throw JSONError(.unexpectedKind) }
        return value
    }

    func int(_ name: StaticString) throws(JSONError) -> Int {
        guard let value = Int(exactly: try required(name).int()) else { throw JSONError(.numberOutOfRange) }
        return value
    }

    func country() throws(JSONError) -> CountryCode {
        guard let country = CountryCode(try text("country")) else { throw JSONError(.unexpectedKind) }
        return country
    }

    func instant(_ name: StaticString) throws(JSONError) -> Instant {
        do { return try ParsedTime(try text(name)).instant } catch let error as JSONError { throw error } catch {
            throw JSONError(.unexpectedKind)
        }
    }

    func date(_ name: StaticString) throws(JSONError) -> LocalDate {
        guard let date = LocalDate(try text(name)) else { throw JSONError(.unexpectedKind) }
        return date
    }

    func time(_ name: StaticString) throws(JSONError) -> LocalTime {
        guard let time = LocalTime(try text(name)) else { throw JSONError(.unexpectedKind) }
        return time
    }

    func slots() throws(JSONError) -> SlotMask {
        let bits = try required("slots").bits()
        guard bits <= SlotMask.all.rawValue else { throw JSONError(.numberOutOfRange) }
        return SlotMask(rawValue: bits)
    }
}
