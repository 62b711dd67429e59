extension Rule {
    static let fileNames = Rule("a file's name says what is in it") { repository in
        repository.files.filter { $0.kind == "swift" || $0.kind == "sql" }.compactMap { file in
            guard file.path.firstMatch(of: /(Util|Utils|Helper|Helpers|Manager|Misc|Common|Stuff)(\/|[+.]|$)/) != nil
            else { return nil }
            return file.fault(1, "a vague name; name the file and its folder after the capability that is in it.")
        }
    }

    static let unfinishedWords = everyFile(
        "nothing is left for later", kinds: ["swift", "sql", "c", "cpp", "h", "sh", "py", "md", "tf", "yaml"]
    ) { file in
        let words = ["TO" + "DO", "FIX" + "ME", "HA" + "CK"]  // cut, so that this file passes
        return file.lines.enumerated().flatMap { index, line in
            words.filter { word in line.split { !$0.isLetter }.contains { $0 == word } }.map { word in
                file.fault(index + 1, "\(word): do it now, or say in an issue what is missing.")
            }
        }
    }

    static let oneTitle = everyFile("a page has one title", kinds: ["md"]) { file in
        var titles: [Int] = []
        var isQuoted = false
        for (index, line) in file.lines.enumerated() {
            if line.hasPrefix("```") { isQuoted.toggle() }
            if !isQuoted, line.hasPrefix("# ") { titles.append(index + 1) }
        }
        return titles.count == 1
            ? []
            : [
                file.fault(
                    titles.dropFirst().first ?? 1, "\(titles.count) lines start with `# `; a page has one title.")
            ]
    }

    static let readmeCommandsExist = Rule("README's commands exist") { repository in
        guard let makefile = repository.file("Makefile") else { return [] }
        let targets = Set(makefile.lines.compactMap { $0.firstMatch(of: /^([a-z]+):/)?.output.1 })
        return ["README.md", "CONTRIBUTING.md"].compactMap(repository.file).flatMap { page in
            page.lines.enumerated().flatMap { index, line in
                line.matches(of: /(^|`|\s\s)make ([a-z]+)/).map(\.output.2).filter { !targets.contains($0) }.map {
                    page.fault(index + 1, "`make \($0)` is no target of the Makefile; correct the page or add it.")
                }
            }
        }
    }

    static let scriptsAreStrict = Rule("scripts stop at the first failure and explain themselves") { repository in
        repository.files.filter { $0.lines.first?.hasPrefix("#!/usr/bin/env bash") == true }.flatMap { file in
            var faults: [Fault] = []
            if !file.lines.contains("set -euo pipefail") {
                faults.append(file.fault(1, "add `set -euo pipefail`, or a failed step goes unnoticed."))
            }
            if file.lines.count < 2 || !file.lines[1].hasPrefix("# ") {
                faults.append(
                    file.fault(2, "say in a comment below the first line what the script does; it is its --help."))
            }
            return faults
        }
    }

    static let packageTypesAreDocumented = everyFile(
        "types that other targets use are documented", kinds: ["swift"]
    ) { file in
        guard file.path.hasPrefix("Sources/") else { return [] }
        return file.lines.indices.compactMap { index in
            let line = file.code[index].drop { $0 == " " }
            guard line.firstMatch(of: /^package( [a-z]+)* (struct|class|enum|actor|protocol)\s\w/) != nil
            else {
                return nil
            }
            var before = index - 1  // attributes stand between the comment and the declaration
            while before >= 0, file.lines[before].drop(while: { $0 == " " }).hasPrefix("@") { before -= 1 }
            guard before >= 0, file.lines[before].drop(while: { $0 == " " }).hasPrefix("///") else {
                return file.fault(index + 1, "write a `///` comment: what it is, and what it is for.")
            }
            return nil
        }
    }
}
