import Configuration
import Domain
import Glibc
import Observability

/// What every part of a process is given: the world outside, and where to tell what happens.
struct ProcessContext: Sendable {
    let clock: any WallClock = SystemClock()
    let identifiers: any IdentifierSource
    let zones: ZoneDatabase
    let countries: [CountryCode: Country]
    let metrics = Metrics()
    let log: Log
    /// Names this process among others of its kind; a process that starts again takes a new one.
    let name: String

    init(_ settings: Settings) throws(SettingsError) {
        let clock = self.clock
        identifiers = UUIDv7Source(clock: clock)
        zones = try SystemZones.database()
        countries = try CountriesFile.read(path: settings.countriesFile, zones: zones)
        log = Log.standardError { clock.now().microseconds }
        name = "\(getpid())-\(EventID(from: identifiers).description.suffix(12))"
        metrics.registerProcess(startedAt: clock.now().microseconds)
    }
}
