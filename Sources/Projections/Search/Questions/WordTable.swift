/// Words that mean something in a question, whoever asks: one table, so that nothing is understood by chance.
enum WordTable {
    /// What a phrase means.
    enum Meaning: Hashable {
        /// The code of a specialty.
        case specialty(String)
        /// A language's tag.
        case language(String)
        /// Days after today.
        case day(Int)
        /// Joins other words and adds nothing.
        case glue
    }

    /// Words of the longest phrase that is looked up.
    static let phraseWordsMax = 6

    /// The meaning of a phrase, folded as `SearchWords.phrase` does.
    static func meaning(of phrase: String) -> Meaning? {
        Specialty.code(folded: phrase).map(Meaning.specialty) ?? meanings[phrase]
    }

    /// Language tags with what the languages are called in English, French and German, and by themselves.
    private static let languages = [
        "ar": "Arabic|arabe|Arabisch", "de": "German|allemand|Deutsch", "en": "English|anglais|Englisch",
        "es": "Spanish|espagnol|Spanisch|español", "fr": "French|français|Französisch",
        "it": "Italian|italien|Italienisch|italiano", "nl": "Dutch|néerlandais|Niederländisch|Nederlands",
        "pl": "Polish|polonais|Polnisch|polski", "pt": "Portuguese|portugais|Portugiesisch|português",
        "ro": "Romanian|roumain|Rumänisch", "ru": "Russian|russe|Russisch", "tr": "Turkish|turc|Türkisch|türkçe",
        "uk": "Ukrainian|ukrainien|Ukrainisch", "vi": "Vietnamese|vietnamien|Vietnamesisch",
        "zh": "Chinese|chinois|Chinesisch",
    ]

    private static let days = [
        0: "today|aujourd'hui|heute", 1: "tomorrow|demain|morgen",
        2: "day after tomorrow|the day after tomorrow|après-demain|übermorgen",
    ]

    private static let glue = """
        a an the in at near around close to with for who speaks speaking and
        de du des la le les l d un une à au aux en chez près dans pour avec qui parle parlant et
        der die das den dem ein eine einen einem im bei beim nahe mit für und von am spricht sprechend
        """

    private static let meanings: [String: Meaning] = {
        var meanings: [String: Meaning] = [:]
        for word in glue.split(whereSeparator: \.isWhitespace) { meanings[SearchWords.phrase(String(word))] = .glue }
        for title in SearchWords.titles { meanings[title] = .glue }
        for (tag, names) in languages {
            for name in names.split(separator: "|") { meanings[SearchWords.phrase(String(name))] = .language(tag) }
        }
        for (offset, names) in days {
            for name in names.split(separator: "|") { meanings[SearchWords.phrase(String(name))] = .day(offset) }
        }
        return meanings
    }()
}
