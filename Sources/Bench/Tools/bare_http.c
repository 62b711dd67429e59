/* bare_http PORT THREADS FIELDS BODY
 *
 * The limit of any server on libmicrohttpd: answers every request with the same bytes, in the same daemon configuration
 * as Sources/Drivers/CMicroHTTPD, and does nothing else. FIELDS is a file of `Name: value` lines. Runs till killed.
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct MHD_Response *response;

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **state) {
    static int seen;
    if (!*state) { /* an answer in the first call would close the connection */
        *state = &seen;
        return MHD_YES;
    }
    return MHD_queue_response(connection, 200, response);
}

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "r");
    char *bytes = malloc(1 << 20);
    if (!file || !bytes) {
        perror(path);
        exit(1);
    }
    *length = fread(bytes, 1, (1 << 20) - 1, file);
    bytes[*length] = 0;
    fclose(file);
    return bytes;
}

int main(int count, char **arguments) {
    if (count != 5) {
        fprintf(stderr, "usage: bare_http PORT THREADS FIELDS BODY\n");
        return 2;
    }
    size_t length;
    char *fields = read_file(arguments[3], &length);
    char *body = read_file(arguments[4], &length);
    response = MHD_create_response_from_buffer(length, body, MHD_RESPMEM_PERSISTENT);
    for (char *line = strtok(fields, "\r\n"); line; line = strtok(NULL, "\r\n")) {
        char *colon = strchr(line, ':');
        if (!colon) continue;
        *colon = 0;
        MHD_add_response_header(response, line, colon + 1 + strspn(colon + 1, " "));
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[1]))};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO, 0, NULL, NULL, answer, NULL,
                         MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)atoi(arguments[2]),
                         MHD_OPTION_CONNECTION_LIMIT, 1024u, MHD_OPTION_END);
    if (!daemon) {
        fprintf(stderr, "bare_http: cannot listen on port %s\n", arguments[1]);
        return 1;
    }
    for (;;) pause();
}
