package import Domain
package import ProjectionRunner

extension SearchDocument {
    /// The profile and whether it is active, as one word: what differs in either has another one.
    package var profileWord: UInt64 { profileText.value }

    private var profileText: StableHash {
        var text = StableHash()
        if let profile {
            text.add(
                [
                    profile.displayName, profile.specialty, profile.timeZone, profile.dayStart.description,
                    profile.location.street, profile.location.postalCode, profile.location.city,
                ] + profile.languages)
            text.add(profile.location.latitude.bitPattern)
            text.add(profile.location.longitude.bitPattern)
            text.add(UInt64(profile.slotMinutes))
            for type in profile.consultationTypes {
                text.add([type.code])
                text.add(UInt64(type.slots))
            }
            text.add(profile.acceptsNewPatients ? 1 : 0)
        }
        text.add(isActive ? 1 : 0)
        return text
    }

    /// Counts the document in: the profile, whether it is active, and the free slots from the grid day `date` on.
    package func add(to digest: inout ModelDigest, from date: LocalDate) {
        var text = profileText
        if let freeDays {
            for (index, mask) in freeDays.masks.enumerated() where !mask.isEmpty {
                let day = freeDays.firstDate.adding(days: index)
                guard day >= date else { continue }
                text.add(UInt64(bitPattern: Int64(day.days)))
                text.add(UInt64(mask.rawValue))
            }
        }
        digest.add(key.practitioner.high, key.practitioner.low, text.value)
    }
}

/// FNV-1a, 64 bits: the same in every process, unlike `Hasher`.
private struct StableHash {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ texts: [String]) {
        for text in texts {
            for byte in text.utf8 { add(byte: byte) }
            add(byte: 0xFF)  // in no UTF-8: keeps "a", "bc" apart from "ab", "c"
        }
    }

    mutating func add(_ word: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) { add(byte: UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
    }

    private mutating func add(byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
    }
}
