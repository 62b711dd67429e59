import Crypto
import Domain
import EventStore
import JSON

/// What `verify history` says, for people or as one JSON object a line.
struct HistoryVoice: Sendable {
    let console: Console
    let isJSON: Bool

    private var style: TextStyle { console.style }

    // MARK: databases

    /// A shard's outcome.
    func say(_ shard: ShardHistoryReport) {
        if isJSON { return line("shard") { write(shard, &$0) } }
        var text = "\(shard.tree.database) shard \(shard.tree.shard.number)".padded(to: 24)
        if shard.stampedThrough == 0 && shard.sealedThrough == 0 {
            return console.line(text + style.faint("no events"))
        }
        if shard.findings.isEmpty, shard.firstPosition > shard.provenThrough {
            let known = shard.firstPosition - 1
            text += known > 0 ? style.good("nothing new since \(known)") : style.warning("nothing proven")
        } else {
            text += shard.findings.isEmpty ? style.good("proven   ") : style.bad("DIFFERENT")
            text += " \(shard.firstPosition) to \(shard.provenThrough)".padded(to: 26)
        }
        if let head = shard.provenHead { text += style.faint(" head in \(head.place)") }
        if shard.unsealedCount > 0 { text += "  \(shard.unsealedCount) not sealed yet" }
        console.line(text)
    }

    /// Something that is wrong.
    func say(_ finding: HistoryFinding) {
        if isJSON { return line("finding") { write(finding, &$0) } }
        let place = [
            finding.database, finding.shard.map { "shard \($0.number)" },
            finding.position.map { position in
                finding.lastPosition.map { "positions \(position) to \($0)" } ?? "position \(position)"
            },
        ].compactMap { $0 }
        let words = [style.bad("WRONG")] + place
        console.line(words.joined(separator: " ") + ": \(finding.kind.rawValue): \(finding.detail)")
        guard let event = finding.event else { return }
        var parts = ["event number \(event.number)"]
        if let id = event.eventID { parts.append("id \(id)") }
        if let stream = event.stream { parts.append("stream \(stream)") }
        if let version = event.streamVersion { parts.append("version \(version)") }
        console.line("      " + parts.joined(separator: ", "))
    }

    /// Something that is no proof of anything, but should be known.
    func warn(_ text: String) {
        if isJSON {
            return line("warning") { writer in
                writer.key("detail")
                writer.string(text)
            }
        }
        console.line(style.warning("warning: ") + text)
    }

    /// Records of the log that are not whole: as heads they do not count.
    func warnOfTorn(_ book: HeadBook, in folder: String) {
        guard book.tornCount > 0 else { return }
        let isOne = book.tornCount == 1
        let (records, were) = isOne ? ("1 record", "its hash was") : ("\(book.tornCount) records", "their hashes were")
        warn(
            "\(records) in \(folder) without \(were) passed over: cut by a crash or a full disk, or altered; compare "
                + "with another copy of the folder")
    }

    /// Something that explains what was done.
    func note(_ text: String) {
        if !isJSON { console.line(style.faint(text)) }
    }

    /// The last line of a verification of databases.
    func summary(_ result: HistoryResult, at moment: Instant) {
        if isJSON {
            return line("verification") { writer in
                writer.member("finishedAt", moment)
                writer.key("good")
                writer.bool(result.findingCount == 0)
                writer.member("findings", Int64(result.findingCount))
                writer.member("shards", Int64(result.shardCount))
                writer.member("rows", result.rowCount)
                writer.member("bytes", result.byteCount)
                writer.member("heads", Int64(result.noteCount))
                writer.member("seconds", result.seconds)
            }
        }
        let rate = Int(Double(result.rowCount) / max(result.seconds, 0.001))
        console.line(
            style.faint(
                "\(result.rowCount) rows in \(Self.decimal(result.seconds)) s, \(rate)/s; \(result.noteCount) notes in "
                    + "the log of heads"))
        if result.shardCount == 0, result.findingCount == 0 {
            console.line(style.warning("Nothing was recorded then: no row was compared with the heads."))
        } else if result.findingCount == 0 {
            console.line(style.good("The history is the one that was sealed."))
        } else {
            let things = result.findingCount == 1 ? "1 finding" : "\(result.findingCount) findings"
            console.line(style.bad("The history is NOT the one that was sealed: \(things)."))
        }
    }

    // MARK: files

    /// What a proof of one event proves.
    func say(_ proven: ProvenEvent, by key: Ed25519PublicKey) {
        let row = proven.row
        if isJSON {
            return line("proof") { writer in
                writer.key("good")
                writer.bool(true)
                writer.key("origin")
                writer.string(proven.head.origin)
                writer.member("position", row.position)
                writer.member("headSize", proven.head.size)
                writer.member("signedAt", proven.signedAt)
                for (name, column) in [("eventId", "event_id"), ("type", "type"), ("stream", "stream")] {
                    writer.key(name)
                    writer.string(Self.text(row.value(column)))
                }
            }
        }
        let time = proven.signedAt.map { "at \($0.text())" } ?? "(the proof does not say when)"
        console.line(style.good("The proof holds."))
        console.line(
            """
            This event, with exactly these bytes, stood at position \(row.position) of shard \(row.shard) of the \
            \(row.database) history when the head of \(proven.head.size) positions was signed \(time):
            """)
        for (name, value) in row.columns where value != .null {
            console.line("  " + name.padded(to: 16) + Self.text(value, of: name))
        }
        console.line(style.faint("Checked with \(Self.name(of: key, proven.head.origin)) and nothing else."))
    }

