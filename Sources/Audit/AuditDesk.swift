package import AvailabilityProjection
package import Domain
package import EventStore
import Postgres

/// Answers auditors and records every question: who asked, what, when, and how many rows they were given.
///
/// The record is a fact in the sealed history of the booking database, written before a row leaves this type. What
/// cannot be recorded is not answered.
package struct AuditDesk: Sendable {
    private let reader: AuditReader
    private let availability: AvailabilityHistory
    private let seals: AuditSeals?
    private let operations: OperationsLog
    private let identifiers: any IdentifierSource
    private let zones: ZoneDatabase
    private let clock: any WallClock

    /// Takes what answers are made of.
    ///
    /// - Parameters:
    ///   - reader: The three histories.
    ///   - availability: What was free and what was shown.
    ///   - seals: Signed heads; nil where this process knows of none.
    ///   - operations: Where questions are recorded.
    ///   - identifiers: Names questions.
    ///   - zones: Time zones.
    ///   - clock: Says which moments have not come yet.
    package init(
        reader: AuditReader, availability: AvailabilityHistory, seals: AuditSeals?, operations: OperationsLog,
        identifiers: any IdentifierSource, zones: ZoneDatabase, clock: any WallClock
    ) {
        self.reader = reader
        self.availability = availability
        self.seals = seals
        self.operations = operations
        self.identifiers = identifiers
        self.zones = zones
        self.clock = clock
    }

    /// Answers one page of a question.
    ///
    /// - Parameters:
    ///   - query: What is asked.
    ///   - asker: By whom, and about which country.
    ///   - limit: Rows of the page, 1...`AuditReader.limitMax`; answers that are no lists of events have one page.
    ///   - cursor: `next` of the page before; nil: the first page.
    ///   - operation: The question's number from the page before; nil: it gets one.
    /// - Returns: Rows that may be shown: they are recorded.
    /// - Throws: `AuditRefusal`; `CancellationError`; what nobody foresaw. Whichever it is, the question is recorded.
    package func answer(
        _ query: AuditQuery, by asker: AuditAsker, limit: Int, after cursor: [UInt8]? = nil,
        continuing operation: OperationID? = nil
    ) async throws -> AuditAnswer {
        let operation = operation ?? OperationID(from: identifiers)
        let table: AuditTable
        do {
            table = try await judged(query, asker, limit, cursor)
        } catch let refusal as AuditRefusal {
            do {
                try await record(query, asker, operation, rows: 0, .refused, fault: refusal.fault)
            } catch {
                // What does not answer can mostly not record either; that it is away says more.
                guard case .unavailable = refusal else { throw error }
            }
            throw refusal
        } catch {
            if error is CancellationError { throw error }
            try await record(query, asker, operation, rows: 0, .failed)
            throw error
        }
        try await record(
            query, asker, operation, rows: table.records.count, table.next == nil ? .finished : .started)
        return AuditAnswer(columns: table.columns, records: table.records, next: table.next, operation: operation)
    }

    /// The answer's rows, or why there are none.
    private func judged(
        _ query: AuditQuery, _ asker: AuditAsker, _ limit: Int, _ cursor: [UInt8]?
    ) async throws -> AuditTable {
        do {
            return try await table(query, asker, limit, cursor)
        } catch let error as AuditError {
            switch error {
            case .badCursor: throw AuditRefusal.badCursor
            case .unavailable(let database, let reason):
                throw AuditRefusal.unavailable(dependency: "\(database.rawValue)-database", reason: reason)
            }
        } catch let error as EventDecodingError {
            // It is sealed as it is: that this program cannot read it accuses nobody.
            throw AuditRefusal.notCovered([
                "an event of this practitioner cannot be read by this version of the program (\(error.words)); "
                    + "it is no sign of a changed history, which 'replay verify history' judges"
            ])
        } catch let error as EventStoreError {
            throw AuditRefusal.historyDiffers(
                "\(error.words): the store is damaged, and 'replay verify history' says more")
        }
    }

    /// Nobody knows what will have been true.
    private func check(_ moment: Instant?) throws {
        guard let moment, moment > clock.now() else { return }
        throw AuditRefusal.notCovered(["\(moment) has not come yet: ask as of a moment that has passed"])
    }

    private func table(
        _ query: AuditQuery, _ asker: AuditAsker, _ limit: Int, _ cursor: [UInt8]?
    ) async throws -> AuditTable {
        switch query {
        case .events(let subject, var filter):
            filter.country = asker.country ?? filter.country
            let after = try cursor.map { try AuditCursor(bytes: $0) }
            let page = try await reader.page(subject, filter, limit: limit, after: after)
            return AuditTable(
                columns: AuditEvent.columns, records: page.events.map(\.record), next: page.next?.bytes)
        case .availability(let id, let moment, let from, let days):
            try check(moment)
            guard let country = try await country(of: id, asker) else { throw AuditRefusal.unknownPractitioner }
            let answer: AvailabilityAsOf?
            do {
                answer = try await availability.availability(of: id, in: country, at: moment, from: from, days: days)
            } catch let error as PGError {  // events name their database; what pages had taken in is kept in this one
                throw AuditRefusal.unavailable(dependency: "practitioner-database", reason: "\(error)")
            }
            guard let answer else { throw AuditRefusal.unknownPractitioner }
            return AuditTable(columns: AvailabilityAsOf.columns, records: answer.records)
        case .slot(let id, let start, let moment):
            try check(moment)
            guard let country = try await country(of: id, asker) else { throw AuditRefusal.unknownPractitioner }
            do {
                let story = try await SlotStory.tell(
                    start, of: id, in: country, asOf: moment, from: reader, zones: zones)
                return AuditTable(columns: SlotStory.columns, records: story.records)
            } catch let refusal as SlotStory.Refusal {
                throw refusal == .offGrid ? AuditRefusal.offGrid : AuditRefusal.unknownPractitioner
            }
        case .proof(let id): return try await proof(of: id, asker)
        case .heads: return try await sealed().heads()
        case .verification(let database, let shard, let positions):
            return try await sealed().verification(database, shard, positions)
        }
    }

    /// The country to look into: the asker's, or else the practitioner's own.
    private func country(of id: PractitionerID, _ asker: AuditAsker) async throws -> CountryCode? {
        if let country = asker.country { return country }
        let first = try await reader.page(.practitioner(id), AuditFilter(), limit: 1)
        return first.events.first?.event.country
    }

    private func proof(of id: EventID, _ asker: AuditAsker) async throws -> AuditTable {
        let found = try await reader.all(.event(id), AuditFilter(country: asker.country))
        guard let event = found.first else { throw AuditRefusal.unknownEvent }
        return try await sealed().proof(of: event)
    }

    private func sealed() throws -> AuditSeals {
        guard let seals else {
            throw AuditRefusal.unavailable(
                dependency: "history-heads", reason: "HISTORY_HEADS and HISTORY_KEY are not set for this process")
        }
        return seals
    }

    private func record(
        _ query: AuditQuery, _ asker: AuditAsker, _ operation: OperationID, rows: Int,
        _ phase: OperationPhase, fault: String? = nil
    ) async throws {
        let faults = fault.map { [OperationDetail("fault", $0)] } ?? []
        let fact = OperationRecorded(
            operationID: operation, country: asker.country ?? .nowhere, operation: .auditQuery,
            phase: phase,
            details: [OperationDetail("query", query.name)] + query.details + [OperationDetail("rows", rows)] + faults)
        do {
            try await operations.record(
                OperationFact(fact, by: asker.actor, correlationID: asker.correlationID))
        } catch let error as OperationsLogError {
            throw AuditRefusal.notRecorded("\(error)")
        }
    }
}

extension EventDecodingError {
    /// Type and version of what could not be read.
    fileprivate var words: String {
        switch self {
        case .unknownType(let type), .unknownVersion(let type), .malformed(let type, _):
            "\(type.name) version \(type.dataVersion)"
        }
    }
}

extension AuditRefusal {
    /// What of the history itself stood in the way: worth more to a later reader than that there was no answer.
    fileprivate var fault: String? {
        if case .historyDiffers(let detail) = self { detail } else { nil }
    }
}

extension EventStoreError {
    /// What is wrong with the store, for auditors.
    fileprivate var words: String {
        switch self {
        case .hole(let shard, let position): "shard \(shard) lacks position \(position)"
        case .streamHole(let stream, let version): "\(stream.text) lacks version \(version)"
        case .foreignCountry: "a row has a country that is none"
        case .wrongExpectedVersion, .keyAnsweredMeanwhile, .historyIsAppendOnly: "the store refused to be read"
        }
    }
}
