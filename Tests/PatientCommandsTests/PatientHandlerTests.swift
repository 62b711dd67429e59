import Domain
import EventStore
import PatientCommands
import Postgres
import TestSupport
import Testing

@Suite("Patients: registered, changed, answered once a key")
struct PatientHandlerTests {
    static let own = PatientID(high: 0x0123_4567_89ab_7000, low: 0x8000_0000_0000_0001)

    @Test("a patient is registered, read, changed and read again; events tell names of members only")
    func life() async throws {
        try await Clinic.with("patient_life") { clinic in
            #expect(
                await clinic.run(.register(Self.own, Somebody.data), key: "r")
                    == "registered \(Self.own) v1 Zéphyrine")
            #expect(try await clinic.queries.patient(Self.own, in: .fr)?.personal == Somebody.data)
            #expect(try await clinic.queries.patient(Self.own, in: .de) == nil)
            var patch = PatientPatch()
            patch.givenName = "Zoé"
            #expect(await clinic.run(.update(Self.own, patch), accepts: [1]) == "updated v2 Zoé")
            #expect(await clinic.run(.update(Self.own, patch), accepts: [1]) == "updated v2 Zoé", "a retry")
            patch.givenName = "Zita"
            #expect(await clinic.run(.update(Self.own, patch), accepts: [1]) == "stale, now 2")
            patch.email = .remove
            #expect(await clinic.run(.update(Self.own, patch), accepts: [2]) == "invalid /email")
            #expect(await clinic.run(.update(PatientID(high: 1, low: 1), patch)) == "refused unknownPatient")

            let events = try await EventReader(clinic.pool).stream(country: .fr, StreamName(Self.own))
            let changes = try events.map { try EventCodec.patientEvent($0.wireType, $0.data).change.changedFields }
            #expect(
                changes == [
                    ["birthDate", "channels", "email", "familyName", "givenName", "language", "phone"], ["givenName"],
                ])
            #expect(try await clinic.int("SELECT count(*) FROM outbox") == 2, "stamped and sealed like all others")
        }
    }

    @Test("a patient of the token that exists already is refused, under every key, also when two come at once")
    func existsAlready() async throws {
        try await Clinic.with("patient_exists") { clinic in
            let other = clinic.reopened(with: try FileMasterKey(contents: Clinic.masterKey), seed: 2)
            var answers: [String] = []
            await withTaskGroup(of: String.self) { group in
                for number in 0..<8 {
                    let process = number.isMultiple(of: 2) ? clinic : other
                    group.addTask { await process.run(.register(Self.own, Somebody.data), key: "r\(number)") }
                }
                for await answer in group { answers.append(answer) }
            }
            #expect(answers.count { $0 == "registered \(Self.own) v1 Zéphyrine" } == 1)
            #expect(answers.count { $0 == "refused patientExists" } == 7)
            #expect(await clinic.run(.register(Self.own, Somebody.data), key: "r8") == "refused patientExists")
            #expect(await clinic.run(.register(Self.own, Somebody.data), key: "r8") == "again: refused patientExists")
        }
    }

    @Test("a key has one outcome: new, the same again byte by byte, another request; invalid leaves it free (G3)")
    func keys() async throws {
        try await Clinic.with("patient_keys") { clinic in
            let other = clinic.reopened(with: try FileMasterKey(contents: Clinic.masterKey), seed: 2)
            var mute = Somebody.data
            mute.phone = nil
            #expect(await clinic.run(.register(nil, mute), key: "a") == "invalid /phone")
            var answers: Set<String> = []
            var firsts = 0
            await withTaskGroup(of: String.self) { group in
                for number in 0..<8 {
                    let process = number.isMultiple(of: 2) ? clinic : other
                    group.addTask { await process.run(.register(nil, Somebody.data), key: "a") }
                }
                for await answer in group {
                    if !answer.hasPrefix("again: ") { firsts += 1 }
                    answers.insert(answer.replacing("again: ", with: ""))
                }
            }
            #expect(answers.count == 1, "one patient, one answer")
            #expect(firsts == 1)
            #expect(await clinic.run(.register(nil, Somebody.data), key: "a", fingerprint: 2) == "key reused")
            #expect(try await clinic.int("SELECT count(*) FROM patients") == 1)
        }
    }

    @Test("who exists: many at once, a country each; a yes is remembered, questions at the same time share one")
    func existence() async throws {
        try await Clinic.with("patient_directory") { clinic in
            _ = await clinic.run(.register(Self.own, Somebody.data), key: "r")
            let nobody = PatientID(high: 1, low: 1)
            #expect(try await clinic.queries.existing([Self.own, nobody], in: .fr) == [Self.own])
            #expect(try await clinic.queries.existing([Self.own], in: .de).isEmpty)

            let questions = Questions(queries: clinic.queries)
            let directory = RememberedPatients { ids, country in try await questions.ask(ids, country) }
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<50 { group.addTask { try await directory.exists(Self.own, in: .fr) } }
                for try await answer in group { #expect(answer) }
            }
            #expect(await questions.count < 50)
            let asked = await questions.count
            #expect(try await directory.exists(Self.own, in: .fr))
            #expect(await questions.count == asked, "a yes is not asked again")
            #expect(try await !directory.exists(Self.own, in: .de), "a country each")
            #expect(try await !directory.exists(nobody, in: .fr))
            _ = await clinic.run(.register(nobody, Somebody.data), key: "n")
            #expect(try await directory.exists(nobody, in: .fr), "a no is")

            await questions.fail()
            await #expect(throws: Questions.Down.self) { try await directory.exists(Self.own, in: .de) }
            #expect(try await directory.exists(Self.own, in: .fr), "what is remembered needs nobody")
        }
    }

    /// Counts the questions that reach the patient role, and can be down.
    private actor Questions {
        struct Down: Error {}

        private(set) var count = 0
        private var isDown = false
        private let queries: PatientQueries

        init(queries: PatientQueries) { self.queries = queries }

        func fail() { isDown = true }

        func ask(_ ids: [PatientID], _ country: CountryCode) async throws -> Set<PatientID> {
            count += 1
            if isDown { throw Down() }
            return try await queries.existing(ids, in: country)
        }
    }
}
