// libmicrohttpd for Swift: typed functions for what does not import (variadic calls, some constants).
#ifndef APPOINTMENTS_CMICROHTTPD_SHIM_H
#define APPOINTMENTS_CMICROHTTPD_SHIM_H

#include <microhttpd.h>

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/// What the callbacks answer.
static const enum MHD_Result shim_yes = MHD_YES;
static const enum MHD_Result shim_no = MHD_NO;

/// A client has connected; the other notification says that it is gone.
static const enum MHD_ConnectionNotificationCode shim_connection_started = MHD_CONNECTION_NOTIFY_STARTED;

/// What a streamed body's reader answers besides a count of bytes.
static const ssize_t shim_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;
static const ssize_t shim_end_with_error = MHD_CONTENT_READER_END_WITH_ERROR;

/// The settings and callbacks of a daemon; every callback gets `context`.
struct shim_daemon_settings {
    const struct sockaddr *address;
    unsigned int threads;
    unsigned int connections_max;
    unsigned int connections_per_address_max;  // 0: no limit
    unsigned int idle_timeout_seconds;
    size_t connection_memory_bytes;
    void *context;
    MHD_AccessHandlerCallback handle;
    MHD_RequestCompletedCallback completed;
    MHD_NotifyConnectionCallback connection;
    void *(*target)(void *context, const char *target, struct MHD_Connection *connection);
};

/// Paths stay as they were sent: what `%2F` means is not the transport's business.
static inline size_t shim_keep_escapes(void *context, struct MHD_Connection *connection, char *text) {
    (void)context;
    (void)connection;
    return strlen(text);
}

/// NULL if the daemon cannot be started; errno then says why.
static inline struct MHD_Daemon *shim_start_daemon(const struct shim_daemon_settings *settings) {
    unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO;
    if (settings->address->sa_family == AF_INET6) flags |= MHD_USE_IPv6;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, settings->handle, settings->context,
        MHD_OPTION_SOCK_ADDR, settings->address,
        MHD_OPTION_THREAD_POOL_SIZE, settings->threads,
        MHD_OPTION_CONNECTION_LIMIT, settings->connections_max,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->connections_per_address_max,
        MHD_OPTION_CONNECTION_TIMEOUT, settings->idle_timeout_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_memory_bytes,
        MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned int)1024,
        // What it would refuse with level 1 reaches our handler, which does: MHD 0.9.75 answers a missing Host in HTML,
        // with status line and header sent twice.
        MHD_OPTION_STRICT_FOR_CLIENT, (int)0,
        MHD_OPTION_UNESCAPE_CALLBACK, &shim_keep_escapes, NULL,
        MHD_OPTION_URI_LOG_CALLBACK, settings->target, settings->context,
        MHD_OPTION_NOTIFY_COMPLETED, settings->completed, settings->context,
        MHD_OPTION_NOTIFY_CONNECTION, settings->connection, settings->context,
        MHD_OPTION_END);
}

/// The port that the daemon listens on; 0 if it does not.
static inline uint16_t shim_port(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info == NULL ? 0 : info->port;
}

static inline int shim_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

static inline const struct sockaddr *shim_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info == NULL ? NULL : info->client_addr;
}

/// What the connection callback left at `*socket_context`.
static inline void *shim_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

/// Bytes of request line and headers.
static inline size_t shim_request_header_bytes(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info == NULL ? 0 : info->header_size;
}

/// Calls `each` for every request header in the order of the wire, repeated ones too.
static inline int shim_each_header(struct MHD_Connection *connection, MHD_KeyValueIteratorN each, void *context) {
    return MHD_get_connection_values_n(connection, MHD_HEADER_KIND, each, context);
}

/// A response with a copy of `bytes` as its body; NULL when there is no memory.
static inline struct MHD_Response *shim_response_copying(const void *bytes, size_t count) {
    return MHD_create_response_from_buffer(count, (void *)bytes, MHD_RESPMEM_MUST_COPY);
}

/// A response whose body comes from `read`, of unknown length; NULL when there is no memory.
static inline struct MHD_Response *shim_response_streaming(
    size_t block_bytes, MHD_ContentReaderCallback read, void *context, MHD_ContentReaderFreeCallback release) {
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block_bytes, read, context, release);
}

#endif
