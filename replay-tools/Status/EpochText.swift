import Domain
import EventStore
import ProjectionRunner

/// How far the rebuild of an epoch is, as far as the registry says; spelled as in the JSON output.
enum RebuildStage: String, CaseIterable, Sendable {
    /// The stores are read, and what was folded is written.
    case reading = "reading the stores"
    /// What was written is the fold's; the log comes next.
    case proved
    case following = "following the log"
    /// Live projection was asked to write it, too.
    case handingOver = "handing over"

    /// Judges an epoch; nil where no rebuild is at it, or could go on with it.
    init?(_ epoch: EpochRecord, _ known: ModelEpochs) {
        switch epoch.state {
        case .building: self = epoch.heldDigest == nil ? .reading : .proved
        case .tailing: self = known.adoptions.contains { $0.epoch == epoch.number } ? .handingOver : .following
        case .ready, .served, .kept, .failed, .dropping, .dropped: return nil
        }
    }
}

/// The epochs of a model for people, and the lanes of live projection that write them.
struct EpochText {
    /// Lanes say every two seconds that they live.
    private static let silenceMax = 15.0

    private let known: ModelEpochs
    private let style: TextStyle

    init(_ known: ModelEpochs, _ style: TextStyle) {
        self.known = known
        self.style = style
    }

    /// A line an epoch that is not gone, then a line a process with lanes.
    var lines: [String] { known.epochs.filter { $0.state != .dropped }.map(line) + lanes }

    // MARK: epochs

    private func line(_ epoch: EpochRecord) -> String {
        var line = "  epoch " + "\(epoch.number)".aligned(to: 4) + "  " + epoch.state.rawValue.padded(to: 10)
        let adopted = "written by live projection in \(known.adopted(epoch.number).count) of \(Shard.count) partitions"
        switch epoch.state {
        case .served: line += "readers are answered from it, since \(epoch.changedAt.toTheSecond)"
        case .kept, .ready: line += adopted
        case .building, .tailing:
            line += RebuildStage(epoch, known)?.rawValue ?? ""
            if epoch.state == .tailing { line += ", \(adopted)" }
            line += work(on: epoch)
        case .failed, .dropping, .dropped: line += epoch.note ?? ""
        }
        if !epoch.scope.isWhole { line += "  \(epoch.scope)" }
        let text = line.trimmingEnd
        return switch epoch.state {
        case .served: style.good(text)
        case .failed: style.bad(text)
        case .building, .tailing: epoch.isLeased ? text : style.warning(text)
        case .ready, .kept, .dropping, .dropped: style.faint(text)
        }
    }

    /// Who is at it and since when, or that nobody is.
    private func work(on epoch: EpochRecord) -> String {
        let since = "begun \(Age.text(known.seconds(since: epoch.createdAt))) ago"
        guard epoch.isLeased, let owner = epoch.owner else {
            return "; nobody is at it, \(since): replay rebuild --resume"
        }
        return "; \(owner), \(since)"
    }

    // MARK: lanes

    private var lanes: [String] {
        var lines: [String] = []
        let owners = Dictionary(grouping: known.lanes, by: \.owner)
        for (owner, lanes) in owners.sorted(by: { ($0.value[0].partition, $0.key) < ($1.value[0].partition, $1.key) }) {
            let silence = lanes.map { known.seconds(since: $0.seenAt) }.max()
            let line = "  lanes \(Self.list(lanes.map(\.partition)))  process \(owner), seen \(Age.text(silence)) ago"
            lines.append((silence ?? 0) > Self.silenceMax ? style.warning(line) : style.faint(line))
        }
        let missing = Set(Shard.all).subtracting(known.lanes.map(\.partition)).sorted()
        if !missing.isEmpty {
            lines.append(style.warning("  lanes \(Self.list(missing))  never seen: the role 'projection' writes them"))
        }
        return lines
    }

    /// Such as `0, 2-5`.
    private static func list(_ partitions: [Shard]) -> String {
        var ranges: [ClosedRange<Int>] = []
        for number in partitions.map(\.number).sorted() {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ", ")
    }
}

extension ModelEpochs {
    /// Seconds between a moment and the one at which this was read, both by the database's clock.
    func seconds(since moment: Instant) -> Double {
        max(0, Double(readAt.microseconds - moment.microseconds) / 1_000_000)
    }
}

/// Stretches of time for people.
enum Age {
    /// Milliseconds, seconds, minutes, hours or days, whichever reads best; a dash where there is none.
    static func text(_ seconds: Double?) -> String {
        guard let seconds else { return "–" }
        return switch seconds {
        case ..<0.001: "0 s"
        case ..<1: "\(Int(seconds * 1_000)) ms"
        case ..<120: "\(Int(seconds)) s"
        case ..<7_200: "\(Int(seconds / 60)) min"
        case ..<172_800: "\(Int(seconds / 3_600)) h"
        default: "\(Int(seconds / 86_400)) d"
        }
    }
}

extension String {
    /// Without spaces at the end.
    var trimmingEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
