import Domain
import Foundation
import Testing

/// Our reader against the C library's, asked through `date` with `TZ` set for that process alone.
@Suite("Zone rules: against the C library")
struct TimeZoneAgainstLibCTests {
    static let zoneNames = [
        "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca",
        "America/St_Johns", "Pacific/Apia", "Europe/Dublin", "America/Godthab", "Antarctica/Troll", "Africa/Cairo",
        "Asia/Gaza", "America/Santiago", "Asia/Dubai", "Africa/Monrovia", "Etc/GMT+12",
    ]

    @Test(
        "offsets agree at 2,000 random instants of two centuries a zone, and at every change of 2020 to 2040",
        arguments: zoneNames)
    func offsets(_ zone: String) throws {
        let rules = try zones.rules(zone)
        var generator = SeededGenerator(seed: 4)
        var instants = (0..<2_000).map { _ in Int64.random(in: -2_500_000_000...6_000_000_000, using: &generator) }
        instants += try Self.changes(of: rules).flatMap { [$0 - 1, $0, $0 + 1] }
        let answers = try Self.dateCommand(zone: zone, instants: instants)
        #expect(answers.count == instants.count)
        for (seconds, answer) in zip(instants, answers) {
            let offset = rules.utcOffset(at: Instant(seconds: seconds))
            #expect(offset == answer, "\(zone) at \(seconds)")
        }
    }

    @Test(
        "what the wall shows at an instant means that instant, at every hour around the changes", arguments: zoneNames)
    func thereAndBack(_ zone: String) throws {
        let rules = try zones.rules(zone)
        for change in try Self.changes(of: rules) {
            for minutes in stride(from: -180, through: 180, by: 15) {
                let instant = Instant(seconds: change + Int64(minutes * 60))
                switch rules.resolve(rules.wall(at: instant)) {
                case .unique(let meant): #expect(meant == instant)
                case .fold(let first, let second):
                    #expect(first == instant || second == instant)
                    #expect(first < second)
                case .gap: Issue.record("\(zone) shows \(instant), yet resolves it as skipped")
                }
            }
        }
    }

    /// Every second at which the offset changes in 2020...2040, found by asking each hour and halving.
    private static func changes(of rules: TimeZoneRules) throws -> [Int64] {
        var found: [Int64] = []
        let end = try instant("2041-01-01T00:00:00Z").seconds
        var hour = try instant("2020-01-01T00:00:00Z").seconds
        while hour < end {
            var (low, high) = (hour, hour + 21_600)
            if rules.utcOffset(at: Instant(seconds: low)) != rules.utcOffset(at: Instant(seconds: high)) {
                while high - low > 1 {
                    let middle = (low + high) / 2
                    let isSame =
                        rules.utcOffset(at: Instant(seconds: middle)) == rules.utcOffset(at: Instant(seconds: hour))
                    if isSame { low = middle } else { high = middle }
                }
                found.append(high)
            }
            hour += 21_600
        }
        return found
    }

    /// Offsets in seconds as `date +%::z` gives them for each instant.
    private static func dateCommand(zone: String, instants: [Int64]) throws -> [Int] {
        let file = FileManager.default.temporaryDirectory.appending(path: "instants-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(instants.map { "@\($0)\n" }.joined().utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/date")
        process.arguments = ["-f", file.path(), "+%::z"]
        process.environment = ["TZ": zone, "LC_ALL": "C"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map { line in
            let parts = line.dropFirst().split(separator: ":").compactMap { Int($0) }
            let seconds = parts.reduce(0) { $0 * 60 + $1 }
            return line.hasPrefix("-") ? -seconds : seconds
        }
    }
}
