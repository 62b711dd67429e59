import Domain
import ProjectionRunner

/// What `rebuild` and `plan` are told.
struct RebuildArguments: Sendable {
    /// Where the events are to come from.
    enum Source: String, Sendable, CaseIterable {
        /// What covers what is asked: baseline from the store, tail from the log.
        case auto
        /// The same, whatever the log has.
        case store
        /// The log alone; refused unless it is proved to have everything.
        case log
    }

    /// Milliseconds that `--max-live-lag` takes, at most.
    private static let lagMax = 60_000

    var models: [ModelName]
    var scope: EpochScope
    var source: Source
    /// How far live projection may fall behind before the rebuild waits; nil: as far as it likes.
    var maxLiveLag: Duration?
    let reason: String?
    let isJSON: Bool

    /// Takes the options that both commands have out of the arguments.
    ///
    /// - Throws: `UsageError`.
    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        let selection = try Selection(&arguments)
        models = selection.models
        scope = EpochScope(country: selection.country)
        scope.practitioner = try Self.practitioner(try arguments.option("--practitioner"))
        scope.from = try Self.date("--from", try arguments.option("--from"))
        scope.to = try Self.date("--to", try arguments.option("--to"))
        if let from = scope.from, let to = scope.to, to <= from {
            throw UsageError("--to is the day after the last one, and must be later than --from")
        }
        source = try Self.source(try arguments.option("--source"))
        maxLiveLag = try Self.lag(try arguments.option("--max-live-lag"))
        reason = try arguments.option("--reason")
        isJSON = arguments.flag("--json")
        if scope.from != nil || scope.to != nil, models != [.availability] {
            throw UsageError("--from and --to are days of the pages, documents are whole: --model availability")
        }
        if !scope.isWhole, source == .log { throw UsageError("--source log rebuilds everything, not a part") }
    }

    private static func practitioner(_ text: String?) throws(UsageError) -> PractitionerID? {
        guard let text else { return nil }
        guard let id = PractitionerID(text) else {
            throw UsageError("--practitioner must be an id such as 0190a5b2-7c3d-7e4f-8a9b-0c1d2e3f4a5b, not '\(text)'")
        }
        return id
    }

    private static func date(_ name: String, _ text: String?) throws(UsageError) -> LocalDate? {
        guard let text else { return nil }
        guard let date = LocalDate(text) else {
            throw UsageError("\(name) must be a date such as 2026-11-21, not '\(text)'")
        }
        return date
    }

    private static func source(_ text: String?) throws(UsageError) -> Source {
        guard let text else { return .auto }
        guard let source = Source(rawValue: text) else {
            throw UsageError("--source is one of auto, store, log, not '\(text)'")
        }
        return source
    }

    private static func lag(_ text: String?) throws(UsageError) -> Duration? {
        guard let text else { return .milliseconds(250) }
        if text == "off" { return nil }
        let digits = text.hasSuffix("ms") ? text.dropLast(2) : text[...]
        guard let milliseconds = Int(digits), (1...lagMax).contains(milliseconds) else {
            throw UsageError("--max-live-lag must be milliseconds such as 250ms, or off, not '\(text)'")
        }
        return .milliseconds(milliseconds)
    }
}
