// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is built with these; STYLE section 3 says why.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// A layer of the house: what it may import is what stands here (Tests/TidyTests checks the rest).
func layer(
    _ name: String, _ path: String, uses dependencies: [String], sql: Bool = false, tables: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, path: "Sources/\(path)",
        resources: ((sql ? ["SQL"] : []) + tables).map { .embedInCode($0) }, swiftSettings: settings)
}

/// One small Swift target over one C library of the distribution.
func driver(_ name: String, over library: String) -> Target {
    layer(name, "Drivers/\(name)", uses: [library, "Executors"])
}

func library(_ name: String, pkgConfig: String? = nil, package: String) -> Target {
    .systemLibrary(name: name, path: "Sources/Drivers/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

func program(_ name: String, _ path: String, uses dependencies: [String], embedding: [String] = []) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, path: path,
        resources: embedding.map { .embedInCode($0) }, swiftSettings: settings)
}

func tests(_ name: String, of dependencies: [String]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies.map { .byName(name: $0) }, path: "Tests/\(name)",
        swiftSettings: settings)
}

let drivers: [Target] = [
    layer("Executors", "Drivers/Executors", uses: []),
    library("CLibPQ", pkgConfig: "libpq", package: "libpq-dev"),
    driver("Postgres", over: "CLibPQ"),
    library("CRdKafka", pkgConfig: "rdkafka", package: "librdkafka-dev"),
    driver("Kafka", over: "CRdKafka"),
    library("CHiredis", package: "libhiredis-dev"),  // its .pc file has flags that SwiftPM refuses
    .target(
        name: "Redis", dependencies: ["CHiredis", "COpenSSL", "Executors"], path: "Sources/Drivers/Redis",
        swiftSettings: settings),  // hiredis 0.14 has no TLS of its own
    library("CMicroHTTPD", pkgConfig: "libmicrohttpd", package: "libmicrohttpd-dev"),
    driver("HTTPServer", over: "CMicroHTTPD"),
    library("CCurl", pkgConfig: "libcurl", package: "libcurl4-openssl-dev"),
    driver("HTTPClient", over: "CCurl"),
    library("COpenSSL", pkgConfig: "openssl", package: "libssl-dev"),
    driver("Crypto", over: "COpenSSL"),
    library("CRhonabwy", pkgConfig: "librhonabwy", package: "librhonabwy-dev"),
    driver("JOSE", over: "CRhonabwy"),
    .target(name: "CSimdJSON", path: "Sources/Drivers/CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
    driver("JSON", over: "CSimdJSON"),
]

let core: [Target] = [
    layer("Domain", "Domain", uses: []),
    layer("Observability", "Observability", uses: []),
    layer("Configuration", "Configuration", uses: ["Domain", "Kafka", "JSON"]),
    layer(
        "EventStore", "EventStore",
        uses: ["Domain", "Observability", "Postgres", "Kafka", "JSON", "Crypto", "Executors"], sql: true),
    layer(
        "BookingCommands", "Commands/Bookings",
        uses: ["Domain", "Observability", "EventStore", "Postgres", "JSON"], sql: true),
    layer(
        "PractitionerCommands", "Commands/Practitioners",
        uses: ["Domain", "Observability", "EventStore", "Postgres", "JSON"], sql: true),
    layer(
        "PatientCommands", "Commands/Patients",
        uses: ["Domain", "Observability", "EventStore", "Postgres", "JSON", "Crypto"], sql: true),
    layer(
        "ProjectionRunner", "Projections/Runner",
        uses: ["Domain", "Observability", "EventStore", "Postgres", "Kafka", "JSON"], sql: true),
    layer(
        "AvailabilityProjection", "Projections/Availability",
        uses: ["Domain", "Observability", "EventStore", "ProjectionRunner", "Postgres", "Kafka", "Redis", "JSON"],
        sql: true),
    layer(
        "SearchProjection", "Projections/Search",
        uses: ["Domain", "Observability", "EventStore", "ProjectionRunner", "Postgres", "Kafka", "JSON"], sql: true,
        tables: ["Places/places.tsv"]),
    layer("AuditReport", "AuditReport", uses: ["JSON"]),
    layer(
        "Audit", "Audit",
        uses: [
            "Domain", "AuditReport", "EventStore", "ProjectionRunner", "AvailabilityProjection", "Postgres", "Redis",
            "JSON", "Crypto",
        ]),
    layer(
        "Gateway", "Gateway",
        uses: ["Domain", "Observability", "AuditReport", "HTTPServer", "JOSE", "JSON", "Crypto"]),
]

let everything = (drivers + core).filter { $0.type == .regular && $0.name != "CSimdJSON" }.map(\.name)

let programs: [Target] = [
    program("appointments", "Sources/Appointments", uses: everything),
    program(
        "replay", "replay-tools",
        uses: [
            "Domain", "Configuration", "Audit", "AuditReport", "EventStore", "ProjectionRunner",
            "AvailabilityProjection", "SearchProjection",
            "Postgres", "Kafka", "Redis", "JSON", "Crypto",
        ],
        embedding: ["SQL"]),
    program(
        "bench", "Sources/Bench",
        uses: [
            "Domain", "Observability", "EventStore", "Crypto", "ProjectionRunner", "AvailabilityProjection",
            "SearchProjection", "Postgres", "Kafka", "Redis", "HTTPClient", "JOSE", "JSON",
        ],
        embedding: ["SQL", "Tools"]),
]

let testTargets: [Target] = [
    .target(
        name: "TestSupport", dependencies: ["Domain", "Postgres", "Redis"], path: "Tests/Support",
        swiftSettings: settings),
    tests("PostgresTests", of: ["Postgres"]),
    tests("KafkaTests", of: ["Kafka", "CRdKafka"]),
    tests("RedisTests", of: ["Redis"]),
    tests("HTTPServerTests", of: ["HTTPServer"]),
    tests("HTTPClientTests", of: ["HTTPClient", "HTTPServer"]),
    tests("CryptoTests", of: ["Crypto"]),
    tests("JOSETests", of: ["JOSE", "Crypto"]),
    tests("JSONTests", of: ["JSON"]),
    tests("DomainTests", of: ["Domain"]),
    tests("ObservabilityTests", of: ["Observability"]),
    tests(
        "EventStoreTests",
        of: ["EventStore", "Domain", "Observability", "Postgres", "Kafka", "JSON", "Crypto", "TestSupport"]),
    tests("BookingCommandsTests", of: ["BookingCommands", "TestSupport"]),
    tests("PractitionerCommandsTests", of: ["PractitionerCommands", "TestSupport"]),
    tests("PatientCommandsTests", of: ["PatientCommands", "TestSupport"]),
    tests("ProjectionTests", of: ["ProjectionRunner", "AvailabilityProjection", "SearchProjection", "TestSupport"]),
    tests(
        "AuditTests",
        of: [
            "Audit", "AuditReport", "Configuration", "Domain", "Observability", "EventStore", "ProjectionRunner",
            "AvailabilityProjection", "Postgres", "Kafka", "JSON", "Crypto", "TestSupport",
        ]),
    tests(
        "GatewayTests",
        of: ["Gateway", "AuditReport", "Domain", "Observability", "HTTPServer", "JOSE", "JSON", "Crypto"]),
    tests(
        "ReplayTests",
        of: [
            "replay", "AuditReport", "Configuration", "Domain", "Observability", "EventStore", "ProjectionRunner",
            "AvailabilityProjection", "SearchProjection", "Postgres", "Kafka", "Redis", "JSON", "Crypto", "TestSupport",
        ]),
    tests(
        "AppointmentsTests",
        of: [
            "appointments", "Configuration", "Domain", "EventStore", "Observability", "ProjectionRunner",
            "Postgres", "Kafka", "Crypto", "BookingCommands", "PractitionerCommands", "TestSupport",
        ]),
    tests(
        "IntegrationTests", of: ["TestSupport", "Domain", "Postgres", "Redis", "Kafka", "HTTPClient", "JOSE", "JSON"]),
    tests("SupportTests", of: ["TestSupport", "Domain", "Postgres", "Redis"]),
    tests("TidyTests", of: []),
    tests("SpecTests", of: []),
]

/// `BUILD_ONLY=PostgresTests swift test` builds one target and what it stands on, nothing else: quick on two cores.
func narrowed(_ targets: [Target]) -> [Target] {
    guard let only = Context.environment["BUILD_ONLY"], !only.isEmpty else { return targets }
    let byName = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0) })
    var wanted: Set<String> = []
    var pending = only.split(separator: ",").map(String.init)
    while let name = pending.popLast() {
        guard let target = byName[name], wanted.insert(name).inserted else { continue }
        for case .byNameItem(let dependency, _) in target.dependencies { pending.append(dependency) }
    }
    return targets.filter { wanted.contains($0.name) }
}

let package = Package(
    name: "appointment-system",
    targets: narrowed(drivers + core + programs + testTargets),
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
