import Domain
import JSON

/// Personal data as the JSON that the vault seals.
///
/// Members have the API's names; what it does not know it passes over, so that a member can be added later.
enum PersonalDataCodec {
    static func encode(_ data: PersonalData) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("givenName")
        writer.string(data.givenName)
        writer.key("familyName")
        writer.string(data.familyName)
        writer.key("birthDate")
        writer.string(data.birthDate.description)
        if let email = data.email {
            writer.key("email")
            writer.string(email)
        }
        if let phone = data.phone {
            writer.key("phone")
            writer.string(phone)
        }
        writer.key("language")
        writer.string(data.language)
        writer.key("channels")
        writer.beginArray()
        for channel in data.channels { writer.string(channel.rawValue) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// - Throws: `VaultError.unreadable` where the bytes are no personal data.
    static func decode(_ bytes: [UInt8]) throws(VaultError) -> PersonalData {
        guard let value = try? parseJSON(bytes), let givenName = value["givenName"]?.stringValue,
            let familyName = value["familyName"]?.stringValue,
            let birthDate = value["birthDate"]?.stringValue.flatMap({ LocalDate($0) }),
            let language = value["language"]?.stringValue, let channels = value["channels"]?.arrayValue
        else { throw .unreadable }
        return PersonalData(
            givenName: givenName, familyName: familyName, birthDate: birthDate, email: value["email"]?.stringValue,
            phone: value["phone"]?.stringValue, language: language,
            channels: channels.compactMap { $0.stringValue.flatMap(ContactChannel.init(rawValue:)) })
    }
}
