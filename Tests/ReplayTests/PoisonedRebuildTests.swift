import Domain
import EventStore
import JSON
import Kafka
import ProjectionRunner
import TestSupport
import Testing

@testable import replay

/// A rebuild meets what it cannot read, in the store, in the log, and in the log's tail.
@Suite("G5 what a rebuild cannot read is named, and costs its own practitioner at most", .serialized)
struct PoisonedRebuildTests {
    /// An event that this program cannot take in.
    struct Poison: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let type: WireType
        let data: String
    }

    static let poisons = [
        Poison(
            testDescription: "an unknown version", type: WireType("BookingCreated", dataVersion: 99),
            data: "{}"),
        Poison(
            testDescription: "JSON that breaks off", type: WireType("BookingCreated"),
            data: #"{"bookingId":"0190a5b2"#),
    ]

    private func prepared(_ body: (ReplayBed, History) async throws -> Void) async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(6, in: .fr)
            for id in history.practitioners { try await history.book(id, slots: 0..<2, in: .fr) }
            try await bed.relay()
            try await bed.buildModels()
            try await bed.projecting { try await body(bed, history) }
        }
    }

    private func summary(_ answer: String) throws -> JSONValue {
        let lines = try answer.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
        return try #require(lines.last { $0["record"]?.stringValue == "rebuild" }, "\(answer)")
    }

    @Test(
        "in the store, or in a log that is read alone: named with its practitioner, exit code 1; others are rebuilt",
        arguments: poisons, ["store", "log"])
    func before(_ poison: Poison, _ source: String) async throws {
        try await prepared { bed, history in
            let id = history.practitioners[0]
            try await history.appendUnreadable(id, in: .fr, type: poison.type, data: poison.data)
            for other in history.practitioners { try await history.book(other, slots: 2..<3, in: .fr) }
            try await bed.relay()
            let order = ["rebuild", "--model", "availability", "--source", source]
            let refused = await bed.replay(order)
            #expect(refused.code == .differs, "\(refused.answer)\(refused.complaint)")
            #expect(refused.complaint.contains("\(id)"), "\(refused.complaint)")
            #expect(refused.complaint.contains("BookingCreated"), "\(refused.complaint)")

            let allowed = await bed.replay(order + ["--resume", "--allow-quarantine", "--json"])
            #expect(allowed.code == .differs, "\(allowed.answer)\(allowed.complaint)")
            #expect(try summary(allowed.answer)["quarantined"]?.intValue == 1)
            try await isGood(bed, waiting: id)
        }
    }

    @Test("in the tail of a rebuild: its practitioner waits, and nobody else", arguments: poisons)
    func inTheTail(_ poison: Poison) async throws {
        try await prepared { bed, history in
            let id = history.practitioners[0]
            let rebuilt = try await bed.holdingAfterTheFold {
                Task { await bed.replay("rebuild", "--model", "availability", "--allow-quarantine", "--json") }
            } meanwhile: {
                try await history.appendUnreadable(id, in: .fr, type: poison.type, data: poison.data)
                for other in history.practitioners { try await history.book(other, slots: 2..<3, in: .fr) }
                try await bed.relay()
            }
            #expect(rebuilt.code == .differs, "\(rebuilt.answer)\(rebuilt.complaint)")
            try await isGood(bed, waiting: id)
        }
    }

    /// Epoch 2 is ready, one practitioner waits by name, and what is compared is what the stores say.
    private func isGood(_ bed: ReplayBed, waiting id: PractitionerID) async throws {
        let epochs = try await EpochRegistry(bed.practitioners).epochs(of: "availability")
        let epoch = try #require(epochs[2])
        #expect(epoch.state == .ready && epoch.isProved)
        try await eventually("live projection has let the practitioner wait, too", within: .seconds(60)) {
            let entries = try await QuarantineOffice(bed.practitioners).entries(model: "availability")
            return Set(entries.map(\.epoch)) == [1, 2] && entries.allSatisfy { $0.cause.practitioner == id }
        }
        let differs = await bed.replay("diff", "--model", "availability", "--epoch", "2")
        #expect(differs.code == .success, "\(differs.answer)\(differs.complaint)")
    }

    @Test(
        "records without a key or headers of ours stop nothing and are named by their place",
        arguments: ["store", "log"])
    func foreign(_ source: String) async throws {
        try await prepared { bed, history in
            let partition = KafkaPartitioner.partition(of: history.practitioners[0])
            let stranger = KafkaRecord(
                topic: Topic.bookingEvents.name, partition: partition, key: [], value: Array("good day".utf8))
            let producer = try KafkaProducer(bed.broker.settings, clientID: "stranger")
            let before = try await producer.send([stranger])
            let rebuilt: (code: ExitCode, answer: String, complaint: String)
            var offsets = before
            if source == "store" {
                var inTheTail: [Int64] = []
                rebuilt = try await bed.holdingAfterTheFold {
                    Task { await bed.replay("rebuild", "--model", "availability") }
                } meanwhile: {
                    inTheTail = try await producer.send([stranger])
                    for id in history.practitioners { try await history.book(id, slots: 2..<3, in: .fr) }
                    try await bed.relay()
                }
                offsets += inTheTail
            } else {
                rebuilt = await bed.replay("rebuild", "--model", "availability", "--source", "log")
            }
            await producer.close()
            #expect(rebuilt.code == .success, "\(rebuilt.answer)\(rebuilt.complaint)")
            let compared = await bed.replay("diff", "--model", "availability", "--epoch", "2", "--against", "store")
            #expect(compared.code == .success, "\(compared.answer)\(compared.complaint)")
            try await eventually("each is named by its place", within: .seconds(60)) {
                let listed = await bed.replay("quarantine", "list", "--json").answer
                return try offsets.allSatisfy { offset in
                    try listed.split(separator: "\n").contains { line in
                        let entry = try parseJSON(Array(line.utf8))
                        return entry["record"]?.stringValue == "foreign" && entry["offset"]?.intValue == offset
                            && entry["topic"]?.stringValue == Topic.bookingEvents.name
                    }
                }
            }
        }
    }
}
