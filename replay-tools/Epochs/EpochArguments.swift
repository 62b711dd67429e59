/// What `swap`, `rollback` and `drop` are told: one model, maybe an epoch, maybe why.
struct EpochArguments: Sendable {
    let model: ModelName
    let epoch: Int64?
    let reason: String?
    let isJSON: Bool

    /// Takes `--model`, `--reason`, `--json` and, where the command has it, `--epoch` out of the arguments.
    ///
    /// - Throws: `UsageError`.
    init(_ arguments: inout ArgumentReader, takesEpoch: Bool) throws(UsageError) {
        guard let name = try arguments.option("--model") else {
            throw UsageError("which model? --model availability or --model search")
        }
        guard let model = ModelName(rawValue: name) else {
            throw UsageError("--model takes one model here, availability or search, not '\(name)'")
        }
        self.model = model
        epoch = takesEpoch ? try Self.epoch(try arguments.option("--epoch")) : nil
        reason = try arguments.option("--reason")
        isJSON = arguments.flag("--json")
        try arguments.finish()
    }

    private static func epoch(_ text: String?) throws(UsageError) -> Int64? {
        guard let text else { return nil }
        guard let number = Int64(text), number > 0 else {
            throw UsageError("--epoch must be a number from 1, as 'replay status' shows them, not '\(text)'")
        }
        return number
    }
}
