package import Domain
package import EventStore

/// Why a model cannot go on from a round.
package enum BaselineFault: Error, Hashable, Sendable {
    /// Records of it have gone from the log since it was found whole.
    case gone(Shard)
    /// A record of it cannot be read.
    case damaged(Shard, offset: Int64, String)
    /// Days are needed that it does not have.
    case lacksDays(Shard, wanted: ClosedRange<LocalDate>, has: ClosedRange<LocalDate>?)
    /// It stops at an event that could not be read, and that an operator has decided to do without since.
    case outdated(Shard, PractitionerID)
}

extension BaselineFault: CustomStringConvertible {
    /// A sentence for operators.
    package var description: String {
        switch self {
        case .gone(let shard):
            "\(BaselineTopic.name) partition \(shard.number): records of the round are not in the log any more"
        case .damaged(let shard, let offset, let fault):
            "\(BaselineTopic.name) partition \(shard.number) offset \(offset): \(fault)"
        case .lacksDays(let shard, let wanted, let has):
            "\(BaselineTopic.name) partition \(shard.number): the days \(wanted.lowerBound) to \(wanted.upperBound) "
                + "are needed, the round has "
                + (has.map { "\($0.lowerBound) to \($0.upperBound)" } ?? "none")
        case .outdated(let shard, let practitioner):
            "\(BaselineTopic.name) partition \(shard.number): the round is older than the decision to skip an event of "
                + "practitioner \(practitioner); the next one will do"
        }
    }
}
