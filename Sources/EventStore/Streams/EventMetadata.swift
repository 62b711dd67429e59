package import Domain

/// What is remembered of an event besides what happened: who, why and in which request.
package struct EventMetadata: Hashable, Sendable {
    /// The event's own id; `ce_id` of its records.
    package var eventID: EventID
    /// When it happened, by the clock of who decided it; `ce_time`.
    package var occurredAt: Instant
    /// Ties together what one request brought about.
    package var correlationID: String
    /// What it was done because of: another event's id, or nil for a caller's own wish.
    package var causationID: String?
    /// The role of who did it, as in the token, or `system`.
    package var actorRole: String
    /// The token's subject of who did it, or the name of the part of the system.
    package var actorSubject: String
    /// The W3C trace context of the request.
    package var traceparent: String?
    /// Version of the time zone rules that were in force where times were decided.
    package var zoneRules: String?

    /// Takes all that is known.
    package init(
        eventID: EventID, occurredAt: Instant, correlationID: String, causationID: String? = nil, actorRole: String,
        actorSubject: String, traceparent: String? = nil, zoneRules: String? = nil
    ) {
        self.eventID = eventID
        self.occurredAt = occurredAt
        self.correlationID = correlationID
        self.causationID = causationID
        self.actorRole = actorRole
        self.actorSubject = actorSubject
        self.traceparent = traceparent
        self.zoneRules = zoneRules
    }
}
