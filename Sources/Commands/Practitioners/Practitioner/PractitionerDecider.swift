import Domain

/// The rules of a practitioner's stream: no clock, no database, no randomness, no `async`.
enum PractitionerDecider {
    /// What a command does to a practitioner that exists: its event, or nothing where all is so already.
    enum Decision: Equatable {
        case append(PractitionerEvent)
        case unchanged
        case unknownException
        /// None of the versions that the caller accepts is the current one.
        case versionMismatch(current: Int64)
    }

    /// Everything that a decision needs beside the practitioner and the command.
    struct Facts {
        /// Today in the practice's zone.
        var today: LocalDate
        /// The version of the zone rules in force, recorded with a schedule.
        var zoneRules: String
        /// The id for an exception to add.
        var newException: ExceptionID
        /// The exception to remove; nil where there never was one.
        var exception: ScheduleException?
        /// It was removed before: a retry finds it so, and is told that it is gone.
        var isExceptionRemoved: Bool
    }

    /// Decides a command on a practitioner; `acceptedVersions` nil accepts any.
    static func decide(
        _ command: PractitionerCommand, _ state: Practitioner, acceptedVersions: [Int64]?, _ facts: Facts
    ) -> Decision {
        let decision = decide(command, state, facts)
        let current = state.versionThatCommandsCompare(command)
        guard let acceptedVersions, !acceptedVersions.contains(current) else { return decision }
        // The retry of a change that was made: the same content with the version before it.
        if decision == .unchanged, acceptedVersions.contains(current - 1) { return .unchanged }
        return .versionMismatch(current: current)
    }

    private static func decide(_ command: PractitionerCommand, _ state: Practitioner, _ facts: Facts) -> Decision {
        switch command {
        case .register: return .unchanged
        case .update(_, let patch): return update(patch, state)
        case .setActive(_, state.isActive): return .unchanged
        case .setActive(_, true):
            return .append(.activated(PractitionerActivated(practitionerID: state.id, country: state.country)))
        case .setActive(_, false):
            return .append(.deactivated(PractitionerDeactivated(practitionerID: state.id, country: state.country)))
        case .setSchedule(_, let asked, let validFrom):
            let days = asked.filter { !$0.sessions.isEmpty }.sorted { $0.day.index < $1.day.index }
            let kept = validFrom ?? (days == state.schedule?.days ? state.schedule?.validFrom : nil)
            let schedule = WeeklySchedule(validFrom: kept ?? facts.today, days: days)
            if schedule == state.schedule { return .unchanged }
            return .append(
                .scheduleSet(
                    ScheduleSet(
                        practitionerID: state.id, country: state.country, schedule: schedule,
                        zoneRules: facts.zoneRules)))
        case .addException(_, let new):
            let exception = ScheduleException(
                id: facts.newException, from: new.from, to: new.to, kind: new.kind, sessions: new.sessions)
            return .append(
                .exceptionAdded(
                    ExceptionAdded(practitionerID: state.id, country: state.country, exception: exception)))
        case .removeException:
            guard let exception = facts.exception else { return .unknownException }
            if facts.isExceptionRemoved { return .unchanged }
            return .append(
                .exceptionRemoved(
                    ExceptionRemoved(practitionerID: state.id, country: state.country, exception: exception)))
        }
    }

    private static func update(_ patch: ProfilePatch, _ state: Practitioner) -> Decision {
        let location = patch.location(after: state.location)
        let event = PractitionerUpdated(
            practitionerID: state.id, country: state.country,
            displayName: changed(patch.displayName, state.displayName),
            specialty: changed(patch.specialty, state.specialty),
            languages: changed(patch.languages, state.languages),
            location: changed(location, state.location),
            consultationTypes: changed(patch.consultationTypes, state.consultationTypes),
            acceptsNewPatients: changed(patch.acceptsNewPatients, state.acceptsNewPatients))
        let nothing = PractitionerUpdated(practitionerID: state.id, country: state.country)
        return event == nothing ? .unchanged : .append(.updated(event))
    }

    private static func changed<Value: Equatable>(_ new: Value?, _ old: Value) -> Value? { new == old ? nil : new }
}

extension Practitioner {
    /// The version that `If-Match` speaks of: the schedule's for a schedule, the profile's otherwise.
    fileprivate func versionThatCommandsCompare(_ command: PractitionerCommand) -> Int64 {
        if case .setSchedule = command { scheduleVersion } else { profileVersion }
    }
}
