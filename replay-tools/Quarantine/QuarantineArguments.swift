import ProjectionRunner

/// A model with a quarantine: the read models, and booking's calendars.
enum QuarantineModel: String, CaseIterable, Sendable {
    case availability
    case search
    case calendars
}

/// Which quarantine, as `list` shows it: `availability-12`.
struct QuarantineReference: Hashable, Sendable {
    let model: QuarantineModel
    let id: Int64

    /// Reads what an operator typed.
    ///
    /// - Throws: `UsageError`.
    init(_ text: String) throws(UsageError) {
        let parts = text.split(separator: "-", maxSplits: 1).map(String.init)
        guard parts.count == 2, let model = QuarantineModel(rawValue: parts[0]), let id = Int64(parts[1]), id > 0 else {
            throw UsageError("'\(text)' is no quarantine; 'replay quarantine list' shows them, such as availability-12")
        }
        self.model = model
        self.id = id
    }
}

/// How long a command waits for the live lane.
struct QuarantinePatience: Sendable {
    /// Seconds.
    let seconds: Int

    private static let range = 1...3_600

    /// Takes `--wait` out of the arguments.
    ///
    /// - Throws: `UsageError`.
    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        let text = try arguments.option("--wait") ?? "30"
        guard let seconds = Int(text.hasSuffix("s") ? String(text.dropLast()) : text), Self.range.contains(seconds)
        else { throw UsageError("--wait takes seconds, \(Self.range.lowerBound) to \(Self.range.upperBound)") }
        self.seconds = seconds
    }
}

extension QuarantineModel {
    /// Takes `--model` out of the arguments; all of them where it is absent.
    ///
    /// - Throws: `UsageError`.
    static func models(_ arguments: inout ArgumentReader) throws(UsageError) -> [QuarantineModel] {
        guard let text = try arguments.option("--model"), text != "all" else { return allCases }
        guard let model = QuarantineModel(rawValue: text) else {
            throw UsageError("unknown model '\(text)'; one of availability, search, calendars, all")
        }
        return [model]
    }
}
