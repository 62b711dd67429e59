import Audit
import AuditReport

/// Writes rows for people or for programs.
struct AuditWriter: Sendable {
    /// A column of the table for people.
    private struct Column {
        let title: String
        let text: (AuditRecord) -> String
    }

    let query: AuditQuery
    let format: AuditOptions.Format?

    /// The text of one page, of which these rows are wanted.
    func page(_ answer: AuditAnswer, _ records: [AuditRecord], isFirst: Bool, width: Int) -> String {
        switch (format, query) {
        case (.jsonl, _): records.map { String(decoding: $0.jsonLine, as: UTF8.self) }.joined()
        case (.csv, _):
            (isFirst ? AuditCSV.header(answer.columns) : "") + records.map(AuditCSV.row).joined()
        case (nil, .proof): records.compactMap { $0["proof"] }.map { $0.text + "\n" }.joined()
        case (.table, _), (nil, _): table(records, isFirst: isFirst, width: width)
        }
    }

    private func table(_ records: [AuditRecord], isFirst: Bool, width: Int) -> String {
        if records.isEmpty { return isFirst ? "nothing found\n" : "" }
        let columns = self.columns
        var rows = records.map { record in columns.map { plain($0.text(record)) } }
        if isFirst { rows.insert(columns.map(\.title), at: 0) }
        var widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        // The last column takes what is left; a narrow terminal cuts every line.
        widths[widths.count - 1] = 0
        return rows.map { row in
            let line = zip(row, widths).map { $0.padded(to: $1) }.joined(separator: "  ")
            return fitted(line, to: width) + "\n"
        }.joined()
    }

    private var columns: [Column] {
        switch query {
        case .events:
            return [
                column("recorded at", "recordedAt"), column("type", "type"), column("version", "version"),
                Column(title: "place") { place($0) }, Column(title: "by") { actor($0) }, column("stream", "stream"),
                column("data", "data"),
            ]
        case .slot:
            return [
                column("recorded at", "recordedAt"), column("effect", "effect"), column("state", "state"),
                column("type", "type"), Column(title: "by") { actor($0) }, column("event", "eventId"),
                column("because of", "causedBy"),
            ]
        case .availability:
            return [
                column("date", "date"), column("was true", "wasTrue"), column("was shown", "wasShown"),
                column("shown", "shownState"), column("differs", "differs"), column("explained by", "explainedBy"),
            ]
        case .proof:
            return [column("event", "eventId"), column("database", "database"), Column(title: "place") { place($0) }]
        case .heads:
            return [
                column("origin", "origin"), column("size", "size"), column("believed", "believed"),
                column("root", "root"),
            ]
        case .verification:
            return [
                column("result", "result"), column("first", "firstPosition"), column("last", "lastPosition"),
                column("rows", "rows"), column("event", "eventId"), column("detail", "detail"),
            ]
        }
    }

    private func column(_ title: String, _ name: String) -> Column {
        Column(title: title) { $0[name]?.text ?? "" }
    }

    /// `booking 3/4711`: the place in the sealed order.
    private func place(_ record: AuditRecord) -> String {
        let position = record["position"]?.text ?? ""
        return "\(record["database"]?.text ?? "") \(record["shard"]?.text ?? "")/\(position.isEmpty ? "-" : position)"
    }

    private func actor(_ record: AuditRecord) -> String {
        [record["actorRole"]?.text, record["actorSubject"]?.text].compactMap { $0 }.filter { !$0.isEmpty }
            .joined(separator: ":")
    }

    /// Control characters would move the cursor of whoever reads; they are shown as spaces.
    private func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? " " : $0 }))
    }

    private func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    private func fitted(_ line: String, to width: Int) -> String {
        line.count <= width ? line : line.prefix(max(1, width - 1)) + "…"
    }
}
