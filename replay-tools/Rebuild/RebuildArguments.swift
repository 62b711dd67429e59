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
        scope = try EpochScope(&arguments, country: selection.country)
        source = try Self.source(try arguments.option("--source"))
        maxLiveLag = try Self.lag(try arguments.option("--max-live-lag"))
        reason = try arguments.option("--reason")
        isJSON = arguments.flag("--json")
        if scope.from != nil || scope.to != nil, models != [.availability] {
            throw UsageError("--from and --to are days of the pages, documents are whole: --model availability")
        }
        if !scope.isWhole, source == .log { throw UsageError("--source log rebuilds everything, not a part") }
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
