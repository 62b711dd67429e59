import Domain
import EventStore
import JSON
import ProjectionRunner

/// What a rebuild of one model would do, and the world in which that was found out.
struct RebuildPlan: Sendable, Equatable {
    static let version: Int64 = 1

    var model: ModelName
    var scope: EpochScope
    var source: RebuildArguments.Source
    /// Why from there.
    var why: String
    var madeAt: Instant
    /// The epoch that is served, and how often that has changed.
    var served: Int64
    var fence: Int64
    /// The last position given, by topic and partition.
    var heads: [Topic: [Int64]]
    /// What the stores have, one line a topic: all of it, or there would be no plan.
    var coverage: [String]
    /// What the log alone lacks.
    var notInLog: [String]
    /// What of the log alone would do, a line a partition that is covered.
    var inLog: [String]
    /// The countries that are served here.
    var countries: [String]
    /// Events that have to be read from the stores.
    var events: Int64
    /// What comparing took, and how fast that was.
    var measuredSeconds: Double
    var peakMebibytes: Int64
    /// Practitioner-days, or documents, that were compared and that would change; nil: there is nothing to compare
    /// with.
    var looked: Int64
    var changing: Int64
    /// Some of them, in words.
    var sample: [String]
    /// Events that cannot be taken in.
    var unreadable: [String]

    /// Seconds that the rebuild itself will take: the same reading, and as much again for writing as is usual.
    var estimatedSeconds: Double { measuredSeconds * 1.15 + 2 }

    /// What has changed since so that the plan is wrong; empty: it holds.
    func contradictions(
        _ epochs: ModelEpochs, heads now: [Topic: [Int64]], countries present: [String], proof: LogProof?
    ) -> [String] {
        var found: [String] = []
        if epochs.fence != fence || epochs.served != served {
            found.append(
                "\(model.rawValue): epoch \(epochs.served) is served now, and was \(served) when this was planned")
        }
        for (topic, positions) in heads {
            for (partition, head) in positions.enumerated() where (now[topic]?[partition] ?? 0) < head {
                found.append(
                    "\(topic.name) partition \(partition) ends at \(now[topic]?[partition] ?? 0), "
                        + "and ended at \(head): the store was put back to an older copy")
            }
        }
        if present != countries {
            found.append(
                "the countries are \(present.joined(separator: ", ")), and were \(countries.joined(separator: ", "))")
        }
        if source == .log, let proof { found += proof.missing }
        return found
    }
}

extension RebuildPlan {
    /// As one line of JSON.
    var json: String {
        var lines = JSONLines()
        lines.add("plan") { writer in
            writer.member("version", Self.version)
            for (name, value) in texts {
                writer.key(name)
                writer.string(value)
            }
            for (name, value) in optionalTexts {
                writer.key(name)
                if let value { writer.string(value) } else { writer.null() }
            }
            writer.member("madeAt", madeAt)
            writer.member("servedEpoch", served)
            writer.member("fence", fence)
            writer.key("heads")
            writer.beginObject()
            for (topic, positions) in heads.sorted(by: { $0.key.name < $1.key.name }) {
                writer.key(topic.name)
                writer.beginArray()
                for position in positions { writer.int(position) }
                writer.endArray()
            }
            writer.endObject()
            for (name, values) in lists {
                writer.key(name)
                writer.beginArray()
                for value in values { writer.string(value) }
                writer.endArray()
            }
            writer.member("events", events)
            writer.member("measuredSeconds", measuredSeconds)
            writer.member("estimatedSeconds", estimatedSeconds)
            writer.member("estimatedMebibytes", peakMebibytes)
            writer.member("looked", looked)
            writer.member("changing", changing)
        }
        return lines.text
    }

    private var texts: [(StaticString, String)] {
        [("model", model.rawValue), ("source", source.rawValue), ("why", why)]
    }

    private var optionalTexts: [(StaticString, String?)] {
        [
            ("country", scope.country?.text), ("practitioner", scope.practitioner?.description),
            ("from", scope.from?.description), ("to", scope.to?.description),
        ]
    }

    private var lists: [(StaticString, [String])] {
        [
            ("coverage", coverage), ("notInLog", notInLog), ("inLog", inLog), ("countries", countries),
            ("sample", sample),
            ("unreadable", unreadable),
        ]
    }

    /// A part of the scope: null where it is not narrowed, and never taken for that where it cannot be read.
    private static func part<Part>(
        _ name: String, of value: JSONValue, _ read: (String) -> Part?
    ) throws(UsageError) -> Part? {
        guard let member = value[name], member != .null else { return nil }
        guard let part = member.stringValue.flatMap(read) else {
            throw UsageError("the plan is damaged at '\(name)'; make it anew")
        }
        return part
    }

    /// Reads what `json` wrote.
    ///
    /// - Throws: `UsageError` for anything else.
    init(_ value: JSONValue) throws(UsageError) {
        guard value["record"]?.stringValue == "plan" else { throw UsageError("the file holds no plan") }
        guard value["version"]?.intValue == Self.version else {
            throw UsageError("the plan is of another version of this program; make it anew")
        }
        guard let model = value["model"]?.stringValue.flatMap(ModelName.init(rawValue:)),
            let source = value["source"]?.stringValue.flatMap(RebuildArguments.Source.init(rawValue:)),
            let why = value["why"]?.stringValue, let served = value["servedEpoch"]?.intValue,
            let fence = value["fence"]?.intValue, let members = value["heads"]?.objectValue,
            let madeAt = value["madeAt"]?.stringValue.flatMap({ (try? ParsedTime($0))?.instant })
        else { throw UsageError("the plan is damaged; make it anew") }
        self.model = model
        self.source = source
        self.why = why
        self.served = served
        self.fence = fence
        self.madeAt = madeAt
        scope = EpochScope(
            country: try Self.part("country", of: value) { CountryCode($0) },
            practitioner: try Self.part("practitioner", of: value) { PractitionerID($0) },
            from: try Self.part("from", of: value) { LocalDate($0) },
            to: try Self.part("to", of: value) { LocalDate($0) })
        heads = [:]
        for member in members {
            let positions = (member.value.arrayValue ?? []).compactMap(\.intValue)
            guard let topic = Topic(rawValue: member.name), positions.count == Shard.count else {
                throw UsageError("the plan is damaged at 'heads'; make it anew")
            }
            heads[topic] = positions
        }
        func list(_ name: String) -> [String] { (value[name]?.arrayValue ?? []).compactMap(\.stringValue) }
        coverage = list("coverage")
        (notInLog, inLog, countries) = (list("notInLog"), list("inLog"), list("countries"))
        (sample, unreadable) = (list("sample"), list("unreadable"))
        events = value["events"]?.intValue ?? 0
        measuredSeconds = value["measuredSeconds"]?.doubleValue ?? 0
        peakMebibytes = value["estimatedMebibytes"]?.intValue ?? 0
        looked = value["looked"]?.intValue ?? 0
        changing = value["changing"]?.intValue ?? 0
    }
}
