/// The one list of everything that the API can do.
enum RouteTable {
    static func routes(_ services: GatewayServices) -> [Route] {
        BookingRoutes(service: services.bookings).routes
            + PractitionerRoutes(service: services.practitioners).routes
            + ScheduleRoutes(service: services.practitioners).routes
            + ExceptionRoutes(service: services.practitioners).routes
            + AvailabilityRoutes(service: services.availability).routes
            + PatientRoutes(service: services.patients).routes
            + SearchRoutes(service: services.search).routes
    }
}
