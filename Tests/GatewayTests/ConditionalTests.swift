import Gateway
import Testing

/// ETags, `If-Match` and `If-None-Match`.
@Suite struct ConditionalTests {
    struct Match: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let header: String?
        let status: Int
        var condition: VersionCondition?
    }

    static let matches: [Match] = [
        Match(testDescription: "one tag", header: "\"7\"", status: 200, condition: .versions([7])),
        Match(testDescription: "a list", header: "\"6\" ,\"7\"", status: 200, condition: .versions([6, 7])),
        Match(testDescription: "any version", header: " * ", status: 200, condition: .any),
        Match(testDescription: "a weak tag matches nothing", header: "W/\"7\"", status: 200, condition: .versions([])),
        Match(
            testDescription: "a foreign tag matches nothing", header: "\"abc\"", status: 200, condition: .versions([])),
        Match(
            testDescription: "leading zeros are not our tag", header: "\"07\"", status: 200, condition: .versions([])),
        Match(testDescription: "absent", header: nil, status: 428),
        Match(testDescription: "without quotes", header: "7", status: 400),
        Match(testDescription: "half a quote", header: "\"7", status: 400),
        Match(testDescription: "empty", header: "", status: 400),
    ]

    @Test(arguments: matches)
    func putAndPatchNeedIfMatch(_ row: Match) async throws {
        let requests = [
            ("PUT", "/fr/v1/practitioners/\(IDs.practitioner)/schedule", Bodies.schedule),
            ("PATCH", "/fr/v1/practitioners/\(IDs.practitioner)", "{}"),
        ]
        for (method, path, body) in requests {
            let edge = try Edge()
            let answer = try await edge.send(method, path, headers: ["If-Match": row.header ?? Edge.absent], body: body)
            #expect(answer.status == row.status)
            #expect(edge.services.seen.conditions == (row.condition.map { [$0] } ?? []))
            if row.status == 428 { #expect(answer.problem == "precondition-required") }
        }
    }

    @Test(arguments: [
        "bookings/\(IDs.booking)/cancel", "bookings/\(IDs.booking)/reschedule",
        "practitioners/\(IDs.practitioner)/deactivate", "practitioners/\(IDs.practitioner)/activate",
    ])
    func postActionsHonourIfMatchAndDoNotNeedIt(_ action: String) async throws {
        let body =
            action.hasSuffix("cancel") ? Bodies.cancellation : action.hasSuffix("reschedule") ? Bodies.move : nil
        let edge = try Edge()
        _ = try await edge.send("POST", "/fr/v1/\(action)", body: body)
        _ = try await edge.send("POST", "/fr/v1/\(action)", headers: ["If-Match": "\"2\""], body: body)
        #expect(edge.services.seen.conditions == [.none, .versions([2])])
    }

    @Test func aStaleVersionIs412AndTellsTheCurrentOne() async throws {
        let edge = try Edge()
        edge.services.script { $0.changeResult = .preconditionFailed(current: 9) }
        let answer = try await edge.send("PATCH", "/fr/v1/practitioners/\(IDs.practitioner)", body: "{}")
        #expect(answer.status == 412)
        #expect(answer.problem == "precondition-failed")
        #expect(answer["ETag"] == "\"9\"")
    }

    @Test(arguments: [
        ("\"7\"", 304), ("W/\"7\"", 304), ("\"1\", \"7\"", 304), ("*", 304), ("\"6\"", 200), ("7", 200), ("", 200),
    ])
    func ifNoneMatchSavesTheBody(_ header: String, _ status: Int) async throws {
        let answer = try await Edge().send(
            "GET", "/fr/v1/bookings/\(IDs.booking)", headers: ["If-None-Match": header])
        #expect(answer.status == status)
        #expect(answer["ETag"] == "\"7\"")
        #expect(answer.bytes.isEmpty == (status == 304))
    }

    @Test func aNewSchedulesTagIsZero() async throws {
        let answer = try await Edge().send("GET", "/fr/v1/practitioners/\(IDs.practitioner)/schedule")
        #expect(answer["ETag"] == "\"0\"")
    }

    @Test func aConditionKnowsARepetition() {
        #expect(VersionCondition.versions([6]).isRepetition(of: 7))
        #expect(!VersionCondition.versions([7]).isRepetition(of: 7))
        #expect(!VersionCondition.none.isRepetition(of: 7))
        #expect(VersionCondition.none.admits(7) && VersionCondition.any.admits(7))
        #expect(VersionCondition.versions([5, 7]).admits(7) && !VersionCondition.versions([]).admits(7))
    }
}
