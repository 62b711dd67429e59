import Domain
import EventStore
import JSON
import ProjectionRunner
import Synchronization

extension PartitionFold {
    /// What each partition begins with, where the log does not begin at position 1.
    ///
    /// - Throws: `BaselineFault` for a round that does not have what is asked for.
    func readRounds(_ log: LogReader, _ request: Request, _ desks: Desks) async throws {
        for desk in desks.all {
            guard let round = log.round(of: desk.partition) else { continue }
            guard let days = round.days, days.contains(desks.days.lowerBound), days.contains(desks.days.upperBound)
            else { throw BaselineFault.lacksDays(desk.partition, wanted: desks.days, has: round.days) }
            if let asOf = round.asOf { desk.table.withLock { $0.note(asOf) } }
        }
        var reader = try AvailabilityBaselineReader()
        var known: (text: AvailabilityBaseline.GridText, grid: SlotGrid)?
        try await log.readRounds(request.partitions) { read, total in
            try await request.pace(
                .readingBaselines, BaselineScan.Progress(pagesDone: read, pagesTotal: total, events: read))
        } each: { shard, record in
            guard let desk = desks[shard] else { return }
            let (id, baseline) = (record.practitioner, try reader.read(record))
            if let cause = baseline.unreadable {
                if let event = cause.eventID, desks.skip(event, of: id) { throw BaselineFault.outdated(shard, id) }
                desk.table.withLock { $0.note(FoldTable.Unreadable(cause), of: id) }
            }
            guard let practitioner = baseline.practitioner else { return }
            let text = practitioner.grid
            let grid =
                if let known, known.text == text {
                    known.grid
                } else {
                    try zones.grid(zone: text.zone, dayStart: text.dayStart, slotMinutes: text.slotMinutes)
                }
            known = (text, grid)
            let entry = FoldTable.Entry(
                id: id, country: practitioner.country, number: practitioner.number, version: practitioner.version,
                newest: practitioner.newest,
                calendar: WindowedCalendar(grid: grid, contents: practitioner.calendar))
            desk.table.withLock { $0.restore(entry, booked: practitioner.booked) }
        }
    }

    /// The calendars out of the log, which has every event of them that is not in a round.
    ///
    /// - Returns: The last position of each shard, by number.
    func readCalendars(_ log: LogReader, _ request: Request, _ desks: Desks) async throws -> [Int64] {
        var reader = try CalendarStepReader(zones, upcasters)
        return try await read(.practitionerEvents, .readingPractitioners, log, request, desks) { shard, record in
            guard let desk = desks[shard] else { return }
            let isSkipped = desks.skip(record)
            do {
                guard let event = record.eventID, let version = record.streamVersion, let country = record.country
                else {
                    throw EventDecodingError.malformed(record.wireType, .missingMember)
                }
                if isSkipped, version == 1 { throw CalendarFault.notRegistered }
                let step = isSkipped ? .nothing : try record.withData { try reader.read(record.wireType, $0) }
                try desk.table.withLock {
                    try $0.take(step, of: record.key, country, version: version, event)
                }
            } catch {
                guard request.allowsUnreadable, let fault = CalendarFault.text(error) else { throw error }
                desk.table.withLock { $0.note(record.unreadable(fault), of: record.key) }
            }
        }
    }

    /// The same of bookings: each record is one side of an event, that of its key.
    func readBookings(_ log: LogReader, _ request: Request, _ desks: Desks) async throws -> [Int64] {
        var reader = try SlotEffectReader(upcasters)
        return try await read(.bookingEvents, .readingBookings, log, request, desks) { shard, record in
            let id = record.key
            guard let desk = desks[shard], !desks.skip(record) else { return }
            do {
                let effects = try record.withData { try reader.read(record.wireType, $0, .all) }
                guard let country = effects.country else {
                    throw EventDecodingError.malformed(record.wireType, .missingMember)
                }
                desk.table.withLock { table in
                    if let effect = effects.released, effect.practitioner == id {
                        table.toggle(id, country, effect, record.sequence, takes: false)
                    }
                    if let effect = effects.taken, effect.practitioner == id {
                        table.toggle(id, country, effect, record.sequence, takes: true)
                    }
                }
            } catch let error as EventDecodingError {
                guard request.allowsUnreadable else { throw error }
                desk.table.withLock { $0.note(record.unreadable(error.fault), of: id) }
            }
        }
    }

    private func read(
        _ topic: Topic, _ stage: RebuildOrder.Progress.Stage, _ log: LogReader, _ request: Request, _ desks: Desks,
        _ each: (Shard, ProjectionRecord) throws -> Void
    ) async throws -> [Int64] {
        let last = try await log.read(topic, request.partitions) { read, total in
            try await request.pace(stage, BaselineScan.Progress(pagesDone: read, pagesTotal: total, events: read))
        } each: { shard, record in
            try each(shard, record)
        }
        for desk in desks.all {
            if let asOf = last[desk.partition]?.asOf { desk.table.withLock { $0.note(asOf) } }
        }
        return Shard.sealed.map { last[$0]?[topic].sequence ?? 0 }
    }
}

extension ProjectionRecord {
    fileprivate func unreadable(_ fault: String) -> FoldTable.Unreadable {
        FoldTable.Unreadable(
            topic: topic, number: sequence, eventID: eventID ?? EventID(high: 0, low: 0), type: wireType,
            country: country, fault: fault)
    }
}
