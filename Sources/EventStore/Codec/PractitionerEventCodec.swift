package import Domain
package import JSON

extension EventCodec {
    /// The JSON bytes of an event about a practitioner.
    package static func encode(_ event: PractitionerEvent) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.id("practitionerId", event.practitionerID)
        writer.text("country", event.country.text)
        switch event {
        case .registered(let event): encode(event, &writer)
        case .updated(let event): encode(event, &writer)
        case .deactivated, .activated: break
        case .scheduleSet(let event):
            writer.text("zoneRules", event.zoneRules)
            writer.key("schedule")
            writer.schedule(event.schedule)
        case .exceptionAdded(let event):
            writer.key("exception")
            writer.exception(event.exception)
        case .exceptionRemoved(let event):
            writer.key("exception")
            writer.exception(event.exception)
        }
        writer.endObject()
        return writer.bytes
    }

    private static func encode(_ event: PractitionerRegistered, _ writer: inout JSONWriter) {
        writer.int("number", event.number)
        writer.text("displayName", event.displayName)
        writer.text("specialty", event.specialty)
        writer.texts("languages", event.languages)
        writer.location(event.location)
        writer.text("timeZone", event.timeZone)
        writer.text("dayStart", event.dayStart.description)
        writer.int("slotMinutes", event.slotMinutes)
        writer.consultationTypes(event.consultationTypes)
        writer.bool("acceptsNewPatients", event.acceptsNewPatients)
        writer.text("zoneRules", event.zoneRules)
    }

    /// Only what changed is written.
    private static func encode(_ event: PractitionerUpdated, _ writer: inout JSONWriter) {
        if let name = event.displayName { writer.text("displayName", name) }
        if let specialty = event.specialty { writer.text("specialty", specialty) }
        if let languages = event.languages { writer.texts("languages", languages) }
        if let location = event.location { writer.location(location) }
        if let types = event.consultationTypes { writer.consultationTypes(types) }
        if let accepts = event.acceptsNewPatients { writer.bool("acceptsNewPatients", accepts) }
    }
}

extension PractitionerRegistered {
    init(_ node: JSONNode) throws(JSONError) {
        self.init(
            practitionerID: try node.id("practitionerId"), country: try node.country(), number: try node.int("number"),
            displayName: try node.text("displayName"), specialty: try node.text("specialty"),
            languages: try node.texts("languages"), location: try Location(node.required("location")),
            timeZone: try node.text("timeZone"), dayStart: try node.time("dayStart"),
            slotMinutes: try node.int("slotMinutes"), consultationTypes: try node.consultationTypes(),
            acceptsNewPatients: try node.required("acceptsNewPatients").bool(), zoneRules: try node.text("zoneRules"))
    }
}

extension PractitionerUpdated {
    init(_ node: JSONNode) throws(JSONError) {
        self.init(practitionerID: try node.id("practitionerId"), country: try node.country())
        displayName = try node.first("displayName")?.string()
        specialty = try node.first("specialty")?.string()
        if node.first("languages") != nil { languages = try node.texts("languages") }
        if let place = node.first("location") { location = try Location(place) }
        if node.first("consultationTypes") != nil { consultationTypes = try node.consultationTypes() }
        acceptsNewPatients = try node.first("acceptsNewPatients")?.bool()
    }
}

extension ScheduleSet {
    init(_ node: JSONNode) throws(JSONError) {
        self.init(
            practitionerID: try node.id("practitionerId"), country: try node.country(),
            schedule: try WeeklySchedule(node.required("schedule")), zoneRules: try node.text("zoneRules"))
    }
}

extension Location {
    /// Reads what `JSONWriter.location` wrote.
    ///
    /// - Throws: `JSONError`.
    package init(_ node: JSONNode) throws(JSONError) {
        self.init(
            latitude: try node.required("lat").double(), longitude: try node.required("lon").double(),
            street: try node.text("street"), postalCode: try node.text("postalCode"), city: try node.text("city"))
    }
}

extension JSONWriter {
    /// The member `location`.
    package mutating func location(_ location: Location) {
        key("location")
        beginObject()
        key("lat")
        double(location.latitude)
        key("lon")
        double(location.longitude)
        text("street", location.street)
        text("postalCode", location.postalCode)
        text("city", location.city)
        endObject()
    }
}
