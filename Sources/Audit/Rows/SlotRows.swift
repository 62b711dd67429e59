import AuditReport
import AvailabilityProjection
import Domain
import EventStore

extension SlotStory {
    static let columns = ["slotStart", "date", "slot", "timeZone", "effect", "state", "causedBy"] + AuditEvent.columns

    /// One row a link; where nothing ever happened to the slot, one row that says so.
    var records: [AuditRecord] {
        if links.isEmpty { return [row(effect: nil, state: state, cause: nil, source: nil)] }
        return links.map { row(effect: $0.effect, state: $0.state, cause: $0.causedBy, source: $0.source) }
    }

    private func row(effect: Effect?, state: State, cause: EventID?, source: AuditEvent?) -> AuditRecord {
        var record = AuditRecord()
        record.add("slotStart", slotStart.text())
        record.add("date", "\(place.date)")
        record.add("slot", place.slot)
        record.add("timeZone", timeZone)
        record.add("effect", effect?.rawValue)
        record.add("state", state.rawValue)
        record.add("causedBy", cause?.description)
        let event = source?.record
        for column in AuditEvent.columns { record.add(column, event?[column] ?? .null) }
        return record
    }
}
