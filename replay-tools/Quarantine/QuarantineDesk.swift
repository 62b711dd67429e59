import ProjectionRunner

/// The quarantines of all models, wherever they are kept.
struct QuarantineDesk: Sendable {
    let connections: Connections

    /// The database of a model: the calendars are booking's.
    private func database(of model: QuarantineModel) -> Connections.Database {
        model == .calendars ? connections.booking : connections.practitioner
    }

    /// Does something with a model's quarantine.
    ///
    /// - Throws: `Unreachable`; what `body` throws.
    func with<T>(_ model: QuarantineModel, _ body: (QuarantineOffice) async throws -> T) async throws -> T {
        let database = database(of: model)
        return try await Unreachable.naming(database.dependency) { try await body(QuarantineOffice(database.pool)) }
    }

    /// Who waits, and with `includesPast` who once did.
    ///
    /// - Throws: `Unreachable`.
    func entries(of models: [QuarantineModel], includesPast: Bool = false) async throws -> [QuarantineEntry] {
        var entries: [QuarantineEntry] = []
        for model in models {
            entries += try await with(model) {
                try await $0.entries(model: model.rawValue, includesPast: includesPast)
            }
        }
        return entries
    }

    /// The one that an operator named.
    ///
    /// - Throws: `Unreachable`; `UsageError` where there is none.
    func entry(_ reference: QuarantineReference) async throws -> QuarantineEntry {
        let found = try await with(reference.model) {
            try await $0.entries(model: reference.model.rawValue, id: reference.id, includesPast: true)
        }
        guard let entry = found.first else {
            throw UsageError(
                "there is no quarantine \(reference.model.rawValue)-\(reference.id); "
                    + "'replay quarantine list --history' shows all")
        }
        return entry
    }

    /// Asks for something to be done and waits until it is, for as long as something still happens.
    ///
    /// - Parameters:
    ///   - wish: What.
    ///   - entries: Those who wait, of one or several models.
    ///   - reason: In the operator's words.
    ///   - actor: Who asks.
    ///   - patience: How long nothing may happen.
    /// - Returns: What came of each; what nobody carried out is taken back and left out.
    /// - Throws: `Unreachable`; `CancellationError`, after taking back what was asked.
    func ask(
        _ wish: QuarantineOffice.Wish, for entries: [QuarantineEntry], reason: String, by actor: String,
        _ patience: QuarantinePatience
    ) async throws -> [QuarantineResult] {
        var results: [QuarantineResult] = []
        for (name, entries) in Dictionary(grouping: entries, by: \.model).sorted(by: { $0.key < $1.key }) {
            guard let model = QuarantineModel(rawValue: name) else { continue }
            let requests = try await with(model) {
                try await $0.request(wish, for: entries.map(\.id), reason: reason, by: actor)
            }
            results += try await with(model) { try await Self.wait(for: requests, entries, $0, patience) }
        }
        return results
    }

    private static func wait(
        for requests: [Int64: Int64], _ entries: [QuarantineEntry], _ office: QuarantineOffice,
        _ patience: QuarantinePatience
    ) async throws -> [QuarantineResult] {
        let byRequest = Dictionary(entries.compactMap { entry in requests[entry.id].map { ($0, entry) } }) { $1 }
        var open = Set(requests.values)
        var results: [QuarantineResult] = []
        var end = ContinuousClock.now + .seconds(patience.seconds)
        do {
            while !open.isEmpty, ContinuousClock.now < end {
                for answer in try await office.answers(to: Array(open)) {
                    guard open.remove(answer.request) != nil, let entry = byRequest[answer.request] else { continue }
                    results.append(QuarantineResult(entry: entry, answer: answer))
                    end = ContinuousClock.now + .seconds(patience.seconds)
                }
                if !open.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
            }
        } catch {
            // Also after Ctrl-C, which cancels this task: what nobody has begun is not to happen later.
            let left = Array(open)
            await Task { _ = try? await office.withdraw(left) }.value
            throw error
        }
        if open.isEmpty { return results }
        let withdrawn = try await office.withdraw(Array(open))
        for answer in try await office.answers(to: Array(open.subtracting(withdrawn))) {
            if let entry = byRequest[answer.request] { results.append(QuarantineResult(entry: entry, answer: answer)) }
        }
        return results
    }
}

/// What came of a request.
struct QuarantineResult: Hashable, Sendable {
    let entry: QuarantineEntry
    let answer: QuarantineOffice.Answer
}
