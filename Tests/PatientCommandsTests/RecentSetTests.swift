import Testing

@testable import PatientCommands

@Suite("A set that forgets what was not needed for longest")
struct RecentSetTests {
    @Test("it never holds more than two generations, and keeps what is asked for")
    func bounded() {
        var set = RecentSet<Int>(capacity: 10)
        set.insert(-1)
        for number in 0..<1_000 {
            set.insert(number)
            let isKept = set.contains(-1)
            #expect(isKept)
            #expect(set.count <= 20)
        }
        let found = [-1, 999, 500].map { set.contains($0) }
        #expect(found == [true, true, false])
    }
}
