package import Domain

/// A practitioner as its events made it: profile, schedule and whether it can be booked.
package struct Practitioner: Hashable, Sendable {
    /// The key of its events.
    package var id: PractitionerID
    /// Where the practice is.
    package var country: CountryCode
    /// Version of the whole stream: profile, schedule and exceptions.
    package var streamVersion: Int64
    /// ETag of the profile, from 1.
    package var profileVersion: Int64
    /// ETag of the schedule; 0 until the first one is set.
    package var scheduleVersion: Int64
    /// The Kafka partition of its events.
    package var partition: Int
    /// Its place in the bitmaps, dense in a country and partition.
    package var number: Int
    /// Name as the public sees it.
    package var displayName: String
    /// Specialty, by its code.
    package var specialty: String
    /// Language tags.
    package var languages: [String]
    /// Where the practice is on the map.
    package var location: Location
    /// The practice's IANA zone, for good.
    package var timeZone: String
    /// Where grid days start, for good.
    package var dayStart: LocalTime
    /// Length of a slot, 5...60, for good.
    package var slotMinutes: Int
    /// What can be booked, at least one kind.
    package var consultationTypes: [ConsultationType]
    /// Only informs.
    package var acceptsNewPatients: Bool
    /// Whether it can be booked and is in lists.
    package var isActive: Bool
    /// The latest schedule; nil until one is set.
    package var schedule: WeeklySchedule?
    /// The event that set the schedule: displaced bookings are looked up by it.
    package var scheduleEvent: EventID?
    /// The event that last deactivated or activated it.
    package var activityEvent: EventID?
}

extension Practitioner {
    /// The practitioner as its registration makes it.
    init(_ event: PractitionerRegistered, partition: Int) {
        self.init(
            id: event.practitionerID, country: event.country, streamVersion: 1, profileVersion: 1, scheduleVersion: 0,
            partition: partition, number: event.number, displayName: event.displayName, specialty: event.specialty,
            languages: event.languages, location: event.location, timeZone: event.timeZone, dayStart: event.dayStart,
            slotMinutes: event.slotMinutes, consultationTypes: event.consultationTypes,
            acceptsNewPatients: event.acceptsNewPatients, isActive: true)
    }

    /// The practitioner after its next event, which came with `id`.
    func evolved(by event: PractitionerEvent, id: EventID) -> Practitioner {
        var next = self
        next.streamVersion += 1
        switch event {
        case .registered: preconditionFailure("a stream is registered once, by its first event")
        case .updated(let event):
            next.profileVersion += 1
            next.displayName = event.displayName ?? displayName
            next.specialty = event.specialty ?? specialty
            next.languages = event.languages ?? languages
            next.location = event.location ?? location
            next.consultationTypes = event.consultationTypes ?? consultationTypes
            next.acceptsNewPatients = event.acceptsNewPatients ?? acceptsNewPatients
        case .deactivated, .activated:
            next.profileVersion += 1
            next.isActive = !isActive
            next.activityEvent = id
        case .scheduleSet(let event):
            next.scheduleVersion += 1
            next.schedule = event.schedule
            next.scheduleEvent = id
        case .exceptionAdded, .exceptionRemoved: break
        }
        return next
    }
}
