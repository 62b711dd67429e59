/// What it costs to put every practitioner into the log, and to build the pages from nothing but that.
struct RoundFigures {
    let ground: BenchGround
    /// Names of the databases.
    let bookings: String
    let practitioners: String
    /// How many practitioners there are; the pages of epoch 1 have all of them.
    let count: Int

    /// An epoch that nobody else has built.
    private static let epoch: Int64 = 90

    func measure(_ report: (FigureResult) -> Void) async throws {
        let cluster = try await KafkaCluster.fresh(ground.settings)
        let published = try await run("publish-rounds", [], cluster)
        report(
            FigureResult(
                "rounds of both models, \(count) practitioners", published.seconds * 1_000, .milliseconds))
        report(FigureResult("memory of that", published.peakMebibytes, .mebibytes, target: .atMost(512)))
        let built = try await run("build-from-rounds", ["\(Self.epoch)"], cluster)
        report(
            FigureResult("pages from rounds and the log alone", built.seconds * 1_000, .milliseconds))
        report(FigureResult("memory of that", built.peakMebibytes, .mebibytes, target: .atMost(512)))
        await cluster.close()
    }

    private func run(
        _ part: String, _ arguments: [String], _ cluster: KafkaCluster
    ) async throws -> HostedRounds.Outcome {
        let output = try await ChildProgram.run(
            CommandLine.arguments[0],
            [
                "host", part, ground.databases.url(bookings), ground.databases.url(practitioners),
                ground.settings.redisURL, cluster.bootstrap,
            ] + arguments, output: ground.path("logs/\(part).log"))
        let outcome = try HostedRounds.outcome(output)
        guard outcome.count == count else { throw WrongAnswer(output) }
        return outcome
    }
}
