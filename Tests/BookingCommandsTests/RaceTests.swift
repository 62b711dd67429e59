import Domain
import EventStore
import Postgres
import TestSupport
import Testing

@testable import BookingCommands

/// Commands that meet in one place, from two processes.
@Suite struct RaceTests {
    /// G1: 50 callers want one slot, 200 times, through two processes.
    @Test func oneOfFiftyGetsTheSlot() async throws {
        try await Clinic.with("g1", writers: 2) { clinic in
            for number in 1...9 { try await clinic.open(practitioner(number)) }
            for round in 0..<200 {
                let start = try instant("2026-11-23T08:00:00+01:00").adding(minutes: round / 9 * 30)
                let requests = try (0..<50).map { caller in
                    try clinic.create(
                        practitioner(round % 9 + 1), ParsedTime(start), patient: patient(caller),
                        key: "\(round)-\(caller)")
                }
                let answers = await clinic.executeAtOnce(requests)
                #expect(answers.filter(\.isSuccess).count == 1)
                #expect(answers.filter { $0.line?.hasPrefix("409 slot-taken") ?? false }.count == 49)
            }
            #expect(try await clinic.count("SELECT count(*) FROM booked_slots WHERE status = 'confirmed'") == 200)
            try await clinic.expectSound()
        }
    }

    /// Overlapping visits of several slots: only those that do not touch can win together.
    @Test func visitsOfSeveralSlotsCollideWhereTheyOverlap() async throws {
        try await Clinic.with("overlap", writers: 2) { clinic in
            for round in 1...30 {
                try await clinic.open(practitioner(round))
                let requests = try (0..<12).map { index in
                    let start = try instant("2026-11-23T08:00:00+01:00").adding(minutes: index * 30)
                    return try clinic.create(
                        practitioner(round), ParsedTime(start), type: "long", key: "\(round)-\(index)")
                }
                let answers = await clinic.executeAtOnce(requests)
                #expect((4...6).contains(answers.filter(\.isSuccess).count))
            }
            try await clinic.expectSound()
        }
    }

    /// Batches that touch the same two practitioners in opposite order take turns.
    @Test func headRowsAreLockedInOneOrder() async throws {
        try await Clinic.with("order", writers: 2) { clinic in
            try await clinic.open(practitioner(1))
            try await clinic.open(practitioner(2))
            var ids: [BookingID] = []
            for (number, writer) in clinic.writers.enumerated() {
                let made = try clinic.create(
                    practitioner(number + 1), "2026-11-23T0\(8 + number):00:00+01:00", key: "make-\(number)")
                #expect(await writer.got(made).isSuccess)
                ids.append(made.bookingID)
            }
            for round in 0..<100 {
                let answers = await clinic.executeAtOnce(
                    try ids.enumerated().map { number, id in
                        try clinic.move(
                            id, to: "2026-11-23T0\(8 + number):00:00+01:00",
                            of: practitioner((number + round + 1) % 2 + 1), key: "\(round)-\(number)")
                    })
                #expect(answers.filter(\.isSuccess).count == 2, "a deadlock's victim would have been unlucky")
            }
            let deadlocks = try await clinic.count(
                """
                SELECT coalesce(sum(deadlocks), 0)::bigint FROM pg_stat_database WHERE datname = current_database()
                """)
            #expect(deadlocks == 0)
            try await clinic.expectSound()
        }
    }

    /// A booking moves away between the first look and the lock: whoever looked starts over and finds it.
    @Test func aBookingThatMovedMeanwhileIsFound() async throws {
        try await Clinic.with("moved", writers: 2) { clinic in
            try await clinic.open(practitioner(1))
            try await clinic.open(practitioner(2))
            let made = try clinic.create(practitioner(1), "2026-11-23T10:00:00+01:00", key: "make")
            #expect(await clinic.writers[0].got(made).isSuccess)

            let holder = PGSession(url: clinic.database.url, label: "holder")
            _ = try await holder.query(.begin)
            _ = try await holder.query(SQLStatement(name: "hold", text: "SELECT FROM calendars FOR UPDATE"))
            let move = try clinic.move(
                made.bookingID, to: "2026-11-23T10:00:00+01:00", of: practitioner(2), key: "move")
            async let moved = clinic.writers[0].got(move)
            try await waitForLocks(1, clinic)
            async let cancelled = clinic.writers[1].got(clinic.cancel(made.bookingID, key: "cancel"))
            try await waitForLocks(2, clinic)
            _ = try await holder.query(.commit)
            #expect(await moved == .answer("200 confirmed v2 2026-11-23T09:00:00Z"))
            #expect(await cancelled == .answer("200 cancelled v3 2026-11-23T09:00:00Z"))
            await holder.close()
            try await clinic.expectSound()
        }
    }

    private func waitForLocks(_ count: Int64, _ clinic: Clinic) async throws {
        try await eventually("\(count) transactions wait for a head row") {
            try await clinic.count(
                """
                SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                """) == count
        }
    }

    /// One slot of a visit is freed and taken in the same batch, in the order of the commands.
    @Test func whatACommandFreesTheNextOneMayTake() async throws {
        var limits = BookingWriter.Limits()
        limits.flightsMax = 1
        try await Clinic.with("handover", limits: limits) { clinic in
            try await clinic.open(practitioner(1))
            let writer = clinic.writers[0]
            let start = "2026-11-23T10:00:00+01:00"
            var holder = try clinic.create(practitioner(1), start, key: "first")
            #expect(await writer.got(holder).isSuccess)
            for round in 0..<20 {
                let blocker = clinic.cancel(BookingID(high: 0, low: UInt64(round + 1)), key: "blocker-\(round)")
                let next = try clinic.create(practitioner(1), start, key: "next-\(round)")
                async let first = writer.got(blocker)
                async let cancelled = writer.got(clinic.cancel(holder.bookingID, key: "cancel-\(round)"))
                async let created = writer.got(next)
                _ = await first
                #expect(await cancelled.isSuccess)
                if await created.isSuccess {
                    holder = next
                } else {
                    holder = try clinic.create(practitioner(1), start, key: "again-\(round)")
                    #expect(await writer.got(holder).isSuccess)
                }
            }
            try await clinic.expectSound()
        }
    }
}
