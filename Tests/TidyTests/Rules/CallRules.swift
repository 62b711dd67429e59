/// A call that we do not make, and what we do instead.
private struct Banned: Sendable {
    let call: String
    let instead: String
    /// Folders or files in which it is right.
    var except: [String] = []

    /// Faults of every line of code that makes the call.
    func faults(in file: SourceFile) -> [Fault] {
        guard !except.contains(where: { file.path.hasPrefix($0) }) else { return [] }
        return file.code.enumerated().filter { contains($0.element) }.map { index, _ in
            file.fault(index + 1, "`\(call)`: \(instead).")
        }
    }

    /// True where the call stands by itself, not as the end of a longer name.
    private func contains(_ line: Substring) -> Bool {
        line.ranges(of: call).contains { range in
            guard range.lowerBound > line.startIndex else { return true }
            if line[..<range.lowerBound].hasSuffix("func ") { return false }  // a function of ours with that name
            let before = line[line.index(before: range.lowerBound)]
            return !(before.isLetter || before.isNumber || before == "_" || (before == "." && !call.contains(".")))
        }
    }
}

extension Rule {
    private static let programs = ["Sources/Appointments/", "Sources/Bench/", "replay-tools/"]

    private static func bans(_ name: String, in folders: [String], _ calls: [Banned]) -> Rule {
        everyFile(name, kinds: ["swift"]) { file in
            guard folders.contains(where: { file.path.hasPrefix($0) }) else { return [] }
            return calls.flatMap { $0.faults(in: file) }
        }
    }

    static let bannedCalls = bans(
        "nothing crashes on data from outside, and nothing blocks",
        in: ["Sources/", "replay-tools/", "Tests/Support/"],
        [
            Banned(call: "try!", instead: "throw a typed error, the caller knows what to do about it"),
            Banned(call: "as!", instead: "use `as?` and throw when it is something else"),
            Banned(
                call: "fatalError(", instead: "throw; only our own bugs may trap, by `precondition` with a sentence"),
            Banned(
                call: "Thread.sleep", instead: "wait on a continuation or a clock, this blocks a thread of the pool"),
            Banned(call: "usleep(", instead: "wait on a continuation or a clock, this blocks a thread of the pool"),
            Banned(call: "DispatchSemaphore(", instead: "await a continuation, this blocks a thread of the pool"),
        ])

    static let ambientInputs = bans(
        "time, identifiers and zones are injected",
        in: ["Sources/", "replay-tools/"],
        [
            Banned(call: "Date()", instead: "ask the injected `WallClock`", except: programs),
            Banned(call: "UUID()", instead: "ask the injected `IdentifierSource`", except: programs),
            Banned(call: "TimeZone.current", instead: "name the zone, the machine's one means nothing"),
            Banned(call: "Locale.current", instead: "name the language, the machine's one means nothing"),
            Banned(
                call: "ProcessInfo.processInfo.environment",
                instead: "take a setting in `init`; only programs read the environment", except: programs),
        ])

    static let printing = bans(
        "only programs write to standard output",
        in: ["Sources/", "replay-tools/"],
        [Banned(call: "print(", instead: "use `Log`; standard output belongs to the programs", except: programs)])
}
