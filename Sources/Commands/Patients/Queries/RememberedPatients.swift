package import Domain
import Synchronization

/// Answers whether patients exist, for whoever asks often: a yes is remembered, and questions that come while one is
/// on its way share the next one.
///
/// Patients are never taken back, so a yes stays true; a no is asked again.
package final class RememberedPatients: Sendable {
    /// Asks the patient role about many at once, in this process or over HTTP.
    package typealias Ask = @Sendable ([PatientID], CountryCode) async throws -> Set<PatientID>

    /// Patients of one question.
    static let batchMax = 500

    private let ask: Ask
    private let known: Mutex<RecentSet<Place>>
    private let gathering = Mutex(Gathering())

    private struct Place: Hashable {
        let country: CountryCode
        let id: PatientID
    }

    private struct Waiter {
        let id: PatientID
        let continuation: CheckedContinuation<Bool, any Error>
    }

    private struct Gathering {
        var waiting: [CountryCode: [Waiter]] = [:]
        /// Countries with a question on its way.
        var asking: Set<CountryCode> = []
    }

    /// - Parameters:
    ///   - capacity: Patients that are remembered at least, before the oldest are forgotten; twice as many at most.
    ///   - ask: Answers those of the given patients who exist.
    package init(capacity: Int = 200_000, ask: @escaping Ask) {
        self.ask = ask
        known = Mutex(RecentSet(capacity: capacity))
    }

    /// Whether a patient exists in a country.
    ///
    /// - Throws: What `ask` throws.
    package func exists(_ id: PatientID, in country: CountryCode) async throws -> Bool {
        if known.withLock({ $0.contains(Place(country: country, id: id)) }) { return true }
        return try await withCheckedThrowingContinuation { continuation in
            let isFirst = gathering.withLock { gathering in
                gathering.waiting[country, default: []].append(Waiter(id: id, continuation: continuation))
                return gathering.asking.insert(country).inserted
            }
            if isFirst { Task { await self.answerAll(in: country) } }
        }
    }

    /// Asks until nobody waits any more.
    private func answerAll(in country: CountryCode) async {
        while let batch = next(in: country) {
            do {
                let existing = try await ask(Array(Set(batch.map(\.id))), country)
                known.withLock { known in
                    for id in existing { known.insert(Place(country: country, id: id)) }
                }
                for waiter in batch { waiter.continuation.resume(returning: existing.contains(waiter.id)) }
            } catch {
                for waiter in batch { waiter.continuation.resume(throwing: error) }
            }
        }
    }

    private func next(in country: CountryCode) -> [Waiter]? {
        gathering.withLock { gathering in
            guard let waiting = gathering.waiting[country], !waiting.isEmpty else {
                gathering.waiting[country] = nil
                gathering.asking.remove(country)
                return nil
            }
            gathering.waiting[country] = Array(waiting.dropFirst(Self.batchMax))
            return Array(waiting.prefix(Self.batchMax))
        }
    }
}

/// A bounded set that forgets what was not added or found for longest, in two generations.
struct RecentSet<Element: Hashable> {
    private let capacity: Int
    private var young: Set<Element> = []
    private var old: Set<Element> = []

    /// - Parameter capacity: Elements of a generation, at least 1.
    init(capacity: Int) {
        precondition(capacity >= 1, "a set that remembers nothing is none")
        self.capacity = capacity
    }

    var count: Int { young.count + old.count }

    mutating func contains(_ element: Element) -> Bool {
        if young.contains(element) { return true }
        guard old.remove(element) != nil else { return false }
        insert(element)
        return true
    }

    mutating func insert(_ element: Element) {
        if young.count >= capacity {
            old = young
            young = []
        }
        young.insert(element)
    }
}
