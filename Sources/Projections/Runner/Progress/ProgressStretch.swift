import Domain

/// Where the pages of a partition stood in one stretch of time: how it began, and every batch since then.
struct ProgressStretch: Hashable, Sendable {
    /// How far the pages were from a moment on.
    struct Mark: Hashable, Sendable {
        /// From here on some pages may have shown it.
        let began: Instant
        /// From here on all did.
        let done: Instant
        /// Sequence of the last event of booking-events.
        let bookings: Int64
        /// Sequence of the last event of practitioner-events.
        let practitioners: Int64
    }

    /// From here on the stretch says everything.
    let coversFrom: Instant
    /// Up to here it does.
    var recordedAt: Instant
    /// Never empty; the first one is how the stretch began.
    private(set) var marks: [Mark]

    /// Begins at a moment, with what the pages have then.
    init(from moment: Instant, _ bookings: Int64, _ practitioners: Int64) {
        coversFrom = moment
        recordedAt = moment
        marks = [Mark(began: moment, done: moment, bookings: bookings, practitioners: practitioners)]
    }

    /// Puts a stretch together from its row; nil where the row says nothing.
    init?(from coversFrom: Instant, to recordedAt: Instant, _ marks: [Mark]) {
        if marks.isEmpty { return nil }
        self.coversFrom = coversFrom
        self.recordedAt = recordedAt
        self.marks = marks
    }

    /// How the stretch ended.
    var last: Mark { marks[marks.count - 1] }

    /// The most that the pages may have shown when the stretch began.
    var newestAtBegin: Mark { marks.last { $0.began <= coversFrom } ?? marks[0] }

    /// Notes a batch; clocks that went back are held still, so that marks ascend.
    mutating func add(_ mark: Mark) {
        let began = max(mark.began, last.done)
        marks.append(
            Mark(
                began: began, done: max(mark.done, began), bookings: mark.bookings,
                practitioners: mark.practitioners))
    }
}
