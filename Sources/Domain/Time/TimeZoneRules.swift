/// What a zone's clocks show at any time: its changes of offset, read from tzdata.
///
/// Asking never reads a file, the machine's zone or the environment.
package struct TimeZoneRules: Sendable {
    /// The offset, in seconds east of UTC, from an instant on.
    struct Change: Equatable, Sendable {
        /// Seconds since 1970 in UTC.
        let at: Int64
        let offset: Int32
    }

    /// What a reading of the wall means.
    package enum Resolution: Hashable, Sendable {
        /// It is shown once.
        case unique(Instant)
        /// The clock skips it; the offsets, in seconds east of UTC, that hold before and after the skip.
        case gap(offsetBefore: Int, offsetAfter: Int)
        /// It is shown twice.
        case fold(first: Instant, second: Instant)
    }

    private let initialOffset: Int32
    /// Ascending; each one really changes the offset.
    ///
    /// Expanded from the footer up to `expandedUpToYear`.
    private let changes: [Change]
    private let footer: PosixZoneRule?

    /// Changes that the footer describes are computed in advance up to this year, later ones when they are asked for.
    static let expandedUpToYear = 2_100

    /// Joins the changes that a file lists with the rule that continues them.
    init(initialOffset: Int32, listed: [Change], footer: PosixZoneRule?) {
        var all = listed
        if let footer {
            let lastListed = listed.last?.at ?? .min
            let firstYear = listed.last.map { max(WallTime(seconds: $0.at).date.parts.year - 1, 1_900) } ?? 1_900
            all += footer.changes(fromYear: firstYear, throughYear: Self.expandedUpToYear).filter { $0.at > lastListed }
        }
        var offset = initialOffset
        changes = all.filter { change in
            defer { offset = change.offset }
            return change.offset != offset
        }
        self.initialOffset = initialOffset
        self.footer = footer
    }

    /// Seconds east of UTC that the zone's clocks are ahead at `instant`.
    package func utcOffset(at instant: Instant) -> Int {
        offset(atSeconds: instant.seconds)
    }

    /// What the zone's clocks show at `instant`, the fraction of a second left off.
    package func wall(at instant: Instant) -> WallTime {
        WallTime(seconds: instant.seconds + Int64(utcOffset(at: instant)))
    }

    /// RFC 3339 with the offset that holds in the zone at `instant`: how every time is written in answers.
    package func text(_ instant: Instant) -> String {
        instant.text(offsetSeconds: utcOffset(at: instant))
    }

    /// What a reading of the zone's clocks means.
    package func resolve(_ wall: WallTime) -> Resolution {
        let from = wall.seconds - Self.offsetReach
        let nearby = changesNear(from..<(wall.seconds + Self.offsetReach))
        var offset = offset(atSeconds: from)
        guard !nearby.isEmpty else { return .unique(Instant(seconds: wall.seconds - Int64(offset))) }
        var found: [Int64] = []
        var skip: Resolution?
        var spanStart = Int64.min
        for change in nearby + [Change(at: .max, offset: 0)] {
            let candidate = wall.seconds - Int64(offset)
            if spanStart <= candidate && candidate < change.at {
                found.append(candidate)
            } else if skip == nil, change.at != .max, candidate >= change.at,
                wall.seconds - Int64(change.offset) < change.at
            {
                skip = .gap(offsetBefore: Int(offset), offsetAfter: Int(change.offset))
            }
            spanStart = change.at
            offset = Int(change.offset)
        }
        if let first = found.first, let last = found.last {
            return first == last
                ? .unique(Instant(seconds: first))
                : .fold(first: Instant(seconds: first), second: Instant(seconds: last))
        }
        return skip ?? .unique(Instant(seconds: wall.seconds - Int64(self.offset(atSeconds: from))))
    }

    /// The stretches of wall time that are skipped by changes between two instants, as half-open ranges of wall
    /// seconds.
    func skippedWallTime(between first: Instant, and last: Instant) -> [Range<Int64>] {
        guard first < last else { return [] }
        var offset = Int64(utcOffset(at: first))
        return changesNear(first.seconds..<last.seconds).compactMap { change in
            defer { offset = Int64(change.offset) }
            let skipped = Int64(change.offset) - offset
            return skipped > 0 ? (change.at + offset)..<(change.at + Int64(change.offset)) : nil
        }
    }

    /// Whether clocks are changed in the `seconds` that follow an instant, both ends included.
    func hasChange(after instant: Instant, for seconds: Int64) -> Bool {
        !changesNear(instant.seconds..<(instant.seconds + seconds + 1)).isEmpty
    }

    /// No zone is further than this from UTC (RFC 8536 section 3.2: 26 hours at most).
    private static let offsetReach: Int64 = 27 * 3_600

    private func offset(atSeconds seconds: Int64) -> Int {
        let index = firstChange(after: seconds)
        if index == changes.count, let footer, let beyond = footer.lastChange(atOrBefore: seconds),
            beyond.at > (changes.last?.at ?? .min)
        {
            return Int(beyond.offset)
        }
        return Int(index == 0 ? initialOffset : changes[index - 1].offset)
    }

    /// The changes in a range of instants, from the table or, beyond it, from the footer.
    private func changesNear(_ range: Range<Int64>) -> ArraySlice<Change> {
        let first = firstChange(after: range.lowerBound &- 1)
        var end = first
        while end < changes.count, changes[end].at < range.upperBound { end += 1 }
        guard end == changes.count, let footer else { return changes[first..<end] }
        let known = changes.last?.at ?? .min
        let beyond = footer.changes(touching: range).filter { $0.at > known && range.contains($0.at) }
        return beyond.isEmpty ? changes[first..<end] : ArraySlice(changes[first..<end] + beyond)
    }

    /// The index of the first listed change after an instant.
    private func firstChange(after seconds: Int64) -> Int {
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].at <= seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