    /// A proof or an export that proves nothing.
    func refuse(_ path: String, _ reason: String) {
        if isJSON {
            return line("proof") { writer in
                writer.key("good")
                writer.bool(false)
                writer.key("detail")
                writer.string(reason)
            }
        }
        console.line(style.bad("\(path) proves nothing: ") + reason)
    }

    /// What an export proves.
    func say(_ proven: ProvenStretch, by key: Ed25519PublicKey) {
        let tree = "\(proven.tree.database) shard \(proven.tree.shard.number)"
        let time = proven.signedAt.map { "at \($0.text())" } ?? "(the file does not say when)"
        if isJSON {
            return line("export") { writer in
                writer.key("good")
                writer.bool(true)
                writer.key("origin")
                writer.string(proven.tree.origin)
                writer.member("firstPosition", proven.positions.lowerBound)
                writer.member("lastPosition", proven.positions.upperBound)
                writer.member("headSize", proven.headSize)
                writer.member("signedAt", proven.signedAt)
            }
        }
        console.line(style.good("The export holds."))
        console.line(
            "Positions \(proven.positions.lowerBound) to \(proven.positions.upperBound) of \(tree), all of them and "
                + "byte for byte, stood there when the head of \(proven.headSize) positions was signed \(time).")
        console.line(style.faint("Checked with \(Self.name(of: key, proven.tree.origin)) and nothing else."))
    }

    /// What a folder of heads has.
    func say(_ book: HeadBook) {
        for (tree, heads) in book.heads.sorted(by: { $0.key < $1.key }) {
            if isJSON {
                line("head") { writer in
                    writer.key("origin")
                    writer.string(tree.origin)
                    writer.member("heads", Int64(heads.count))
                    writer.member("size", heads.last?.size)
                    writer.key("root")
                    writer.string(heads.last.map { Base64.encode($0.root.bytes) } ?? "")
                }
            } else {
                console.line(
                    tree.origin.padded(to: 32) + (heads.count == 1 ? "1 head, " : "\(heads.count) heads, the last ")
                        + "of \(heads.last?.size ?? 0) positions")
            }
        }
    }

    // MARK: parts

    private func line(_ record: String, _ body: (inout JSONWriter) -> Void) {
        var lines = JSONLines()
        lines.add(record, body)
        console.write(lines.text)
    }

    private func write(_ shard: ShardHistoryReport, _ writer: inout JSONWriter) {
        writer.key("database")
        writer.string(shard.tree.database)
        writer.member("shard", Int64(shard.tree.shard.number))
        writer.key("good")
        writer.bool(shard.findings.isEmpty)
        writer.member("firstPosition", shard.firstPosition)
        writer.member("provenThrough", shard.provenThrough)
        writer.member("sealedThrough", shard.sealedThrough)
        writer.member("stampedThrough", shard.stampedThrough)
        writer.member("unsealed", shard.unsealedCount)
        writer.member("oldestUnsealedAt", shard.oldestUnsealedAt)
        writer.member("findings", Int64(shard.findings.count))
    }

    private func write(_ finding: HistoryFinding, _ writer: inout JSONWriter) {
        func text(_ name: StaticString, _ value: String?) {
            writer.key(name)
            if let value { writer.string(value) } else { writer.null() }
        }
        text("kind", finding.kind.rawValue)
        text("database", finding.database)
        writer.member("shard", finding.shard.map { Int64($0.number) })
        writer.member("position", finding.position)
        writer.member("lastPosition", finding.lastPosition)
        writer.member("eventNumber", finding.event?.number)
        text("eventId", finding.event?.eventID?.description)
        text("stream", finding.event?.stream)
        writer.member("streamVersion", finding.event?.streamVersion)
        text("detail", finding.detail)
    }

    /// A column for people: times and days are spelled out.
    private static func text(_ value: SealedRow.Value, of column: String) -> String {
        switch (column, value) {
        case ("recorded_at", .number(let number)), ("occurred_at", .number(let number)):
            Instant(microseconds: number).text()
        case ("relevant_until", .number(let number)): "\(LocalDate(days: Int32(clamping: number)))"
        default: text(value)
        }
    }

    private static func text(_ value: SealedRow.Value?) -> String {
        switch value {
        case .text(let text): text
        case .number(let number): "\(number)"
        case .bytes(let bytes) where bytes.count == 16: "\(EventID(bytes: bytes))"
        case .bytes(let bytes): String(validating: bytes, as: UTF8.self) ?? Base64.encode(bytes)
        case .null, nil: ""
        }
    }

    private static func name(of key: Ed25519PublicKey, _ origin: String) -> String {
        (try? NoteKey(name: origin, publicKey: key))?.vkey ?? "the key"
    }

    private static func decimal(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

/// What came out of all databases together.
struct HistoryResult: Sendable {
    var findingCount = 0
    var shardCount = 0
    var rowCount: Int64 = 0
    var byteCount: Int64 = 0
    var noteCount = 0
    var seconds = 0.0
}

extension EventID {
    fileprivate init(bytes: [UInt8]) {
        func word(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: word(bytes.prefix(8)), low: word(bytes.dropFirst(8).prefix(8)))
    }
}
