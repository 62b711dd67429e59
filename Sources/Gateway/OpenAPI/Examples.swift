import JSON

/// Examples of the OpenAPI document; a test checks that each satisfies its schema.
enum Examples {
    private static let bookingID: JSONValue = "01a9f3c2-7d10-7c4e-9a51-2f6f0c1d7e11"
    private static let practitionerID: JSONValue = "01a9f3c2-52b8-7a10-8c3d-4b8e9d0a6f22"
    private static let patientID: JSONValue = "01a9f3c2-60ee-7b31-b2a4-7c9d1e2f3a33"

    static let newBooking: JSONValue = [
        "practitionerId": practitionerID, "patientId": patientID, "slotStart": "2026-11-23T09:30:00+01:00",
        "consultationType": "standard",
    ]

    static let booking: JSONValue = [
        "bookingId": bookingID, "status": "confirmed", "version": 1, "practitionerId": practitionerID,
        "patientId": patientID, "consultationType": "standard", "slotStart": "2026-11-23T09:30:00+01:00",
        "slotEnd": "2026-11-23T10:00:00+01:00", "timeZone": "Europe/Paris",
        "createdAt": "2026-11-20T14:02:11.250000+01:00", "updatedAt": "2026-11-20T14:02:11.250000+01:00",
    ]

    static let auditedEvent: JSONValue = [
        "recordedAt": "2026-11-20T13:02:11.250731Z", "occurredAt": "2026-11-20T13:02:11.250000Z", "country": "fr",
        "database": "booking", "shard": 3, "position": 4711, "secondShard": nil, "secondPosition": nil,
        "eventId": "01a9f3c2-7d10-7c4e-9a51-2f6f0c1d7e44", "stream": "booking-01a9f3c2-7d10-7c4e-9a51-2f6f0c1d7e11",
        "version": 2, "type": "BookingCancelled", "dataVersion": 1, "actorRole": "patient", "actorSubject": "p-17",
        "correlationId": "01a9f3c2-7d10-7c4e-9a51-2f6f0c1d7e55", "causationId": nil,
        "data": ["bookingId": bookingID, "reason": "patient_request"],
    ]

    static let auditedDay: JSONValue = [
        "practitionerId": practitionerID, "timeZone": "Europe/Paris", "asOf": "2026-11-20T13:02:12Z",
        "date": "2026-11-23", "wasTrue": "000100000000000000000000", "wasShown": "000000000000000000000000",
        "shownState": "page", "differs": true, "epoch": 1, "bookingPosition": 4710, "practitionerPosition": 12,
        "explainedBy": [
            [
                "eventId": "01a9f3c2-7d10-7c4e-9a51-2f6f0c1d7e44", "type": "BookingCancelled",
                "recordedAt": "2026-11-20T13:02:11.250731Z",
            ]
        ],
    ]

    private static let location: JSONValue = [
        "lat": 48.8566, "lon": 2.3522, "street": "12 rue de Rivoli", "postalCode": "75004", "city": "Paris",
    ]

    static let newPractitioner: JSONValue = [
        "displayName": "Dr Claire Martin", "specialty": "dermatology", "languages": ["fr", "en"], "location": location,
        "consultationTypes": [["code": "standard", "slots": 1], ["code": "long", "slots": 2]],
    ]

    static let practitioner: JSONValue = [
        "practitionerId": practitionerID, "version": 1, "displayName": "Dr Claire Martin", "specialty": "dermatology",
        "languages": ["fr", "en"], "location": location,
        "consultationTypes": [["code": "standard", "slots": 1], ["code": "long", "slots": 2]],
        "acceptsNewPatients": true, "timeZone": "Europe/Paris", "dayStart": "08:00", "slotMinutes": 30, "active": true,
    ]

    static let newSchedule: JSONValue = [
        "weekly": [
            ["day": "monday", "sessions": [["start": "08:00", "end": "12:00"], ["start": "14:00", "end": "18:00"]]]
        ], "validFrom": "2026-11-23",
    ]

    static let newException: JSONValue = [
        "from": "2026-12-24", "to": "2026-12-27", "kind": "closed", "reason": "Christmas",
    ]

    static let newPatient: JSONValue = [
        "givenName": "Camille", "familyName": "Durand", "birthDate": "1990-04-12", "email": "camille@example.org",
        "phone": "+33612345678", "language": "fr", "channels": ["email"],
    ]

    static let availability: JSONValue = [
        "practitionerId": practitionerID, "timeZone": "Europe/Paris", "slotMinutes": 30, "state": "fresh",
        "asOf": "2026-11-20T14:02:11.250000+01:00",
        "days": [
            [
                "date": "2026-11-23", "bitmap": "010000000000000000000000",
                "free": [["slotStart": "2026-11-23T08:30:00+01:00", "slotEnd": "2026-11-23T09:00:00+01:00"]],
            ]
        ], "nextAvailable": "2026-11-23T08:30:00+01:00",
    ]
}
