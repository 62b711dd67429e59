/// A field of medicine, as profiles and searches name it.
package struct Specialty: Sendable, Hashable {
    /// The slug in profiles, events and queries: `general-practice`.
    package let code: String
    /// What people call it and who practises it, in English, French and German, by language tag.
    package let names: [String: [String]]

    /// The fields that the system knows, general practice first.
    ///
    /// A profile may name another one: it is then found by its code alone.
    package static let all: [Specialty] = table.map(Specialty.init)

    /// The field with a code; nil for one that the table does not know.
    package static func named(_ code: String) -> Specialty? { byCode[code] }

    private static let byCode = Dictionary(uniqueKeysWithValues: all.map { ($0.code, $0) })

    private init(_ row: (code: String, english: String, french: String, german: String)) {
        code = row.code
        names = ["en": Self.list(row.english), "fr": Self.list(row.french), "de": Self.list(row.german)]
    }

    private static func list(_ names: String) -> [String] {
        names.split(separator: "|").map { String($0) }
    }

    /// Code, then names in English, French and German; a profession's name is as good as its field's.
    private static let table: [(code: String, english: String, french: String, german: String)] = [
        (
            "general-practice", "general practice|general practitioner|gp|family doctor|family medicine",
            "médecine générale|médecin généraliste|généraliste|médecin traitant",
            "Allgemeinmedizin|Allgemeinmediziner|Allgemeinarzt|Hausarzt|Hausärztin"
        ),
        ("allergology", "allergology|allergist|allergy", "allergologie|allergologue", "Allergologie|Allergologe"),
        ("cardiology", "cardiology|cardiologist", "cardiologie|cardiologue", "Kardiologie|Kardiologe|Kardiologin"),
        (
            "child-psychiatry", "child psychiatry|child psychiatrist", "pédopsychiatrie|pédopsychiatre",
            "Kinderpsychiatrie|Jugendpsychiatrie|Kinderpsychiater"
        ),
        (
            "dentistry", "dentistry|dentist", "dentisterie|dentiste|chirurgien-dentiste",
            "Zahnmedizin|Zahnarzt|Zahnärztin"
        ),
        (
            "dermatology", "dermatology|dermatologist|skin doctor", "dermatologie|dermatologue|dermato",
            "Dermatologie|Dermatologe|Dermatologin|Hautarzt|Hautärztin"
        ),
        (
            "endocrinology", "endocrinology|endocrinologist|diabetologist",
            "endocrinologie|endocrinologue|diabétologue",
            "Endokrinologie|Endokrinologe|Diabetologe"
        ),
        (
            "ent", "ent|otolaryngology|ear nose throat", "orl|oto-rhino-laryngologie|oto-rhino",
            "hno|Hals-Nasen-Ohren-Heilkunde|HNO-Arzt|HNO-Ärztin"
        ),
        (
            "gastroenterology", "gastroenterology|gastroenterologist", "gastro-entérologie|gastro-entérologue|gastro",
            "Gastroenterologie|Gastroenterologe"
        ),
        ("geriatrics", "geriatrics|geriatrician", "gériatrie|gériatre", "Geriatrie|Geriater|Altersmedizin"),
        (
            "gynaecology", "gynaecology|gynecology|gynaecologist|gynecologist", "gynécologie|gynécologue|gynéco",
            "Gynäkologie|Gynäkologe|Gynäkologin|Frauenarzt|Frauenärztin"
        ),
        ("haematology", "haematology|hematology|haematologist", "hématologie|hématologue", "Hämatologie|Hämatologe"),
        (
            "infectiology", "infectious diseases|infectiology", "infectiologie|infectiologue",
            "Infektiologie|Infektiologe"
        ),
        (
            "internal-medicine", "internal medicine|internist", "médecine interne|interniste",
            "innere Medizin|Internist|Internistin"
        ),
        ("midwifery", "midwifery|midwife", "sage-femme|maïeutique", "Hebamme|Geburtshilfe"),
        ("nephrology", "nephrology|nephrologist|kidney doctor", "néphrologie|néphrologue", "Nephrologie|Nephrologe"),
        (
            "neurology", "neurology|neurologist", "neurologie|neurologue",
            "Neurologie|Neurologe|Neurologin|Nervenarzt"
        ),
        ("nutrition", "nutrition|dietitian|nutritionist", "nutrition|diététicien|diététicienne", "Ernährungsberatung"),
        ("oncology", "oncology|oncologist", "oncologie|oncologue|cancérologue", "Onkologie|Onkologe|Onkologin"),
        (
            "ophthalmology", "ophthalmology|ophthalmologist|eye doctor",
            "ophtalmologie|ophtalmologue|ophtalmo|oculiste",
            "Ophthalmologie|Augenheilkunde|Augenarzt|Augenärztin"
        ),
        ("orthodontics", "orthodontics|orthodontist", "orthodontie|orthodontiste", "Kieferorthopädie|Kieferorthopäde"),
        (
            "orthopaedics", "orthopaedics|orthopedics|orthopaedist", "orthopédie|orthopédiste",
            "Orthopädie|Orthopäde|Orthopädin"
        ),
        (
            "osteopathy", "osteopathy|osteopath", "ostéopathie|ostéopathe|ostéo",
            "Osteopathie|Osteopath|Osteopathin"
        ),
        (
            "paediatrics", "paediatrics|pediatrics|paediatrician|pediatrician", "pédiatrie|pédiatre",
            "Pädiatrie|Kinderheilkunde|Kinderarzt|Kinderärztin"
        ),
        (
            "physiotherapy", "physiotherapy|physiotherapist", "kinésithérapie|kinésithérapeute|kiné",
            "Physiotherapie|Physiotherapeut|Physiotherapeutin|Krankengymnastik"
        ),
        ("podiatry", "podiatry|podiatrist|chiropodist", "pédicurie|podologie|podologue|pédicure", "Podologie|Podologe"),
        ("psychiatry", "psychiatry|psychiatrist", "psychiatrie|psychiatre", "Psychiatrie|Psychiater|Psychiaterin"),
        (
            "psychology", "psychology|psychologist|psychotherapist|psychotherapy",
            "psychologie|psychologue|psychothérapeute|psychothérapie",
            "Psychologie|Psychologe|Psychologin|Psychotherapie|Psychotherapeut|Psychotherapeutin"
        ),
        (
            "pulmonology", "pulmonology|pulmonologist|lung doctor", "pneumologie|pneumologue",
            "Pneumologie|Pneumologe|Lungenarzt|Lungenfacharzt"
        ),
        ("radiology", "radiology|radiologist", "radiologie|radiologue", "Radiologie|Radiologe|Radiologin"),
        (
            "rheumatology", "rheumatology|rheumatologist", "rhumatologie|rhumatologue|rhumato",
            "Rheumatologie|Rheumatologe|Rheumatologin"
        ),
        (
            "speech-therapy", "speech therapy|speech therapist", "orthophonie|orthophoniste",
            "Logopädie|Logopäde|Logopädin"
        ),
        ("surgery", "surgery|surgeon", "chirurgie|chirurgien|chirurgienne", "Chirurgie|Chirurg|Chirurgin"),
        ("urology", "urology|urologist", "urologie|urologue", "Urologie|Urologe|Urologin"),
    ]
}
