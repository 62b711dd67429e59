import Domain

/// What a text must look like; each is read by the parser that the rest of the system uses.
enum TextFormat: String, Sendable, CaseIterable {
    /// Free text without control characters that is not only white space.
    case text
    /// Whatever a caller sent, or nothing: only in answers.
    case anything
    /// Letters, digits, `_` and `-`.
    case code
    case uuid
    case date
    /// RFC 3339 with an offset.
    case instant
    /// `date` or `instant`.
    case dateOrInstant
    /// `08:30`.
    case timeOfDay
    case email
    /// E.164.
    case phone
    /// BCP 47, as far as people write it: `fr`, `de-CH`.
    case languageTag
    /// An IANA time zone; whether it exists is asked of the zone database.
    case timeZone
    case country
    /// 24 characters `0` and `1`.
    case bitmap
    /// Opaque: what an earlier answer said.
    case cursor

    /// What is expected, where `text` is not it; nil where it is.
    func fault(in text: String) -> String? {
        switch self {
        case .text: isPlain(text) ? nil : "must be text without control characters"
        case .anything: nil
        case .code: all(text, isCodeCharacter) ? nil : "must be letters, digits, _ and -"
        case .uuid: BookingID(text) != nil ? nil : "must be a UUID"
        case .date: LocalDate(text) != nil ? nil : "must be a date, YYYY-MM-DD"
        case .instant: Self.instantFault(text)
        case .dateOrInstant:
            LocalDate(text) != nil || Self.instantFault(text) == nil
                ? nil : "must be a date, YYYY-MM-DD, or a time of RFC 3339 with an offset"
        case .timeOfDay: LocalTime(text) != nil ? nil : "must be a time of day, HH:MM"
        case .email: isEmail(text) ? nil : "must be an e-mail address"
        case .phone: isPhone(text) ? nil : "must be a telephone number of E.164, + and 7 to 15 digits"
        case .languageTag: isLanguageTag(text) ? nil : "must be a language tag such as fr or de-CH"
        case .timeZone: isZoneName(text) ? nil : "must be a time zone such as Europe/Paris"
        case .country: CountryCode(text) != nil ? nil : "must be two lower-case letters"
        case .bitmap: text.utf8.count == 24 && all(text, { $0 == 0x30 || $0 == 0x31 }) ? nil : "must be 24 times 0 or 1"
        case .cursor: all(text, isCodeCharacter) ? nil : "must be the nextCursor of an earlier answer"
        }
    }

    private static func instantFault(_ text: String) -> String? {
        do {
            _ = try ParsedTime(text)
            return nil
        } catch .missingOffset {
            return "has no offset; write one, such as +01:00 or Z"
        } catch {
            return "must be a time of RFC 3339 with an offset"
        }
    }
}

private func all(_ text: String, _ isAllowed: (UInt8) -> Bool) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(isAllowed)
}

private func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
}

private func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
}

private func isCodeCharacter(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
}

/// No control characters (C0, DEL, C1), and something that can be seen.
private func isPlain(_ text: String) -> Bool {
    let scalars = text.unicodeScalars
    return scalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
        && scalars.contains { !$0.properties.isWhitespace }
}

/// One `@`, a local part of at most 64 visible ASCII characters, a domain of dotted labels: what mail servers take.
private func isEmail(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, (1...64).contains(parts[0].count), (1...253).contains(parts[1].count) else { return false }
    let specials = "!#$%&'*+-/=?^_`{|}~".utf8
    let atoms = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let labels = parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard labels.count >= 2 else { return false }
    return atoms.allSatisfy { atom in
        !atom.isEmpty && atom.allSatisfy { isLetter($0) || isDigit($0) || specials.contains($0) }
    }
        && labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
        }
}

private func isPhone(_ text: String) -> Bool {
    let digits = text.utf8.dropFirst()
    return text.utf8.first == UInt8(ascii: "+") && (7...15).contains(digits.count) && digits.allSatisfy(isDigit)
        && digits.first != UInt8(ascii: "0")
}

private func isLanguageTag(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard let language = parts.first, (2...3).contains(language.count), parts.count <= 4 else { return false }
    let isLowerCase = language.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    return isLowerCase
        && parts.dropFirst().allSatisfy { part in
            (2...8).contains(part.count) && part.allSatisfy { isLetter($0) || isDigit($0) }
        }
}

/// Names of the zone database only: no path can be built from it.
///
/// They begin with a capital letter. What does not is a file beside the zones (`localtime`, `posixrules`) or a folder
/// of copies (`posix/`, `right/`), of which `right/` counts leap seconds and so is half a minute off.
private func isZoneName(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard let first = text.utf8.first, (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return false }
    return (1...3).contains(parts.count)
        && parts.allSatisfy { part in
            !part.isEmpty && part.allSatisfy { isCodeCharacter($0) || $0 == UInt8(ascii: "+") }
        }
}
