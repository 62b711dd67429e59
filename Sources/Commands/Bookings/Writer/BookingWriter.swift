import Domain
import EventStore

/// Carries bookings into the store in batches that form by themselves: while a transaction runs, the next one gathers.
///
/// At low load a batch holds one command and costs no extra latency; under load its size follows the commit time
/// (DESIGN section 5). A refused command never fails its neighbours, because each has its own outcome in the batch.
package actor BookingWriter {
    /// Bounds of batches and queue; the defaults fit one process on two cores.
    package struct Limits: Sendable {
        /// Commands a transaction carries at most.
        package var batchMax = 256
        /// Transactions at a time: while one waits for its fsync, another one uses the processor.
        package var flightsMax = 2
        /// Commands that may wait; more are refused as overloaded.
        package var queueMax = 20_000

        /// The defaults.
        package init() {}
    }

    private let transaction: BookingTransaction
    private let patients: any PatientDirectory
    private let hint: any SlotHint
    private let limits: Limits
    private var waiting: [PendingBooking] = []
    private var flights = 0
    private var running: [KeyIdentity: InFlight] = [:]

    /// What makes two keys the same one, whatever request they name.
    private struct KeyIdentity: Hashable {
        var country: CountryCode
        var caller: String
        var key: String
    }

    /// Requests with one key: the first runs, the others wait for its answer.
    private struct InFlight {
        var fingerprint: [UInt8]
        var followers: [CheckedContinuation<StoredAnswer?, Never>] = []
    }

    /// Starts with an empty queue; nothing runs until the first command comes.
    package init(
        transaction: BookingTransaction, patients: any PatientDirectory, hint: any SlotHint, limits: Limits = Limits()
    ) {
        self.transaction = transaction
        self.patients = patients
        self.hint = hint
        self.limits = limits
    }

    /// Decides, writes and answers one command.
    ///
    /// - Throws: `BookingFailure` where there is no answer to store.
    package func execute(_ request: BookingRequest) async throws(BookingFailure) -> BookingAnswer {
        let key = request.idempotency
        let identity = KeyIdentity(country: key.country, caller: key.caller, key: key.key)
        while let leader = running[identity] {
            guard leader.fingerprint == key.fingerprint else { throw .keyReused }
            let answer = await withCheckedContinuation { running[identity]?.followers.append($0) }
            if let answer { return BookingAnswer(answer: answer, isReplay: true) }
            // The first one left no answer behind (its dependency was down): now this one tries.
        }
        running[identity] = InFlight(fingerprint: key.fingerprint)
        do throws(BookingFailure) {
            let answer = try await lead(request)
            release(identity, with: answer.answer)
            return answer
        } catch {
            release(identity, with: nil)
            throw error
        }
    }

    private func release(_ identity: KeyIdentity, with answer: StoredAnswer?) {
        for follower in running.removeValue(forKey: identity)?.followers ?? [] { follower.resume(returning: answer) }
    }

    private func lead(_ request: BookingRequest) async throws(BookingFailure) -> BookingAnswer {
        guard waiting.count < limits.queueMax else { throw .overloaded }
        let facts = try await gatherFacts(request)
        let result = await withCheckedContinuation { continuation in
            waiting.append(PendingBooking(request: request, facts: facts, continuation: continuation))
            launch()
        }
        return try result.get()
    }

    /// What is asked of other roles before the transaction, so that no lock is held while they answer.
    private func gatherFacts(_ request: BookingRequest) async throws(BookingFailure) -> PendingBooking.Facts {
        guard case .create(let create) = request.command else {
            return .init(patientExists: true, slotLooksTaken: false)
        }
        let exists: Bool
        do { exists = try await patients.exists(create.patientID, in: request.country.code) } catch {
            throw .unavailable(dependency: "patient")
        }
        let key = CalendarKey(country: request.country.code, practitionerID: create.practitionerID)
        guard let calendar = transaction.cachedCalendar(key) else {
            return .init(patientExists: exists, slotLooksTaken: false)
        }
        let taken = await hint.looksTaken(calendar, at: create.slotStart.instant)
        return .init(patientExists: exists, slotLooksTaken: taken)
    }

    private func launch() {
        while flights < limits.flightsMax, !waiting.isEmpty {
            let batch = takeBatch()
            flights += 1
            Task {
                let deferred = await transaction.run(batch)
                self.landed(deferred)
            }
        }
    }

    /// A batch holds one command a booking, and looked-up losers apart from those who may win: they lock nothing.
    private func takeBatch() -> [PendingBooking] {
        var batch: [PendingBooking] = []
        var rest: [PendingBooking] = []
        var bookings: Set<BookingID> = []
        let isReading = waiting[0].facts.slotLooksTaken
        for pending in waiting {
            let repeats = pending.request.command.existingBooking.map { !bookings.insert($0).inserted } ?? false
            if batch.count < limits.batchMax, !repeats, pending.facts.slotLooksTaken == isReading {
                batch.append(pending)
            } else {
                rest.append(pending)
            }
        }
        waiting = rest
        return batch
    }

    private func landed(_ deferred: [PendingBooking]) {
        flights -= 1
        waiting.insert(contentsOf: deferred, at: 0)
        launch()
    }
}
