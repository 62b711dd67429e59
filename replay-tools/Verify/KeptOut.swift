import Domain
import EventStore
import ProjectionRunner

/// Whom a comparison leaves out, as they wait in quarantine, and which events it passes over, as the model does.
struct KeptOut: Sendable {
    /// Somebody who waits, and so holds what was before the event that is waited for.
    struct Waiting: Hashable, Sendable {
        let practitioner: PractitionerID
        let country: CountryCode?
        /// As `replay quarantine` names it.
        let reference: String

        /// For people.
        var words: String {
            "practitioner \(practitioner)" + (country.map { " (\($0.text))" } ?? "")
                + " waits in quarantine, not compared (\(reference))"
        }
    }

    /// Those of the partition, by whom.
    let waiting: [PractitionerID: Waiting]
    /// By whose side of an event it is.
    let skips: [PractitionerID: Set<EventID>]

    /// Reads who waits in a partition.
    ///
    /// Free slots of search come from the pages, so whoever waits in availability is left out there, too.
    ///
    /// - Parameters:
    ///   - epochs: Of each model that has a part in what is compared.
    ///   - partition: Which.
    ///   - country: Only those of this one, and those of whom it is not known; nil: all.
    ///   - connections: To the practitioner database, which has the quarantine.
    /// - Returns: Of the epochs named; what is skipped is skipped in all epochs of a model.
    /// - Throws: `Unreachable`.
    static func read(
        _ epochs: [(model: ModelName, epoch: Int64)], _ partition: Shard, country: CountryCode?,
        _ connections: Connections
    ) async throws -> KeptOut {
        try await readAll(epochs, country: country, connections)[partition.number]
    }

    /// The same of every partition, in their order.
    ///
    /// - Throws: `Unreachable`.
    static func readAll(
        _ epochs: [(model: ModelName, epoch: Int64)], country: CountryCode?, _ connections: Connections
    ) async throws -> [KeptOut] {
        let pool = connections.practitioner.pool
        return try await Unreachable.naming(connections.practitioner.dependency) {
            var waiting = [[PractitionerID: Waiting]](repeating: [:], count: Shard.count)
            var skips: [PractitionerID: Set<EventID>] = [:]
            for (model, epoch) in epochs {
                for entry in try await QuarantineOffice(pool).entries(model: model.rawValue, limit: .max)
                where entry.epoch == epoch && waiting.indices.contains(entry.partition) {
                    let cause = entry.cause
                    if let country, let own = cause.country, own != country { continue }
                    waiting[entry.partition][cause.practitioner] = Waiting(
                        practitioner: cause.practitioner, country: cause.country, reference: entry.reference)
                }
                let own = try await Quarantine(model: model.rawValue, epoch: epoch, pool: pool).readSkips()
                skips.merge(own) { $0.union($1) }
            }
            return waiting.map { KeptOut(waiting: $0, skips: skips) }
        }
    }

    /// Whether an event is passed over in somebody's sequence.
    func skips(_ event: EventID, of id: PractitionerID) -> Bool { skips[id]?.contains(event) ?? false }

    /// Those who wait, in the order of their ids.
    var inOrder: [Waiting] { waiting.values.sorted { $0.practitioner < $1.practitioner } }
}

extension Difference {
    /// An event of somebody who is in no quarantine, that cannot be read here.
    static func unreadable(_ cause: QuarantineCause) -> Difference {
        let event = cause.eventID.map { "event \($0), " } ?? ""
        return Difference(
            kind: .unreadable, country: cause.country, practitioner: cause.practitioner,
            expected: event + "\(cause)")
    }
}
