import Foundation

/// The real servers that tests run against; `scripts/test` starts them and exports where they are.
package enum TestServers {
    /// A superuser's libpq URI of a private PostgreSQL; suites take a database of their own (`TestDatabase`).
    ///
    /// - Throws: `MissingServer` where `TEST_DATABASE_URL` is not set.
    package static func databaseURL() throws(MissingServer) -> String {
        try required("TEST_DATABASE_URL", server: "PostgreSQL")
    }

    /// Database 0 of a private Redis; suites take a database of their own (`TestRedis`).
    ///
    /// - Throws: `MissingServer` where `TEST_REDIS_URL` is not set.
    package static func redisURL() throws(MissingServer) -> String {
        try required("TEST_REDIS_URL", server: "Redis")
    }

    /// Bootstrap list of a real Kafka, nil where none is present.
    ///
    /// Use with `.enabled(if: TestServers.hasRealKafka)`.
    package static var kafkaBootstrap: String? { setting("TEST_KAFKA_BOOTSTRAP") }

    /// True where tests may use `kafkaBootstrap`.
    package static var hasRealKafka: Bool { kafkaBootstrap != nil }

    /// Path of the built `appointments` program.
    ///
    /// - Throws: `MissingServer` where `APPOINTMENTS_BIN` is not set.
    package static func appointmentsProgram() throws(MissingServer) -> String {
        try required("APPOINTMENTS_BIN", server: "the appointments program")
    }

    /// Path of the built `replay` program.
    ///
    /// - Throws: `MissingServer` where `REPLAY_BIN` is not set.
    package static func replayProgram() throws(MissingServer) -> String {
        try required("REPLAY_BIN", server: "the replay program")
    }

    /// The value of an environment variable; an empty one counts as absent.
    package static func setting(_ name: String) -> String? {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return nil }
        return value
    }

    private static func required(_ variable: String, server: String) throws(MissingServer) -> String {
        guard let value = setting(variable) else { throw MissingServer(variable: variable, server: server) }
        return value
    }
}

/// A test needs a server and nobody said where it is.
package struct MissingServer: Error, CustomStringConvertible {
    let variable: String
    let server: String

    /// A sentence that says what to do.
    package var description: String {
        "\(server) is needed and \(variable) is not set: run `make test`, which starts what tests need."
    }
}
