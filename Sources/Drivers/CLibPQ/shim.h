#pragma once

#include <libpq-fe.h>
#include <stddef.h>
#include <sys/eventfd.h>

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

/// A descriptor that becomes readable, for ever, once `cpq_wake` was called; -1 and errno on failure.
static inline int cpq_wake_descriptor(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static inline void cpq_wake(int descriptor) {
    (void)eventfd_write(descriptor, 1);
}
