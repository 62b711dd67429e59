import Domain
import Testing

@testable import PatientCommands

/// What a patch does to a patient, in one table.
@Suite("The rules of a patient's stream")
struct PatientDeciderTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let patch: @Sendable (inout PatientPatch) -> Void
        var accepts: [Int64]?
        let then: Expected
    }

    /// Decisions without the data in them.
    enum Expected: Equatable, Sendable {
        case changes([String])
        case unchanged
        case stale(Int64)
        case invalid([String])
    }

    static let cases = [
        Case(
            testDescription: "only the names of changed members are told, in order",
            patch: {
                $0.givenName = "Zoé"
                $0.email = .set("new@example.org")
                $0.language = "fr"
            }, then: .changes(["email", "givenName"])),
        Case(
            testDescription: "a member is removed when no channel needs it",
            patch: {
                $0.phone = .remove
                $0.channels = [.email]
            }, then: .changes(["channels", "phone"])),
        Case(
            testDescription: "a channel keeps its address", patch: { $0.email = .remove },
            then: .invalid(["/email"])),
        Case(testDescription: "what is so already changes nothing", patch: { $0.language = "fr" }, then: .unchanged),
        Case(
            testDescription: "a stale version is refused", patch: { $0.language = "de" }, accepts: [2],
            then: .stale(3)),
        Case(
            testDescription: "the same content with the version before it is a retry", patch: { $0.language = "fr" },
            accepts: [2], then: .unchanged),
        Case(
            testDescription: "one of several versions suffices", patch: { $0.language = "de" }, accepts: [1, 3],
            then: .changes(["language"])),
        Case(
            testDescription: "a stale version comes before what is wrong with the content",
            patch: { $0.email = .remove }, accepts: [1], then: .stale(3)),
    ]

    @Test(arguments: cases)
    func decides(_ example: Case) {
        let patient = Patient(id: PatientID(high: 1, low: 1), country: .fr, version: 3, personal: Somebody.data)
        var patch = PatientPatch()
        example.patch(&patch)
        let decided: Expected
        switch PatientDecider.update(patient, patch, acceptedVersions: example.accepts) {
        case .append(let event, _): decided = .changes(event.change.changedFields)
        case .unchanged: decided = .unchanged
        case .versionMismatch(let current): decided = .stale(current)
        case .invalid(let members): decided = .invalid(members.map(\.pointer))
        }
        #expect(decided == example.then)
    }

    @Test("personal data does not print, not even by reflection")
    func printsNothing() {
        var printed = "\(Somebody.data)" + String(reflecting: Somebody.data)
        dump(Somebody.data, to: &printed)
        dump(Patient(id: PatientID(high: 1, low: 1), country: .fr, version: 3, personal: Somebody.data), to: &printed)
        for trace in Somebody.traces { #expect(!printed.contains(trace)) }
    }
}
