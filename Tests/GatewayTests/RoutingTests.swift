import Gateway
import Testing

/// Which path and method leads where, before anybody is asked who calls.
@Suite struct RoutingTests {
    struct Row: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let method: String
        let target: String
        let status: Int
        var problem: String?
        var allow: String?
    }

    static let rows: [Row] = [
        Row(testDescription: "a route is found", method: "GET", target: "/fr/v1/practitioners", status: 200),
        Row(testDescription: "HEAD goes where GET goes", method: "HEAD", target: "/fr/v1/practitioners", status: 200),
        Row(
            testDescription: "an identifier in capitals is the same", method: "GET",
            target: "/fr/v1/practitioners/\(IDs.practitioner.uppercased())", status: 200),
        Row(
            testDescription: "an identifier may be percent-encoded", method: "GET",
            target: "/fr/v1/practitioners/%30" + IDs.practitioner.dropFirst(), status: 200),
        Row(
            testDescription: "no such path", method: "GET", target: "/fr/v1/nothing", status: 404,
            problem: "not-found"),
        Row(testDescription: "the root", method: "GET", target: "/", status: 404, problem: "not-found"),
        Row(testDescription: "no path at all", method: "GET", target: "*", status: 404, problem: "not-found"),
        Row(
            testDescription: "a trailing slash is another path", method: "GET", target: "/fr/v1/practitioners/",
            status: 404, problem: "not-found"),
        Row(
            testDescription: "an empty segment is another path", method: "GET", target: "/fr//v1/practitioners",
            status: 404, problem: "not-found"),
        Row(
            testDescription: "literals are compared as sent", method: "GET", target: "/fr/v1/practitione%72s",
            status: 404, problem: "not-found"),
        Row(
            testDescription: "unknown country", method: "GET", target: "/xx/v1/practitioners", status: 404,
            problem: "unknown-country"),
        Row(
            testDescription: "a country in capitals is unknown", method: "GET", target: "/FR/v1/practitioners",
            status: 404, problem: "unknown-country"),
        Row(
            testDescription: "wrong method names the right ones", method: "DELETE", target: "/fr/v1/practitioners",
            status: 405, problem: "method-not-allowed", allow: "POST, GET, HEAD"),
        Row(
            testDescription: "methods are case-sensitive", method: "get", target: "/fr/v1/practitioners", status: 405,
            problem: "method-not-allowed"),
        Row(
            testDescription: "an action takes POST only", method: "GET",
            target: "/fr/v1/bookings/\(IDs.booking)/cancel", status: 405, problem: "method-not-allowed", allow: "POST"),
        Row(
            testDescription: "an identifier that is no UUID names nothing", method: "GET",
            target: "/fr/v1/bookings/17", status: 404, problem: "unknown-booking"),
        Row(
            testDescription: "an escaped slash stays inside its segment", method: "GET",
            target: "/fr/v1/practitioners/a%2Fschedule", status: 404, problem: "unknown-practitioner"),
        Row(
            testDescription: "half an escape", method: "GET", target: "/fr/v1/practitioners/%4", status: 400,
            problem: "malformed-request"),
        Row(
            testDescription: "an escape that is not UTF-8", method: "GET", target: "/fr/v1/practitioners/%FF",
            status: 400, problem: "malformed-request"),
    ]

    @Test(arguments: rows)
    func routes(_ row: Row) async throws {
        let answer = try await Edge().send(row.method, row.target)
        #expect(answer.status == row.status)
        #expect(answer.problem == row.problem)
        if let allow = row.allow { #expect(answer["Allow"] == allow) }
    }

    @Test func aProcessWithoutAServiceDoesNotHaveItsRoutes() async throws {
        let answer = try await Edge(only: .search).send("GET", "/fr/v1/practitioners")
        #expect(answer.status == 404)
        #expect(try await Edge(only: .search).send("GET", "/fr/v1/search").status == 200)
    }
}
