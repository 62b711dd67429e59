import Postgres

/// The row that `read_patient` answers.
struct PatientRow: Sendable {
    var version: Int64
    var masterKeyID: String
    /// Nil: destroyed.
    var wrappedKey: [UInt8]?
    var sealed: [UInt8]

    /// The row, if there is one.
    init?(_ rows: PGRows) {
        guard rows.count == 1 else { return nil }
        version = rows.int(0, 0)
        masterKeyID = rows.text(0, 1)
        wrappedKey = rows.bytesOrNil(0, 2)
        sealed = rows.bytes(0, 3)
    }

    /// The patient's key was destroyed: nobody can read the data any more.
    var isErased: Bool { wrappedKey == nil }
}
