import Postgres

extension SystemUnderTest {
    /// The epoch that readers of a model are answered from.
    func servedEpoch(of model: String) async throws -> Int64 {
        try await ask("SELECT served_epoch FROM projection_models WHERE model = $1", model)
    }

    /// Whether somebody is at a rebuild of a model, or has left one alone.
    func hasUnfinishedRebuild(of model: String) async throws -> Bool {
        try await ask(
            "SELECT count(*) FROM projection_epochs WHERE model = $1 AND state IN ('building', 'tailing')", model) > 0
    }

    private func ask(_ question: String, _ model: String) async throws -> Int64 {
        try await StoreTruth.with(servers) { truth in
            try await truth.count(truth.practitioner, "served_epoch", question, [.text(model)])
        }
    }
}
