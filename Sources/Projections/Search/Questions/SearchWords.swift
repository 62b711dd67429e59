/// How names and questions are cut into words that can be compared.
enum SearchWords {
    /// Words in front of a name that say nothing of who it is.
    static let titles: Set<String> = [
        "dr", "doctor", "docteur", "docteure", "doktor", "med", "prof", "professor", "professeur", "professeure", "mme",
        "frau", "herr",
    ]

    /// The parts of a text between everything that is no letter and no digit, as they were written.
    static func parts(of text: String) -> [String] {
        text.split { !$0.isLetter && !$0.isNumber }.map { String($0) }
    }

    /// The same in lower case and without accents: `Lefèvre-Müller` is `lefevre` and `muller`.
    static func words(of text: String) -> [String] {
        parts(of: text).map { PlaceTable.folded($0) }.filter { !$0.isEmpty }
    }

    /// A phrase as one word: `Oto-rhino` and `oto rhino` are the same.
    static func phrase(_ text: String) -> String { PlaceTable.folded(text) }
}
