import Domain
import EventStore
import Postgres
import ProjectionRunner
import TestSupport
import Testing

@testable import SearchProjection

/// Documents in a real PostgreSQL: what comes twice, late, or is built anew.
@Suite struct SearchIndexTests {
    private static let people = (1...40).map { number in
        SearchPerson(number: UInt64(number), name: "Dr Nadège O'Connor-\(number)", languages: ["fr-FR", "en"])
    }

    private static var changes: [SearchChange] {
        people.flatMap { person in
            [person.registration(), person.free(["2026-11-20": [4, 5], "2026-11-23": [Int(person.number) % 24]])]
        }
    }

    @Test func deliveredTwiceAndRebuiltFromZeroAreEqual() async throws {
        try await SearchBed.with { bed in
            try await bed.index(Self.changes)
            let once = try await bed.digests()
            try await bed.index(Self.changes)
            #expect(try await bed.digests() == once, "delivered twice")
            #expect(once.map(\.count).reduce(0, +) == Self.people.count)

            for partition in Shard.all {
                var documents: [SearchKey: SearchDocument] = [:]
                for person in Self.people where Shard(of: person.id) == partition {
                    var document = SearchDocument(person.key, partition: partition)
                    try document.apply(.registered(person.registered), sequence: 1, occurredAt: SearchBed.now)
                    document.apply(
                        person.availability(
                            ["2026-11-20": [4, 5], "2026-11-23": [Int(person.number) % 24]], next: nil, booking: 1,
                            practitioner: 1), occurredAt: SearchBed.now)
                    documents[person.key] = document
                }
                try await bed.engine.replace(
                    partition, by: Array(documents.values), checkpoint: ProjectionCheckpoint(positions: []))
            }
            #expect(try await bed.digests() == once, "rebuilt from zero")
        }
    }

    @Test func aDocumentComesBackAsItWasStored() async throws {
        try await SearchBed.with { bed in
            let person = Self.people[0]
            try await bed.index([person.registration(), person.free(["2026-11-20": [0, 23]])])
            let hit = try #require(
                try await bed.queries.search(SearchQuestion(), in: SearchBed.france, limit: 1).hits.first)
            #expect(hit.profile == SearchProfile(person.registered))
            #expect(hit.document.key == person.key)
            #expect(hit.document.freeDays?.free(on: day("2026-11-20")) == SlotMask(indices: [0, 23]))
            #expect(hit.freeSlots == 2)
            #expect(hit.nextAvailable == instant("2026-11-20T08:00:00+01:00"))
        }
    }

    @Test func anOldBatchDoesNotMoveTheCheckpointBack() async throws {
        try await SearchBed.with { bed in
            let person = Self.people[0]
            let partition = Shard(of: person.id)
            try await bed.index([person.registration(sequence: 9)], sequence: 9)
            try await bed.index([person.registration(sequence: 3)], sequence: 3)
            let stored = try #require(try await bed.engine.checkpoint(of: partition))
            #expect(stored[.practitionerEvents].sequence == 9)
            #expect(stored[.availabilityEvents].nextOffset == 9)
            let other = try await bed.engine.checkpoint(of: Shard((partition.number + 1) % Shard.count))
            #expect(other == nil)
        }
    }

    @Test func aMissingRegistrationLeavesNothingBehind() async throws {
        try await SearchBed.with { bed in
            let person = Self.people[0]
            let orphan = person.profile(
                .activated(PractitionerActivated(practitionerID: person.id, country: person.country)), sequence: 2)
            await #expect(throws: SearchDocument.Fault.self) { try await bed.index([orphan]) }
            let checkpoint = try await bed.engine.checkpoint(of: Shard(of: person.id))
            #expect(checkpoint?[.practitionerEvents].sequence == 0, "where it began")
        }
    }

    @Test func deactivatedIsInNoResultUntilActivated() async throws {
        try await SearchBed.with { bed in
            let person = Self.people[0]
            let off = PractitionerDeactivated(practitionerID: person.id, country: person.country)
            let on = PractitionerActivated(practitionerID: person.id, country: person.country)
            let questions = [
                SearchQuestion(), SearchQuestion(text: "oconnor nadege"), SearchQuestion(specialty: "Cardiology"),
                SearchQuestion(near: .place("Paris")),
                SearchQuestion(window: SearchWindow(from: .instant(SearchBed.now))),
            ]
            try await bed.index([person.registration(), person.free(["2026-11-20": [4]])])
            for question in questions { #expect(try await bed.found(question).count == 1, "\(question)") }
            try await bed.index([person.profile(.deactivated(off), sequence: 2)])
            for question in questions { #expect(try await bed.found(question).isEmpty, "\(question)") }
            try await bed.index([person.profile(.activated(on), sequence: 3)])
            for question in questions { #expect(try await bed.found(question).count == 1, "\(question)") }
        }
    }

    @Test func aNewNameReplacesTheOldOne() async throws {
        try await SearchBed.with { bed in
            let person = SearchPerson(number: 1, name: "Dr Anne Dupont")
            let renamed = PractitionerUpdated(
                practitionerID: person.id, country: person.country, displayName: "Dr Anne Lefèvre")
            try await bed.index([person.registration()])
            try await bed.index([person.profile(.updated(renamed), sequence: 2)])
            #expect(try await bed.found(SearchQuestion(text: "lefevre")) == ["Dr Anne Lefèvre"])
            let old = try await bed.queries.search(SearchQuestion(text: "Dupont"), in: SearchBed.france, limit: 5)
            #expect(old.ignored == ["Dupont"])
        }
    }

    @Test func freshnessSaysWhatIsMissing() async throws {
        try await SearchBed.with { bed in
            let person = Self.people[0]
            func isDegraded() async throws -> Bool {
                try await bed.engine.freshness(of: person.country, now: bed.clock.now()).isDegraded
            }
            #expect(try await isDegraded(), "never built")
            for partition in Shard.all {
                try await bed.engine.replace(partition, by: [], checkpoint: ProjectionCheckpoint(positions: []))
                try await bed.engine.confirm(partition, caughtUpAt: SearchBed.now)
            }
            #expect(try await !isDegraded())
            try await bed.index([person.registration()])
            #expect(try await isDegraded(), "free slots unknown")
            try await bed.index([person.free([:])])
            #expect(try await !isDegraded())
            bed.clock.advance(seconds: SearchFreshness.lagSecondsMax + 1)
            #expect(try await isDegraded(), "behind")
        }
    }

    @Test func refreshFindsTheNextFreeSlot() async throws {
        try await SearchBed.with { bed in
            let person = Self.people[0]
            try await bed.index([
                person.registration(),
                person.free(["2026-11-20": [0, 2], "2026-11-23": [1]], next: "2026-11-20T08:00:00+01:00"),
            ])
            for (now, next) in [
                ("2026-11-20T08:30:00+01:00", "2026-11-20T09:00:00+01:00"),
                ("2026-11-20T09:00:01+01:00", "2026-11-23T08:30:00+01:00"),
            ] {
                bed.clock.set(instant(now))
                try await bed.engine.refresh(Shard(of: person.id), now: instant(now))
                let hit = try await bed.queries.search(SearchQuestion(), in: SearchBed.france, limit: 1).hits.first
                #expect(hit?.document.nextAvailable == instant(next))
                #expect(hit?.nextAvailable == instant(next))
            }
        }
    }
}

extension SearchBed {
    fileprivate func digests() async throws -> [ModelDigest] {
        var digests: [ModelDigest] = []
        for partition in Shard.all {
            digests.append(try await engine.digest(of: partition, from: day("2026-11-20")))
        }
        return digests
    }
}
