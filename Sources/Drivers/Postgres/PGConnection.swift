import CLibPQ
import Glibc

/// One libpq connection with exactly one owner, closed when that owner lets it go.
///
/// Not thread safe: only the queue of the session that owns it may use it. A class, because the prepared statements
/// live and die with the connection.
final class PGConnection {
    let handle: OpaquePointer  // PGconn *
    var prepared = PreparedStatements()
    var encoder = ParameterEncoder()

    /// Connects and blocks until that is done or timed out; `PQconnectdbParams`.
    init(url: String, label: String, options: PGSessionOptions) throws(PGError) {
        let parameters = try options.parameters(url: url, label: label)
        let keywords = parameters.map { strdup($0.keyword) }
        let values = parameters.map { strdup($0.value) }
        defer { for copy in keywords + values { free(copy) } }
        guard
            let handle = PQconnectdbParams(
                keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 0)
        else { throw PGError("out of memory", during: "connect", isConnectionLost: true) }
        guard PQstatus(handle) == CONNECTION_OK else {
            defer { PQfinish(handle) }  // `self` is not initialised yet, so `deinit` will not run
            throw PGError(connection: handle, during: "connect")
        }
        cpq_silence_notices(handle)
        self.handle = handle
    }

    deinit { PQfinish(handle) }

    /// No transaction is open.
    var isIdle: Bool { PQtransactionStatus(handle) == PQTRANS_IDLE }

    /// Looks, without waiting, whether the server has closed an idle connection.
    func isDead() -> Bool {
        for _ in 1...4 {  // a farewell message and the end of the stream arrive as two readings
            var watched = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
            guard poll(&watched, 1, 0) != 0 else { break }
            guard PQconsumeInput(handle) == 1 else { return true }
            _ = PQisBusy(handle)  // parses what came; it may have been no more than a parameter's change
        }
        return PQstatus(handle) != CONNECTION_OK
    }

    /// Runs a text of one or many statements by the simple protocol and drops its rows; `PQexec`.
    func execute(_ text: String, during operation: String) throws(PGError) {
        guard let result = PQexec(handle, text) else { throw PGError(connection: handle, during: operation) }
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            throw PGError("COPY goes through copyIn and copyOut", during: operation, isConnectionLost: true)
        default: throw failure(result, during: operation)
        }
    }

    /// The error that a result carries; a lost connection is noticed even where the server said nothing.
    func failure(_ result: OpaquePointer, during operation: String) -> PGError {
        var error = PGError(result: result, during: operation)
        if PQstatus(handle) == CONNECTION_BAD { error.isConnectionLost = true }
        return error
    }
}

/// What this connection has prepared.
///
/// A statement is prepared for one list of parameter types; a NULL fits any type, so nearly always one is enough.
struct PreparedStatements {
    /// More than this many is a sign of texts made at run time; all are dropped then.
    static let countMax = 1000

    private struct Variant {
        let text: String
        let types: [UInt32]
        let serverName: String
    }

    private var variants: [String: [Variant]] = [:]
    private var lastNumber = 0
    private(set) var count = 0
    /// The server still has statements that nobody will use: `DEALLOCATE ALL` at the next idle moment.
    private(set) var isStale = false

    /// The name under which the server knows the statement for these types, or nil.
    func serverName(_ statement: SQLStatement, _ types: [UInt32]) -> String? {
        variants[statement.name]?.first { $0.text == statement.text && Self.fit(types, $0.types) }?.serverName
    }

    /// Gives a name that was never used on this connection.
    mutating func add(_ statement: SQLStatement, _ types: [UInt32]) -> String {
        lastNumber += 1
        count += 1
        let variant = Variant(text: statement.text, types: types, serverName: "s\(lastNumber)")
        variants[statement.name, default: []].append(variant)
        if count > Self.countMax { isStale = true }
        return variant.serverName
    }

    /// Takes back what `add` gave, because the server did not prepare it.
    mutating func remove(_ statement: SQLStatement, _ serverName: String) {
        variants[statement.name]?.removeAll { $0.serverName == serverName }
        count -= 1
    }

    /// Forgets all; the names stay used until the server has dropped them too.
    mutating func forgetAll(serverDropped: Bool) {
        variants.removeAll()
        count = 0
        isStale = !serverDropped
    }

    private static func fit(_ wanted: [UInt32], _ prepared: [UInt32]) -> Bool {
        guard wanted.count == prepared.count else { return false }
        for (wanted, prepared) in zip(wanted, prepared) where wanted != prepared && wanted != PGType.inferred {
            return false
        }
        return true
    }
}
