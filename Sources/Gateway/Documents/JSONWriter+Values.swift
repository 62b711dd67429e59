import Domain
import HTTPServer
import JSON

extension JSONWriter {
    /// Writes a time with its offset, RFC 3339.
    mutating func time(_ time: ZonedTime) {
        var text = [UInt8(ascii: "\"")]
        text.reserveCapacity(40)
        time.instant.appendText(offsetSeconds: time.offsetSeconds, to: &text)
        text.append(UInt8(ascii: "\""))
        raw(text)
    }

    /// Writes a time, or `null` where there is none.
    mutating func time(orNull time: ZonedTime?) {
        if let time { self.time(time) } else { null() }
    }

    /// Writes an identifier in lower case.
    mutating func identifier(_ identifier: Identifier<some Any>) {
        var text = [UInt8(ascii: "\"")]
        text.reserveCapacity(38)
        identifier.appendText(to: &text)
        text.append(UInt8(ascii: "\""))
        raw(text)
    }

    /// Writes a text, or `null` where there is none.
    mutating func string(orNull text: String?) {
        if let text { string(text) } else { null() }
    }

    /// Writes a number, or `null` where there is none.
    mutating func double(orNull number: Double?) {
        if let number { double(number) } else { null() }
    }

    mutating func strings(_ texts: some Sequence<String>) {
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    /// Writes `{"slotStart": …, "slotEnd": …}`.
    mutating func slot(_ slot: SlotTimes) {
        beginObject()
        slotMembers(slot)
        endObject()
    }

    mutating func slotMembers(_ slot: SlotTimes) {
        key("slotStart")
        time(slot.start)
        key("slotEnd")
        time(slot.end)
    }
}

extension RenderedAnswer {
    /// An answer in JSON.
    static func json(
        _ status: Int = 200, headers: [HTTPField] = [], capacity: Int = 512, _ write: (inout JSONWriter) -> Void
    ) -> RenderedAnswer {
        var json = JSONWriter(capacity: capacity)
        write(&json)
        let type = HTTPField("Content-Type", MediaType.json)
        return RenderedAnswer(status: status, headers: [type] + headers, body: json.bytes)
    }

    /// 304 for a caller that has this version, else the resource with its `ETag`.
    static func resource(_ version: Int64, _ call: Call, _ write: (inout JSONWriter) -> Void) -> RenderedAnswer {
        let tag = HTTPField("ETag", EntityTag.text(version))
        if isKnown(version, ifNoneMatch: call.request.headers.all("If-None-Match")) {
            return RenderedAnswer(status: 304, headers: [tag])
        }
        return .json(headers: [tag], write)
    }

    /// One page of a list, with the way to the next one.
    static func page<Item>(
        _ page: Page<Item>, _ call: Call, _ write: (inout JSONWriter, Item) -> Void
    ) -> RenderedAnswer {
        let next = page.next.map(call.next)
        return .json(headers: next.map { [$0.link] } ?? [], capacity: 256 + 512 * page.items.count) { json in
            json.beginObject()
            json.items(page.items, next?.cursor, write)
            json.endObject()
        }
    }
}

extension JSONWriter {
    /// Writes `items` and `nextCursor` of the object that is open.
    mutating func items<Item>(_ items: [Item], _ nextCursor: String?, _ write: (inout JSONWriter, Item) -> Void) {
        key("items")
        beginArray()
        for item in items { write(&self, item) }
        endArray()
        key("nextCursor")
        string(orNull: nextCursor)
    }
}
