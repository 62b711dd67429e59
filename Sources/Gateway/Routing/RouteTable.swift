/// The one list of everything that the API can do, as far as this process has the services for it.
enum RouteTable {
    static func routes(_ services: GatewayServices) -> [Route] {
        let groups = [
            services.bookings.map { BookingRoutes(service: $0).routes },
            services.practitioners.map { PractitionerRoutes(service: $0).routes },
            services.practitioners.map { ScheduleRoutes(service: $0).routes },
            services.practitioners.map { ExceptionRoutes(service: $0).routes },
            services.availability.map { AvailabilityRoutes(service: $0).routes },
            services.patients.map { PatientRoutes(service: $0).routes },
            services.search.map { SearchRoutes(service: $0).routes },
            services.audit.map { AuditRoutes(service: $0).routes },
        ]
        return groups.flatMap { $0 ?? [] }
    }
}
