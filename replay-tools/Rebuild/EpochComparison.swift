import AvailabilityProjection
import Domain
import EventStore
import Postgres
import ProjectionRunner
import SearchProjection

/// Compares one partition of two epochs of a model, thing by thing.
struct EpochComparison: Sendable {
    let connections: Connections
    let scope: EpochScope
    /// What is looked at.
    let epoch: Int64
    /// What it is compared with.
    let other: Int64

    /// Looks once.
    ///
    /// - Throws: `Unreachable`; errors of a store that is damaged.
    func look(_ model: ModelName, at partition: Shard) async throws -> PartitionProof {
        switch model {
        case .availability: try await pages(partition)
        case .search: try await documents(partition)
        }
    }

    // MARK: pages

    private func pages(_ partition: Shard) async throws -> PartitionProof {
        let (mine, theirs) = (
            AvailabilityContent(redis: connections.redis, epoch: epoch),
            AvailabilityContent(redis: connections.redis, epoch: other)
        )
        let (standing, against) = try await Unreachable.naming("redis") {
            (try await mine.standing(of: partition), try await theirs.standing(of: partition))
        }
        var proof = PartitionProof(.availability, partition.number, at: standing?.progress)
        guard let standing, let against else {
            if standing != nil || against != nil {
                proof.add(
                    Difference(
                        kind: .neverBuilt, held: standing == nil ? nil : "built",
                        expected: against == nil ? nil : "built"))
            }
            return proof
        }
        let kept = try await kept(.availability, partition)
        proof.notCompared = kept.inOrder.filter { scope.covers($0.practitioner) }
        let names = try await names(partition, kept)
        for extent in against.extents where scope.covers(extent.country) {
            let held = standing.extents.first { $0.country == extent.country }
            let days = (extent.days.lowerBound.days...extent.days.upperBound.days).map { LocalDate(days: $0) }
            for index in 0..<max(extent.buckets, held?.buckets ?? 0) {
                let bucket = BucketID(extent.country, partition, index: index)
                let (left, right) = try await Unreachable.naming("redis") {
                    (try await mine.pages(of: bucket, days), try await theirs.pages(of: bucket, days))
                }
                for (place, date) in days.enumerated() where scope.covers(date) {
                    compare(left[place], right[place], bucket, date, names, kept, &proof)
                }
            }
        }
        return proof
    }

    private func compare(
        _ left: AvailabilityPage?, _ right: AvailabilityPage?, _ bucket: BucketID, _ date: LocalDate,
        _ names: [CellPlace: PractitionerID], _ kept: KeptOut, _ proof: inout PartitionProof
    ) {
        for index in 0..<max(left?.cellCount ?? 0, right?.cellCount ?? 0) {
            let (held, expected) = (left?.cell(index), right?.cell(index))
            let number = bucket.index * PageLayout.cellsPerPage + index
            let place = CellPlace(country: bucket.country, partition: bucket.partition, number: number)
            let id = names[place]
            if !scope.covers(id) { continue }
            if let id, kept.waiting[id] != nil { continue }
            if let id {
                if let held { proof.held.add(id, date, held) }
                if let expected { proof.expected.add(id, date, expected) }
            }
            if (held ?? DayCell()) == (expected ?? DayCell()), (left == nil) == (right == nil) { continue }
            proof.add(
                Difference(
                    kind: .slots, country: bucket.country, practitioner: id, date: date, held: held?.words,
                    expected: expected?.words))
        }
    }

    /// Those who wait in one of both epochs.
    private func kept(_ model: ModelName, _ partition: Shard) async throws -> KeptOut {
        try await KeptOut.read([(model, epoch), (model, other)], partition, country: scope.country, connections)
    }

    private func names(_ partition: Shard, _ kept: KeptOut) async throws -> [CellPlace: PractitionerID] {
        try await Unreachable.naming(connections.practitioner.dependency) {
            try await connections.practitioner.pool.transaction(.repeatableRead, readOnly: true) { session in
                let history = try await CalendarHistory.read(
                    partition, country: scope.country, without: kept, zones: connections.zones, on: session)
                var names: [CellPlace: PractitionerID] = [:]
                for id in history.entries.keys {
                    guard let folded = try history.fold(id, upTo: history.head) else { continue }
                    names[
                        CellPlace(
                            country: folded.calendar.country, partition: partition.number, number: folded.number)] = id
                }
                return names
            }
        }
    }

    // MARK: documents

