import Domain
import EventStore

/// A batch divided into what flows and what waits.
package struct QuarantineSplit: Sendable {
    /// To be taken in, in order.
    package private(set) var flowing: [ProjectionRecord] = []
    /// For each of `flowing`, its place in the batch.
    private var places: [Int] = []
    /// Events of practitioners in quarantine, in order; the one for which somebody waits is among them.
    package private(set) var waiting: [ProjectionRecord] = []
    /// Events that an operator decided to do without.
    package private(set) var skipped = 0

    /// Divides a batch.
    ///
    /// - Parameters:
    ///   - records: All of it, in order.
    ///   - bars: Who waits, and from which place in the batch on.
    ///   - skips: What is left out, by whose it is.
    init(
        _ records: [ProjectionRecord], bars: [PractitionerID: Int], skips: [PractitionerID: Set<EventID>]
    ) {
        if bars.isEmpty, skips.isEmpty {
            flowing = records
            return
        }
        flowing.reserveCapacity(records.count)
        for (place, record) in records.enumerated() {
            if let bar = bars[record.key], place >= bar {
                waiting.append(record)
            } else if let left = skips[record.key], let id = record.eventID, left.contains(id) {
                skipped += 1
            } else {
                flowing.append(record)
                places.append(place)
            }
        }
        // applied + filtered = range scanned, also here.
        precondition(flowing.count + waiting.count + skipped == records.count)
    }

    /// The place in the batch of one that flows.
    package func place(of index: Int) -> Int { places.isEmpty ? index : places[index] }
}
