import Foundation
import JSON

/// Bodies that every rule admits, and how to change them.
enum Bodies {
    static let booking = """
        {"practitionerId":"\(IDs.practitioner)","patientId":"\(IDs.patient)","slotStart":"2026-11-23T09:30:00+01:00"}
        """
    static let cancellation = #"{"reason":"patient_request"}"#
    static let move = #"{"slotStart":"2026-11-23T10:00:00+01:00"}"#
    static let practitioner = """
        {"displayName":"Dr Claire Martin","specialty":"dermatology","languages":["fr","en"],
        "location":{"lat":48.8566,"lon":2.3522,"street":"12 rue de Rivoli","postalCode":"75004","city":"Paris"}}
        """
    static let schedule = #"{"weekly":[{"day":"monday","sessions":[{"start":"08:00","end":"12:00"}]}]}"#
    static let exception = #"{"from":"2026-12-24","to":"2026-12-27","kind":"closed"}"#
    static let patient = """
        {"givenName":"Camille","familyName":"Durand","birthDate":"1990-04-12","email":"camille@example.org",
        "phone":"+33612345678","language":"fr","channels":["email","sms"]}
        """

    /// `body` with the value at `path` (`location/lat`) replaced by the JSON `value`, or removed where that is nil.
    static func changed(_ body: String, _ path: String, _ value: String?) throws -> String {
        let tree = try JSONSerialization.jsonObject(with: Data(body.utf8))
        let new = try value.map { try JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed) }
        let changed = replaced(tree, path.split(separator: "/").map(String.init)[...], new)
        return String(decoding: try JSONSerialization.data(withJSONObject: changed), as: UTF8.self)
    }

    private static func replaced(_ tree: Any, _ path: ArraySlice<String>, _ value: Any?) -> Any {
        guard let name = path.first else { return value ?? NSNull() }
        if var list = tree as? [Any], let index = Int(name) {
            list[index] = replaced(list[index], path.dropFirst(), value)
            return list
        }
        var object = tree as? [String: Any] ?? [:]
        if path.count == 1, value == nil {
            object[name] = nil
        } else {
            object[name] = replaced(object[name] ?? [String: Any](), path.dropFirst(), value)
        }
        return object
    }
}
