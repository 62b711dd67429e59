package import Domain
import JSON

extension EventCodec {
    /// The JSON bytes of a change of free slots.
    package static func encode(_ event: AvailabilityChanged) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.id("practitionerId", event.practitionerID)
        writer.text("country", event.country.text)
        writer.key("days")
        writer.beginArray()
        for day in event.days {
            writer.beginObject()
            writer.date("date", day.date)
            writer.text("bitmap", day.free.bitmap)
            writer.endObject()
        }
        writer.endArray()
        if let next = event.nextAvailable {
            writer.instant("nextAvailable", next)
        } else {
            writer.key("nextAvailable")
            writer.null()
        }
        writer.id("cause", event.cause)
        writer.key("sources")
        writer.beginObject()
        for source in event.sources {
            writer.key(source.topic.name)
            writer.int(source.sequence)
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    /// Reads a change of free slots; loops keep an `EventDecoder`.
    ///
    /// - Throws: `EventDecodingError`.
    package static func availabilityChanged(
        _ type: WireType, _ data: [UInt8]
    ) throws(EventDecodingError) -> AvailabilityChanged {
        var decoder = try EventDecoder()
        return try data.span.withUnsafeBytes { (bytes) throws(EventDecodingError) in
            try decoder.availabilityChanged(type, bytes)
        }
    }
}

extension AvailabilityChanged {
    init(_ node: JSONNode) throws(JSONError) {
        var days: [Day] = []
        try node.required("days").forEachElement { (day) throws(JSONError) in
            guard let free = SlotMask(bitmap: try day.text("bitmap")) else { throw JSONError(.unexpectedKind) }
            days.append(Day(date: try day.date("date"), free: free))
        }
        var sources: [Source] = []
        var members = try node.required("sources").members
        while let member = members.next() {
            guard let topic = Topic(rawValue: String(decoding: member.name, as: UTF8.self)) else { continue }
            sources.append(Source(topic: topic, sequence: try member.value.int()))
        }
        let next = try node.required("nextAvailable")
        self.init(
            practitionerID: try node.id("practitionerId"), country: try node.country(), days: days,
            nextAvailable: next.isNull ? nil : try node.instant("nextAvailable"), cause: try node.id("cause"),
            sources: sources)
    }
}
