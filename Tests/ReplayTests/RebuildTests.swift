import Domain
import EventStore
import Foundation
import ProjectionRunner
import Redis
import SearchProjection
import TestSupport
import Testing

@testable import AvailabilityProjection
@testable import replay

/// `replay rebuild` as an operator uses it, beside live projection.
@Suite("G5, G6, G7 rebuild", .serialized)
struct RebuildTests {
    /// A bed with people, bookings, both models in epoch 1, and live projection at work.
    private func prepared(_ body: (ReplayBed, History) async throws -> Void) async throws {
        try await ReplayBed.with { bed in
            let history = History(bed)
            try await history.register(12, in: .fr)
            for id in history.practitioners { try await history.book(id, slots: 0..<3, in: .fr) }
            try await bed.relay()
            try await bed.buildModels()
            try await bed.projecting { try await body(bed, history) }
        }
    }

    private func line(_ answer: String, _ record: String) throws -> [String: Any] {
        let lines = answer.split(separator: "\n").compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        return try #require(lines.last { $0["record"] as? String == record }, "no \(record) in \(answer)")
    }

    @Test("a model is rebuilt, swapped in, and goes on with what happens next", arguments: ["availability", "search"])
    func rebuildsAndSwaps(_ model: String) async throws {
        try await prepared { bed, history in
            let rebuilt = await bed.replay("rebuild", "--model", model, "--swap", "--reason", "a test", "--json")
            #expect(rebuilt.code == .success, "\(rebuilt.answer)\(rebuilt.complaint)")
            let summary = try line(rebuilt.answer, "rebuild")
            #expect(summary["epoch"] as? Int == 2 && summary["quarantined"] as? Int == 0)
            #expect((summary["retaken"] as? [Int])?.isEmpty == true, "the log was there: nothing is folded twice")
            #expect(try line(rebuilt.answer, "swap")["to"] as? Int == 2)
            let epochs = try await EpochRegistry(bed.practitioners).epochs(of: model)
            #expect(epochs.served == 2 && epochs[2]?.isProved == true && epochs[1]?.state == .kept)

            for id in history.practitioners { try await history.book(id, slots: 4..<6, in: .fr) }
            try await bed.relay()
            try await eventually("the new epoch has what came after it", within: .seconds(30)) {
                await bed.replay("verify", "models", "--model", model).code == .success
            }
            #expect(try await bed.facts(of: "rebuild") == ["finished", "started"])
        }
    }

    @Test("free slots of a rebuild count as of the pages' checkpoint, however old the header of a page is")
    func countsAsOfTheCheckpoint() async throws {
        try await prepared { bed, history in
            let id = history.practitioners[0]
            let place = try await Connections.with(bed.environment) { try await $0.place(of: id, in: .fr) }
            let content = AvailabilityContent(redis: bed.redis)
            let before = try #require(try await content.standing(of: Shard(place.partition))).progress
            try await history.book(id, slots: 4..<6, in: .fr)
            try await bed.relay()
            var standing = try #require(try await content.standing(of: Shard(place.partition)))
            try await eventually("the pages have it", within: .seconds(30)) {
                standing = try #require(try await content.standing(of: Shard(place.partition)))
                return standing.progress[.bookingEvents].sequence > before[.bookingEvents].sequence
            }
            let free = try await Connections.with(bed.environment) { connections in
                let slots = RebuildModels(connections).freeSlots(patience: RebuildModels.pagesPatience)
                return try await slots.free(of: [SearchKey(.fr, id)]).first
            }
            let change = try #require(free).change
            for topic in [Topic.bookingEvents, .practitionerEvents] {
                let source = change.sources.first { $0.topic == topic }
                #expect(source?.sequence == standing.progress[topic].sequence)
            }
            let last = try #require(standing.extents.first).days.upperBound
            let page = try #require(try await content.pages(of: place.cell.bucket, [last])[0])
            #expect(page.bookings < standing.progress[.bookingEvents].sequence, "its header has nothing of the booking")
        }
    }

