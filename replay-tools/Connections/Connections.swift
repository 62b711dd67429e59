import Configuration
import Domain
import EventStore
import Kafka
import Postgres
import Redis

/// The servers that this program reads from; every one connects when it is first asked.
struct Connections: Sendable {
    /// One of the three databases.
    struct Database: Sendable {
        /// Such as `booking`.
        let name: String
        /// What its positions are published to; nil: nothing.
        let topic: Topic?
        let pool: PGPool

        /// As `/readyz` calls it.
        var dependency: String { "\(name)-database" }
    }

    let booking: Database
    let practitioner: Database
    let patient: Database
    let redis: RedisClient
    let kafka: KafkaConnection
    let countries: [CountryCode: Country]
    let zones: ZoneDatabase
    let clock: any WallClock

    private static let sessionsMax = 8

    /// Reads the settings of CONTRACT section 1 and the countries.
    ///
    /// - Throws: `SettingsError` with one line a fault.
    init(_ environment: [String: String]) throws(SettingsError) {
        var values = Environment(environment)
        let settings = DependencySettings(&values)
        guard values.faults.isEmpty else { throw SettingsError(lines: values.faults) }
        zones = try SystemZones.database()
        countries = try CountriesFile.read(path: settings.countriesFile, zones: zones)
        clock = SystemClock()
        kafka = KafkaConnection(settings.kafka)
        do throws(RedisError) {
            redis = try RedisClient(url: settings.redis, label: "replay", timeout: .seconds(5))
        } catch {
            throw SettingsError(lines: ["REDIS_URL cannot be used: \(error)"])
        }
        booking = Self.database("booking", .bookingEvents, settings.bookingDatabase)
        practitioner = Self.database("practitioner", .practitionerEvents, settings.practitionerDatabase)
        patient = Self.database("patient", nil, settings.patientDatabase)
    }

    private static func database(_ name: String, _ topic: Topic?, _ url: String) -> Database {
        Database(
            name: name, topic: topic,
            pool: PGPool(url: url, label: "replay", sessionsMax: sessionsMax, applicationName: "replay"))
    }

    /// In the order in which they are shown.
    var databases: [Database] { [booking, practitioner, patient] }

    /// The database that stamps the positions of a topic; nil for one without positions.
    func store(of topic: Topic) -> Database? { databases.first { $0.topic == topic } }

    /// Lends the connections and closes them, whatever happens in between.
    static func with<T>(
        _ environment: [String: String], _ body: (Connections) async throws -> T
    ) async throws -> T {
        let connections = try Connections(environment)
        do {
            let result = try await body(connections)
            await connections.close()
            return result
        } catch {
            await connections.close()
            throw error
        }
    }

    private func close() async {
        for database in databases { await database.pool.close() }
        await redis.close()
    }
}

extension Unreachable {
    /// What an error of a server, or of the way to it, means; nil for every other error.
    init?(_ dependency: String, _ error: any Error) {
        switch error {
        case let error as PGError where error.isConnectionLost || error.operation == "acquire_session":
            self.init(dependency: dependency, reason: error.serverMessage.firstLine)
        case is PGError, is RedisError, is KafkaError, is KafkaConnection.NoBroker:
            self.init(dependency: dependency, reason: "\(error)")
        default: return nil
        }
    }

    /// Runs `body` and says which dependency was missing.
    ///
    /// - Throws: `Unreachable`, or what else `body` throws.
    static func naming<T>(_ dependency: String, _ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch {
            throw Unreachable(dependency, error) ?? error
        }
    }
}

extension String {
    /// Text before the first line break, without spaces around it.
    fileprivate var firstLine: String {
        let line = split(whereSeparator: \.isNewline).first ?? ""
        return String(line.drop { $0 == " " })
    }
}
