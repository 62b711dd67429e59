import AvailabilityProjection
import Configuration
import Domain
import EventStore
import Foundation
import Kafka
import Observability
import ProjectionRunner
import SearchProjection
import TestSupport
import Testing

@testable import replay

/// `replay rebuild --source log` where the log has lost what was published first, and rounds of baselines have it.
@Suite("G6 the log alone, by rounds of baselines", .serialized)
struct LogAloneTests {
    /// A bed whose log begins after a history of 12 practitioners, with live projection at work.
    private func forgetful(_ body: (ReplayBed, History, _ kept: [BookingCreated]) async throws -> Void) async throws {
        try await ReplayBed.with { old in
            let (history, kept) = try await past(old)
            try await old.withNewLog { bed in
                try await bed.buildModels()
                try await bed.projecting { try await body(bed, history, kept) }
            }
        }
    }

    /// The same on a real broker, whose records of that history have expired.
    private func expired(_ body: (ReplayBed, History, _ kept: [BookingCreated]) async throws -> Void) async throws {
        try await OwnKafka.with("rounds", settings: OwnKafka.expiring) { kafka in
            try await ReplayBed.with(kafka: kafka.bootstrap) { bed in
                let (history, kept) = try await past(bed)
                try await kafka.expire(bed)
                try await kafka.keep()
                try await bed.buildModels()
                try await bed.projecting { try await body(bed, history, kept) }
            }
        }
    }

    private func past(_ bed: ReplayBed) async throws -> (History, kept: [BookingCreated]) {
        let history = History(bed)
        try await history.register(12, in: .fr)
        var kept: [BookingCreated] = []
        for id in history.practitioners {
            kept.append(try await history.book(id, slot: 0, in: .fr))
            try await history.book(id, slots: 1..<3, in: .fr)
        }
        try await history.close(history.practitioners[3], slots: 4..<6, in: .fr)
        try await bed.relay()
        return (history, kept)
    }

    /// What may happen after a round: of every kind of event one that changes what the round says.
    private func goOn(_ history: History, _ kept: [BookingCreated]) async throws {
        let people = history.practitioners
        try await history.cancel(kept[0])
        try await history.move(kept[1], to: people[2], slot: 5)
        try await history.move(kept[4], to: people[4], slot: 6)
        try await history.close(people[5], slots: 2..<4, in: .fr)
        try await history.append(.deactivated(PractitionerDeactivated(practitionerID: people[6], country: .fr)))
        try await history.rename(people[7], in: .fr)
        try await history.register(2, in: .fr)
        for id in history.practitioners { try await history.book(id, slots: 7..<8, in: .fr) }
    }

    @Test("both models are rebuilt from rounds and what came after them, and are what a fold of the stores says")
    func rebuilds() async throws { try await forgetful(rebuilt) }

    @Test(
        "so they are from a real broker's log, which has lost what came before the rounds",
        .enabled(if: OwnKafka.isPresent, "skipped: there is no ../shared/engines/kafka-engine here"))
    func rebuildsFromRealBroker() async throws { try await expired(rebuilt) }

    private func rebuilt(_ bed: ReplayBed, _ history: History, _ kept: [BookingCreated]) async throws {
        let before = await bed.replay("rebuild", "--source", "log")
        #expect(before.code == .refused && before.complaint.contains("positions 1 to"), "\(before.complaint)")

        #expect(try await bed.publishBaselines() == 12)
        #expect(try await bed.publishBaselines() == 0, "the next rounds are not due")
        try await goOn(history, kept)
        try await bed.relay()
        for model in ["availability", "search"] {
            let planned = await bed.replay("plan", "--model", model, "--source", "log")
            #expect(planned.code == .success, "\(planned.complaint)")
            #expect(
                planned.answer.matches(of: /in log     partition \d: round of 20/).count == 6, "\(planned.answer)")

            let rebuilt = await bed.replay("rebuild", "--model", model, "--source", "log", "--swap", "--json")
            #expect(rebuilt.code == .success, "\(rebuilt.answer)\(rebuilt.complaint)")
            #expect(rebuilt.answer.contains(#""record":"coverage""#), "\(rebuilt.answer)")
            let epoch = try #require(try await EpochRegistry(bed.practitioners).epochs(of: model)[2])
            #expect(epoch.isProved && epoch.source == "the log alone")
            try await eventually("\(model) is what a fold of the stores says", within: .seconds(30)) {
                await bed.replay("verify", "models", "--model", model).code == .success
            }
            let differs = await bed.replay("diff", "--model", model, "--epoch", "2", "--against", "store")
            #expect(differs.code == .success, "\(differs.answer)")
        }
        let status = await bed.replay("status")
        #expect(
            status.answer.matches(of: /log alone +round in every partition, the oldest \d/).count == 2,
            "\(status.answer)")
    }

    @Test("a practitioner whose event nobody can read waits in the new epoch, too, though the event is not in the log")
    func unreadable() async throws {
        try await forgetful { bed, history, _ in
            try await history.appendUnreadable(history.practitioners[0], in: .fr)
            try await history.appendUnreadableProfile(history.practitioners[1], in: .fr)
            try await bed.relay()
            try await bed.publishBaselines()
            try await bed.withNewLog { empty in
                try await bed.copyBaselines(to: empty)
                let named = await empty.replay("rebuild", "--model", "availability", "--source", "log")
                #expect(named.code == .differs, "\(named.complaint)")
                for id in history.practitioners[0...1] {
                    #expect(named.complaint.contains("\(id)"), "\(named.complaint)")
                }
            }
        }
    }

    @Test("a log that lacks a record of a round, or the first position after it, is refused with the list")
    func refuses() async throws {
        try await forgetful { bed, history, kept in
            try await bed.publishBaselines()
            try await bed.withNewLog { whole in
                try await bed.copyBaselines(to: whole)
                #expect(await whole.replay("plan", "--source", "log").code == .success)
            }
            try await goOn(history, kept)
            try await bed.relay()
            try await bed.withNewLog { behind in
                try await bed.copyBaselines(to: behind)
                let refused = await behind.replay("rebuild", "--source", "log")
                #expect(refused.code == .refused && refused.complaint.contains("after the round of"), "\(refused)")
            }
            try await bed.withNewLog { lacking in
                try await bed.copyBaselines(to: lacking, droppingOneOf: "AvailabilityBaseline")
                let refused = await lacking.replay("rebuild", "--model", "availability", "--source", "log")
                #expect(refused.code == .refused && refused.complaint.contains("lacks records"), "\(refused)")
                #expect(refused.complaint.contains("positions 1 to"), "\(refused.complaint)")
                #expect(try await EpochRegistry(bed.practitioners).epochs(of: "availability")[2] == nil)
            }
        }
    }
}

