#pragma once

#include <libpq-fe.h>
#include <stddef.h>

// Swift does not import libpq's character macros, and a notice receiver must be a C function: typed inline functions.

static inline const char *cpq_sqlstate(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}

/// "ERROR", "FATAL" or "PANIC", never translated.
static inline const char *cpq_severity(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
}

static inline const char *cpq_constraint(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
}

/// The server's C function that raised the error: tells errors apart that share a SQLSTATE.
static inline const char *cpq_source_function(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
}

static void cpq_drop_notice(void *context, const PGresult *notice) {
    (void)context;
    (void)notice;
}

/// Keeps notices off stderr, which belongs to the log.
static inline void cpq_silence_notices(PGconn *connection) {
    PQsetNoticeReceiver(connection, cpq_drop_notice, NULL);
}
