import Domain
import Testing

/// What wall clocks did and will do, from the laws themselves, on and around the days on which they change.
@Suite("Zone rules: golden cases")
struct TimeZoneGoldenTests {
    struct Reading: Sendable, CustomTestStringConvertible {
        let zone: String
        let wall: String
        let means: [String]
        var testDescription: String { "\(zone) \(wall)" }
    }

    /// What each reading means: one instant if it is shown once, two if twice, none if it is skipped.
    static let readings = [
        Reading(zone: "Europe/Paris", wall: "2026-03-28T02:30:00", means: ["2026-03-28T01:30:00Z"]),
        Reading(zone: "Europe/Paris", wall: "2026-03-29T01:59:59", means: ["2026-03-29T00:59:59Z"]),
        Reading(zone: "Europe/Paris", wall: "2026-03-29T02:00:00", means: []),
        Reading(zone: "Europe/Paris", wall: "2026-03-29T02:59:59", means: []),
        Reading(zone: "Europe/Paris", wall: "2026-03-29T03:00:00", means: ["2026-03-29T01:00:00Z"]),
        Reading(zone: "Europe/Paris", wall: "2026-10-25T01:59:59", means: ["2026-10-24T23:59:59Z"]),
        Reading(
            zone: "Europe/Paris", wall: "2026-10-25T02:00:00", means: ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"]),
        Reading(
            zone: "Europe/Paris", wall: "2026-10-25T02:59:59", means: ["2026-10-25T00:59:59Z", "2026-10-25T01:59:59Z"]),
        Reading(zone: "Europe/Paris", wall: "2026-10-25T03:00:00", means: ["2026-10-25T02:00:00Z"]),
        Reading(zone: "Europe/Paris", wall: "2090-03-26T02:30:00", means: []),
        Reading(zone: "Europe/Paris", wall: "2196-07-01T12:00:00", means: ["2196-07-01T10:00:00Z"]),
        Reading(zone: "Europe/Paris", wall: "2196-03-27T02:30:00", means: []),
        Reading(zone: "America/New_York", wall: "2026-03-08T02:30:00", means: []),
        Reading(zone: "America/New_York", wall: "2026-03-08T03:00:00", means: ["2026-03-08T07:00:00Z"]),
        Reading(
            zone: "America/New_York", wall: "2026-11-01T01:30:00",
            means: ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"]),
        Reading(zone: "America/New_York", wall: "2026-11-01T02:00:00", means: ["2026-11-01T07:00:00Z"]),
        Reading(zone: "Australia/Lord_Howe", wall: "2026-10-04T01:59:59", means: ["2026-10-03T15:29:59Z"]),
        Reading(zone: "Australia/Lord_Howe", wall: "2026-10-04T02:15:00", means: []),
        Reading(zone: "Australia/Lord_Howe", wall: "2026-10-04T02:30:00", means: ["2026-10-03T15:30:00Z"]),
        Reading(
            zone: "Australia/Lord_Howe", wall: "2026-04-05T01:45:00",
            means: ["2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"]),
        Reading(zone: "Australia/Lord_Howe", wall: "2026-04-05T02:00:00", means: ["2026-04-04T15:30:00Z"]),
        Reading(zone: "Asia/Kathmandu", wall: "2026-03-29T02:30:00", means: ["2026-03-28T20:45:00Z"]),
        Reading(zone: "Asia/Kathmandu", wall: "1986-01-01T00:10:00", means: []),
        Reading(zone: "Asia/Kathmandu", wall: "1986-01-01T00:15:00", means: ["1985-12-31T18:30:00Z"]),
        Reading(
            zone: "Africa/Casablanca", wall: "2026-02-15T02:30:00",
            means: ["2026-02-15T01:30:00Z", "2026-02-15T02:30:00Z"]),
        Reading(zone: "Africa/Casablanca", wall: "2026-03-22T02:30:00", means: []),
        Reading(zone: "America/St_Johns", wall: "2026-03-08T02:30:00", means: []),
        Reading(
            zone: "America/St_Johns", wall: "2026-11-01T01:30:00",
            means: ["2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z"]),
        Reading(
            zone: "America/St_Johns", wall: "2010-11-06T23:30:00",
            means: ["2010-11-07T02:00:00Z", "2010-11-07T03:00:00Z"]),
        Reading(zone: "Pacific/Apia", wall: "2011-12-29T23:59:59", means: ["2011-12-30T09:59:59Z"]),
        Reading(zone: "Pacific/Apia", wall: "2011-12-30T12:00:00", means: []),
        Reading(zone: "Pacific/Apia", wall: "2011-12-31T00:00:00", means: ["2011-12-30T10:00:00Z"]),
        Reading(
            zone: "Europe/Dublin", wall: "2026-10-25T01:30:00",
            means: ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]),
        Reading(zone: "Etc/UTC", wall: "2026-03-29T02:30:00", means: ["2026-03-29T02:30:00Z"]),
    ]

    @Test("a reading of the wall means what it meant there", arguments: readings)
    func resolves(_ row: Reading) throws {
        let rules = try zones.rules(row.zone)
        let wall = try ParsedTime(row.wall + "Z").wall
        switch rules.resolve(wall) {
        case .unique(let instant): #expect([instant.description] == row.means)
        case .fold(let first, let second): #expect([first.description, second.description] == row.means)
        case .gap(let before, let after):
            #expect(row.means.isEmpty)
            #expect(before < after)
        }
        for means in row.means { #expect(rules.wall(at: try instant(means)) == wall) }
    }

    @Test("a gap is described by the offsets around it")
    func gapOffsets() throws {
        let wall = try ParsedTime("2026-10-04T02:15:00Z").wall
        #expect(try zones.rules("Australia/Lord_Howe").resolve(wall) == .gap(offsetBefore: 37_800, offsetAfter: 39_600))
        let skippedDay = try ParsedTime("2011-12-30T12:00:00Z").wall
        #expect(try zones.rules("Pacific/Apia").resolve(skippedDay) == .gap(offsetBefore: -36_000, offsetAfter: 50_400))
    }
}