extension ReplayBed {
    /// Publishes the rounds that are due, as the role `projection` does.
    @discardableResult
    fileprivate func publishBaselines() async throws -> Int {
        let (zones, clock) = (try SystemZones.database(), SystemClock())
        let places = PractitionerPlaces(pool: practitioners, zones: zones, trustedFor: .zero)
        let broker = broker
        let keeper = BaselineKeeper(
            [
                AvailabilityBaselines(
                    bookings: bookings, practitioners: practitioners, places: places, zones: zones, clock: clock),
                SearchBaselines(practitioners),
            ],
            pool: practitioners, kafka: { broker.settings }, every: .seconds(3_600), owner: "test",
            identifiers: SeededIdentifiers(seed: 77), clock: clock, log: .silent, metrics: BaselineMetrics(Metrics()))
        return try await keeper.publishDue()
    }

    /// Copies all rounds into another log, which has nothing else; one record of a type may be left out.
    fileprivate func copyBaselines(to other: ReplayBed, droppingOneOf type: String? = nil) async throws {
        let names: [StaticString] = [
            "ce_specversion", "ce_time", "ce_dataversion", "ce_correlationid", "ce_round", "ce_roundindex", "ce_type",
            "ce_source", "ce_subject", "ce_id", "content-type",
        ]
        let marks = try #require(try await BaselineLog(broker.settings).watermarks())
        let places = Shard.all.map { KafkaPartition(topic: BaselineTopic.name, number: Int32($0.number)) }
        let reader = try KafkaConsumer(
            broker.settings, clientID: "copy",
            assigning: Dictionary(uniqueKeysWithValues: places.map { ($0, .beginning) }))
        var (records, dropping) = ([KafkaRecord](), type)
        var left = marks.values.reduce(0) { $0 + $1.high }
        let deadline = ContinuousClock.now + .seconds(60)
        while left > 0, ContinuousClock.now < deadline {
            for record in try await reader.poll(max: 1_000, timeout: .milliseconds(200)) {
                left -= 1
                if let name = dropping, record.headerText("ce_type") == name {
                    dropping = nil
                    continue
                }
                records.append(
                    KafkaRecord(
                        topic: BaselineTopic.name, partition: record.partition, key: record.key, value: record.value,
                        headers: names.compactMap { name in
                            record.headerText(name).map { KafkaHeader(name: "\(name)", text: $0) }
                        }))
            }
        }
        await reader.close()
        try #require(left == 0 && dropping == nil)
        let producer = try KafkaProducer(other.broker.settings, clientID: "copy")
        _ = try await producer.send(records)
        await producer.close()
    }
}

extension History {
    /// Closes some slots of `day`, and of that day only.
    fileprivate func close(_ id: PractitionerID, slots: Range<Int>, in country: CountryCode) async throws {
        func time(_ slot: Int) throws -> LocalTime { try #require(LocalTime(minutes: 8 * 60 + slot * 30)) }
        let session = Session(start: try time(slots.lowerBound), end: try time(slots.upperBound))
        try await append(
            .exceptionAdded(
                ExceptionAdded(
                    practitionerID: id, country: country,
                    exception: ScheduleException(
                        id: ExceptionID(high: id.high, low: id.low), from: day, to: day.adding(days: 1), kind: .closed,
                        sessions: [session]))))
    }

    fileprivate func rename(_ id: PractitionerID, in country: CountryCode) async throws {
        var event = PractitionerUpdated(practitionerID: id, country: country)
        event.displayName = "Dr. Renamed"
        event.specialty = "dermatology"
        try await append(.updated(event))
    }
}
