import Domain
import EventStore
import JSON
import ProjectionRunner

/// What a round has of one practitioner: the document without free slots, or why there is none.
struct SearchBaseline: Hashable, Sendable {
    /// What was folded of the practitioner's events; nil where not even the registration could be read.
    var document: SearchDocument?
    /// The event from which on the practitioner waits; nil: all could be read.
    var unreadable: QuarantineCause?

    /// `ce_type`.
    static let wireType = WireType("SearchBaseline")
}

// MARK: writing

extension SearchBaseline {
    /// As it stands in the log.
    func json(of id: PractitionerID) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.id("practitionerId", id)
        if let document { writer.document(document) }
        if let unreadable { writer.unreadable(unreadable) }
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func document(_ document: SearchDocument) {
        text("country", document.key.country.text)
        key("profileSequence")
        int(document.profileSequence)
        key("profileVersion")
        int(document.profileVersion)
        bool("active", document.isActive)
        instant("asOf", document.asOf)
        guard let profile = document.profile else { return }
        key("profile")
        beginObject()
        text("displayName", profile.displayName)
        text("specialty", profile.specialty)
        texts("languages", profile.languages)
        location(profile.location)
        text("timeZone", profile.timeZone)
        text("dayStart", profile.dayStart.description)
        int("slotMinutes", profile.slotMinutes)
        consultationTypes(profile.consultationTypes)
        bool("acceptsNewPatients", profile.acceptsNewPatients)
        endObject()
    }
}

// MARK: reading

/// Reads what rounds have of practitioners, with a parser whose buffers are used again.
struct SearchBaselineReader: ~Copyable {
    private var scanner: JSONScanner

    /// - Throws: `JSONError` when there is no memory for the parser.
    init() throws { scanner = try JSONScanner() }

    /// Reads one record.
    ///
    /// - Throws: `BaselineFault.damaged`.
    mutating func read(_ record: BaselineRecord) throws -> SearchBaseline {
        try record.withData { data in try read(data, of: record.practitioner, record.partition) }
    }

    /// As above, of bytes.
    ///
    /// - Throws: `JSONError`.
    mutating func read(
        _ data: UnsafeRawBufferPointer, of id: PractitionerID, _ partition: Shard
    ) throws(JSONError) -> SearchBaseline {
        try scanner.scan(data) { (node) throws(JSONError) in
            let named: PractitionerID = try node.id("practitionerId")
            guard named == id else { throw JSONError(.unexpectedKind) }
            return SearchBaseline(
                document: node.first("country") == nil ? nil : try SearchDocument(id, partition, node),
                unreadable: try QuarantineCause(id, in: node))
        }
    }
}

extension SearchDocument {
    fileprivate init(_ id: PractitionerID, _ partition: Shard, _ node: JSONNode) throws(JSONError) {
        self.init(SearchKey(try node.country(), id), partition: partition)
        profileSequence = try node.required("profileSequence").int()
        profileVersion = try node.required("profileVersion").int()
        isActive = try node.required("active").bool()
        asOf = try node.instant("asOf")
        guard let profile = node.first("profile") else { return }
        self.profile = SearchProfile(
            displayName: try profile.text("displayName"), specialty: try profile.text("specialty"),
            languages: try profile.texts("languages"), location: try Location(profile.required("location")),
            timeZone: try profile.text("timeZone"), dayStart: try profile.time("dayStart"),
            slotMinutes: try profile.int("slotMinutes"), consultationTypes: try profile.consultationTypes(),
            acceptsNewPatients: try profile.required("acceptsNewPatients").bool())
    }
}
