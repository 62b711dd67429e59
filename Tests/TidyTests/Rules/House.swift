/// Who may import whom: DESIGN section 2, as a table.
enum House {
    /// What the sources below one folder may import of ours.
    struct Room: Sendable {
        let folder: String
        let mayImport: Set<String>
        /// Said when something else is imported.
        let reason: String
    }

    /// Every C library, by the one driver that knows it.
    ///
    /// OpenSSL has two: hiredis has no TLS of its own.
    static let libraryOwners: [String: [String]] = [
        "CLibPQ": ["Postgres"], "CRdKafka": ["Kafka"], "CHiredis": ["Redis"], "CMicroHTTPD": ["HTTPServer"],
        "CCurl": ["HTTPClient"], "COpenSSL": ["Crypto", "Redis"], "CRhonabwy": ["JOSE"], "CSimdJSON": ["JSON"],
    ]

    private static let drivers: Set<String> = [
        "Postgres", "Kafka", "Redis", "HTTPServer", "HTTPClient", "Crypto", "JOSE", "JSON", "Executors",
    ]
    private static let foundation: Set<String> = ["Domain", "Observability", "EventStore"]
    private static let commands: Set<String> = ["BookingCommands", "PractitionerCommands", "PatientCommands"]
    private static let models: Set<String> = ["AvailabilityProjection", "SearchProjection"]
    private static let everything = drivers.union(foundation).union(commands).union(models)
        .union(["ProjectionRunner", "Gateway", "Configuration", "Audit", "AuditReport"])

    /// Every module of ours that an import line can name.
    static let modules = everything.union(libraryOwners.keys)

    /// Searched from the top; the first folder that holds a file is its room.
    static let rooms: [Room] =
        drivers.sorted().map { driver in
            let libraries = libraryOwners.filter { $0.value.contains(driver) }.keys
            return Room(
                folder: "Sources/Drivers/\(driver)", mayImport: Set(libraries).union(["Executors"]),
                reason: "a driver knows its one C library and nothing of ours")
        } + [
            Room(folder: "Sources/Domain", mayImport: [], reason: "the domain is pure values and imports nothing"),
            Room(
                folder: "Sources/Observability", mayImport: [],
                reason: "logs and metrics stand below everything else"),
            Room(
                folder: "Sources/Configuration", mayImport: ["Domain", "Kafka", "JSON"],
                reason: "settings say where things are; programs open the connections"),
            Room(
                folder: "Sources/EventStore", mayImport: drivers.union(["Domain", "Observability"]),
                reason: "the event store stands on Domain and drivers"),
            Room(
                folder: "Sources/Commands", mayImport: drivers.union(foundation),
                reason: "commands decide from the event store; they never read projections, and not each other"),
            Room(
                folder: "Sources/Projections/Runner", mayImport: drivers.union(foundation),
                reason: "the runner knows no model and no command"),
            Room(
                folder: "Sources/Projections", mayImport: drivers.union(foundation).union(["ProjectionRunner"]),
                reason: "a projection derives from events; it never imports commands or another model"),
            Room(
                folder: "Sources/AuditReport", mayImport: ["JSON"],
                reason: "what an auditor's answer looks like depends on nothing that can be asked"),
            Room(
                folder: "Sources/Audit",
                mayImport: drivers.union(foundation).union(models).union(["ProjectionRunner", "AuditReport"]),
                reason: "audit reads histories and folds them; it never decides and never serves"),
            Room(
                folder: "Sources/Gateway",
                mayImport: foundation.union(commands).union(models)
                    .union(["AuditReport", "HTTPServer", "JOSE", "JSON", "Crypto"]),
                reason: "the gateway asks commands and queries; connections belong to the composition root"),
            Room(folder: "Sources/Appointments", mayImport: everything, reason: "C libraries belong to their drivers"),
            Room(folder: "Sources/Bench", mayImport: everything, reason: "C libraries belong to their drivers"),
            Room(
                folder: "replay-tools",
                mayImport: drivers.union(foundation).union(models)
                    .union(["ProjectionRunner", "Configuration", "Audit", "AuditReport"]),
                reason: "replay must not be able to decide, notify or serve"),
        ]

    /// The room of a file or folder, nil for what is no source (tests, scripts).
    static func room(of path: String) -> Room? { rooms.first { (path + "/").hasPrefix($0.folder + "/") } }
}
