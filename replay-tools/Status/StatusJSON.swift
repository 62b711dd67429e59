import Domain
import EventStore
import JSON
import ProjectionRunner

/// A report as one JSON object a line; the keys are part of the contract with scripts.
struct StatusJSON {
    private let report: StatusReport

    init(_ report: StatusReport) {
        self.report = report
    }

    /// All lines, each with its end.
    var text: String {
        var lines = JSONLines()
        for partition in report.partitions { lines.add("partition") { write(partition, to: &$0) } }
        for model in report.epochs {
            for epoch in model.epochs { lines.add("epoch") { write(epoch, of: model, to: &$0) } }
            for lane in model.lanes { lines.add("lane") { write(lane, of: model, to: &$0) } }
        }
        for standing in report.baselines {
            lines.add("baseline") { writer in
                writer.key("model")
                writer.string(standing.model)
                writer.member("partition", Int64(standing.partition.number))
                writer.member("endedAt", standing.endedAt)
            }
        }
        for count in report.quarantine {
            for entry in count.entries { lines.add("quarantine") { entry.write(to: &$0) } }
            for record in count.foreign { lines.add("foreign") { record.write(to: &$0) } }
        }
        for database in report.databases { lines.add("database") { write(database, to: &$0) } }
        for transaction in report.transactions { lines.add("transaction") { write(transaction, to: &$0) } }
        for unreachable in report.unreachable { lines.add(unreachable) }
        lines.add("status") { writer in
            writer.member("takenAt", report.takenAt)
            writer.member("partitions", Int64(report.partitions.count))
            writer.member("notCaughtUp", Int64(report.behind.count))
            writer.member("quarantined", Int64(report.quarantine.reduce(0) { $0 + $1.entries.count }))
            writer.key("unreachable")
            writer.beginArray()
            for unreachable in report.unreachable { writer.string(unreachable.dependency) }
            writer.endArray()
        }
        return lines.text
    }

    private func write(_ epoch: EpochRecord, of model: ModelEpochs, to writer: inout JSONWriter) {
        writer.key("model")
        writer.string(model.model)
        writer.member("epoch", epoch.number)
        writer.key("state")
        writer.string(epoch.state.rawValue)
        writer.key("stage")
        if let stage = RebuildStage(epoch, model) { writer.string(stage.rawValue) } else { writer.null() }
        writer.key("scope")
        writer.string("\(epoch.scope)")
        writer.key("source")
        writer.string(epoch.source)
        writer.member("adoptedPartitions", Int64(model.adopted(epoch.number).count))
        writer.member("createdAt", epoch.createdAt)
        writer.member("changedAt", epoch.changedAt)
        writer.member("leftAt", epoch.leftAt)
        writer.key("createdBy")
        writer.string(epoch.createdBy)
        for (name, value) in [
            ("owner", epoch.isLeased ? epoch.owner : nil), ("heldDigest", epoch.heldDigest),
            ("foldedDigest", epoch.foldedDigest), ("note", epoch.note),
        ] as [(StaticString, String?)] {
            writer.key(name)
            if let value { writer.string(value) } else { writer.null() }
        }
    }

    private func write(_ lane: EpochLane, of model: ModelEpochs, to writer: inout JSONWriter) {
        writer.key("model")
        writer.string(model.model)
        writer.member("partition", Int64(lane.partition.number))
        writer.key("process")
        writer.string(lane.owner)
        writer.member("generation", lane.generation)
        writer.member("seenAt", lane.seenAt)
        writer.member("silentSeconds", model.seconds(since: lane.seenAt))
    }

    private func write(_ partition: PartitionStatus, to writer: inout JSONWriter) {
        writer.key("model")
        writer.string(partition.model.rawValue)
        writer.member("partition", Int64(partition.partition))
        writer.key("state")
        writer.string(partition.state.rawValue)
        writer.member("lagEvents", partition.lagEvents)
        writer.member("lagSeconds", partition.lagSeconds)
        writer.member("asOf", partition.asOf)
        writer.member("caughtUpAt", partition.caughtUpAt)
        writer.key("topics")
        writer.beginArray()
        for topic in partition.topics { write(topic, to: &writer) }
        writer.endArray()
        writer.key("contents")
        writer.beginArray()
        for contents in partition.contents { write(contents, to: &writer) }
        writer.endArray()
    }

    private func write(_ topic: TopicStatus, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("topic")
        writer.string(topic.topic.name)
        writer.member("sequence", topic.sequence)
        writer.member("nextOffset", topic.nextOffset)
        writer.member("lagEvents", topic.lagEvents)
        writer.member("lagSeconds", topic.lagSeconds)
        writer.member("storeFirst", topic.store?.first)
        writer.member("storeHead", topic.store?.stamped)
        writer.member("storeAcknowledged", topic.store?.acknowledged)
        writer.member("logFirstSequence", topic.log?.firstSequence)
        writer.member("logLastSequence", topic.log?.lastSequence)
        writer.member("logLowOffset", topic.log?.low)
        writer.member("logHighOffset", topic.log?.high)
        writer.endObject()
    }

    private func write(_ contents: ModelContents, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("country")
        writer.string(contents.country.text)
        if let days = contents.days {
            writer.member("buckets", contents.count)
            writer.key("firstDay")
            writer.string(days.lowerBound.description)
            writer.key("lastDay")
            writer.string(days.upperBound.description)
        } else {
            writer.member("documents", contents.count)
            writer.member("withoutSlots", contents.withoutSlots)
        }
        writer.endObject()
    }

    private func write(_ database: DatabaseStatus, to writer: inout JSONWriter) {
        writer.key("database")
        writer.string(database.name)
        writer.member("outboxDepth", database.outboxDepth)
        writer.member("outboxAgeSeconds", database.outboxAgeSeconds)
        writer.member("stamped", database.stamped)
        writer.member("acknowledged", database.acknowledged)
        writer.member("shardsWithoutOwner", Int64(database.ownerless))
    }

    private func write(_ open: OpenTransaction, to writer: inout JSONWriter) {
        let transaction = open.transaction
        writer.key("database")
        writer.string(open.database)
        writer.member("pid", transaction.pid)
        writer.key("application")
        writer.string(transaction.application)
        writer.key("user")
        writer.string(transaction.user)
        writer.key("state")
        writer.string(transaction.state)
        writer.member("since", transaction.since)
        writer.member("seconds", transaction.seconds)
        writer.key("holdsCalendars")
        writer.bool(transaction.holdsCalendars)
    }
}