    private func documents(_ partition: Shard) async throws -> PartitionProof {
        let pool = connections.practitioner.pool
        let (mine, theirs) = (SearchContent(pool: pool, epoch: epoch), SearchContent(pool: pool, epoch: other))
        let (held, expected) = try await Unreachable.naming(connections.practitioner.dependency) {
            try await pool.transaction(.repeatableRead, readOnly: true) { session in
                (
                    try await mine.documents(of: partition, on: session),
                    try await theirs.documents(of: partition, on: session)
                )
            }
        }
        let kept = try await kept(.search, partition)
        var proof = PartitionProof(.search, partition.number, at: held?.checkpoint)
        proof.notCompared = kept.inOrder.filter { scope.covers($0.practitioner) }
        let today = LocalDate(days: Int32(clamping: connections.clock.now().seconds / 86_400))
        func byKey(_ documents: [SearchDocument]?) -> [SearchKey: SearchDocument] {
            let wanted = (documents ?? []).filter { scope.covers($0.key.country) && scope.covers($0.key.practitioner) }
            return Dictionary(wanted.map { ($0.key, $0.narrowed(to: scope)) }, uniquingKeysWith: { first, _ in first })
        }
        let (left, right) = (byKey(held?.documents), byKey(expected?.documents))
        let keys = Set(left.keys).union(right.keys).sorted { $0.practitioner < $1.practitioner }
        for key in keys where kept.waiting[key.practitioner] == nil {
            left[key]?.add(to: &proof.held, from: today)
            right[key]?.add(to: &proof.expected, from: today)
            for difference in Self.differences(left[key], right[key], key, from: today) { proof.add(difference) }
        }
        return proof
    }

    /// Which fields differ.
    private static func differences(
        _ held: SearchDocument?, _ expected: SearchDocument?, _ key: SearchKey, from today: LocalDate
    ) -> [Difference] {
        guard let held, let expected else {
            if held == nil, expected == nil { return [] }
            return [
                Difference(
                    kind: held == nil ? .missing : .unheardOf, country: key.country, practitioner: key.practitioner,
                    held: held == nil ? nil : "a document", expected: expected == nil ? nil : "a document")
            ]
        }
        var found: [Difference] = []
        if held.profile != expected.profile || held.isActive != expected.isActive {
            let fields = held.profileFields(otherThan: expected)
            found.append(
                Difference(
                    kind: .profile, country: key.country, practitioner: key.practitioner,
                    held: fields.map(\.held).joined(separator: ", "),
                    expected: fields.map(\.expected).joined(separator: ", ")))
        }
        let days = (0..<PageLayout.hotDays).map { today.adding(days: $0) }
        for date in days where held.freeDays?.free(on: date) != expected.freeDays?.free(on: date) {
            found.append(
                Difference(
                    kind: .slots, country: key.country, practitioner: key.practitioner, date: date,
                    held: held.freeDays.map { "free \($0.free(on: date).bitmap)" },
                    expected: expected.freeDays.map { "free \($0.free(on: date).bitmap)" }))
        }
        return found
    }
}

extension SearchDocument {
    /// The same without the free slots of days that nobody asked for.
    fileprivate func narrowed(to scope: EpochScope) -> SearchDocument {
        guard scope.days != nil, let known = freeDays else { return self }
        var narrowed = self
        narrowed.freeDays = FreeDays(
            firstDate: known.firstDate,
            masks: known.masks.enumerated().map { scope.covers(known.firstDate.adding(days: $0)) ? $1 : .empty })
        return narrowed
    }

    /// The fields of the profile that differ, each in words that begin with its name (`ProfileField`).
    func profileFields(otherThan other: SearchDocument) -> [(held: String, expected: String)] {
        var fields: [(String, String, String)] = [
            ("active", "\(isActive)", "\(other.isActive)"),
            ("name", profile?.displayName ?? "-", other.profile?.displayName ?? "-"),
            ("specialty", profile?.specialty ?? "-", other.profile?.specialty ?? "-"),
            (
                "languages", profile?.languages.joined(separator: " ") ?? "-",
                other.profile?.languages.joined(separator: " ") ?? "-"
            ),
            ("city", profile?.location.city ?? "-", other.profile?.location.city ?? "-"),
            ("zone", profile?.timeZone ?? "-", other.profile?.timeZone ?? "-"),
        ].filter { $0.1 != $0.2 }
        if fields.isEmpty { fields = [("profile", "one", "another")] }
        return fields.map { ("\($0.0) \($0.1)", "\($0.0) \($0.2)") }
    }
}
