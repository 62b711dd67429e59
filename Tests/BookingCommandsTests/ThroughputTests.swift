import Domain
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import BookingCommands

/// How many durable bookings a second the writer alone makes; not a test of right and wrong, so it runs on request:
/// `BENCH_BOOKINGS=60000 swift test -c release -Xswiftc -enable-testing --filter ThroughputTests`.
@Suite(.serialized, .enabled(if: TestServers.setting("BENCH_BOOKINGS") != nil))
struct ThroughputTests {
    private static let practitioners = 500

    @Test(
        arguments: TestServers.setting("BENCH_CALLERS")?.split(separator: ",").compactMap { Int($0) } ?? [
            1, 8, 64, 256,
        ])
    func bookings(callers: Int) async throws {
        let total = TestServers.setting("BENCH_BOOKINGS").flatMap(Int.init) ?? 20_000
        try await Clinic.with("throughput") { clinic in
            for number in 1...Self.practitioners { try await clinic.open(practitioner(number)) }
            let first = try instant("2026-11-23T08:00:00+01:00")
            let bookings = callers == 1 ? total / 20 : total
            let next = Next(end: bookings)
            let seconds = await ContinuousClock().measure {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<callers {
                        group.addTask {
                            while let index = next.take() {
                                let slot = index / Self.practitioners
                                let start = first.adding(minutes: slot / 24 * 1_440 + slot % 24 * 30)
                                guard
                                    let request = try? clinic.create(
                                        practitioner(index % Self.practitioners + 1), ParsedTime(start),
                                        patient: patient(index), key: "key-\(index)")
                                else { continue }
                                let got = await clinic.writers[0].got(request)
                                #expect(got.isSuccess)
                            }
                        }
                    }
                }
            }
            let rate = Double(bookings) / (seconds / .seconds(1))
            print("BENCH \(callers) callers: \(Int(rate)) bookings/s")
            try await clinic.expectSound()
        }
    }
}

/// Hands out the numbers of the bookings.
private final class Next: Sendable {
    private let number = Atomic(0)
    private let end: Int

    init(end: Int) { self.end = end }

    func take() -> Int? {
        let index = number.add(1, ordering: .relaxed).oldValue
        return index < end ? index : nil
    }
}
