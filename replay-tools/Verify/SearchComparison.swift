import AvailabilityProjection
import Domain
import EventStore
import ProjectionRunner
import SearchProjection

/// The documents of a partition and the practitioner database, as they were at one moment.
struct HeldDocuments {
    let partition: Shard
    let checkpoint: ProjectionCheckpoint
    /// Of the country asked for.
    let documents: [SearchKey: SearchDocument]
    let calendars: CalendarHistory
}

/// Compares documents with what the histories say that they must be.
struct SearchComparison {
    private let held: HeldDocuments
    private let bookings: BookedHistory
    private let kept: KeptOut
    private let oldest: Int64
    private let now: Instant
    private let scope: EpochScope
    private(set) var proof: PartitionProof
    /// Documents whose free slots do not agree.
    private(set) var suspects: [SearchDocument] = []
    /// Whose profiles, or whether they are active, do not agree.
    private(set) var wrongProfiles: Set<PractitionerID> = []

    /// - Parameters:
    ///   - held: What is compared.
    ///   - bookings: What it is compared with, besides the calendars.
    ///   - kept: Who is left out.
    ///   - oldest: From this position on `bookings` tells events apart; a document with an older source counts as
    ///     having everything.
    ///   - now: Which days are hot.
    ///   - scope: Who is compared, and on which days.
    init(
        _ held: HeldDocuments, _ bookings: BookedHistory, _ kept: KeptOut, tellingFrom oldest: Int64, now: Instant,
        scope: EpochScope
    ) {
        self.held = held
        self.bookings = bookings
        self.kept = kept
        self.oldest = oldest
        self.now = now
        self.scope = scope
        proof = PartitionProof(.search, held.partition.number, at: held.checkpoint)
        proof.notCompared = kept.inOrder.filter { scope.covers($0.practitioner) }
    }

    /// Compares every document, and looks for those that must be there and are not.
    ///
    /// - Throws: Errors of a store that is damaged.
    mutating func run() throws {
        let sequence = held.checkpoint[.practitionerEvents].sequence
        let unreadable = proof.addUnreadable(held.calendars, bookings, kept, scope)
        var found = 0
        for (id, entries) in held.calendars.entries.sorted(by: { $0.key < $1.key })
        where scope.covers(id) {
            guard let country = entries.first?.country else { continue }
            let key = SearchKey(country, id)
            if kept.waiting[id] != nil || unreadable.contains(id) {
                found += held.documents[key] == nil ? 0 : 1
                continue
            }
            let profile = try Self.profile(key, held.partition, entries, upTo: sequence)
            guard let document = held.documents[key] else {
                if profile.profile == nil { continue }  // it has not arrived yet
                proof.expected.add(id.high, id.low)
                proof.add(.missing(id, country, .search))
                continue
            }
            found += 1
            try compare(document, profile)
        }
        if found == held.documents.count { return }
        for key in held.documents.keys.sorted(by: { $0.practitioner < $1.practitioner })
        where held.calendars.entries[key.practitioner] == nil && kept.waiting[key.practitioner] == nil
            && !unreadable.contains(key.practitioner)
        {
            proof.held.add(key.practitioner.high, key.practitioner.low)
            proof.add(
                Difference(
                    kind: .unheardOf, country: key.country, practitioner: key.practitioner, held: "a document"))
        }
    }

    /// The profile and whether the practitioner is active, from the events alone.
    static func profile(
        _ key: SearchKey, _ partition: Shard, _ entries: [CalendarHistory.Entry], upTo sequence: Int64
    ) throws -> SearchDocument {
        var document = SearchDocument(key, partition: partition)
        for entry in entries where entry.position <= sequence {
            guard let event = entry.event else { continue }
            try document.apply(event, sequence: entry.position, occurredAt: entry.occurredAt)
        }
        return document
    }

    private mutating func compare(_ actual: SearchDocument, _ profile: SearchDocument) throws {
        let id = actual.key.practitioner
        // Nothing was ever published about somebody whose slots are not known: then there must be none.
        let source = actual.freeDays == nil ? held.calendars.head : actual.practitionerSource
        guard let folded = try held.calendars.fold(id, upTo: source) else { return }
        let grid = folded.calendar.grid
        let today = grid.rules.wall(at: now).date
        let days = (0..<PageLayout.hotDays).map { today.adding(days: $0) }
        let position = actual.freeDays != nil && actual.bookingSource >= oldest ? actual.bookingSource : bookings.head
        let expectedMasks = days.map { date in
            if !scope.covers(date) { return SlotMask.empty }
            return Availability.free(
                folded.calendar, on: date, booked: bookings.booked(id, on: date, upTo: max(position, oldest)))
        }
        let actualMasks = days.map { scope.covers($0) ? actual.freeDays?.free(on: $0) ?? .empty : .empty }
        let place = CellPlace(country: actual.key.country, partition: held.partition.number, number: folded.number)
        proof.count(
            place.bucket, held: digest(actual, actualMasks, from: today),
            expected: digest(profile, expectedMasks, from: today))

        if actual.profile != profile.profile || actual.isActive != profile.isActive {
            wrongProfiles.insert(id)
            let fields = actual.profileFields(otherThan: profile)
            proof.add(
                Difference(
                    kind: .profile, country: actual.key.country, practitioner: id,
                    held: fields.map(\.held).joined(separator: ", "),
                    expected: fields.map(\.expected).joined(separator: ", ")))
        }
        if actualMasks != expectedMasks { suspects.append(actual) }
        for (index, date) in days.enumerated() where actualMasks[index] != expectedMasks[index] {
            proof.add(
                .slots(
                    id, actual.key.country, date, held: actual.freeDays.map { _ in "free \(actualMasks[index])" },
                    expected: "free \(expectedMasks[index])"))
        }
    }

    /// A document with the days that are compared and no others.
    private func digest(_ document: SearchDocument, _ masks: [SlotMask], from date: LocalDate) -> ModelDigest {
        let planes = masks.map(Planes.plane)
        let days = DocumentDigest.word(from: date) { planes[$0] }
        var digest = ModelDigest()
        digest.add(document.key.practitioner.high, document.key.practitioner.low, document.profileWord, days)
        return digest
    }
}

/// What the digest of a document is made of, besides whose it is and the profile.
enum DocumentDigest {
    /// Puts the free slots of the hot days into one word.
    ///
    /// - Parameters:
    ///   - date: The first of them.
    ///   - plane: The free slots of the day of that number, from 0, as 24 bits, slot 0 in the highest.
    /// - Returns: The same for the same slots; 0 where there are none.
    @inline(__always)
    static func word(from date: LocalDate, _ plane: (Int) -> UInt64) -> UInt64 {
        var word: UInt64 = 0
        for day in 0..<PageLayout.hotDays {
            let free = plane(day)
            if free == 0 { continue }
            word = (word ^ UInt64(bitPattern: Int64(date.days) + Int64(day)) << 24 ^ free) &* 0x9E37_79B9_7F4A_7C15
            word ^= word >> 31
        }
        return word
    }
}
