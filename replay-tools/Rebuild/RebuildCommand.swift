import Domain
import EventStore
import JSON
import Kafka
import Postgres
import ProjectionRunner
import Redis

/// `replay rebuild`: regenerates read models beside the ones that are served.
struct RebuildCommand: Subcommand {
    static let words = "rebuild"
    static let summary = "regenerates a read model beside the one that is served"
    static let help = """
        replay rebuild: regenerates read models while everything keeps running.

          --model availability|search|all   only these models (default all)
          --country CC                      one country: its pages or documents are replaced where they are
          --practitioner ID                 one practitioner, the same way
          --from DATE --to DATE             only these days of the pages, the same way; --to is the day after the last;
                                            not of search, whose documents are written whole
          --source auto|store|log           where events come from (default auto: the store, then the log); log: only
                                            the log, and only if it is proved to have everything
          --swap                            answer readers from the new epoch as soon as it is ready
          --resume                          go on with a rebuild that was interrupted
          --plan FILE                       do exactly what 'replay plan --output FILE' planned
          --max-live-lag 250ms|off          wait while live projection or the relay is further behind than this
          --allow-quarantine                events that cannot be read: let their practitioners wait in quarantine
          --reason TEXT                     why; goes on record
          --json                            one JSON object a line: progress, rebuild

        A rebuild of everything goes to a new epoch that nobody is answered from: the stores are folded in one snapshot
        each, what was written is read back and compared, the log is followed from where it ended before, and live
        projection takes the epoch over. 'replay swap' answers readers from it, 'replay rollback' goes back. Ctrl-C, or
        even kill -9, loses nothing: run it again with --resume.

        Examples:
          replay rebuild --model availability --swap
          replay rebuild --model availability --practitioner 0190a5b2-7c3d-7e4f-8a9b-0c1d2e3f4a5b
          replay rebuild --model search --country de --reason 'new specialties'
          replay rebuild --resume

        \(HelpTexts.exitCodes)

        """

    let given: RebuildArguments
    let swaps: Bool
    let resumes: Bool
    /// What was planned; nil: nothing.
    let planFile: RebuildPlanFile?
    let allowsQuarantine: Bool

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        let planFile = try arguments.option("--plan")
        swaps = arguments.flag("--swap")
        resumes = arguments.flag("--resume")
        allowsQuarantine = arguments.flag("--allow-quarantine")
        let plans = try planFile.map { path throws(UsageError) in try RebuildPlanFile(path) }
        var given = try RebuildArguments(&arguments)
        try arguments.finish()
        if let first = plans?.plans.first {
            guard given.scope.isWhole, given.source == .auto else {
                throw UsageError("--plan says what is to be done: leave scope and --source out")
            }
            let planned = plans?.plans.map(\.model) ?? []
            guard given.models == ModelName.allCases || given.models == planned else {
                throw UsageError("--plan says which model: \(planned.map(\.rawValue).joined(separator: ", "))")
            }
            (given.models, given.scope) = (planned, first.scope)
        }
        self.planFile = plans
        self.given = given
        if resumes, !given.scope.isWhole {
            throw UsageError("a part is rebuilt in one go: there is nothing to resume; leave --resume out")
        }
        if swaps, !given.scope.isWhole {
            throw UsageError("a part never stands in for the whole: it is replaced where it is; leave --swap out")
        }
    }

    /// - Returns: 0 done; 1 what was written is not what was folded, or an event cannot be read.
    /// - Throws: `Unreachable` (exit code 3); `Refusal` (4); `CancellationError` (130), and it can be resumed.
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        try await Connections.with(environment) { connections in
            let actor = OperatorIdentity.current(environment)
            try Selection(models: given.models, country: given.scope.country).check(connections.countries.keys)
            let heading = RecordedOperation.Heading(
                .rebuild, by: actor, reason: given.reason,
                details: [OperationDetail("models", given.models.map(\.rawValue).joined(separator: ","))] + details)
            try await RecordedOperation.recordingRefusals(heading, connections, console) {
                for plan in planFile?.plans ?? [] { try await check(plan, connections) }
                if usesLogAlone {
                    try await checkLog(connections, console)
                } else {
                    try await StoreCoverage.read(connections.stores(of: given.models)).check()
                }
            }
            var code = ExitCode.success
            for model in given.models {
                let own: ExitCode
                if given.scope.isWhole {
                    own = try await RebuildRun(
                        model: model, command: self, connections: connections, actor: actor, console: console
                    ).run()
                } else {
                    own = try await RepairRun(
                        model: model, command: self, connections: connections, actor: actor, console: console
                    ).run()
                }
                if own != .success { code = own }
            }
            return code
        }
    }

    /// Whether nothing but the log is to be read.
    var usesLogAlone: Bool { given.source == .log || planFile?.plans.contains { $0.source == .log } ?? false }

    /// What goes on record of how it was asked for.
    var details: [OperationDetail] {
        [OperationDetail("scope", "\(given.scope)"), OperationDetail("source", given.source.rawValue)]
            + (planFile.map { [OperationDetail("plan_sha256", $0.digest)] } ?? [])
    }

    /// The fence under which a model was planned; nil where it was not.
    func plannedFence(of model: ModelName) -> Int64? { planFile?.plans.first { $0.model == model }?.fence }

    /// A plan is done exactly as it is, or not at all.
    private func check(_ plan: RebuildPlan, _ connections: Connections) async throws {
        let epochs = try await EpochDesk(plan.model, connections).epochs()
        let proof = try await LogProof.read(plan.model, connections)
        let found = plan.contradictions(
            epochs, heads: proof.heads, countries: connections.countries.keys.sorted().map(\.text), proof: proof)
        if !found.isEmpty { throw Refusal(missing: found + ["the plan is no longer right: make it anew"]) }
    }

    /// The log alone is enough only if that is proved; then it is said by what.
    private func checkLog(_ connections: Connections, _ console: Console) async throws {
        var (missing, covered) = ([String](), [(ModelName, [String])]())
        for model in given.models {
            let proof = try await LogProof.read(model, connections)
            missing += proof.missing
            covered.append((model, proof.covered))
        }
        if !missing.isEmpty { throw Refusal(missing: missing) }
        for (model, lines) in covered {
            console.write(RebuildText(model, isJSON: given.isJSON, console.style).text(lines))
        }
    }
}
