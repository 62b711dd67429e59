import Domain
import EventStore
import JSON
import Kafka
import Postgres
import ProjectionRunner
import TestSupport

@testable import AvailabilityProjection

/// What operators do and what others see, over the servers of one test.
extension AvailabilityBed {
    var office: QuarantineOffice { QuarantineOffice(practitioners) }

    /// Those who wait in availability.
    func waiting() async throws -> [QuarantineEntry] { try await office.entries(model: "availability") }

    /// Waits until exactly these wait.
    func quarantined(_ ids: Set<PractitionerID>) async throws -> [QuarantineEntry] {
        try await eventually("\(ids.count) wait", within: .seconds(30)) {
            Set(try await self.waiting().map(\.cause.practitioner)) == ids
        }
        return try await waiting()
    }

    /// Asks and waits for the answer of the live lane.
    func ask(
        _ wish: QuarantineOffice.Wish, for entry: QuarantineEntry, reason: String = "a test"
    ) async throws -> QuarantineOffice.Answer? {
        let requests = try await office.request(wish, for: [entry.id], reason: reason, by: "tester@here")
        let ids = Array(requests.values)
        try await eventually("the live lane has answered", within: .seconds(15)) {
            try await self.office.answers(to: ids).count == ids.count
        }
        return try await office.answers(to: ids).first
    }

    /// What was announced about somebody, in order.
    func announced(_ id: PractitionerID) async throws -> [AvailabilityChanged] {
        let number = KafkaPartitioner.partition(of: id)
        let place = KafkaPartition(topic: Topic.availabilityEvents.name, number: number)
        let high = try await KafkaAdmin(kafka).watermarks(of: place).high
        let consumer = try KafkaConsumer(kafka, clientID: "test", assigning: [place: .beginning])
        var (events, read): ([AvailabilityChanged], Int64) = ([], 0)
        try await eventually("everything announced was read") {
            for record in try await consumer.poll(max: 500, timeout: .milliseconds(100)) {
                read += 1
                events.append(try EventCodec.availabilityChanged(AvailabilityChanged.wireType, record.value))
            }
            return read >= high
        }
        await consumer.close()
        return events.filter { $0.practitionerID == id }
    }

    /// Publishes one record as nobody of ours does.
    func publish(_ record: KafkaRecord) async throws {
        let producer = try KafkaProducer(kafka, clientID: "nobody")
        _ = try await producer.send([record])
        await producer.close()
    }
}

extension Clinic {
    /// What the next release writes: `day` instead of `localDate`.
    static let nextVersion = WireType("BookingCreated", dataVersion: 2)

    /// How the next release reads what it writes.
    static let nextRelease = Upcasters(
        [:],
        readers: [
            nextVersion: { (value: JSONValue) throws(JSONError) in
                let text = String(decoding: value.serialized(), as: UTF8.self)
                return try parseJSON(Array(text.replacing("\"day\"", with: "\"localDate\"").utf8))
            }
        ])

    /// A booking as the next release writes it.
    func bookWithNextRelease(_ id: PractitionerID, slot: Int) async throws {
        let event = BookingEvent.created(
            BookingCreated(
                bookingID: BookingID(high: 7, low: UInt64(slot)), practitionerID: id,
                patientID: PatientID(high: 7, low: 7), country: .fr, slotStart: AvailabilityBed.now,
                slotEnd: AvailabilityBed.now, localDate: AvailabilityBed.today,
                slots: SlotMask(first: slot, count: 1), timeZone: "Europe/Paris", consultationType: "standard"))
        let text = String(decoding: EventCodec.encode(event), as: UTF8.self)
        try await appendRaw(
            [id], Self.nextVersion, text.replacing("\"localDate\"", with: "\"day\""),
            relevantUntil: AvailabilityBed.today)
    }
}
