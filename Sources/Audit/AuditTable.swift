import AuditReport

/// Rows with the names of their columns.
struct AuditTable: Sendable {
    let columns: [String]
    let records: [AuditRecord]
    var next: [UInt8]?
}
