import Audit
import Domain
import EventStore
import Gateway
import Observability

/// Joins the audit routes to the desk that answers and records questions.
struct AuditAdapter: AuditService {
    let desk: AuditDesk
    let log: Log

    func answer(_ question: AuditQuestion, _ page: PageRequest, _ context: RequestContext) async -> AuditReading {
        let asker = AuditAsker(
            actor: OperationActor(role: context.caller.role.rawValue, subject: context.caller.subject),
            country: context.country, correlationID: context.correlationID)
        do {
            let answer = try await desk.answer(
                AuditQuery(question), by: asker, limit: page.limit, after: page.after)
            return .found(columns: answer.columns, Page(items: answer.records, next: answer.next))
        } catch let refusal as AuditRefusal {
            return reading(refusal)
        } catch {
            // A row that cannot be read was written past this program: that is for operators, not for callers.
            log.error("an auditor's question met a history that cannot be read", [.error: .error(error)])
            return .historyDiffers("A row of this history cannot be read; an operator has to look at it.")
        }
    }

    private func reading(_ refusal: AuditRefusal) -> AuditReading {
        switch refusal {
        case .badCursor: return .foreignCursor
        case .unknownPractitioner: return .unknownPractitioner
        case .offGrid: return .unknownSlot
        case .unknownEvent: return .unknownEvent
        case .notSealedYet(let detail): return .notSealedYet(detail)
        case .historyDiffers(let detail):
            log.error("an auditor's question met a history that differs", [.reason: .setting(detail)])
            return .historyDiffers(detail)
        case .notCovered(let missing): return .notCovered(missing)
        case .unavailable(let dependency, let reason):
            log.warning(
                "an auditor's question needs what does not answer",
                [.dependency: .setting(dependency), .reason: .setting(reason)])
            return .unavailable(Dependency(dependency))
        case .notRecorded(let reason):
            log.warning("an auditor's question could not be recorded", [.reason: .setting(reason)])
            return .notRecorded
        }
    }
}

extension AuditQuery {
    fileprivate init(_ question: AuditQuestion) {
        switch question {
        case .booking(let id, let narrowing): self = .events(.booking(id), AuditFilter(narrowing))
        case .practitioner(let id, let narrowing): self = .events(.practitioner(id), AuditFilter(narrowing))
        case .patient(let id, let narrowing): self = .events(.patient(id), AuditFilter(narrowing))
        case .events(let narrowing): self = .events(.everything, AuditFilter(narrowing))
        case .availability(let id, let moment, let from, let days):
            self = .availability(id, asOf: moment, from: from, days: days)
        case .slot(let id, let start, let moment): self = .slot(id, start: start, asOf: moment)
        case .proof(let id): self = .proof(id)
        case .heads: self = .heads
        case .verification(let asked):
            self = .verification(AuditDatabase(asked.database), Shard(asked.shard), asked.positions)
        }
    }
}

extension AuditDatabase {
    fileprivate init(_ database: AuditVerification.Database) {
        self =
            switch database {
            case .booking: .booking
            case .practitioner: .practitioner
            case .patient: .patient
            }
    }
}

extension AuditFilter {
    fileprivate init(_ narrowing: AuditNarrowing) {
        self.init(
            from: narrowing.from, to: narrowing.to, types: narrowing.types, actorRole: narrowing.actorRole,
            actorSubject: narrowing.actor)
    }
}
