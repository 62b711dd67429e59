package import Domain

/// What the edge is told by the composition root.
package struct GatewayConfiguration: Sendable {
    /// The countries that are served; every other one is `unknown-country`.
    package let countries: [CountryCode]
    /// Signs cursors: the same in every process of the role, at least 16 bytes.
    package let cursorKey: [UInt8]
    /// How many requests a caller may send.
    package var rateLimit = RateLimit.standard
    /// Whether the zone database has a zone of that name.
    package let isKnownZone: @Sendable (String) -> Bool

    /// - Parameters:
    ///   - countries: Those that are served.
    ///   - cursorKey: At least 16 bytes that nobody else knows.
    ///   - isKnownZone: Asks the zone database; called on registration of a practitioner only.
    package init(countries: [CountryCode], cursorKey: [UInt8], isKnownZone: @escaping @Sendable (String) -> Bool) {
        precondition(cursorKey.count >= 16, "a short key can be guessed")
        self.countries = countries
        self.cursorKey = cursorKey
        self.isKnownZone = isKnownZone
    }
}

/// The services behind the routes; a process without a service does not have its routes.
package struct GatewayServices: Sendable {
    package let bookings: (any BookingService)?
    package let practitioners: (any PractitionerService)?
    package let patients: (any PatientService)?
    package let availability: (any AvailabilityService)?
    package let search: (any SearchService)?
    package let audit: (any AuditService)?

    /// The services of one process: its own, or proxies of other roles'.
    package init(
        bookings: (any BookingService)? = nil, practitioners: (any PractitionerService)? = nil,
        patients: (any PatientService)? = nil, availability: (any AvailabilityService)? = nil,
        search: (any SearchService)? = nil, audit: (any AuditService)? = nil
    ) {
        self.bookings = bookings
        self.practitioners = practitioners
        self.patients = patients
        self.availability = availability
        self.search = search
        self.audit = audit
    }
}
