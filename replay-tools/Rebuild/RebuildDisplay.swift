import EventStore
import JSON
import ProjectionRunner
import Synchronization

/// Shows how far a rebuild is: a bar with rate and time left on a terminal, JSON lines elsewhere.
final class RebuildDisplay: Sendable {
    private struct State {
        /// When each stage was seen first: a model may come back to one for every partition.
        var begun: [String: ContinuousClock.Instant] = [:]
        var first: ContinuousClock.Instant?
        var stage = ""
        var shownAt: ContinuousClock.Instant?
    }

    private static let width = 30
    private static let drawInterval: Duration = .milliseconds(100)
    private static let lineInterval: Duration = .seconds(1)

    private let console: Console
    private let model: ModelName
    private let epoch: Int64
    private let isJSON: Bool
    private let state = Mutex(State())

    init(_ console: Console, _ model: ModelName, epoch: Int64, isJSON: Bool) {
        self.console = console
        self.model = model
        self.epoch = epoch
        self.isJSON = isJSON
    }

    /// Takes in where the rebuild is; draws at most ten times a second, and writes at most one line a second and stage.
    func show(_ step: RebuildStep) {
        if let news = step.news { return tell(news) }
        let interval = console.errorIsTerminal && !isJSON ? Self.drawInterval : Self.lineInterval
        let stage = step.name
        let elapsed: Elapsed? = state.withLock { state in
            let (isNew, now) = (state.stage != stage, ContinuousClock.now)
            state.stage = stage
            if !isNew, let shownAt = state.shownAt, shownAt.duration(to: now) < interval { return nil }
            state.shownAt = now
            let (first, begun) = (state.first ?? now, state.begun[stage] ?? now)
            (state.first, state.begun[stage]) = (first, begun)
            return Elapsed(total: first.duration(to: now).seconds, stage: begun.duration(to: now).seconds)
        }
        guard let elapsed else { return }
        let picture = Picture(step, elapsed)
        if console.errorIsTerminal, !isJSON {
            console.writeError("\r\(bar(picture))\u{1B}[K")
        } else {
            let text = json(stage, picture)
            if isJSON { console.write(text) } else { console.writeError(text) }
        }
    }

    /// Says what an operator must not miss, whatever else is shown.
    private func tell(_ news: String) {
        clear()
        console.complain("\(model.rawValue) epoch \(epoch): \(news)")
        guard isJSON else { return }
        var lines = JSONLines()
        lines.add("notice") { writer in
            writer.key("model")
            writer.string(model.rawValue)
            writer.member("epoch", epoch)
            writer.key("notice")
            writer.string(news)
        }
        console.write(lines.text)
    }

    /// Takes the bar away, before other text.
    func clear() {
        if console.errorIsTerminal, !isJSON { console.writeError("\r\u{1B}[K") }
    }

    private func bar(_ picture: Picture) -> String {
        let filled = Int((picture.share * Double(Self.width)).rounded(.down))
        let bar = String(repeating: "=", count: filled) + String(repeating: " ", count: Self.width - filled)
        var parts = ["[\(bar)] \(model.rawValue) epoch \(epoch): \(picture.words)"]
        if let rate = picture.eventsPerSecond { parts.append("\(grouped(rate)) events/s") }
        if let left = picture.secondsLeft { parts.append("\(left) s left") }
        return parts.joined(separator: " · ")
    }

    private func json(_ stage: String, _ picture: Picture) -> String {
        var lines = JSONLines()
        lines.add("progress") { writer in
            writer.key("model")
            writer.string(model.rawValue)
            writer.member("epoch", epoch)
            writer.key("stage")
            writer.string(stage)
            writer.member("share", picture.share)
            writer.member("events", picture.events.map { Int64($0) })
            writer.member("eventsPerSecond", picture.eventsPerSecond.map { Int64($0) })
            writer.member("secondsLeft", picture.secondsLeft.map { Int64($0) })
        }
        return lines.text
    }
}

/// Seconds since the rebuild and since its stage began.
private struct Elapsed {
    let total: Double
    let stage: Double
}

/// One moment of a rebuild, in figures.
private struct Picture {
    var share: Double
    var words: String
    var events: Int?
    var eventsPerSecond: Int?
    var secondsLeft: Int?

    /// Under a tenth of a second there is no rate worth a word.
    private static let rateAfter = 0.1

    init(_ step: RebuildStep, _ elapsed: Elapsed) {
        switch step {
        case .building(let progress):
            share = min(1, max(0, progress.share))
            words = progress.stage.rawValue
            events = progress.events
            if progress.stage != .writing, elapsed.total >= Self.rateAfter {
                eventsPerSecond = Int(Double(progress.events) / elapsed.total)
            }
            if share > 0.02 { secondsLeft = Int((elapsed.stage * (1 - share) / share).rounded(.up)) }
        case .proving:
            share = 1
            words = "reading back what was written"
        case .foldingAgain, .retaken:
            share = 0
            words = step.news ?? ""
        case .following(let health):
            let lag = health.partitions.reduce(Int64(0)) { $0 + ($1.lagEvents ?? 0) }
            let flowing = health.partitions.filter { $0.state == .flowing }.count
            share = Double(flowing) / 6
            words = "following the log, \(lag) events behind"
        case .handingOver(let count):
            share = Double(count) / 6
            words = "live projection takes over"
        }
    }
}

extension RebuildStep {
    /// What happened that is not in the usual course; nil where nothing did.
    fileprivate var news: String? {
        switch self {
        case .foldingAgain: "what was written was gone when it was read back; everything is folded again"
        case .retaken(let retaken):
            "partition \(retaken.partition.number) was taken from the stores again, and holds what the fold says: "
                + retaken.reason.rawValue
        case .building, .proving, .following, .handingOver: nil
        }
    }

    /// One word for scripts.
    fileprivate var name: String {
        switch self {
        case .building(let progress): progress.stage.rawValue
        case .proving: "proving"
        case .foldingAgain, .retaken: "again"
        case .following: "following the log"
        case .handingOver: "handing over"
        }
    }
}

extension Duration {
    /// Seconds with what is behind the point.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

/// A number with a comma between thousands.
func grouped(_ number: Int) -> String {
    var digits = "\(abs(number))"
    var groups: [String] = []
    while digits.count > 3 {
        groups.insert(String(digits.suffix(3)), at: 0)
        digits.removeLast(3)
    }
    return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
}
