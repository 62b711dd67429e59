import Domain
import Postgres

/// Reads one row of `bookings` in the column order that every statement of this folder selects.
enum BookingRow {
    static func booking(_ rows: PGRows, _ row: Int) -> Booking? {
        guard let country = CountryCode(rows.text(row, 0)), let status = Booking.Status(rawValue: rows.text(row, 3))
        else {
            return nil
        }
        return Booking(
            id: BookingID(rows.uuid(row, 1)),
            country: country,
            status: status,
            version: rows.int(row, 2),
            patientID: PatientID(rows.uuid(row, 5)),
            consultationType: rows.text(row, 6),
            place: Booking.Place(
                practitionerID: PractitionerID(rows.uuid(row, 4)),
                slotStart: Instant(microseconds: rows.timestamp(row, 7)),
                slotEnd: Instant(microseconds: rows.timestamp(row, 8)),
                localDate: LocalDate(days: rows.date(row, 9)),
                slots: SlotMask(first: Int(rows.int(row, 10)), count: Int(rows.int(row, 11))),
                timeZone: rows.text(row, 12)),
            madeBy: Booking.Maker(role: rows.text(row, 13), subject: rows.text(row, 14)),
            createdAt: Instant(microseconds: rows.timestamp(row, 15)),
            updatedAt: Instant(microseconds: rows.timestamp(row, 16)))
    }

    /// Every row as a booking, in the result's order.
    static func bookings(_ rows: PGRows) -> [Booking] { (0..<rows.count).compactMap { booking(rows, $0) } }
}

extension Identifier {
    /// The identifier that a `uuid` column holds.
    init(_ uuid: PGUUID) { self.init(high: uuid.high, low: uuid.low) }

    /// The parameter that a `uuid` column takes.
    var pgUUID: PGUUID { PGUUID(high: high, low: low) }
}
