/// Asks many things, a few of them at a time.
enum Beside {
    private static let width = 4

    /// What `body` answers for each thing, in their order.
    ///
    /// - Throws: What `body` throws first.
    static func each<Thing: Sendable, Answer: Sendable>(
        _ things: [Thing], _ body: @escaping @Sendable (Thing) async throws -> Answer
    ) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
            var answers = [Answer?](repeating: nil, count: things.count)
            for place in things.indices {
                if place >= width, let (done, answer) = try await group.next() { answers[done] = answer }
                group.addTask { (place, try await body(things[place])) }
            }
            for try await (done, answer) in group { answers[done] = answer }
            return answers.compactMap(\.self)
        }
    }
}
