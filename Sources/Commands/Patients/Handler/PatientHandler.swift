package import Domain
import EventStore
package import Observability
package import Postgres

/// Carries a change of a patient into the store and the vault, and answers it.
///
/// Answers hold personal data, so they are stored sealed with the patient's own key (`SealedAnswer`).
package struct PatientHandler: Sendable {
    /// Transactions that one request tries, when others with the same key or id, or a lost connection, come between.
    static let attemptsMax = 4

    private static let database = "patient-database"
    private static let vaultName = "patient-vault"

    private let transaction: PatientTransaction
    private let vault: PatientVault
    private let identifiers: any IdentifierSource
    private let log: Log

    /// - Parameters:
    ///   - pool: The patient database, as the application's role.
    ///   - vault: Opens and seals what is personal.
    ///   - clock: Says when an event happened.
    ///   - identifiers: For patients and events.
    ///   - log: Gets what went wrong, without anything personal.
    ///   - committed: Called after each commit that has an event, to wake the relayer; must not block.
    package init(
        pool: PGPool, vault: PatientVault, clock: any WallClock, identifiers: any IdentifierSource, log: Log,
        committed: @escaping @Sendable () -> Void
    ) {
        transaction = PatientTransaction(
            pool: pool, vault: vault, clock: clock, identifiers: identifiers, committed: committed)
        self.vault = vault
        self.identifiers = identifiers
        self.log = log
    }

    /// Decides, writes and answers one command.
    package func execute(_ request: PatientRequest) async -> PatientResult {
        let work: PatientTransaction.Work
        do throws(VaultError) {
            switch request.command {
            case .register(let id, let personal):
                let faults = personal.channelFaults
                if !faults.isEmpty { return .invalid(faults) }
                work = try await register(id ?? PatientID(from: identifiers), personal, in: request.country)
            case .update(let id, let patch): work = .update(id, patch)
            }
        } catch {
            return failed(error)
        }
        for attempt in 1...Self.attemptsMax {
            do {
                return try await transaction.run(work, for: request)
            } catch let error as VaultError {
                return failed(error)
            } catch {
                log.warning(
                    "patient transaction failed",
                    [.error: .error(error), .attempt: .count(attempt), .attemptsMax: .count(Self.attemptsMax)])
                guard mayRunAgain(after: error) else { return .unavailable(dependency: Self.database) }
                if attempt == Self.attemptsMax, EventStoreError(error) != nil {
                    return .inProgress(retryAfterSeconds: 1)
                }
            }
        }
        return .unavailable(dependency: Self.database)
    }

    private func register(
        _ id: PatientID, _ personal: PersonalData, in country: CountryCode
    ) async throws(VaultError) -> PatientTransaction.Work {
        .register(
            Patient(id: id, country: country, version: 1, personal: personal),
            try await vault.makeKey(for: id, in: country))
    }

    private func failed(_ error: VaultError) -> PatientResult {
        log.error("patient vault does not open", [.dependency: .name("patient-vault"), .error: .error(error)])
        return .unavailable(dependency: Self.vaultName)
    }

    /// Nothing of a failed transaction counts; one whose COMMIT was lost is found by its key, or by its content.
    private func mayRunAgain(after error: any Error) -> Bool {
        if Task.isCancelled { return false }
        if EventStoreError(error) != nil { return true }
        guard let error = error as? PGError else { return false }
        return error.isRetryable || error.isConnectionLost
    }
}
