import JSON

@testable import replay

/// What `replay verify models --json` said.
struct Verified {
    let code: ExitCode
    let complaint: String
    private let lines: [JSONValue]

    init(_ result: (code: ExitCode, answer: String, complaint: String)) throws {
        code = result.code
        complaint = result.complaint
        lines = try result.answer.split(separator: "\n").map { try parseJSON(Array($0.utf8)) }
    }

    func records(_ kind: String) -> [JSONValue] { lines.filter { $0["record"]?.stringValue == kind } }

    /// The last line.
    var summary: JSONValue { records("verification").last ?? .null }
    /// `full` or `quick`.
    var kind: String? { summary["kind"]?.stringValue }
    var eventsRead: Int64? { summary["eventsRead"]?.intValue }
    var judged: Int64? { summary["judged"]?.intValue }
    /// Why everything was folded anew, and what could not be kept.
    var reasons: [String] { records("folding").compactMap { $0["text"]?.stringValue } }

    /// Kind and practitioner of each difference.
    var differences: Set<String> {
        Set(
            records("difference").map {
                "\($0["kind"]?.stringValue ?? "") \($0["practitionerId"]?.stringValue ?? "nobody")"
            })
    }

    /// What the models hold, by model and partition.
    var digests: [String: String] { digests("held") }

    /// What they must hold.
    var expected: [String: String] { digests("expected") }

    private func digests(_ side: String) -> [String: String] {
        var digests: [String: String] = [:]
        for proof in records("proof") {
            let place = "\(proof["model"]?.stringValue ?? "") \(proof["partition"]?.intValue ?? -1)"
            digests[place] =
                "\(proof[side]?["count"]?.intValue ?? -1) \(proof[side]?["digest"]?.stringValue ?? "")"
        }
        return digests
    }
}

extension ReplayBed {
    /// Runs `replay verify models --json` with these options.
    func verify(_ options: String...) async throws -> Verified {
        try Verified(await replay(["verify", "models", "--json"] + options))
    }
}
