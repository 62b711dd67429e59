import Domain
import Gateway
import JSON
import Observability
import Synchronization
import Testing

/// Correlation ids, trace contexts, metrics, log lines and limits.
@Suite struct TracingTests {
    static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test(arguments: [("abc-123", true), ("a:b.c_d", true), ("", false), ("a b", false), ("<script>", false)])
    func aCorrelationIdIsEchoedOrMade(_ sent: String, _ isTaken: Bool) async throws {
        let edge = try Edge()
        let answer = try await edge.send("GET", "/fr/v1/practitioners", headers: ["X-Correlation-Id": sent])
        let echoed = try #require(answer["X-Correlation-Id"])
        #expect((echoed == sent) == isTaken)
        #expect(edge.services.seen.contexts.first?.correlationID == echoed)
    }

    @Test func aCorrelationIdOf129CharactersIsReplaced() async throws {
        let long = String(repeating: "a", count: 129)
        let answer = try await Edge().send("GET", "/fr/v1/practitioners", headers: ["X-Correlation-Id": long])
        #expect(answer["X-Correlation-Id"] != long)
    }

    @Test func everyAnswerHasOneAlsoRefusals() async throws {
        let edge = try Edge()
        for target in ["/nothing", "/xx/v1/practitioners", "/openapi.json"] {
            let answer = try await edge.send("GET", target, headers: ["X-Correlation-Id": "mine"])
            #expect(answer["X-Correlation-Id"] == "mine")
        }
    }

    @Test func aTraceContextIsHandedOnAndMadeForChanges() async throws {
        let edge = try Edge()
        _ = try await edge.send("POST", "/fr/v1/bookings", headers: ["traceparent": Self.parent], body: Bodies.booking)
        _ = try await edge.send("POST", "/fr/v1/bookings", headers: ["traceparent": "00-0-0-0"], body: Bodies.booking)
        _ = try await edge.send("GET", "/fr/v1/practitioners")
        let contexts = edge.services.seen.contexts
        #expect(contexts[0].traceparent == Self.parent)
        let made = try #require(contexts[1].traceparent)
        #expect(Trace.accepts(traceparent: made))
        #expect(contexts[2].traceparent == nil)
    }

    @Test func requestsAreCountedByTemplateAndNeverByPath() async throws {
        let edge = try Edge()
        _ = try await edge.send("GET", "/fr/v1/bookings/\(IDs.booking)")
        _ = try await edge.send("GET", "/fr/v1/bookings/\(IDs.booking)", as: .otherPatient)
        _ = try await edge.send("GET", "/wp-login.php")
        let text = String(decoding: edge.metrics.render(), as: UTF8.self)
        let series = #"http_requests_total{route="/{country}/v1/bookings/{bookingId}",method="GET",status="#
        #expect(text.contains(series + "\"2xx\"} 1"))
        #expect(text.contains(series + "\"4xx\"} 1"))
        #expect(text.contains(#"http_requests_total{route="none",method="any",status="4xx"} 1"#))
        #expect(text.contains(#"http_problems_total{problem="unknown-booking"} 1"#))
        #expect(text.contains("http_request_duration_seconds_count"))
        #expect(!text.contains(IDs.booking) && !text.contains("wp-login"))
    }

    @Test func aLineIsLoggedWithoutPersonalData() async throws {
        let lines = Mutex<[String]>([])
        let log = Log(minimum: .info, format: .json, clock: { 0 }) { line in
            lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        }
        let edge = try Edge(log: log)
        _ = try await edge.send(
            "POST", "/fr/v1/patients", as: .patient, headers: ["X-Correlation-Id": "mine"], body: Bodies.patient)
        _ = try await edge.send("GET", "/fr/v1/practitioners")
        let written = lines.withLock { $0 }
        #expect(written.count == 1, "a read that worked is not worth a line")
        let line = try #require(written.first)
        #expect(line.contains(#""route":"/{country}/v1/patients""#) && line.contains(#""status":201"#))
        #expect(line.contains("mine"))
        for secret in ["Camille", "Durand", "1990", "example.org", "33612345678", IDs.patient, "Bearer"] {
            #expect(!line.contains(secret))
        }
    }

    // MARK: - Limits

    @Test func fiftyAtOnceAreFineByDefault() async throws {
        let edge = try Edge()
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 { group.addTask { try await edge.send("GET", "/fr/v1/practitioners").status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == [Int](repeating: 200, count: 50))
    }

    @Test func tooManyCallsAre429UntilTheBucketFills() async throws {
        let edge = try Edge(rateLimit: RateLimit(burst: 3, perSecond: 0.5))
        for _ in 0..<3 { #expect(try await edge.send("GET", "/fr/v1/practitioners").status == 200) }
        let refused = try await edge.send("GET", "/fr/v1/practitioners")
        #expect(refused.status == 429)
        #expect(refused.problem == "too-many-requests")
        #expect(refused["Retry-After"] == "2")
        #expect(
            try await edge.send("GET", "/fr/v1/practitioners", as: .auditor).status == 200, "others are not limited")
        edge.clock.advance(seconds: 2)
        #expect(try await edge.send("GET", "/fr/v1/practitioners").status == 200)
        #expect(try await edge.send("GET", "/fr/v1/practitioners").status == 429)
        edge.clock.advance(seconds: -600)
        #expect(
            try await edge.send("GET", "/fr/v1/practitioners").status == 429, "a clock that is set back adds nothing")
    }
}