    @Test("Redis is emptied under way, and a rebuild brings all back")
    func afterFlush() async throws {
        try await prepared { bed, _ in
            _ = try await bed.redis.call(RedisCommand("FLUSHDB"))
            let rebuilt = await bed.replay("rebuild", "--model", "availability", "--swap")
            #expect(rebuilt.code == .success, "\(rebuilt.answer)\(rebuilt.complaint)")
            #expect(
                rebuilt.answer.contains("the same as the fold's") && rebuilt.answer.contains("answered from epoch 2"))
            try await eventually("all is back", within: .seconds(90)) {
                await bed.replay("verify", "models").code == .success
            }
        }
    }

    @Test("a second operator is refused, and told who is at it")
    func twoOperators() async throws {
        try await prepared { bed, _ in
            let registry = EpochRegistry(bed.practitioners)
            let first = try await registry.createShadow(
                "availability", source: "store and log", by: "somebody else", lease: .seconds(60))
            let refused = await bed.replay("rebuild", "--model", "availability")
            #expect(refused.code == .refused)
            #expect(refused.complaint.contains("somebody else is rebuilding the same, as epoch 2"))
            let resumed = await bed.replay("rebuild", "--model", "availability", "--resume")
            #expect(resumed.code == .refused && resumed.complaint.contains("somebody else has it"))

            try await registry.releaseLease("availability", first.number, by: "somebody else")
            let abandoned = await bed.replay("rebuild", "--model", "availability")
            #expect(abandoned.code == .refused && abandoned.complaint.contains("--resume"))
            let ended = await bed.replay("rebuild", "--model", "availability", "--resume")
            #expect(ended.code == .success, "\(ended.complaint)")
            #expect(try await registry.epochs(of: "availability")[first.number]?.state == .ready)
        }
    }

    @Test("who goes on after a process that is gone does so in its own name, so that a second one is refused")
    func resumedInItsOwnName() async throws {
        try await prepared { bed, _ in
            let registry = EpochRegistry(bed.practitioners)
            let own = RebuildOwner.current(OperationActor(role: "operator", subject: "somebody"))
            let gone = own.replacing("process \(getpid()) ", with: "process 4194303 ")
            try #require(gone != own && RebuildOwner.isGone(gone))
            let left = try await registry.createShadow(
                "availability", source: "store and log", by: gone, lease: .seconds(60))
            let ended = await bed.replay("rebuild", "--model", "availability", "--resume")
            #expect(ended.code == .success, "\(ended.complaint)")
            let record = try #require(try await registry.epochs(of: "availability")[left.number])
            #expect(record.owner?.contains("process \(getpid()) ") == true)
        }
    }

    @Test("a plan that was edited is refused where it was, and never taken for the whole model")
    func damagedPlans() async throws {
        try await prepared { bed, _ in
            let path = FileManager.default.temporaryDirectory.appending(path: "plan-\(UUID()).json").path
            defer { try? FileManager.default.removeItem(atPath: path) }
            let planned = await bed.replay("plan", "--model", "availability", "--country", "fr", "--output", path)
            #expect(planned.code == .success, "\(planned.complaint)")
            let plan = try String(contentsOfFile: path, encoding: .utf8)
            let edits = [
                (#""country":"fr""#, #""country":"FR""#, "'country'"), (#""from":null"#, #""from":"soon""#, "'from'"),
                (#""heads":{"booking-events":["#, #""heads":{"booking-events":[1,"#, "'heads'"),
            ]
            for (right, wrong, name) in edits {
                try #require(plan.contains(right), "\(plan)")
                try plan.replacing(right, with: wrong).write(toFile: path, atomically: true, encoding: .utf8)
                let refused = await bed.replay("rebuild", "--plan", path)
                #expect(refused.code == .usage && refused.complaint.contains(name), "\(refused.complaint)")
            }
            try plan.write(toFile: path, atomically: true, encoding: .utf8)
            let other = await bed.replay("rebuild", "--plan", path, "--model", "search")
            #expect(other.code == .usage && other.complaint.contains("--plan says which model"))
        }
    }

    @Test("an event that nobody can read is named; its practitioner may wait, and nobody else")
    func unreadable() async throws {
        try await prepared { bed, history in
            let id = history.practitioners[0]
            try await history.appendUnreadable(id, in: .fr)
            try await bed.relay()
            let refused = await bed.replay("rebuild", "--model", "availability")
            #expect(refused.code == .differs)
            #expect(refused.complaint.contains("\(id)") && refused.complaint.contains("BookingTeleported"))
            let resumed = await bed.replay(
                "rebuild", "--model", "availability", "--resume", "--allow-quarantine", "--json")
            #expect(resumed.code == .differs, "\(resumed.complaint)")
            #expect(try line(resumed.answer, "rebuild")["quarantined"] as? Int == 1)
            let epochs = try await EpochRegistry(bed.practitioners).epochs(of: "availability")
            #expect(epochs[2]?.state == .ready && epochs[2]?.isProved == true)
        }
    }

    @Test("parts are put right where they are, beside live projection")
    func repairsParts() async throws {
        try await prepared { bed, history in
            let id = history.practitioners[0]
            let partition = Int(KafkaPartitioner.partition(of: id))
            let key = "av:1:{fr:\(partition).0}:\(history.day)"
            let bit = Int64(PageLayout.headerBytes * 8 + 24 + 20)
            func spoil() async throws {
                _ = try await bed.redis.call(RedisCommand("SETBIT", [.text(key), .int(bit), 1]))
                #expect(await bed.replay("verify", "models", "--model", "availability").code == .differs)
            }
            try await spoil()
            let one = await bed.replay(
                "rebuild", "--model", "availability", "--practitioner", "\(owner(of: partition, history))", "--json")
            #expect(one.code == .success, "\(one.complaint)")
            let repaired = try line(one.answer, "repair")
            #expect(repaired["changed"] as? Int == 1 && repaired["looked"] as? Int ?? 0 >= 15)
            #expect(await bed.replay("verify", "models", "--model", "availability").code == .success)

            try await spoil()
            _ = try await bed.redis.call(
                RedisCommand("UNLINK", [.text("av:1:{fr:\(partition).0}:\(history.day.adding(days: 1))")]))
            let all = await bed.replay("rebuild", "--model", "availability", "--country", "fr", "--json")
            #expect(all.code == .success, "\(all.complaint)")
            #expect(try line(all.answer, "repair")["madePages"] as? Int == 1)
            #expect(await bed.replay("verify", "models", "--model", "availability").code == .success)

            try await bed.run("UPDATE search_documents SET display_name = 'Dr. Nobody'", in: bed.practitioners)
            let found = await bed.replay("rebuild", "--model", "search", "--practitioner", "\(id)")
            #expect(found.code == .success && found.answer.contains("1 of 1 documents were not"), "\(found)")
            let rest = await bed.replay("rebuild", "--model", "search", "--country", "fr")
            #expect(rest.code == .success && rest.answer.contains("11 of 12 documents were not"), "\(rest)")
            #expect(await bed.replay("verify", "models").code == .success)
        }
    }

    @Test("the log alone is enough where it has every position", arguments: ["availability", "search"])
    func logAlone(_ model: String) async throws {
        try await prepared { bed, _ in
            let rebuilt = await bed.replay("rebuild", "--model", model, "--source", "log", "--swap", "--json")
            #expect(rebuilt.code == .success, "\(rebuilt.answer)\(rebuilt.complaint)")
            let summary = try line(rebuilt.answer, "rebuild")
            #expect(summary["count"] as? Int == 12)
            let epochs = try await EpochRegistry(bed.practitioners).epochs(of: model)
            #expect(epochs[2]?.source == "the log alone")
            let proved = await bed.replay("verify", "models", "--model", model)
            #expect(proved.code == .success, "\(proved.answer)")
        }
    }

    @Test("a plan says what would change, is held to, and refused once somebody else has swapped")
    func plans() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).plan").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await prepared { bed, history in
            let nothing = await bed.replay("plan", "--json")
            #expect(nothing.code == .success, "\(nothing.complaint)")
            #expect(try line(nothing.answer, "plan")["changing"] as? Int == 0)
            let partition = Int(KafkaPartitioner.partition(of: history.practitioners[0]))
            _ = try await bed.redis.call(
                RedisCommand(
                    "SETBIT",
                    [
                        .text("av:1:{fr:\(partition).0}:\(history.day)"),
                        .int(Int64(PageLayout.headerBytes * 8 + 24 + 20)), 1,
                    ]))
            let planned = await bed.replay("plan", "--model", "availability", "--output", file, "--json")
            #expect(planned.code == .success, "\(planned.complaint)")
            let plan = try line(planned.answer, "plan")
            #expect(plan["changing"] as? Int == 1 && plan["source"] as? String == "store")
            let sample = try #require(plan["sample"] as? [String])
            #expect(sample.count == 1 && sample[0].contains("\(owner(of: partition, history))"))

            let done = await bed.replay("rebuild", "--plan", file, "--swap")
            #expect(done.code == .success, "\(done.complaint)")
            let late = await bed.replay("rebuild", "--plan", file)
            #expect(late.code == .refused && late.complaint.contains("epoch 2 is served now, and was 1"))

            let differs = await bed.replay("diff", "--model", "availability", "--json")
            #expect(differs.code == .differs, "\(differs.complaint)")
            let difference = try line(differs.answer, "difference")
            #expect(difference["practitionerId"] as? String == "\(owner(of: partition, history))")
            #expect((difference["event"] as? [String: Any])?["type"] as? String == "ScheduleSet")
            #expect(try line(differs.answer, "diff")["differences"] as? Int == 1)
            #expect(
                await bed.replay("diff", "--model", "availability", "--epoch", "2", "--against", "store").code
                    == .success)
            #expect(await bed.replay("diff", "--model", "search", "--against", "store").code == .success)
        }
    }

    /// Who has the first cell of a partition.
    private func owner(of partition: Int, _ history: History) -> PractitionerID {
        history.practitioners.first { Int(KafkaPartitioner.partition(of: $0)) == partition } ?? history.practitioners[0]
    }
}
