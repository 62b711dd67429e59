import CLibPQ

extension PGSession {
    /// Streams `COPY … TO STDOUT`; memory holds one row at a time, however many there are.
    ///
    /// - Parameters:
    ///   - s: A COPY statement; it takes no parameters.
    ///   - each: Gets one row a call, on this session's queue. In binary format the first row has the file header
    ///     (19 bytes) in front, and the last call brings the trailer; `PGBinaryCopy` reads both. If it throws, the
    ///     session is retired.
    /// - Returns: How many rows the server sent.
    /// - Throws: What `each` throws; `PGError`; `CancellationError`.
    package func copyOut(
        _ s: SQLStatement, _ each: @Sendable (UnsafeRawBufferPointer) throws -> Void
    ) async throws -> Int64 {
        try await run { connection in
            try connection.beginCopy(s, expecting: PGRES_COPY_OUT)
            do {
                while let length = try connection.withNextCopyRow(during: s.name, each) { assert(length >= 0) }
            } catch let error as PGError {
                throw error
            } catch {
                discard()  // reading the rest could take for ever; the server notices the closed connection
                throw error
            }
            return try connection.endCopy(during: s.name)
        }
    }

    /// Streams `COPY … FROM STDIN`; the server's pace holds `next` back, so memory holds one chunk at a time.
    ///
    /// - Parameters:
    ///   - s: A COPY statement; it takes no parameters.
    ///   - next: Gives chunks of any size, cut anywhere, and nil at the end; called on this session's queue. If it
    ///     throws, nothing is copied, and the session stays usable.
    /// - Returns: How many rows the server took.
    /// - Throws: What `next` throws; `PGError`; `CancellationError`.
    package func copyIn(_ s: SQLStatement, _ next: @Sendable () throws -> [UInt8]?) async throws -> Int64 {
        try await run { connection in
            try connection.beginCopy(s, expecting: PGRES_COPY_IN)
            var refusal: (any Error)?
            do {
                while let chunk = try next() { try connection.putCopy(chunk, during: s.name) }
            } catch {
                refusal = error
            }
            let sent = PQputCopyEnd(connection.handle, refusal == nil ? nil : "the sender gave up")
            if sent != 1 && refusal == nil { throw PGError(connection: connection.handle, during: s.name) }
            do throws(PGError) {
                return try connection.endCopy(during: s.name)
            } catch {
                // The server's reason counts more than ours only when it came first, as a failed put.
                if let refusal, !(refusal is PGError), !error.isConnectionLost { throw refusal }
                throw error
            }
        }
    }
}

extension PGConnection {
    fileprivate func beginCopy(_ statement: SQLStatement, expecting status: ExecStatusType) throws(PGError) {
        guard let result = PQexec(handle, statement.text) else {
            throw PGError(connection: handle, during: statement.name)
        }
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case status: return
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            throw PGError("not a COPY statement", during: statement.name)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            // The protocol is in a mode that nobody will serve.
            throw PGError("COPY goes the other way", during: statement.name, isConnectionLost: true)
        default: throw failure(result, during: statement.name)
        }
    }

    /// Lends the next row; nil at the end; `PQgetCopyData`.
    fileprivate func withNextCopyRow(
        during operation: String, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int? {
        var row: UnsafeMutablePointer<CChar>?
        let length = PQgetCopyData(handle, &row, 0)
        switch length {
        case -1: return nil
        case ..<0: throw PGError(connection: handle, during: operation)
        default:
            defer { PQfreemem(row) }
            try body(UnsafeRawBufferPointer(start: row, count: Int(length)))
            return Int(length)
        }
    }

    fileprivate func putCopy(_ chunk: [UInt8], during operation: String) throws(PGError) {
        guard let length = Int32(exactly: chunk.count) else { throw PGError("chunk over 2 GiB", during: operation) }
        let sent = chunk.withUnsafeBytes { bytes in
            PQputCopyData(handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), length)
        }
        if sent != 1 { throw PGError(connection: handle, during: operation) }
    }

    /// Reads the command's own result, and the nil after it, so that the connection is free again.
    fileprivate func endCopy(during operation: String) throws(PGError) -> Int64 {
        var rowCount: Int64 = 0
        var refused: PGError?
        while let result = PQgetResult(handle) {
            defer { PQclear(result) }
            if PQresultStatus(result) == PGRES_COMMAND_OK {
                rowCount = Int64(String(cString: PQcmdTuples(result))) ?? 0
            } else {
                refused = refused ?? failure(result, during: operation)
                if PQstatus(handle) == CONNECTION_BAD { break }
            }
        }
        if let refused { throw refused }
        return rowCount
    }
}
