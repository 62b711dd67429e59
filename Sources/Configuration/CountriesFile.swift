package import Domain
import JSON

/// Reads `countries.json`: adding an entry is all it takes to bring a country live.
package struct CountriesFile {
    /// What is wrong, one line each, naming the entry and the member.
    package struct Faults: Error {
        package let lines: [String]
    }

    private let zones: ZoneDatabase
    private var faults: [String] = []

    /// Reads every entry.
    ///
    /// - Throws: `Faults` with all that is wrong.
    package static func read(_ bytes: [UInt8], zones: ZoneDatabase) throws(Faults) -> [CountryCode: Country] {
        var reader = CountriesFile(zones: zones)
        let countries = reader.countries(bytes)
        guard reader.faults.isEmpty else { throw Faults(lines: reader.faults) }
        return countries
    }

    /// Reads the file at `path`.
    ///
    /// - Throws: `SettingsError` that names the setting and what is wrong in the file.
    package static func read(path: String, zones: ZoneDatabase) throws(SettingsError) -> [CountryCode: Country] {
        let bytes: [UInt8]
        do { bytes = try FileBytes.read(path, bytesMax: 1 << 20) } catch {
            throw SettingsError(lines: ["COUNTRIES: cannot read \(error)"])
        }
        do { return try read(bytes, zones: zones) } catch {
            throw SettingsError(lines: error.lines.map { "COUNTRIES: \(path): \($0)" })
        }
    }

    private init(zones: ZoneDatabase) { self.zones = zones }

    private mutating func countries(_ bytes: [UInt8]) -> [CountryCode: Country] {
        guard let json = try? parseJSON(bytes), let entries = json.arrayValue else {
            faults.append("it is not a JSON array")
            return [:]
        }
        if entries.isEmpty { faults.append("it names no country") }
        var countries: [CountryCode: Country] = [:]
        for (index, entry) in entries.enumerated() {
            guard let country = country(entry, "entry \(index + 1)") else { continue }
            if countries.updateValue(country, forKey: country.code) != nil {
                faults.append("country '\(country.code)' stands there twice")
            }
        }
        return countries
    }

    private mutating func country(_ json: JSONValue, _ entry: String) -> Country? {
        guard let members = json.objectValue else {
            faults.append("\(entry) is not an object")
            return nil
        }
        let known = [
            "code", "languages", "timeZone", "weekStart", "slotMinutes", "dayStart", "bookingHorizonDays",
            "minimumNoticeMinutes",
        ]
        for member in members where !known.contains(member.name) {
            faults.append("\(entry): unknown member '\(member.name)'")
        }
        let before = faults.count
        let code = text(json, "code", entry, "two lower-case letters") { CountryCode($0) }
        let languages = languages(json, entry)
        let zones = self.zones
        let zone = text(json, "timeZone", entry, "an IANA time zone that this machine knows") { name in
            (try? zones.rules(name)) == nil ? nil : name
        }
        let weekStart = text(json, "weekStart", entry, "a weekday such as monday", default: .monday) {
            Weekday(rawValue: $0)
        }
        let dayStart = text(json, "dayStart", entry, "a time such as 08:00", default: .eight) { LocalTime($0) }
        let slotMinutes = number(json, "slotMinutes", entry, SlotGrid.slotMinutesRange, default: 30)
        let horizon = number(json, "bookingHorizonDays", entry, 1...730, default: 90)
        let notice = number(json, "minimumNoticeMinutes", entry, 0...525_600, default: 0)
        guard faults.count == before, let code, let zone, let weekStart, let dayStart else { return nil }
        return Country(
            code: code, languages: languages, timeZone: zone, weekStart: weekStart, slotMinutes: slotMinutes,
            dayStart: dayStart, bookingHorizonDays: horizon, minimumNoticeMinutes: notice)
    }

    private mutating func languages(_ json: JSONValue, _ entry: String) -> [String] {
        let languages = json["languages"]?.arrayValue?.compactMap(\.stringValue) ?? []
        if languages.isEmpty || languages.count != json["languages"]?.arrayValue?.count {
            faults.append("\(entry): 'languages' must be an array of at least one language tag")
        }
        return languages
    }

    private mutating func text<Value>(
        _ json: JSONValue, _ name: String, _ entry: String, _ form: String, default value: Value? = nil,
        _ read: (String) -> Value?
    ) -> Value? {
        guard let member = json[name] else {
            if value == nil { faults.append("\(entry): '\(name)' is missing; it must be \(form)") }
            return value
        }
        if let read = member.stringValue.flatMap(read) { return read }
        faults.append("\(entry): '\(name)' must be \(form)")
        return nil
    }

    private mutating func number(
        _ json: JSONValue, _ name: String, _ entry: String, _ range: ClosedRange<Int>, default value: Int
    ) -> Int {
        guard let member = json[name] else { return value }
        if let number = member.intValue, range.contains(Int(number)) { return Int(number) }
        faults.append("\(entry): '\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        return value
    }
}
