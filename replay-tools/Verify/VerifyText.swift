import AvailabilityProjection
import Domain
import ProjectionRunner

/// Proofs for people: a line a partition, below it what differs.
struct VerifyText {
    let style: TextStyle
    /// What is looked at, and what it is compared with, in the lines of differences.
    var held = "model"
    var expected = "store"

    /// One partition, each line with its end.
    func text(_ proof: PartitionProof) -> String {
        var line = proof.model.rawValue.padded(to: 14) + "partition \(proof.partition)  "
        line += proof.isEqual ? style.good("equal    ") : style.bad("DIFFERENT")
        line +=
            "  " + "\(proof.held.count)".aligned(to: 8)
            + (proof.model == .availability ? " days" : " documents").padded(to: 11)
        line += "  digest " + digest(proof.held)
        if !proof.isEqual { line += " instead of " + digest(proof.expected) + " of \(proof.expected.count)" }
        line += "  " + style.faint(positions(proof))
        var lines = [line] + proof.differences.map { "    " + words($0) }
        let hidden = proof.differenceCount - proof.differences.count
        if hidden > 0 { lines.append("    … and \(hidden) more") }
        lines += proof.unequalBuckets.map { bucket in
            "    bucket \(bucket.id.country) \(proof.partition).\(bucket.id.index)  digest "
                + digest(bucket.digests.held) + " instead of " + digest(bucket.digests.expected)
        }
        lines += proof.notCompared.map { "    " + $0.words }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The last lines.
    func summary(_ outcome: VerificationOutcome, at now: Instant) -> String {
        let (partitions, unequal) = (outcome.proofs.count, outcome.unequalCount)
        let age = (now.microseconds - outcome.foldedAt.microseconds) / 60_000_000
        let how =
            outcome.kind == .full
            ? "Folded anew from \(grouped(outcome.eventsRead)) events."
            : "Folded \(grouped(Int(age))) minutes ago, and \(grouped(outcome.eventsRead)) events since."
        let known = style.faint(how) + "\n"
        if unequal == 0 {
            return known + style.good("All \(partitions) partitions hold what the event stores say.") + "\n"
        }
        let count = outcome.differenceCount
        let things = count == 1 ? "1 difference" : "\(count) differences"
        return known + style.bad("\(unequal) of \(partitions) partitions differ from the event stores: \(things).")
            + "\n"
    }

    private func digest(_ digest: ModelDigest) -> String {
        let text = String(digest.sum, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    private func positions(_ proof: PartitionProof) -> String {
        guard let checkpoint = proof.checkpoint else { return "never built" }
        let parts = checkpoint.positions.filter { $0.topic != .availabilityEvents }
            .map { "\($0.topic.name) \($0.sequence)" }
        return "at " + parts.joined(separator: " · ")
    }

    func words(_ difference: Difference) -> String {
        var parts = [difference.kind.rawValue]
        if let country = difference.country { parts.append(country.text) }
        if let practitioner = difference.practitioner { parts.append("\(practitioner)") }
        if let date = difference.date { parts.append("\(date)") }
        if difference.kind == .unreadable { return parts.joined(separator: " ") + ": " + (difference.expected ?? "") }
        return parts.joined(separator: " ") + ": \(held) " + (difference.held ?? "nothing") + ", \(expected) "
            + (difference.expected ?? "nothing")
    }
}
