import Domain
import TestSupport
import Testing

extension BlackBox {
    /// Whoever pastes the lines of the documents gets what they promise.
    @Suite("What the documents tell to type")
    struct Documents {
        struct Page: CustomTestStringConvertible, Sendable {
            let testDescription: String
            let document: String
            let heading: String
            /// What must be said among other things.
            let answers: [String]
        }

        static let pages = [
            Page(
                testDescription: "README: operators", document: "README.md", heading: "For operators",
                answers: ["all 6 partitions caught up", "The history is the one that was sealed."]),
            Page(
                testDescription: "README: auditors", document: "README.md", heading: "For auditors",
                answers: ["BookingCreated", "The proof holds.", "The export holds."]),
            Page(
                testDescription: "audit: how an auditor asks", document: "docs/audit.md",
                heading: "How an auditor asks",
                answers: ["opened", "taken"]),
            Page(
                testDescription: "history: OpenSSL alone", document: "docs/history.md",
                heading: "Checked with nothing of ours", answers: ["Signature Verified Successfully"]),
            Page(
                testDescription: "history: verification", document: "docs/history.md", heading: "Verification",
                answers: ["The history is the one that was sealed."]),
            Page(
                testDescription: "history: without the database", document: "docs/history.md",
                heading: "Without the database", answers: ["The proof holds.", "The export holds."]),
        ]

        @Test("are lines that work as they stand", arguments: pages)
        func work(_ page: Page) async throws {
            try await withSystem(.together) { system in
                try await Self.fill(system)
                let lines = try DocumentedLines.read(page.document, page.heading)
                let done = try await Checkout(of: system).run(lines)
                #expect(done.exit == .code(0), "\(done.output)")
                for answer in page.answers { #expect(done.output.contains(answer), "\(done.output)") }
            }
        }

        /// A sealed booking in the shards that the documents name.
        private static func fill(_ system: SystemUnderTest) async throws {
            let staff = try system.caller()
            let patient = try await staff.registerPatient()
            var missing: Set<Int32> = [0, 2]
            while !missing.isEmpty {
                let practice = try await staff.openPractice()
                guard let id = PractitionerID(practice) else { throw UnknownToTheStore(id: practice) }
                guard missing.remove(KafkaPartitioner.partition(of: id)) != nil else { continue }
                _ = try await staff.book(practice, patient, at: Wall.start(2, inDays: 3)).expecting(201)
            }
            try await eventually("both are under signed heads", within: .seconds(60), every: .milliseconds(500)) {
                let heads = try await system.replay("audit", "heads").output
                return ["appointments/booking/0", "appointments/booking/2"].allSatisfy { heads.contains($0) }
            }
        }
    }
}
