import Glibc
import Synchronization

/// Writes one line an occurrence: JSON for machines, readable text for a terminal.
///
/// A value that is passed to whoever logs; there is no global one. The message is a `StaticString` and fields are typed
/// (`LogValue`), so that no personal data can slip in through interpolation.
///
/// ```swift
/// log.warning("shard was taken over", [.shard: 3, .epoch: .int(epoch), .error: .error(error)])
/// ```
package struct Log: Sendable {
    /// How a line looks.
    package enum Format: Sendable {
        /// One JSON object a line.
        case json
        /// For people: time, level, message, then `name=value`.
        case text
    }

    /// Microseconds since 1970 UTC.
    package typealias Clock = @Sendable () -> Int64
    /// Takes one finished line, ending in a line feed.
    package typealias Sink = @Sendable ([UInt8]) -> Void

    private let minimum: LogLevel
    private let format: Format
    private let clock: Clock
    private let sink: Sink
    private var fields: [(LogKey, LogValue)] = []

    /// A log into any sink, for tests and tools.
    package init(minimum: LogLevel, format: Format, clock: @escaping Clock, sink: @escaping Sink) {
        self.minimum = minimum
        self.format = format
        self.clock = clock
        self.sink = sink
    }

    /// A log on standard error: text if that is a terminal, else JSON.
    package static func standardError(minimum: LogLevel = .info, clock: @escaping Clock) -> Log {
        let format: Format = isatty(STDERR_FILENO) == 1 ? .text : .json
        let turn = Mutex(())  // lines longer than a pipe's atomic size would mix
        return Log(minimum: minimum, format: format, clock: clock) { line in turn.withLock { _ in writeAll(line) } }
    }

    /// A log that says nothing.
    package static let silent = Log(minimum: .error, format: .json, clock: { 0 }, sink: { _ in })

    /// A log that adds these fields to every line.
    package func with(_ fields: KeyValuePairs<LogKey, LogValue>) -> Log {
        var copy = self
        copy.fields += fields.map { ($0.key, $0.value) }
        return copy
    }

    /// Whether a line of this level would be written.
    package func isEnabled(_ level: LogLevel) -> Bool { level >= minimum }

    /// Writes a line for whoever follows one request through the code.
    package func debug(_ message: StaticString, _ fields: KeyValuePairs<LogKey, LogValue> = [:]) {
        write(.debug, message, fields)
    }

    /// Writes a line about normal life.
    package func info(_ message: StaticString, _ fields: KeyValuePairs<LogKey, LogValue> = [:]) {
        write(.info, message, fields)
    }

    /// Writes a line about something that was refused, retried or degraded.
    package func warning(_ message: StaticString, _ fields: KeyValuePairs<LogKey, LogValue> = [:]) {
        write(.warning, message, fields)
    }

    /// Writes a line that a person should read.
    package func error(_ message: StaticString, _ fields: KeyValuePairs<LogKey, LogValue> = [:]) {
        write(.error, message, fields)
    }

    /// Writes a line of a level that is only known at run time.
    package func write(_ level: LogLevel, _ message: StaticString, _ fields: KeyValuePairs<LogKey, LogValue> = [:]) {
        guard isEnabled(level) else { return }
        var line = LogLine(format)
        line.begin(at: clock(), level, message)
        for (key, value) in self.fields { line.field(key.rawValue, value) }
        for (key, value) in fields { line.field(key.rawValue, value) }
        if let trace = Trace.current {
            line.field("correlationId", .code(trace.correlationID))
            if let traceparent = trace.traceparent { line.field("traceparent", .code(traceparent)) }
        }
        sink(line.finished())
    }
}

/// Writes to standard error and gives up on an error: there is nowhere to report that.
private func writeAll(_ line: [UInt8]) {
    line.withUnsafeBytes { bytes in
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Glibc.write(STDERR_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0 && errno != EINTR { return }
            rest = rest.dropFirst(max(0, written))
        }
    }
}
