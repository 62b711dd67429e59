import EventStore
import Glibc
import JSON
import ProjectionRunner

/// What a rebuild says at its end, for people or as JSON lines.
struct RebuildText {
    private let model: ModelName
    private let isJSON: Bool
    private let style: TextStyle

    init(_ model: ModelName, isJSON: Bool, _ style: TextStyle) {
        self.model = model
        self.isJSON = isJSON
        self.style = style
    }

    /// An event that cannot be taken in, and whose it is.
    static func words(_ cause: QuarantineCause) -> String { "practitioner \(cause.practitioner): \(cause)" }

    /// The summary of a rebuild, each line with its end.
    func text(_ outcome: RebuildOutcome, isSwappedNext: Bool) -> String {
        isJSON ? json(outcome) : words(outcome, isSwappedNext)
    }

    private func words(_ outcome: RebuildOutcome, _ isSwappedNext: Bool) -> String {
        var lines = [
            style.good("\(model.rawValue) epoch \(outcome.epoch) is ready") + " in \(seconds(outcome.total)) s"
        ]
        if outcome.events > 0 {
            let rate = Int(Double(outcome.events) / max(0.001, outcome.baseline.seconds))
            lines.append(
                "  baseline   \(grouped(outcome.events)) events, \(grouped(outcome.count)) \(things) in "
                    + "\(seconds(outcome.baseline)) s, \(grouped(rate)) events/s")
        }
        if let digest = outcome.heldDigest { lines.append("  digest     \(digest), the same as the fold's") }
        for retaken in outcome.retaken {
            lines.append("  again      partition \(retaken.partition.number): \(retaken.reason.rawValue)")
        }
        if outcome.foreign > 0 {
            lines.append(
                style.warning("  foreign    \(grouped(outcome.foreign)) records of the log are no events of ours")
                    + ": replay quarantine list")
        }
        lines.append("  tail       \(seconds(outcome.tail)) s until nothing was left to follow")
        lines.append("  hand-over  \(seconds(outcome.handOver)) s until live projection had it in every partition")
        lines.append(
            "  live lag   at most \(Int(outcome.worstLag.seconds * 1_000)) ms, held back \(seconds(outcome.held)) s")
        lines.append("  memory     \(Self.peakMebibytes) MiB at most")
        for event in outcome.unreadable { lines.append(style.bad("  quarantine \(Self.words(event))")) }
        if !isSwappedNext { lines.append("  next       replay swap --model \(model.rawValue)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func json(_ outcome: RebuildOutcome) -> String {
        var lines = JSONLines()
        lines.add("rebuild") { writer in
            writer.key("model")
            writer.string(model.rawValue)
            writer.member("epoch", outcome.epoch)
            writer.member("events", Int64(outcome.events))
            writer.member("count", Int64(outcome.count))
            writer.key("digest")
            if let digest = outcome.heldDigest { writer.string(digest) } else { writer.null() }
            writer.member("seconds", outcome.total.seconds)
            writer.member("baselineSeconds", outcome.baseline.seconds)
            writer.member("tailSeconds", outcome.tail.seconds)
            writer.member("handOverSeconds", outcome.handOver.seconds)
            writer.member("liveLagSeconds", outcome.worstLag.seconds)
            writer.member("heldSeconds", outcome.held.seconds)
            writer.member("peakMebibytes", Int64(Self.peakMebibytes))
            writer.member("quarantined", Int64(outcome.unreadable.count))
            writer.member("foreign", Int64(outcome.foreign))
            writer.key("retaken")
            writer.beginArray()
            for retaken in outcome.retaken { writer.int(Int64(retaken.partition.number)) }
            writer.endArray()
        }
        return lines.text
    }

    /// What of the log covers each partition, before it alone is read.
    func text(_ covered: [String]) -> String {
        guard isJSON else { return covered.map { "\(model.rawValue) \($0)\n" }.joined() }
        var lines = JSONLines()
        lines.add("coverage") { writer in
            writer.key("model")
            writer.string(model.rawValue)
            writer.key("inLog")
            writer.beginArray()
            for line in covered { writer.string(line) }
            writer.endArray()
        }
        return lines.text
    }

    /// A swap that followed.
    func text(_ swap: EpochSwap, _ took: Duration) -> String {
        guard isJSON else {
            return style.good("\(model.rawValue) is answered from epoch \(swap.to)")
                + ", swapped in \(Int(took.seconds * 1_000)) ms; replay rollback goes back to \(swap.from)\n"
        }
        var lines = JSONLines()
        lines.add("swap") { writer in
            writer.key("model")
            writer.string(model.rawValue)
            writer.member("from", swap.from)
            writer.member("to", swap.to)
            writer.member("fence", swap.fence)
            writer.member("seconds", took.seconds)
        }
        return lines.text
    }

    private var things: String { model == .availability ? "practitioners" : "documents" }

    private func seconds(_ duration: Duration) -> String {
        let tenths = Int((duration.seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// The most memory that this process has had.
    static var peakMebibytes: Int {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return Int(usage.ru_maxrss) / 1_024
    }
}
