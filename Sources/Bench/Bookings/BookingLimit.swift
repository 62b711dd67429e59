import Foundation
import Postgres

/// What PostgreSQL does without us: pgbench with one transaction a booking, `SQL/pgbench_booking.sql`.
struct BookingLimit: Sendable {
    let ground: BenchGround
    private let variables: [String]

    private static let clients = 32
    private static let program = "/usr/lib/postgresql/15/bin/pgbench"

    /// Fills the calendars of the limit's database with rows like the real ones.
    ///
    /// They are written by one statement, not over HTTP: only their number and size matter here.
    init(ground: BenchGround, practitioners: Int) async throws {
        self.ground = ground
        let databases = ground.databases
        func size(_ text: String) async throws -> Int64 {
            try await databases.number(text, in: InstalledSystem.booking)
        }
        let content = try await size("SELECT coalesce(avg(length(content)), 400)::bigint FROM calendars")
        let data = try await size(
            "SELECT coalesce(avg(length(data)), 380)::bigint FROM (SELECT data FROM events LIMIT 1000) AS sample")
        let body = try await size(
            "SELECT coalesce(avg(length(body)), 380)::bigint FROM (SELECT body FROM idempotency LIMIT 1000) AS sample")
        try await databases.execute(
            """
            INSERT INTO calendars (country_code, practitioner_id, version, content)
            SELECT 'fr', md5(number::text)::uuid, 2, convert_to(repeat('x', \(content)), 'UTF8')
            FROM generate_series(0, \(practitioners - 1)) AS number
            """, in: InstalledSystem.limit)
        try await databases.execute("VACUUM ANALYZE calendars", in: InstalledSystem.limit)
        variables = [
            "n=-1", "clients=\(Self.clients)", "practitioners=\(practitioners)", "data_bytes=\(data)",
            "body_bytes=\(body)",
        ]
    }

    /// Bookings a second of one run; each run has slots of its own.
    func measure(run: Int, seconds: Int) async throws -> Double {
        let script = ground.path("pgbench_booking.sql")
        try Data(PackageResources.pgbench_booking_sql).write(to: URL(fileURLWithPath: script))
        let arguments = [
            "--no-vacuum", "--protocol=prepared", "--client=\(Self.clients)", "--jobs=2", "--time=\(seconds)",
            "--file=\(script)",
        ]
        let output = try await ChildProgram.run(
            Self.program,
            arguments + (variables + ["run=\(run)"]).map { "--define=\($0)" }
                + [ground.databases.url(InstalledSystem.limit)],
            output: ground.path("logs/pgbench.log"))
        let line = output.split(separator: "\n").first { $0.hasPrefix("tps = ") }
        guard let line, let rate = Double(line.dropFirst(6).prefix { $0 != " " }), !output.contains("ERROR") else {
            throw WrongAnswer("pgbench said \(output.suffix(400))")
        }
        return rate
    }
}
