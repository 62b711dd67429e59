import Domain
import Foundation
import Testing

@Suite("Dates, times of day and RFC 3339")
struct CalendarTextTests {
    @Test("every date of 700 years has the parts and the weekday that follow from the one before")
    func datesInOrder() throws {
        let first = try date("1600-01-01")
        #expect(first.weekday == .saturday)
        var expected = (year: 1_600, month: 1, day: 1)
        for offset in 0..<255_670 {
            let day = first.adding(days: offset)
            // One expectation a day instead of three: there are a quarter of a million days.
            let isRight =
                day.parts == expected && day.weekday.index == (5 + offset) % 7
                && LocalDate(year: expected.year, month: expected.month, day: expected.day) == day
            if !isRight { Issue.record("\(expected) is taken for \(day), a \(day.weekday)") }
            expected.day += 1
            if LocalDate(year: expected.year, month: expected.month, day: expected.day) == nil {
                expected = expected.month == 12 ? (expected.year + 1, 1, 1) : (expected.year, expected.month + 1, 1)
            }
        }
        #expect(expected == (2_300, 1, 1))
    }

    @Test(
        "what is no date is refused",
        arguments: [
            "2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "2026-01-32", "2026-01-00", "",
        ])
    func noDates(_ text: String) {
        #expect(LocalDate(text) == nil)
    }

    @Test("a leap day is a date, and dates are written as they are read")
    func leapDay() throws {
        #expect(try date("2028-02-29").description == "2028-02-29")
        #expect(try date("0000-01-01").description == "0000-01-01")
        #expect(try date("1969-12-31").days == -1)
        #expect(try date("2026-11-20").days(until: date("2026-12-01")) == 11)
    }

    @Test(
        "a time of day has two digits and two digits", arguments: ["24:00", "08:60", "8:00", "08:00:00", "-1:00", ""])
    func noTimes(_ text: String) throws {
        #expect(LocalTime(text) == nil)
        #expect(try time("23:59").minutes == 1_439)
        #expect(try time("00:05").description == "00:05")
    }

    struct Written: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let offset: Int
        let isZulu: Bool
        let instant: String
    }

    static let written = [
        Written(testDescription: "2026-11-20T09:30:00Z", offset: 0, isZulu: true, instant: "2026-11-20T09:30:00Z"),
        Written(testDescription: "2026-11-20t09:30:00z", offset: 0, isZulu: true, instant: "2026-11-20T09:30:00Z"),
        Written(testDescription: "2026-11-20T09:30:00-00:00", offset: 0, isZulu: true, instant: "2026-11-20T09:30:00Z"),
        Written(
            testDescription: "2026-11-20T09:30:00+00:00", offset: 0, isZulu: false, instant: "2026-11-20T09:30:00Z"),
        Written(
            testDescription: "2026-11-20T00:15:00+05:45", offset: 20_700, isZulu: false, instant: "2026-11-19T18:30:00Z"
        ),
        Written(
            testDescription: "2026-12-31T23:00:00.5-03:30", offset: -12_600, isZulu: false,
            instant: "2027-01-01T02:30:00.500000Z"),
        Written(
            testDescription: "1969-12-31T23:59:59.123456789Z", offset: 0, isZulu: true,
            instant: "1969-12-31T23:59:59.123456Z"),
    ]

    @Test("a time with an offset names an instant and keeps how it was written", arguments: written)
    func parsed(_ row: Written) throws {
        let time = try ParsedTime(row.testDescription)
        #expect(time.offsetSeconds == row.offset)
        #expect(time.isZulu == row.isZulu)
        #expect(time.instant.description == row.instant)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "2026-11-20", "2026-11-20T09:30Z", "2026-11-20T24:00:00Z", "2026-11-20T09:60:00Z",
            "2026-11-20T23:59:60Z",
            "2026-02-30T09:30:00Z", "2026-11-20 09:30:00Z", "2026-11-20T09:30:00+1:00", "2026-11-20T09:30:00+0100",
            "2026-11-20T09:30:00+24:00", "2026-11-20T09:30:00ZZ", "2026-11-20T09:30:00.Z",
            "2026-11-20T09:30:00.1234567890Z",
            "2026-11-20T09:30:00\u{2212}01:00", "12026-11-20T09:30:00Z",
        ])
    func malformed(_ text: String) {
        #expect(throws: TimeFormatError.malformed) { try ParsedTime(text) }
    }

    @Test("a time without an offset is refused as such", arguments: ["2026-11-20T09:30:00", "2026-11-20T09:30:00.25"])
    func missingOffset(_ text: String) {
        #expect(throws: TimeFormatError.missingOffset) { try ParsedTime(text) }
    }

    @Test("an instant is written with the offset that is asked for, and read back as the same")
    func writing() throws {
        let instant = try instant("2026-11-20T09:30:00Z")
        #expect(instant.text(offsetSeconds: 3_600) == "2026-11-20T10:30:00+01:00")
        #expect(instant.text(offsetSeconds: -12_600) == "2026-11-20T06:00:00-03:30")
        #expect(instant.text(offsetSeconds: 0) == "2026-11-20T09:30:00+00:00")
        #expect(instant.text(offsetSeconds: 561) == "2026-11-20T09:30:00Z")
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2_000 {
            let any = Instant(
                microseconds: Int64.random(in: -62_000_000_000_000_000...250_000_000_000_000_000, using: &generator))
            let offset = Int.random(in: -1_439...1_439, using: &generator) * 60
            #expect(try ParsedTime(any.text(offsetSeconds: offset)).instant == any)
        }
    }
}
