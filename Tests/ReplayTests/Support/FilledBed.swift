import AvailabilityProjection
import Domain
import EventStore
import Postgres
import Redis
import Testing

@testable import replay

extension ReplayBed {
    /// A little of everything that can happen to slots of nine practitioners, built into both models.
    func filled() async throws -> History {
        let history = History(self)
        try await history.register(9, in: .fr)
        let (one, two) = (history.practitioners[0], history.practitioners[1])
        _ = try await history.book(one, slot: 0, in: .fr)
        try await history.cancel(try await history.book(one, slot: 1, in: .fr))
        try await history.move(try await history.book(one, slot: 2, in: .fr), to: two, slot: 3)
        try await history.append(
            .deactivated(PractitionerDeactivated(practitionerID: history.practitioners[2], country: .fr)))
        try await relay()
        try await buildModels()
        return history
    }

    /// All kinds of events, of those who are there, of new ones, and of another country.
    func everythingHappens(_ history: History) async throws {
        let ids = history.practitioners
        let booked = try await history.book(ids[3], slot: 4, in: .fr)
        try await history.cancel(try await history.book(ids[3], slot: 5, in: .fr))
        try await history.move(booked, to: ids[4], slot: 6)
        try await history.move(try await history.book(ids[0], slot: 4, in: .fr), to: ids[0], slot: 5)
        let closed = ScheduleException(
            id: ExceptionID(high: 1, low: 1), from: history.day, to: history.day.adding(days: 2), kind: .closed,
            sessions: [])
        let extra = ScheduleException(
            id: ExceptionID(high: 1, low: 2), from: history.day, to: history.day.adding(days: 1), kind: .extra,
            sessions: [Session(start: LocalTime("14:00") ?? .eight, end: LocalTime("16:00") ?? .eight)])
        try await history.append(
            .exceptionAdded(ExceptionAdded(practitionerID: ids[5], country: .fr, exception: closed)))
        try await history.append(
            .exceptionAdded(ExceptionAdded(practitionerID: ids[6], country: .fr, exception: extra)))
        try await history.append(
            .exceptionAdded(ExceptionAdded(practitionerID: ids[7], country: .fr, exception: closed)))
        try await history.append(
            .exceptionRemoved(ExceptionRemoved(practitionerID: ids[7], country: .fr, exception: closed)))
        try await history.append(.activated(PractitionerActivated(practitionerID: ids[2], country: .fr)))
        try await history.append(.deactivated(PractitionerDeactivated(practitionerID: ids[8], country: .fr)))
        var update = PractitionerUpdated(practitionerID: ids[0], country: .fr)
        update.displayName = "Dr. Other"
        try await history.append(.updated(update))
        try await history.register(2, in: .fr)
        try await history.register(3, in: .de)
        for id in history.practitioners.suffix(5) { _ = try await history.book(id, slot: 2, in: history.country(id)) }
    }

    /// Events that models are built from.
    func storedEvents() async throws -> Int64 { try await number("SELECT count(*) FROM events WHERE shard < 6") }

    /// Positions that were given; a move between practitioners has two.
    func givenPositions() async throws -> Int64 {
        try await number("SELECT coalesce(sum(cardinality(outbox_ids)), 0)::bigint FROM outbox_stamps WHERE shard < 6")
    }

    private func number(_ sql: String) async throws -> Int64 {
        var sum: Int64 = 0
        for pool in [bookings, practitioners] {
            sum += try await pool.query(SQLStatement(name: "count", text: sql)).int(0, 0)
        }
        return sum
    }

    /// The key of the first page of somebody in France.
    func page(of id: PractitionerID, _ day: LocalDate) -> String {
        "av:1:{fr:\(KafkaPartitioner.partition(of: id)).0}:\(day)"
    }

    /// Turns a bit of somebody's cell of the history's day: 0...23 open, 24...47 booked, slot 0 first.
    func flip(_ id: PractitionerID, _ bit: Int, _ history: History) async throws {
        let models = try await MemoryFile(stateFolder: stateFolder).read()
        let partition = models.partitions[Int(KafkaPartitioner.partition(of: id))]
        let (_, cell) = try #require(partition.seat(of: id))
        let place = Int64((PageLayout.headerBytes + cell * PageLayout.cellBytes) * 8 + bit)
        let key = RedisArgument.text(page(of: id, history.day))
        let before = try await redis.call(RedisCommand("GETBIT", [key, .int(place)])).integer
        _ = try await redis.call(RedisCommand("SETBIT", [key, .int(place), .int(before == 0 ? 1 : 0)]))
    }
}
