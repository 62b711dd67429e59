import Foundation
import Testing

@testable import Domain

@Suite("TZif files and POSIX rules")
struct TZifTests {
    private func file(_ zone: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(zone)")))
    }

    @Test("every file of tzdata is read", .timeLimit(.minutes(1)))
    func wholeDatabase() throws {
        let table = try String(contentsOf: URL(filePath: "/usr/share/zoneinfo/tzdata.zi"), encoding: .utf8)
        var names: [String] = []
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.first == "Z", words.count > 1 { names.append(String(words[1])) }
            if words.first == "L", words.count > 2 { names.append(String(words[2])) }
        }
        #expect(names.count > 500)
        for name in names { #expect(throws: Never.self, "\(name)") { try zones.rules(name) } }
    }

    @Test("a file that is cut off anywhere is refused, and never traps")
    func truncated() throws {
        let bytes = try file("Europe/Paris")
        for length in 0..<bytes.count {
            #expect(throws: TZifError.self) { try TimeZoneRules(tzif: Array(bytes[..<length])) }
        }
        #expect(throws: Never.self) { try TimeZoneRules(tzif: bytes) }
    }

    @Test("20,000 files with broken bytes are read or refused, and whatever is read can be asked")
    func hostile() throws {
        let originals = try ["Europe/Paris", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"].map(file)
        var generator = SeededGenerator(seed: 5)
        var refused = 0
        for round in 0..<20_000 {
            var bytes = originals[round % originals.count]
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let isHeader = Bool.random(using: &generator)
                let position = Int.random(in: 0..<(isHeader ? 44 : bytes.count), using: &generator)
                bytes[position] = UInt8.random(in: .min ... .max, using: &generator)
            }
            guard let rules = try? TimeZoneRules(tzif: bytes) else {
                refused += 1
                continue
            }
            for seconds in [Int64.min / 1_000_000, -1, 0, 2_000_000_000, 9_000_000_000, Int64.max / 1_000_000] {
                let instant = Instant(seconds: seconds)
                #expect((-90_000...93_600).contains(rules.utcOffset(at: instant)))
                _ = rules.resolve(rules.wall(at: instant))
            }
        }
        #expect(refused > 1_000)
    }

    @Test("leap seconds are refused: no civil clock counts them")
    func leapSeconds() throws {
        let bytes = try file("right/Europe/Paris")
        #expect(throws: TZifError.leapSeconds) { try TimeZoneRules(tzif: bytes) }
    }

    @Test("a file of version 1 is read by its 32-bit part")
    func versionOne() throws {
        let header = Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
        let counts: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4]
        let body: [UInt8] = [0, 0, 0, 100, 1, 0, 0, 0, 0, 0, 0, 0, 0, 14, 16, 1, 0, 65, 66, 67, 0]
        let rules = try TimeZoneRules(tzif: header + counts + body)
        #expect(rules.utcOffset(at: Instant(seconds: 99)) == 0)
        #expect(rules.utcOffset(at: Instant(seconds: 100)) == 3_600)
    }

    struct Rule: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Instants and the offset that holds there.
        let offsets: [(String, Int)]
    }

    static let rules = [
        Rule(testDescription: "<+0545>-5:45", offsets: [("2026-07-01T00:00:00Z", 20_700)]),
        Rule(
            testDescription: "CET-1CEST,M3.5.0,M10.5.0/3",
            offsets: [
                ("2101-03-27T00:59:59Z", 3_600), ("2101-03-27T01:00:00Z", 7_200), ("2101-10-30T00:59:59Z", 7_200),
                ("2101-10-30T01:00:00Z", 3_600),
            ]),
        Rule(
            testDescription: "IST-2IDT,M3.4.4/26,M10.5.0",  // version 3: hours beyond a day
            offsets: [("2027-03-25T23:59:59Z", 7_200), ("2027-03-26T00:00:00Z", 10_800)]),
        Rule(
            testDescription: "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",  // version 3: the evening before
            offsets: [("2027-03-28T00:59:59Z", -7_200), ("2027-03-28T01:00:00Z", -3_600)]),
        Rule(
            testDescription: "EST5EDT,0/0,J365/25",  // summer all the year
            offsets: [
                ("2027-01-01T04:59:59Z", -14_400), ("2027-01-01T05:00:00Z", -14_400), ("2027-07-01T00:00:00Z", -14_400),
            ]),
        Rule(
            testDescription: "XXX-1YYY,J60/0,300/0",  // 1 March in every year; day 300 counted from 0
            offsets: [
                ("2028-02-29T22:59:59Z", 3_600), ("2028-02-29T23:00:00Z", 7_200), ("2027-02-28T23:00:00Z", 7_200),
                ("2027-10-27T21:59:59Z", 7_200), ("2027-10-27T22:00:00Z", 3_600),
            ]),
    ]

    @Test("a POSIX rule means what POSIX and RFC 8536 say", arguments: rules)
    func posix(_ row: Rule) throws {
        let footer = try PosixZoneRule(row.testDescription.utf8)
        let rules = TimeZoneRules(initialOffset: footer.standardOffset, listed: [], footer: footer)
        for (text, offset) in row.offsets { #expect(rules.utcOffset(at: try instant(text)) == offset, "\(text)") }
    }

    @Test(
        "what is no POSIX rule is refused",
        arguments: [
            "", "CE-1", "CET", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
            "CET-1CEST,M3.6.0,M10.5.0",
            "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J365", "CET-1CEST,J1,J366", "CET-1CEST,366,1", "<+01-1",
            "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0x", "CET-1:60",
        ])
    func malformedRules(_ text: String) {
        #expect(throws: TZifError.malformedFooter) { try PosixZoneRule(text.utf8) }
    }

    @Test(
        "a name that would leave the folder is refused before anything is read",
        arguments: ["", "../etc/passwd", "/etc/passwd", "Europe//Paris", "Europe/Paris\0", "Europe/.", "a b", "é"])
    func names(_ name: String) {
        #expect(throws: ZoneError.invalidName(name)) { try zones.rules(name) }
    }

    @Test("a zone that does not exist is said to be unknown, a file that is none to be broken")
    func unknownAndBroken() {
        #expect(throws: ZoneError.unknown("Europe/Atlantis")) { try zones.rules("Europe/Atlantis") }
        let broken = ZoneDatabase(version: "broken") { _ in [1, 2, 3] }
        #expect(throws: ZoneError.broken("Europe/Paris", .notTZif)) { try broken.rules("Europe/Paris") }
        #expect(throws: ZoneError.slotMinutesOutOfRange(4)) {
            try zones.grid(zone: "Europe/Paris", dayStart: .eight, slotMinutes: 4)
        }
    }
}
