import Domain
import EventStore
import JSON
import ProjectionRunner

/// `replay plan`: what a rebuild would do, before it does it.
struct PlanCommand: Subcommand {
    static let words = "plan"
    static let summary = "says what a rebuild would do, how long it takes, and what would change"
    static let help = """
        replay plan: does everything that a rebuild does but the writing, and says what would change.

          --model availability|search|all   only these models (default all)
          --country CC                      one country only
          --practitioner ID                 one practitioner only
          --from DATE --to DATE             only these days of the pages; --to is the day after the last one
          --source auto|store|log           where events are to come from; log is refused unless it has everything
          --output FILE                     keep the plan: 'replay rebuild --plan FILE' does exactly that, or refuses
          --json                            one JSON object a line: plan

        It names the source and why, what the log alone lacks, the events to read, an estimate of time and memory from
        what it has just measured, and the effects: how many practitioner-days or documents would change, with a sample.

        Examples:
          replay plan --model availability
          replay plan --output monday.plan && replay rebuild --plan monday.plan
          replay plan --model availability --source log

        \(HelpTexts.exitCodes)

        """

    private let given: RebuildArguments
    private let output: String?

    init(_ arguments: inout ArgumentReader) throws(UsageError) {
        output = try arguments.option("--output")
        given = try RebuildArguments(&arguments)
        try arguments.finish()
        if let output { try RebuildPlanFile.check(output) }
    }

    /// - Returns: 0 planned.
    /// - Throws: `Unreachable` (exit code 3); `Refusal` (4).
    func run(_ environment: [String: String], _ console: Console) async throws -> ExitCode {
        try await Connections.with(environment) { connections in
            try Selection(models: given.models, country: given.scope.country).check(connections.countries.keys)
            let planner = RebuildPlanner(given: given, connections: connections, console: console)
            let details = [
                OperationDetail("models", given.models.map(\.rawValue).joined(separator: ",")),
                OperationDetail("scope", "\(given.scope)"),
            ]
            let heading = RecordedOperation.Heading(
                .plan, by: OperatorIdentity.current(environment), reason: given.reason, details: details)
            let file = try await RecordedOperation.run(heading, connections, console) { _ in
                try written(try await planner.plans(given.models))
            }
            for plan in file.plans { console.write(given.isJSON ? plan.json : text(plan, console.style)) }
            return .success
        }
    }

    /// Writes the file where one is wanted.
    ///
    /// Never a part of the closure above, whose coroutine crashes the optimiser of Swift 6.3.1 then.
    @inline(never)
    private func written(_ plans: [RebuildPlan]) throws -> (RebuildPlanFile, [OperationDetail]) {
        let file = RebuildPlanFile(plans)
        if let output { try file.write(output) }
        let changing = plans.reduce(0) { $0 + $1.changing }
        return (file, [OperationDetail("changing", changing), OperationDetail("plan_sha256", file.digest)])
    }

    private func text(_ plan: RebuildPlan, _ style: TextStyle) -> String {
        var lines = [style.strong("\(plan.model.rawValue): \(plan.scope), from the \(plan.source.rawValue)")]
        lines.append("  why        \(plan.why)")
        for line in plan.coverage { lines.append("  covered    \(line)") }
        for line in plan.notInLog.prefix(6) { lines.append("  not in log \(line)") }
        if plan.notInLog.count > 6 { lines.append("             … and \(plan.notInLog.count - 6) more") }
        if plan.source == .log { for line in plan.inLog { lines.append("  in log     \(line)") } }
        lines.append("  read       \(grouped(Int(plan.events))) events")
        let seconds = Int(plan.estimatedSeconds.rounded(.up))
        lines.append("  estimate   \(seconds) s and \(plan.peakMebibytes) MiB, from what this plan took")
        let things = plan.model == .availability ? "practitioner-days" : "documents"
        let count = "\(grouped(Int(plan.changing))) of \(grouped(Int(plan.looked))) \(things) would change"
        lines.append("  effect     " + (plan.changing == 0 ? style.good(count) : style.warning(count)))
        for line in plan.sample { lines.append("    \(line)") }
        for line in plan.unreadable { lines.append(style.bad("  unreadable \(line)")) }
        return lines.joined(separator: "\n") + "\n"
    }
}
