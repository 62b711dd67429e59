import Domain
import JSON

/// What practitioner requests and answers look like.
enum PractitionerSchemas {
    private static let profile: [ObjectSchema.Member] = [
        .required("displayName", .string(.text, length: 1...200)),
        .required("specialty", .string(.text, length: 1...100)),
        .required("languages", .list(.string(.languageTag, length: 2...35), count: 1...20)),
        .required("location", .named("Location", .object(location))),
        .optional(
            "consultationTypes", .list(consultationType, count: 1...50), "Codes are unique.",
            standard: .array([.object([JSONMember("code", .string("standard")), JSONMember("slots", .int(1))])])),
        .optional("acceptsNewPatients", .boolean, "Only informs.", standard: .bool(true)),
    ]

    private static let grid: [ObjectSchema.Member] = [
        .optional("timeZone", .string(.timeZone, length: 1...64), "The country's zone when it is not given."),
        .optional("dayStart", .string(.timeOfDay), "A day is 24 slots from here."),
        .optional("slotMinutes", .integer(5...60), "Length of a slot."),
    ]

    private static let location = ObjectSchema([
        .required("lat", .number(-90...90)),
        .required("lon", .number(-180...180)),
        .required("street", .string(.text, length: 1...200)),
        .required("postalCode", .string(.text, length: 1...20)),
        .required("city", .string(.text, length: 1...100)),
    ])

    private static let consultationType = Schema.named(
        "ConsultationType",
        .object(
            ObjectSchema([
                .required("code", BookingSchemas.consultationCode),
                .required("slots", .integer(1...24), "Consecutive slots that such a visit takes."),
            ])))

    static let register = Schema.named(
        "NewPractitioner", .object(ObjectSchema(profile + grid, example: Examples.newPractitioner)))

    static let patch = Schema.named(
        "PractitionerPatch",
        .object(
            ObjectSchema(profile + grid).mergePatch(
                fixed: ["timeZone", "dayStart", "slotMinutes"],
                example: .object([JSONMember("acceptsNewPatients", .bool(false))]))))

    static let practitioner = Schema.named(
        "Practitioner", .object(ObjectSchema(document, example: Examples.practitioner)))

    /// The answer to activation and deactivation.
    static let switched = Schema.named(
        "SwitchedPractitioner",
        .object(ObjectSchema(document + [.required("displacedBookings", BookingSchemas.displaced)])))

    static let page = Schema.page("PractitionerPage", of: practitioner)

    private static let document: [ObjectSchema.Member] =
        [.required("practitionerId", .string(.uuid)), .required("version", .integer(1...Int64.max))]
        + (profile + grid).map { .required($0.name, $0.schema, $0.note) } + [.required("active", .boolean)]

    /// Codes that come twice, and a zone that nobody knows.
    @Sendable
    static func faults(_ body: BodyObject, _ facts: BodyFacts) -> [Fault] {
        var seen: Set<String> = []
        var faults = body.objects("consultationTypes").compactMap { each in
            guard let code = each.value["code"]?.stringValue, !seen.insert(code).inserted else { return Fault?.none }
            return Fault(each.pointer.member("code").text, "is the code of an earlier consultation type")
        }
        if let zone = body.value["timeZone"]?.stringValue, TextFormat.timeZone.fault(in: zone) == nil,
            !facts.isKnownZone(zone)
        {
            faults.append(Fault("/timeZone", "is not a time zone that is known"))
        }
        return faults
    }

    static let filters = [
        QueryParameter("specialty", .string(.text, length: 1...100), "Practitioners of that specialty only."),
        QueryParameter("city", .string(.text, length: 1...100), "Practitioners in that city only."),
    ]
}

extension RegisterPractitioner {
    /// - Throws: 422 where a value cannot be used.
    init(_ body: BodyObject) throws(Problem) {
        let place = BodyObject(body.value["location"] ?? .null, body.pointer.member("location"))
        self.init(
            displayName: try body.text("displayName"), specialty: try body.text("specialty"),
            languages: try body.required("languages", \.textsValue),
            location: Location(
                latitude: try place.required("lat", \.doubleValue), longitude: try place.required("lon", \.doubleValue),
                street: try place.text("street"), postalCode: try place.text("postalCode"),
                city: try place.text("city")),
            timeZone: try body.optional("timeZone", \.stringValue),
            dayStart: try body.optional("dayStart", \.timeOfDayValue),
            slotMinutes: try body.optional("slotMinutes", \.intValue).map { Int($0) },
            consultationTypes: try body.consultationTypes() ?? [.standard],
            acceptsNewPatients: try body.optional("acceptsNewPatients", \.boolValue) ?? true)
    }
}

extension PractitionerPatch {
    /// - Throws: 422 where a value cannot be used.
    init(_ body: BodyObject) throws(Problem) {
        displayName = try body.optional("displayName", \.stringValue)
        specialty = try body.optional("specialty", \.stringValue)
        languages = try body.optional("languages", \.textsValue)
        let place = BodyObject(body.value["location"] ?? .null, body.pointer.member("location"))
        location.latitude = try place.optional("lat", \.doubleValue)
        location.longitude = try place.optional("lon", \.doubleValue)
        location.street = try place.optional("street", \.stringValue)
        location.postalCode = try place.optional("postalCode", \.stringValue)
        location.city = try place.optional("city", \.stringValue)
        let isReset = body.value["consultationTypes"]?.isNull == true
        consultationTypes = isReset ? [.standard] : try body.consultationTypes()
        let opens = body.value["acceptsNewPatients"]?.isNull == true
        acceptsNewPatients = opens ? true : try body.optional("acceptsNewPatients", \.boolValue)
    }
}

extension BodyObject {
    fileprivate func consultationTypes() throws(Problem) -> [ConsultationType]? {
        guard value["consultationTypes"] != nil else { return nil }
        var types: [ConsultationType] = []
        for each in objects("consultationTypes") {
            let slots = try each.required("slots", \.intValue)
            guard let type = ConsultationType(code: try each.text("code"), slots: Int(slots)) else {
                throw .invalid(each.pointer, "is not a consultation type that can be used")
            }
            types.append(type)
        }
        return types
    }
}
