import AvailabilityProjection
import Configuration
import Domain
import EventStore
import Foundation
import Testing

@testable import replay

/// What is remembered between two verifications: a file that is damaged, old or wrong costs time and accuses nobody.
@Suite("what verification remembers")
struct VerifyMemoryTests {
    @Test("a file that cannot be used is said to be so, everything is folded anew, and the next run is quick again")
    func unusable() async throws {
        try await ReplayBed.with { bed in
            _ = try await bed.filled()
            #expect(try await bed.verify().kind == "full")
            let file = MemoryFile(stateFolder: bed.stateFolder)
            var bytes = try Data(contentsOf: URL(filePath: file.path))
            bytes[bytes.count - 40_000] ^= 1
            try bytes.write(to: URL(filePath: file.path))
            try await expectFull(bed, "what is remembered is damaged")
            try bytes.prefix(bytes.count / 2).write(to: URL(filePath: file.path))
            try await expectFull(bed, "what is remembered is damaged")

            var models = try await file.read()
            let partition = try #require(models.partitions.first { $0.bookings.sequence > 0 })
            partition.bookings.event = EventID(high: 1, low: 1)
            try file.write(models)
            try await expectFull(bed, "the booking database has another event, or none, at position")
            models = try await file.read()
            models.partitions[0].calendars.sequence += 1_000
            try file.write(models)
            try await expectFull(bed, "what is remembered of shard 0 is ahead of the stores")

            models = try await file.read()
            let old = RememberedModels(
                foldedAt: models.foldedAt.adding(minutes: -1_441), days: models.days, zones: models.zones,
                partitions: models.partitions)
            try file.write(old)
            try await expectFull(bed, "they were folded at")
            let asked = try await bed.verify("--max-age", "0")
            #expect(asked.kind == "full" && asked.code == .success)
        }
    }

    @Test("a little news is read again rather than kept; what had to be judged is kept")
    func written() async throws {
        try await ReplayBed.with { bed in
            let history = try await bed.filled()
            #expect(try await bed.verify().kind == "full")
            let file = URL(filePath: MemoryFile(stateFolder: bed.stateFolder).path)
            // Each file is written beside the one before, so it is another one.
            let number = { try FileManager.default.attributesOfItem(atPath: file.path)[.systemFileNumber] as? Int }
            let first = try number()
            try await history.book(history.practitioners[0], slots: 20..<22, in: .fr)
            try await bed.relay()
            try await bed.buildModels()
            for _ in 1...2 {
                let quick = try await bed.verify()
                #expect(quick.kind == "quick" && (quick.eventsRead ?? 0) > 0 && quick.judged == 0, "\(quick)")
                #expect(try number() == first)
            }
            try await bed.flip(history.practitioners[1], 3, history)
            let judged = try await bed.verify()
            #expect(judged.code == .differs && (judged.judged ?? 0) > 0, "\(judged)")
            #expect(try number() != first)
        }
    }

    private func expectFull(_ bed: ReplayBed, _ reason: String) async throws {
        let verified = try await bed.verify()
        #expect(verified.code == .success && verified.kind == "full", "\(verified)")
        #expect(verified.reasons.count == 1 && verified.reasons[0].contains(reason), "\(verified.reasons)")
        let next = try await bed.verify()
        #expect(next.code == .success && next.kind == "quick", "\(next)")
    }

