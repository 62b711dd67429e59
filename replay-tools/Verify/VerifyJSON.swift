import AvailabilityProjection
import Domain
import JSON
import ProjectionRunner

/// Proofs as one JSON object a line; the keys are part of the contract with scripts.
enum VerifyJSON {
    /// One partition, and its differences.
    static func text(_ proof: PartitionProof) -> String {
        var lines = JSONLines()
        lines.add("proof") { writer in
            place(proof, &writer)
            writer.key("equal")
            writer.bool(proof.isEqual)
            writer.key("positions")
            writer.beginObject()
            for position in proof.checkpoint?.positions ?? [] where position.topic != .availabilityEvents {
                writer.key(position.topic.name)
                writer.int(position.sequence)
            }
            writer.endObject()
            write(proof.held, "held", &writer)
            write(proof.expected, "expected", &writer)
            writer.member("differences", Int64(proof.differenceCount))
            writer.member("notCompared", Int64(proof.notCompared.count))
            writer.member("judged", Int64(proof.judged))
        }
        for bucket in proof.unequalBuckets {
            lines.add("bucket") { writer in
                place(proof, &writer)
                member("country", bucket.id.country.text, &writer)
                writer.member("bucket", Int64(bucket.id.index))
                write(bucket.digests.held, "held", &writer)
                write(bucket.digests.expected, "expected", &writer)
            }
        }
        for waiting in proof.notCompared {
            lines.add("not-compared") { writer in
                place(proof, &writer)
                member("country", waiting.country?.text, &writer)
                member("practitionerId", "\(waiting.practitioner)", &writer)
                member("quarantine", waiting.reference, &writer)
            }
        }
        for difference in proof.differences {
            lines.add("difference") { writer in
                place(proof, &writer)
                write(difference, &writer)
            }
        }
        return lines.text
    }

    /// The last line.
    static func summary(_ outcome: VerificationOutcome, at moment: Instant) -> String {
        var lines = JSONLines()
        lines.add("verification") { writer in
            writer.member("finishedAt", moment)
            writer.key("kind")
            writer.string(outcome.kind.rawValue)
            writer.member("foldedAt", outcome.foldedAt)
            writer.member(
                "foldAgeSeconds", Double(moment.microseconds - outcome.foldedAt.microseconds) / 1_000_000)
            writer.member("eventsRead", Int64(outcome.eventsRead))
            writer.member("judged", Int64(outcome.judged))
            writer.member("partitions", Int64(outcome.proofs.count))
            writer.member("unequal", Int64(outcome.unequalCount))
            writer.member("differences", Int64(outcome.differenceCount))
        }
        return lines.text
    }

    private static func place(_ proof: PartitionProof, _ writer: inout JSONWriter) {
        writer.key("model")
        writer.string(proof.model.rawValue)
        writer.member("partition", Int64(proof.partition))
    }

    private static func write(_ digest: ModelDigest, _ name: StaticString, _ writer: inout JSONWriter) {
        writer.key(name)
        writer.beginObject()
        writer.member("count", Int64(digest.count))
        writer.key("digest")  // text: a number of 64 bits loses its end in most JSON readers
        writer.string(String(digest.sum, radix: 16))
        writer.endObject()
    }

    static func write(_ difference: Difference, _ writer: inout JSONWriter) {
        writer.key("kind")
        writer.string(difference.kind.rawValue)
        member("country", difference.country?.text, &writer)
        member("practitionerId", difference.practitioner?.description, &writer)
        member("date", difference.date?.description, &writer)
        member("held", difference.held, &writer)
        member("expected", difference.expected, &writer)
    }

    private static func member(_ name: StaticString, _ value: String?, _ writer: inout JSONWriter) {
        writer.key(name)
        if let value { writer.string(value) } else { writer.null() }
    }
}
