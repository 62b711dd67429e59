/// A value that may stand in a log line.
///
/// A patient's personal data never enters a log, and so there is no way to log a `String` as such: each case says why
/// its text is safe. Whoever writes `.setting(request.body…)` lies in plain sight of the reviewer.
package enum LogValue: Sendable {
    /// Text that stands in our source.
    case name(StaticString)
    case int(Int64)
    case double(Double)
    case bool(Bool)
    /// Written in microseconds.
    case duration(Duration)
    /// An identifier of a practitioner, booking, event and so on: opaque without the database.
    case uuid(high: UInt64, low: UInt64)
    /// A text from a closed set of ours: the raw value of an enum, an SQLSTATE, a topic, a role.
    case code(String)
    /// What the operator wrote or the machine is called: an address, a path, a setting's name.
    case setting(String)
    /// The type of an error, and its `description`, which by the house's rule holds no private text.
    case error(any Error)
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral
{
    /// `.name`; a literal with an interpolation does not compile.
    package init(stringLiteral value: StaticString) { self = .name(value) }
    /// `.int`.
    package init(integerLiteral value: Int64) { self = .int(value) }
    /// `.bool`.
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    /// `.double`.
    package init(floatLiteral value: Double) { self = .double(value) }

    /// `.int` of any integer.
    package static func count(_ value: some BinaryInteger) -> LogValue { .int(Int64(clamping: value)) }

    /// `.code` of an enum's case.
    package static func code<Code: RawRepresentable>(_ code: Code) -> LogValue where Code.RawValue == String {
        .code(code.rawValue)
    }
}
