import HTTPClient
import JSON
import TestSupport
import Testing

extension BlackBox {
    /// What operators and Kubernetes see.
    @Suite("The operations port")
    struct OperationsPort {
        /// The families that somebody's dashboards stand on, with the role that shows each.
        static let families: [(family: String, role: ServedRole)] = [
            ("http_requests_total", .booking), ("http_request_duration_seconds", .booking),
            ("outbox_depth", .relay), ("outbox_age_seconds", .relay), ("relay_events_total", .relay),
            ("relay_latency_seconds", .relay), ("projection_lag_events", .projection),
            ("projection_lag_seconds", .projection), ("process_resident_memory_bytes", .search),
        ]

        @Test("shows life, readiness and the figures of every role", arguments: SystemShape.allCases)
        func shows(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                let staff = try system.caller()
                _ = try await staff.openPractice()
                for member in system.members {
                    _ = try await system.operations(member, "/healthz").expecting(200)
                    let ready = try await system.operations(member, "/readyz").expecting(200)
                    #expect(ready.json["ready"]?.boolValue == true, "\(member.name)")
                }
                for (family, role) in Self.families {
                    let member = try #require(system.members(with: role).first)
                    let metrics = try await system.operations(member, "/metrics").expecting(200)
                    #expect(metrics.header("Content-Type")?.contains("version=0.0.4") == true)
                    #expect(metrics.text.contains("# TYPE \(family) "), "\(member.name) shows no \(family)")
                }
            }
        }

        @Test("is not reachable through the public port", arguments: SystemShape.allCases)
        func isNotPublic(_ shape: SystemShape) async throws {
            try await withSystem(shape) { system in
                for member in system.members where member.roles.contains(.booking) {
                    for path in ["/metrics", "/readyz", "/internal/", "/healthz"] {
                        let answer = try await system.publicPort(member, path)
                        #expect(answer.status == 404, "\(path)")
                    }
                }
            }
        }
    }
}

extension SystemUnderTest {
    /// Asks the public port of a process without a token.
    func publicPort(_ member: Member, _ path: String) async throws -> Answer {
        Answer(try await http.send(HTTPClientRequest(url: "http://127.0.0.1:\(member.port)\(path)")))
    }
}
