import Postgres

/// Hears of changes of epochs, on a connection of its own.
struct EpochSignal: Sendable {
    /// Between two attempts to listen.
    private static let pause: Duration = .milliseconds(250)

    /// The practitioner database.
    let url: String
    /// Names the connection.
    let label: String

    /// Calls back at each change, and once whenever it begins to hear, until the task is cancelled.
    ///
    /// - Parameters:
    ///   - hears: Told whether changes are heard of just now.
    ///   - changed: An error of its own ends the connection; another one is opened.
    func follow(
        hears: @Sendable (Bool) -> Void = { _ in }, changed: @Sendable () async throws -> Void
    ) async {
        while !Task.isCancelled {
            let opened = try? await PGListener.open(url: url, channels: [EpochRegistry.channel], label: label)
            if let listener = opened {
                hears(true)
                do {
                    try await changed()  // what was sent before was not heard
                    for try await _ in listener.notifications { try await changed() }
                } catch {
                    // The connection is gone, or the database is: whoever listens looks by himself as well.
                }
                hears(false)
                listener.close()
            }
            try? await Task.sleep(for: Self.pause)
        }
    }
}
