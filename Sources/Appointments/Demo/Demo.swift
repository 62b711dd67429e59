/// `appointments demo load|tokens|tour`: what `make up` and `make demo` show the system with.
struct Demo {
    private enum Part: String, CaseIterable {
        case load
        case tokens
        case tour
    }

    private let part: Part

    init(_ arguments: inout ArraySlice<String>) throws(UsageError) {
        let known = Part.allCases.map(\.rawValue).joined(separator: ", ")
        guard let name = arguments.popFirst() else { throw UsageError("demo needs one of \(known)") }
        guard let part = Part(rawValue: name) else { throw UsageError("demo knows \(known), not '\(name)'") }
        self.part = part
        try arguments.finish()
    }

    func run(_ environment: [String: String]) async throws -> ExitCode {
        let settings = try Settings.read(environment)
        let people = try DemoPeople(settings)
        switch part {
        case .load:
            var loader = try DemoLoader(settings, people)
            try await loader.run()
        case .tokens: try people.writeTokens(to: "\(settings.stateFolder)/tokens")
        case .tour: try await Tour(settings, people).run()
        }
        return .success
    }
}
