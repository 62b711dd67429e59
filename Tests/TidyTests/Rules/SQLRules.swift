extension Rule {
    static let sqlHeaders = everyFile("every SQL file starts with its contract", kinds: ["sql"]) { file in
        let header = file.lines.prefix { $0.hasPrefix("--") }
        func value(_ key: String) -> Substring? {
            header.first { $0.hasPrefix("-- \(key):") }.map { $0.dropFirst(key.count + 4).drop { $0 == " " } }
        }
        var faults: [Fault] = []
        if value("name") != file.stem {
            faults.append(
                file.fault(1, "start with `-- name:    \(file.stem)`; the name is how plans and errors say it."))
        }
        let isMigration = file.stem.firstMatch(of: /^V\d{4}__/) != nil
        let takesParameters = file.lines.contains { !$0.hasPrefix("--") && $0.firstMatch(of: /\$\d/) != nil }
        let needed = ["purpose"] + (isMigration ? [] : ["caller"] + (takesParameters ? ["params"] : []))
        for key in needed where value(key)?.isEmpty ?? true {
            faults.append(file.fault(1, "add `-- \(key):` to the header (STYLE, example 12)."))
        }
        return faults
    }

    static let sqlIsUsed = Rule("every SQL file has a handle") { repository in
        sqlFolders(repository).flatMap { folder, files in
            let swift = repository.files(in: folder).filter { $0.kind == "swift" }
            return files.filter { file in
                !swift.contains { $0.code.contains { $0.contains("PackageResources.\(file.stem)_sql") } }
            }.map { $0.fault(1, "nothing in \(folder) uses it; add a handle or delete the file.") }
        }
    }

    static let migrationsAreComplete = Rule("migrations are numbered without a gap") { repository in
        sqlFolders(repository).flatMap { _, files in
            let migrations = files.filter { $0.name.hasPrefix("V") }.sorted { $0.path < $1.path }
            return migrations.enumerated().compactMap { index, file in
                let number = String(index + 1)
                let expected = "V" + String(repeating: "0", count: 4 - number.count) + number + "__"
                return file.name.hasPrefix(expected)
                    ? nil : file.fault(1, "call it \(expected)…: migrations of a target are numbered 1, 2, 3.")
            }
        }
    }

    /// The folder of each target that has SQL, with its files.
    private static func sqlFolders(_ repository: Repository) -> [(folder: String, files: [SourceFile])] {
        let files = repository.files.filter { $0.kind == "sql" && $0.path.contains("/SQL/") }
        let byTarget = Dictionary(grouping: files) { file in
            file.path.firstRange(of: "/SQL/").map { String(file.path[..<$0.lowerBound]) } ?? ""
        }
        return byTarget.sorted { $0.key < $1.key }.map { (folder: $0.key, files: $0.value) }
    }
}
