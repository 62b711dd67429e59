/// Lets only so many tests of a process in at once, where each brings servers' worth of work.
///
/// Swift Testing begins all tests of a target together. A hundred of them on two cores measure nothing but each other:
/// whoever waits here has not begun yet, so its deadlines have not, either.
package actor Turnstile {
    private var places: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Has room for so many.
    package init(_ places: Int) {
        precondition(places > 0)
        self.places = places
    }

    /// Waits for a place; give it back with `leave`, whatever happens.
    package func enter() async {
        if places > 0 {
            places -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    /// Gives a place to whoever has waited longest.
    package func leave() {
        if waiting.isEmpty {
            places += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}
