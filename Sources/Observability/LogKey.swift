/// Every name that a field of a log line can have: one vocabulary, so that searches over the logs of all roles work.
///
/// The line itself has `time`, `level`, `message`, `correlationId` and `traceparent`.
package enum LogKey: String, CaseIterable, Sendable {
    // what is running
    case role, roles, version, process, signal, setting, path, address, port, dependency, database, state, pid, since
    // what was asked
    case operation, outcome, table, route, method, status, country, code, reason, error, attempt, attemptsMax
    // which thing
    case practitioner, booking, event, eventType, dataVersion, stream, streamVersion, exception, cause
    // the log and the read models
    case topic, partition, shard, epoch, owner, position, firstPosition, lastPosition, expectedPosition, offset
    case lowOffset, highOffset, sequence, model, projection, checkpoint, bucket, day, zone, group, lag
    // how much and how long
    case count, bytes, events, rows, records, batches, pages, connections, requests, sessions, threads, limit
    case duration, waited, age, remaining, retryAfter, rate
}
