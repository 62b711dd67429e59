package import Domain

/// One event on its way into the store.
package struct EventToAppend: Sendable {
    /// Where it happened: the partition of every table that holds it.
    package let country: CountryCode
    /// What it happened to.
    package let stream: StreamName
    /// The version that the stream has after it, from 1.
    package let version: Int64
    /// Its name and the version of its data.
    package let wireType: WireType
    /// The exact JSON bytes that are stored, published and sealed.
    package let data: [UInt8]
    /// Who, why and in which request.
    package let metadata: EventMetadata
    /// One key, or two for a move between practitioners, the one left first.
    package let keys: [RecordKey]
    /// The last grid day that it says anything about; nil: it matters for ever.
    package let relevantUntil: LocalDate?
    /// Whom it is about, where that is not its key; nil otherwise.
    package let patient: PatientID?
    /// The shard of each key: that of the key, or `Shard.recordedOnly` whatever the key is.
    package let shards: [Shard]

    /// Takes an event in its stored form; the initialisers below encode one.
    ///
    /// `isRecordedOnly` puts it into the shard that is stamped and sealed, but never published.
    package init(
        country: CountryCode, stream: StreamName, version: Int64, wireType: WireType, data: [UInt8],
        metadata: EventMetadata, keys: [RecordKey], relevantUntil: LocalDate? = nil, patient: PatientID? = nil,
        isRecordedOnly: Bool = false
    ) {
        precondition(version >= 1, "versions count from 1")
        precondition((1...2).contains(keys.count), "an event has one key, or two for a move")
        self.country = country
        self.stream = stream
        self.version = version
        self.wireType = wireType
        self.data = data
        self.metadata = metadata
        self.keys = keys
        self.relevantUntil = relevantUntil
        self.patient = patient
        shards = isRecordedOnly ? keys.map { _ in .recordedOnly } : keys.map(\.shard)
    }

    /// What happened to a booking, as the version that its stream has then.
    package init(_ event: BookingEvent, version: Int64, metadata: EventMetadata) {
        let until =
            switch event {
            case .created(let event): event.localDate
            case .cancelled(let event): event.localDate
            case .displaced(let event): event.localDate
            case .rescheduled(let event): max(event.from.localDate, event.to.localDate)
            }
        self.init(
            country: event.country, stream: StreamName(event.bookingID), version: version, wireType: event.wireType,
            data: EventCodec.encode(event), metadata: metadata, keys: event.keys.map { RecordKey($0) },
            relevantUntil: until, patient: event.patientID)
    }

    /// What happened to a practitioner, as the version that its stream has then.
    package init(_ event: PractitionerEvent, version: Int64, metadata: EventMetadata) {
        self.init(
            country: event.country, stream: StreamName(event.practitionerID), version: version,
            wireType: event.wireType, data: EventCodec.encode(event), metadata: metadata,
            keys: event.keys.map { RecordKey($0) })
    }

    /// What happened to a patient, as the version that its stream has then; its shard is the patient's.
    package init(_ event: PatientEvent, version: Int64, metadata: EventMetadata) {
        self.init(
            country: event.country, stream: StreamName(event.change.patientID), version: version,
            wireType: event.wireType, data: EventCodec.encode(event), metadata: metadata,
            keys: [RecordKey(event.change.patientID)])
    }

    /// What was done to the system, as the version that the operation's stream has then; it is published nowhere.
    package init(_ event: OperationRecorded, version: Int64, metadata: EventMetadata) {
        self.init(
            country: event.country, stream: StreamName(event.operationID), version: version,
            wireType: OperationRecorded.wireType, data: EventCodec.encode(event), metadata: metadata,
            keys: [RecordKey(event.operationID)], isRecordedOnly: true)
    }
}
