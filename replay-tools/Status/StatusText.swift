import Domain
import EventStore
import ProjectionRunner

/// A report for people: a table a model, then databases, then what is wrong.
struct StatusText {
    private static let barWidth = 10

    private let report: StatusReport
    private let style: TextStyle
    private let hasBars: Bool
    private let country: CountryCode?

    /// - Parameters:
    ///   - report: What is shown.
    ///   - style: Colours or none.
    ///   - hasBars: Whether a bar says how much of the store a model has.
    ///   - country: What outboxes and contents were narrowed to.
    init(_ report: StatusReport, style: TextStyle, hasBars: Bool, country: CountryCode?) {
        self.report = report
        self.style = style
        self.hasBars = hasBars
        self.country = country
    }

    /// All lines, each with its end.
    var text: String {
        var lines: [String] = []
        for model in ModelName.allCases {
            let partitions = report.partitions.filter { $0.model == model }
            if partitions.isEmpty { continue }
            let epochs = report.epochs.first { $0.model == model.rawValue }
            lines += table(model, partitions) + (epochs.map { EpochText($0, style).lines } ?? [])
            lines += baselines(model) + [""]
        }
        lines += quarantine
        lines += databases
        lines += transactions
        for unreachable in report.unreachable {
            lines.append(style.bad("unreachable: \(unreachable.dependency): \(unreachable.reason)"))
        }
        lines.append(style.faint("as of \(report.takenAt.toTheSecond)"))
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: models

    private func table(_ model: ModelName, _ partitions: [PartitionStatus]) -> [String] {
        let waiting = partitions.filter { $0.state != .caughtUp }
        let title = style.strong(model.rawValue.padded(to: 14))
        let summary =
            waiting.isEmpty
            ? style.good("all \(partitions.count) partitions caught up")
            : style.warning("\(waiting.count) of \(partitions.count) partitions not caught up")
        var lines = ["\(title)\(summary)\(contents(partitions))"]
        lines.append(
            style.faint(
                "  part  " + "topic".padded(to: 21) + "model".aligned(to: 10) + "store".aligned(to: 10)
                    + "  " + "store has".padded(to: 18) + "log has".padded(to: 18) + "behind".aligned(to: 8)
                    + "age".aligned(to: 9) + "  state"))
        for partition in partitions {
            for (index, topic) in partition.topics.enumerated() {
                lines.append(line(partition, topic, isFirst: index == 0))
            }
        }
        return lines
    }

    /// A line a model in which somebody waits, or that met records of nobody.
    private var quarantine: [String] {
        let lines = report.quarantine.flatMap { count -> [String] in
            let name = "  " + count.model.rawValue.padded(to: 14)
            var lines: [String] = []
            if !count.entries.isEmpty {
                lines.append(style.bad("\(name)\(count.entries.count) in quarantine: replay quarantine list"))
            }
            if let latest = count.foreign.first {
                lines.append(
                    style.warning(
                        "\(name)foreign records, which stop nothing: the latest is \(latest.topic) partition "
                            + "\(latest.partition) offset \(latest.offset)"))
            }
            return lines
        }
        return lines.isEmpty ? [] : [style.strong("quarantine")] + lines + [""]
    }

    /// How old what a rebuild from the log alone would begin with is, where it is put into the log at all.
    private func baselines(_ model: ModelName) -> [String] {
        let standings = report.baselines.filter { $0.model == model.rawValue }
        if standings.isEmpty { return [] }
        let ended = standings.compactMap(\.endedAt)
        guard let oldest = ended.min(), ended.count == standings.count else {
            return [style.warning("  log alone  no round yet in \(standings.count - ended.count) partitions")]
        }
        let seconds = max(0, Double(report.takenAt.microseconds - oldest.microseconds) / 1_000_000)
        return [style.faint("  log alone  round in every partition, the oldest \(Age.text(seconds)) ago")]
    }

    private func line(_ partition: PartitionStatus, _ topic: TopicStatus, isFirst: Bool) -> String {
        let isSequenced = topic.topic != .availabilityEvents
        let model = isSequenced ? topic.sequence : topic.nextOffset
        let head = isSequenced ? topic.store?.stamped : topic.log?.high
        var line = "  " + (isFirst ? "\(partition.partition)" : "").aligned(to: 4) + "  "
        line += topic.topic.name.padded(to: 21)
        line += number(model).aligned(to: 10) + number(isSequenced ? head : nil).aligned(to: 10) + "  "
        line += storeRange(topic).padded(to: 18) + logRange(topic, isSequenced).padded(to: 18)
        line += number(topic.lagEvents).aligned(to: 8) + Age.text(topic.lagSeconds).aligned(to: 9) + "  "
        if hasBars, let model, let head { line += bar(model, of: head) + " " }
        return isFirst ? line + coloured(partition.state) : line.trimmingEnd
    }

    private func storeRange(_ topic: TopicStatus) -> String {
        guard let store = topic.store else { return "–" }
        return store.stamped == 0 ? "none" : "\(store.first)…\(store.stamped)"
    }

    private func logRange(_ topic: TopicStatus, _ isSequenced: Bool) -> String {
        guard let log = topic.log else { return "–" }
        if !isSequenced { return log.low == log.high ? "none" : "offsets \(log.low)…\(log.high - 1)" }
        guard let first = log.firstSequence, let last = log.lastSequence else { return "none" }
        return "\(first)…\(last)"
    }

    private func contents(_ partitions: [PartitionStatus]) -> String {
        let all = Dictionary(grouping: partitions.flatMap(\.contents), by: \.country)
        let parts = all.sorted { $0.key < $1.key }.map { country, contents in
            let count = contents.reduce(0) { $0 + $1.count }
            guard let first = contents.compactMap(\.days?.lowerBound).min(),
                let last = contents.compactMap(\.days?.upperBound).max()
            else {
                let unknown = contents.reduce(0) { $0 + $1.withoutSlots }
                return "\(country) \(count) documents" + (unknown > 0 ? " (\(unknown) without slots)" : "")
            }
            return "\(country) \(count) buckets, \(first) to \(last)"
        }
        return parts.isEmpty ? "" : style.faint("  holds " + parts.joined(separator: " · "))
    }

    private func coloured(_ state: PartitionState) -> String {
        switch state {
        case .caughtUp: style.good(state.rawValue)
        case .behind, .unknown: style.warning(state.rawValue)
        case .needsBaseline, .aheadOfStore, .neverBuilt: style.bad(state.rawValue)
        }
    }

    private func bar(_ done: Int64, of total: Int64) -> String {
        let filled = total <= 0 ? Self.barWidth : Int(min(max(done, 0), total) * Int64(Self.barWidth) / total)
        return "[" + String(repeating: "=", count: filled) + String(repeating: " ", count: Self.barWidth - filled) + "]"
    }

    // MARK: databases

    private var databases: [String] {
        if report.databases.isEmpty { return [] }
        var lines = [style.strong("databases") + (country.map { style.faint("  outboxes of \($0) only") } ?? "")]
        for database in report.databases {
            let outbox = "outbox \(number(database.outboxDepth))"
            let oldest = database.outboxDepth > 0 ? ", oldest \(Age.text(database.outboxAgeSeconds))" : ""
            let published = database.isPublished ? "acknowledged \(number(database.acknowledged))" : "not published"
            let positions = "stamped \(number(database.stamped)), \(published)"
            let owners = database.ownerless > 0 ? style.warning("  \(database.ownerless) shards without relayer") : ""
            let isLate = database.outboxAgeSeconds > Double(LongTransaction.secondsMin)
            lines.append(
                "  " + database.name.padded(to: 14) + (isLate ? style.warning(outbox + oldest) : outbox + oldest)
                    + " · \(positions)\(owners)")
        }
        return lines + [""]
    }

    private var transactions: [String] {
        if report.transactions.isEmpty { return [] }
        return [style.strong("open for more than \(LongTransaction.secondsMin) s")]
            + report.transactions.map { open in
                let transaction = open.transaction
                let holds = transaction.holdsCalendars ? style.bad("  holds calendars: their bookings wait") : ""
                let who = [transaction.user, transaction.application].filter { !$0.isEmpty }.joined(separator: " ")
                return "  \(open.database) pid \(transaction.pid) \(who.isEmpty ? "(not shown to this role)" : who), "
                    + "\(transaction.state), since \(transaction.since), \(Age.text(transaction.seconds))\(holds)"
            } + [""]
    }

    private func number(_ value: Int64?) -> String { value.map { "\($0)" } ?? "–" }
}

extension Instant {
    /// RFC 3339 in UTC without the fraction of a second.
    var toTheSecond: String { "\(Instant(seconds: seconds))" }
}