    @Test("a file that is wrong and looks right accuses nobody")
    func wrong() async throws {
        try await ReplayBed.with { bed in
            let history = try await bed.filled()
            let first = try await bed.verify()
            let file = MemoryFile(stateFolder: bed.stateFolder)
            let models = try await file.read()
            let ids = history.practitioners
            for (id, change) in [(ids[0], 0), (ids[1], 1), (ids[3], 2)] {
                let partition = models.partitions[Int(KafkaPartitioner.partition(of: id))]
                let (bucket, cell) = try #require(partition.seat(of: id))
                let day = try #require(partition.day(history.day))
                switch change {
                case 0: bucket.setOpen(SlotMask(rawValue: 0xF0), cell, day: day)
                case 1: bucket.setBooked(SlotMask(rawValue: 0xF0), cell, day: day)
                default: bucket.prove(cell, RememberedBucket.Profile(hash: 5, word: 5))
                }
            }
            try file.write(models)
            let wrong = try await bed.verify()
            #expect(wrong.code == .success && wrong.kind == "quick", "\(wrong)")
            #expect((wrong.judged ?? 0) >= 5, "two in the pages, three among the documents")
            #expect(wrong.digests == first.digests && wrong.expected == first.expected)

            // Somebody who sits where another one should: only the whole can say who.
            let partition = models.partitions[Int(KafkaPartitioner.partition(of: ids[0]))]
            let (bucket, cell) = try #require(partition.seat(of: ids[0]))
            bucket.seat(PractitionerID(high: 7, low: 7), cell, zone: 0)
            try file.write(models)
            let seated = try await bed.verify()
            #expect(seated.code == .success && seated.kind == "full", "\(seated)")
            #expect(seated.reasons.first?.contains("what is not remembered") == true, "\(seated.reasons)")
        }
    }

    @Test("days become hot without a new fold, for as long as they are remembered")
    func daysRoll() throws {
        let zones = try SystemZones.database()
        let now = Instant(seconds: 1_800_000_000)
        let today = LocalDate(days: Int32(now.seconds / 86_400))
        func pages(_ days: Int) -> [ClosedRange<LocalDate>] {
            [today.adding(days: days - 1)...today.adding(days: days + PageLayout.hotDays - 1)]
        }
        let days = RememberedModels.days(at: now, pages: pages(0))
        let models = RememberedModels(
            foldedAt: now, days: days, zones: ["Europe/Paris", "Pacific/Kiritimati", "Pacific/Honolulu"],
            partitions: [])
        for later in 0...(RememberedModels.daysAhead - 1) {
            let then = now.adding(minutes: later * 1_440)
            #expect(try models.covers(pages(later), zones, at: then), "after \(later) days")
        }
        let tooLate = now.adding(minutes: (RememberedModels.daysAhead + 2) * 1_440)
        #expect(try !models.covers(pages(RememberedModels.daysAhead + 2), zones, at: tooLate))
        #expect(try !models.covers([days.lowerBound.adding(days: -1)...today], zones, at: now), "a page from before")
    }

    @Test("cells are laid out as pages are")
    func layout() {
        let bucket = RememberedBucket(BucketID(.fr, Shard(0), index: 0), days: 3)
        bucket.setOpen(SlotMask(first: 0, count: 2), 5, day: 1)
        bucket.book(SlotMask(first: 1, count: 1), isTaken: true, 5, day: 1)
        bucket.book(SlotMask(first: 9, count: 1), isTaken: true, 5, day: 1)
        bucket.book(SlotMask(first: 9, count: 1), isTaken: false, 5, day: 1)
        let header = [UInt8](repeating: 0, count: PageLayout.headerBytes)
        let cell = AvailabilityPage(header + Array(bucket.day(1)))?.cell(5)
        #expect(cell == DayCell(open: SlotMask(first: 0, count: 2), booked: SlotMask(first: 1, count: 1)))
        let word = Planes.word(bucket.planes(5, day: 1))
        #expect(word == UInt64(0b11) << 24 | 0b10)
        #expect(Planes.mask(Planes.plane(SlotMask(rawValue: 0xABCDEF))) == SlotMask(rawValue: 0xABCDEF))
    }

    @Test("practitioners are found among many, whose ids share their beginnings")
    func index() {
        let partition = RememberedPartition(Shard(0), days: LocalDate(days: 0)...LocalDate(days: 0))
        let ids = (0..<3_000).map { PractitionerID(high: 1, low: UInt64($0) &* 0x1_0000_0000 | 7) }
        for (number, id) in ids.enumerated() { _ = partition.seat(id, .fr, number: number, zone: 0) }
        #expect(partition.buckets.count == 3)
        for (number, id) in ids.enumerated() { #expect(partition.place(id.high, id.low) == number) }
        #expect(partition.place(2, 7) == nil && partition.place(1, 8) == nil)
    }
}
