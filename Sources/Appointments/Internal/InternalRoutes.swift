import BookingCommands
import Domain
import Gateway
import HTTPServer
import Observability
import PractitionerCommands

/// The routes on the operations port by which roles ask each other; nothing from outside reaches that port.
struct InternalRoutes: Sendable {
    /// Present where this process has the booking role.
    var booking: (any BookingNeighbour)?
    /// Present where this process has the practitioner role.
    var practitioners: (any PractitionerHistory)?
    /// Present where this process has the patient role.
    var patients: (any PatientNeighbour)?

    /// The first element of every path here.
    private static let prefix = "internal"

    /// Answers one request; nil where the path is not one of these.
    func handle(_ request: HTTPRequest) async -> HTTPResponse? {
        let path = request.path.split(separator: "/").map(String.init)
        guard path.first == Self.prefix else { return nil }
        let trace = Trace(
            correlationID: request.headers["X-Correlation-Id"] ?? Trace.internalWork.correlationID,
            traceparent: request.headers["traceparent"])
        return await Trace.$current.withValue(trace) {
            do {
                guard let body = try await answer(request, path) else { return HTTPResponse(status: 404) }
                let type = HTTPField("Content-Type", "application/json")
                return HTTPResponse(status: 200, headers: [type], body: .bytes(body))
            } catch {
                return HTTPResponse(status: 503)
            }
        }
    }

    /// Nil: there is no such thing, or this process does not have the role.
    private func answer(_ request: HTTPRequest, _ path: [String]) async throws -> [UInt8]? {
        guard path.count >= 4, let country = CountryCode(path[2]) else { return nil }
        switch (request.method, path[1], path.count) {
        case ("POST", "booking", 5) where path[3] == "calendars":
            guard let booking, let practitioner = PractitionerID(path[4]) else { return nil }
            let changes = try WireFormat.changes(request.body)
            try await booking.apply(changes, of: practitioner, in: country, upTo: changes.last?.version ?? 0)
            return []
        case ("GET", "booking", 5) where path[3] == "displaced":
            guard let booking, let cause = EventID(path[4]) else { return nil }
            return WireFormat.encode(try await booking.displaced(by: cause, in: country))
        case ("GET", "booking", 7) where path[3] == "days":
            guard let booking, let practitioner = PractitionerID(path[4]), let first = LocalDate(path[5]),
                let count = Int(path[6]), (1...800).contains(count)
            else { return nil }
            return try await booking.days(of: practitioner, in: country, from: first, count: count)
                .map(WireFormat.encode)
        case ("GET", "practitioner", 7) where path[3] == "changes":
            guard let practitioners, let practitioner = PractitionerID(path[4]), let version = Int64(path[5]),
                let last = Int64(path[6])
            else { return nil }
            return WireFormat.encode(
                try await practitioners.events(of: practitioner, in: country, after: version, upTo: last))
        case ("POST", "patient", 4) where path[3] == "existing":
            guard let patients else { return nil }
            let asked = try WireFormat.patients(request.body)
            return WireFormat.encode(Array(try await patients.existing(asked, in: country)))
        default: return nil
        }
    }
}
