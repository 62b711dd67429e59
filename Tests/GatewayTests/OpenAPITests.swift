import Domain
import JSON
import Testing

@testable import Gateway

/// The OpenAPI document is whole, and says what the route table says.
@Suite struct OpenAPITests {
    private let edge: Edge
    private let routes: [Route]

    init() throws {
        edge = try Edge()
        routes = RouteTable.routes(
            GatewayServices(
                bookings: edge.services, practitioners: edge.services, patients: edge.services,
                availability: edge.services, search: edge.services, audit: edge.services))
    }

    private func document() async throws -> JSONValue {
        let answer = try await edge.send("GET", "/openapi.json", as: nil)
        #expect(answer.status == 200)
        #expect(answer["Content-Type"] == "application/json")
        return answer.json
    }

    @Test func everyRouteOfTheContractIsThere() async throws {
        let document = try await document()
        #expect(document["openapi"]?.stringValue == "3.1.0")
        let listed = (document["paths"]?.objectValue ?? []).flatMap { path in
            (path.value.objectValue ?? []).filter { $0.name != "parameters" }.map {
                "\($0.name.uppercased()) \(path.name)"
            }
        }
        let base = "/{country}/v1"
        let practitioner = "\(base)/practitioners/{practitionerId}"
        #expect(
            listed.sorted()
                == [
                    "POST \(base)/bookings", "GET \(base)/bookings/{bookingId}",
                    "POST \(base)/bookings/{bookingId}/cancel", "POST \(base)/bookings/{bookingId}/reschedule",
                    "GET \(base)/patients/{patientId}/bookings", "GET \(practitioner)/bookings",
                    "POST \(base)/practitioners", "GET \(practitioner)", "PATCH \(practitioner)",
                    "POST \(practitioner)/deactivate", "POST \(practitioner)/activate", "GET \(base)/practitioners",
                    "GET \(practitioner)/schedule", "PUT \(practitioner)/schedule", "GET \(practitioner)/exceptions",
                    "POST \(practitioner)/exceptions", "DELETE \(practitioner)/exceptions/{exceptionId}",
                    "GET \(practitioner)/availability", "POST \(base)/patients", "GET \(base)/patients/{patientId}",
                    "PATCH \(base)/patients/{patientId}", "GET \(base)/search",
                    "GET \(base)/audit/bookings/{bookingId}", "GET \(base)/audit/practitioners/{practitionerId}",
                    "GET \(base)/audit/patients/{patientId}", "GET \(base)/audit/events",
                    "GET \(base)/audit/practitioners/{practitionerId}/availability",
                    "GET \(base)/audit/practitioners/{practitionerId}/slots/{slotStart}",
                    "GET \(base)/audit/events/{eventId}/proof", "GET \(base)/audit/heads",
                    "GET \(base)/audit/verification",
                ].sorted())
    }

    @Test func everyReferenceResolves() async throws {
        let document = try await document()
        var references: Set<String> = []
        collect(document, into: &references)
        #expect(references.count > 30)
        for reference in references {
            var place: JSONValue? = document
            for part in reference.split(separator: "/").dropFirst() { place = place?[String(part)] }
            #expect(place != nil && place != .null, "\(reference)")
        }
    }

    private func collect(_ value: JSONValue, into references: inout Set<String>) {
        for element in value.arrayValue ?? [] { collect(element, into: &references) }
        for member in value.objectValue ?? [] {
            if member.name == "$ref", let text = member.value.stringValue { references.insert(text) }
            collect(member.value, into: &references)
        }
    }

    @Test func operationsAreNamedOnceAndDescribeTheirRules() async throws {
        let document = try await document()
        #expect(Set(routes.map(\.operation)).count == routes.count)
        for route in routes {
            let path = try #require(document["paths"]?[route.template])
            let operation = try #require(path[route.method.rawValue.lowercased()])
            let names = (operation["parameters"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
            #expect(names.contains("Idempotency-Key") == route.isKeyed)
            #expect(names.contains("If-Match") == (route.condition != .ignored))
            #expect(Set(names).isSuperset(of: route.query.map(\.name)))
            #expect((path["parameters"]?.arrayValue ?? []).map { $0["name"]?.stringValue } == route.parameterNames)
            #expect((operation["requestBody"] != nil) == (route.body != nil))
            #expect(operation["responses"]?["\(route.answers.status)"] != nil)
            for status in OpenAPIDocument.statuses(route) { #expect(operation["responses"]?["\(status)"] != nil) }
        }
    }

    @Test func everyPostIsKeyedAndEveryPutAndPatchConditional() {
        for route in routes {
            #expect(route.isKeyed == (route.method == .post), "\(route.operation)")
            #expect((route.condition == .required) == (route.method == .put || route.method == .patch))
        }
    }

    @Test func everyExampleSatisfiesItsSchema() {
        var seen = 0
        for route in routes {
            for schema in [route.body?.schema, route.answers.schema].compactMap({ $0 }) {
                guard case .named(_, .object(let object)) = schema, let example = object.example else { continue }
                seen += 1
                #expect(SchemaCheck.faults(in: example, schema).isEmpty, "\(route.operation)")
            }
        }
        #expect(seen >= 12)
    }

    @Test func schemasOfOneNameAreOneSchema() {
        var schemas = SchemaJSON()
        var bodies: [String: JSONValue] = [:]
        for route in routes {
            for case .named(let name, let inner)? in [route.body?.schema, route.answers.schema] {
                let json = schemas.value(inner)
                #expect(bodies[name] == nil || bodies[name] == json, "\(name)")
                bodies[name] = json
            }
        }
    }

    @Test func itIsCachedByItsTag() async throws {
        let first = try await edge.send("GET", "/openapi.json", as: nil)
        let tag = try #require(first["ETag"])
        let second = try await edge.send("GET", "/openapi.json", as: nil, headers: ["If-None-Match": tag])
        #expect(second.status == 304 && second.bytes.isEmpty)
        #expect(first["Cache-Control"] == "public, max-age=300")
        let posted = try await edge.send("POST", "/openapi.json")
        #expect(posted.status == 405 && posted["Allow"] == "GET, HEAD")
    }
}
