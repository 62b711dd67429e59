/// What a caller may be, spelled as in the token's `role` claim and in events.
package enum Role: String, CaseIterable, Hashable, Sendable {
    case patient, practitioner, staff, `operator`, auditor, partner
}
