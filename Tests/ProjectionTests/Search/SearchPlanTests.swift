import Domain
import EventStore
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

    /// Sessions whose first runs saw other statistics keep a plan for all values: here they have nothing else.
    @Test("sessions that lean to plans for all values read neither all documents nor all of an index")
    func stayNarrow() async throws {
        try await SearchBed.with { bed in
            _ = try await bed.pool.query(Self.leanToGenericPlans)
            _ = try await bed.pool.query(Self.many)
            // Before anybody has analysed them, as after a rebuild.
            let read = try await documentsRead(bed) { engine in
                for _ in 0..<3 { try await engine.refresh(Shard(0), now: SearchBed.now) }
            }
            #expect(read == 0, "no free slot has passed")
            _ = try await bed.pool.query(SQLStatement(name: "analyze", text: "ANALYZE search_documents"))
            let found = try await documentsRead(bed) { engine in
                for specialty in [nil, "specialty-3", "nobody"] {
                    var request = SearchRequest(country: SearchBed.france, now: SearchBed.now, limit: 3)
                    (request.order, request.specialtyKey) = (.soonest, specialty)
                    let hits = try await engine.search(request)
                    #expect(hits.count == (specialty == "nobody" ? 0 : 3))
                }
            }
            #expect(found <= 24, "some to find a page, and the page")
            let near = try await documentsRead(bed) { engine in
                var request = SearchRequest(country: SearchBed.france, now: SearchBed.now, limit: 3)
                request.circle = SearchRequest.Circle(latitude: 48.8566, longitude: 2.3522, radiusMetres: 5_000)
                for order in [SearchRequest.Order.distance, .soonest] {
                    request.order = order
                    _ = try await engine.search(request)
                }
            }
            #expect(near < 2_000, "those of a strip of a tenth of a degree, twice")
        }
    }

    private static let leanToGenericPlans = SQLStatement(
        name: "lean",
        text: """
            DO $$ BEGIN
                EXECUTE format('ALTER DATABASE %I SET plan_cache_mode = force_generic_plan', current_database());
            END $$
            """)

    /// How many documents, or entries of their indexes, the sessions of an engine of its own have read.
    private func documentsRead(
        _ bed: SearchBed, _ body: (PostgresSearchEngine) async throws -> Void
    ) async throws -> Int64 {
        let before = try await reads(bed)
        let url = try #require(bed.url)
        let pool = PGPool(url: url, label: "narrow", sessionsMax: 1)
        try await body(PostgresSearchEngine(pool: pool, zones: SearchBed.zones, countries: [SearchBed.france]))
        await pool.close()
        // A session tells its statistics when it ends, at the latest.
        let sessions = SQLStatement(
            name: "sessions", text: "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'narrow'")
        try await eventually("the sessions have ended") { try await bed.pool.query(sessions).int(0, 0) == 0 }
        return try await reads(bed) - before
    }

    private func reads(_ bed: SearchBed) async throws -> Int64 {
        let statement = SQLStatement(
            name: "reads",
            text: """
                SELECT (sum(seq_tup_read) + (
                    SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname LIKE 'search_documents%'))::bigint
                FROM pg_stat_user_tables WHERE relname LIKE 'search_documents%'
                """)
        return try await bed.pool.query(statement).int(0, 0)
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
