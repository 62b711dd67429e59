import AuditReport
import HTTPServer
import JSON

/// How rows are written: as a page of JSON, as lines of JSON, or as CSV.
enum AuditFormat: String, Sendable, CaseIterable {
    case json
    case jsonl
    case csv

    /// What an auditor may say in the query instead of `Accept`.
    static let parameter = QueryParameter(
        "format", .names(Self.self), "Instead of `Accept`: a page of JSON, lines of JSON, or CSV.")

    /// The media types beside JSON.
    static let otherMediaTypes = [Self.jsonl.mediaType, Self.csv.mediaType]

    private var mediaType: String {
        switch self {
        case .json: MediaType.json
        case .jsonl: "application/x-ndjson"
        case .csv: "text/csv"
        }
    }

    /// The format that a call wants: `format`, or else the best of `Accept`, or else JSON.
    ///
    /// - Throws: 406 where nothing of `Accept` is spoken here.
    init(_ call: Call) throws(Problem) {
        if let named = call.query.name("format", Self.self) {
            self = named
            return
        }
        let lines = call.request.headers.all("Accept")
        guard !lines.isEmpty else {
            self = .json
            return
        }
        var best: (format: Self, quality: Double)?
        for format in Self.allCases {
            guard let quality = Accepting.quality(of: format.mediaType, in: lines), quality > 0 else { continue }
            if quality > best?.quality ?? 0 { best = (format, quality) }
        }
        guard let best else {
            throw Problem(
                .notAcceptable, "Spoken here: \(Self.allCases.map(\.mediaType).joined(separator: ", ")).")
        }
        self = best.format
    }

    /// The rows in this format; the way to the next page is in the `Link` header too.
    func render(_ columns: [String], _ page: Page<AuditRecord>, _ call: Call) -> RenderedAnswer {
        let next = page.next.map(call.next)
        let links = next.map { [$0.link] } ?? []
        switch self {
        case .json:
            return .json(headers: links, capacity: 512 + 1_024 * page.items.count) { json in
                json.beginObject()
                json.items(page.items, next?.cursor) { $0.record($1) }
                json.endObject()
            }
        case .jsonl:
            let type = HTTPField("Content-Type", mediaType)
            return RenderedAnswer(status: 200, headers: [type] + links, body: page.items.flatMap(\.jsonLine))
        case .csv:
            let type = HTTPField("Content-Type", "\(mediaType); charset=utf-8; header=present")
            let text = AuditCSV.header(columns) + page.items.map(AuditCSV.row).joined()
            return RenderedAnswer(status: 200, headers: [type] + links, body: Array(text.utf8))
        }
    }
}

/// Reads `Accept` headers, RFC 9110 section 12.5.1.
private enum Accepting {
    /// How much a media type is wanted, 0...1; nil where no range holds it.
    ///
    /// The most exact range counts.
    static func quality(of mediaType: String, in lines: [String]) -> Double? {
        let family = mediaType.prefix { $0 != "/" }
        var best: (rank: Int, quality: Double)?
        for range in lines.flatMap({ $0.split(separator: ",") }) {
            let parts = range.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
            let rank =
                switch parts.first {
                case mediaType: 2
                case "\(family)/*": 1
                case "*/*": 0
                default: -1
                }
            guard rank >= 0, rank >= best?.rank ?? 0 else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            best = (rank, min(max(weight, 0), 1))
        }
        return best?.quality
    }
}
