import Domain
import Postgres
import TestSupport
import Testing

@testable import SearchProjection

/// Questions to many practitioners are answered from indexes: read off the plans, as times depend on the machine.
@Suite struct SearchPlanTests {
    private static let many = SQLStatement(
        name: "many_documents",
        text: """
            WITH grid AS (
                INSERT INTO search_grids (country_code, time_zone, day_start, slot_minutes)
                VALUES ('fr', 'Europe/Paris', 480, 30) RETURNING grid_id
            )
            INSERT INTO search_documents
            SELECT 'fr', 1, ('01900000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 0, 1, 1, true, 'Dr ' || n,
                   'x', 'specialty-' || n % 30, '{fr}', '{fr}', 43 + (n * 7919 % 8000) / 1000.0,
                   -4 + (n * 104729 % 12000) / 1000.0, 'street', '75001', 'Paris', grid_id, '{standard}', '{1}', true,
                   '2026-11-19', repeat('000000000000000001000000', 16)::bit varying,
                   timestamptz '2026-11-21 07:00Z' + n % 500 * interval '30 minutes', 1, 1, now()
            FROM grid, generate_series(1, 20000) AS n
            """)

    @Test func useIndexes() async throws {
        try await SearchBed.with { bed in
            _ = try await bed.pool.query(Self.many)
            _ = try await bed.pool.query(SQLStatement(name: "analyze", text: "ANALYZE search_documents"))
            let paris = SearchRequest.Circle(latitude: 48.8566, longitude: 2.3522, radiusMetres: 50_000)
            let questions:
                [(order: SearchRequest.Order, specialty: String?, circle: SearchRequest.Circle?, index: String)] = [
                    (.soonest, nil, nil, "epoch_next_available"),
                    (.relevance, "specialty-3", nil, "epoch_specialty_key_next_available"),
                    (.distance, nil, paris, "epoch_latitude_longitude"),
                    (.soonest, nil, paris, "epoch_latitude_longitude"),
                    (.distance, "specialty-3", paris, "epoch_specialty_key_latitude"),
                ]
            for (order, specialty, circle, index) in questions {
                var request = SearchRequest(country: SearchBed.france, now: SearchBed.now, limit: 3)
                (request.order, request.specialtyKey, request.circle) = (order, specialty, circle)
                let plan = try await bed.engine.plan(of: request)
                #expect(plan.contains(index), "\(request): \(plan)")
                #expect(!plan.contains("Seq Scan on search_documents"), "\(request): \(plan)")
                #expect(try await bed.engine.search(request).count == request.limit, "\(request)")
            }
        }
    }
}

extension PostgresSearchEngine {
    /// How PostgreSQL would answer.
    fileprivate func plan(of request: SearchRequest) async throws -> String {
        let slots = try await slots(of: request.country, window: request.window, now: request.now)
        let step = step(for: request, slots)
        let explain = SQLStatement(name: "explain", text: "EXPLAIN " + step.statement.text)
        let rows = try await pool.query(explain, step.parameters)
        return (0..<rows.count).map { rows.text($0, 0) }.joined(separator: "\n")
    }
}
