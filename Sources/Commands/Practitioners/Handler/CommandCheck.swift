import Domain

/// The rules of a command's content that need more than its body: the zones of this machine, the country's defaults.
struct CommandCheck {
    let zones: ZoneDatabase

    /// What is wrong with a command, all at once; empty where it can be decided.
    func faults(_ command: PractitionerCommand, in country: Country) -> [InvalidMember] {
        switch command {
        case .register(let registration): faults(registration, in: country)
        case .update(_, let patch): faults(patch.consultationTypes ?? [])
        case .addException(_, let new) where new.to <= new.from: [InvalidMember("/to", "is a date after from")]
        case .setActive, .setSchedule, .addException, .removeException: []
        }
    }

    private func faults(_ registration: Registration, in country: Country) -> [InvalidMember] {
        var faults = faults(registration.consultationTypes)
        do {
            _ = try zones.grid(
                zone: registration.timeZone ?? country.timeZone, dayStart: registration.dayStart ?? country.dayStart,
                slotMinutes: registration.slotMinutes ?? country.slotMinutes)
        } catch .slotMinutesOutOfRange {
            faults.append(InvalidMember("/slotMinutes", "is 5 to 60"))
        } catch {
            faults.append(InvalidMember("/timeZone", "is the name of an IANA time zone"))
        }
        return faults
    }

    private func faults(_ types: [ConsultationType]) -> [InvalidMember] {
        var codes: Set<String> = []
        return types.enumerated().compactMap { index, type in
            if codes.insert(type.code).inserted { return nil }
            return InvalidMember("/consultationTypes/\(index)/code", "is the code of an earlier consultation type")
        }
    }
}
