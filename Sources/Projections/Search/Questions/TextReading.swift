import Domain

/// What was made of free text by looking up its words; what nobody knows may be a name, or mean nothing.
struct TextReading: Equatable {
    /// Words that are looked at; a longer text is cut, and the rest counts as not understood.
    static let wordsMax = 32

    /// The code of a specialty.
    private(set) var specialty: String?
    private(set) var place: Place?
    private(set) var language: String?
    /// Days after today.
    private(set) var day: Int?
    private let mayNamePlace: Bool
    private let mayNameDay: Bool
    /// Words that are in no table, as they were written.
    private(set) var unknown: [String] = []
    /// Words that are in a table, but say a second time what was said before.
    private(set) var ignored: [String] = []

    /// Reads a text for somebody in `country`; at each word the longest phrase that means something wins.
    ///
    /// Only places of the country count, as a word of the text may as well be a name. What `asked` has already is not
    /// taken from the text: such words are ignored.
    init(_ text: String, asked: Asked, country: CountryCode, places: PlaceTable) {
        specialty = asked.specialty
        language = asked.language
        mayNamePlace = asked.place == nil
        mayNameDay = asked.window.isOpen
        let parts = SearchWords.parts(of: text)
        let words = Array(parts.prefix(Self.wordsMax))
        ignored += parts.dropFirst(Self.wordsMax)
        var position = 0
        while position < words.count {
            position += take(words[position...], country, places)
        }
    }

    /// Takes one phrase from the front; answers how many words it has.
    private mutating func take(_ words: ArraySlice<String>, _ country: CountryCode, _ places: PlaceTable) -> Int {
        for length in stride(from: min(WordTable.phraseWordsMax, words.count), through: 1, by: -1) {
            let phrase = Array(words.prefix(length))
            let folded = SearchWords.phrase(phrase.joined())
            guard !folded.isEmpty else { continue }
            if let meaning = WordTable.meaning(of: folded) {
                note(meaning, phrase)
                return length
            }
            if mayNamePlace, place == nil, let found = places.place(named: folded, from: country),
                found.country == country
            {
                place = found
                return length
            }
        }
        unknown += words.prefix(1)
        return 1
    }

    private mutating func note(_ meaning: WordTable.Meaning, _ phrase: [String]) {
        switch meaning {
        case .specialty(let code) where specialty == nil || specialty == code: specialty = code
        case .language(let tag) where language == nil || language == tag: language = tag
        case .day(let offset) where mayNameDay && (day == nil || day == offset): day = offset
        case .glue: break
        default: ignored += phrase
        }
    }
}
