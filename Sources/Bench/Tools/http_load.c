/* http_load PORT CONNECTIONS REQUESTS RESULTS RATE
 *
 * Sends prepared HTTP/1.1 requests over keep-alive connections to 127.0.0.1, from one thread, as cheaply as can be: the
 * machine's two cores belong to the server that is measured.
 *
 * REQUESTS  file of requests, each a 32-bit length and the exact bytes
 * RESULTS   file that gets one `struct result` a request, in their order
 * RATE      requests a second, evenly spaced whether earlier ones are answered or not (waiting for a free
 *           connection counts as the server's time); 0: each connection sends its next request when it has an answer.
 *           With `@TIME` behind it the start is TIME, nanoseconds since 1970, so that others know when each is due.
 *
 * All connections are open before the clock starts. The first answer of each status that is no success goes to stderr.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct result {
    int64_t due, sent, answered; /* nanoseconds since 1970 */
    int64_t status;
};

struct connection {
    int fd;
    int request;   /* in flight, -1: idle */
    size_t unsent; /* bytes of it that are not written yet */
    size_t header_length;
    int64_t body_left; /* -1: still reading the header */
    char header[8192];
};

static char *requests;
static size_t *starts, *lengths;
static int request_count, next_request, answered_count;
static struct result *results;
static struct connection *connections;
static int *idle, idle_count;
static int64_t clock_offset;
static char reported[1000];

static void die(const char *what) {
    fprintf(stderr, "http_load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec + clock_offset;
}

static void read_requests(const char *path) {
    int file = open(path, O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status) < 0) die(path);
    requests = malloc(status.st_size + 1);
    for (ssize_t got = 0, n; got < status.st_size; got += n)
        if ((n = read(file, requests + got, status.st_size - got)) <= 0) die(path);
    close(file);
    size_t room = 1024, at = 0;
    starts = malloc(room * sizeof *starts);
    lengths = malloc(room * sizeof *lengths);
    while (at + 4 <= (size_t)status.st_size) {
        uint32_t length;
        memcpy(&length, requests + at, 4);
        if ((size_t)request_count == room) {
            room *= 2;
            starts = realloc(starts, room * sizeof *starts);
            lengths = realloc(lengths, room * sizeof *lengths);
        }
        starts[request_count] = at + 4;
        lengths[request_count++] = length;
        at += 4 + length;
    }
}

static int connect_to(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void write_more(struct connection *c) {
    while (c->unsent > 0) {
        const char *end = requests + starts[c->request] + lengths[c->request];
        ssize_t n = write(c->fd, end - c->unsent, c->unsent);
        if (n < 0 && errno == EAGAIN) return; /* EPOLLOUT is edge-triggered and says when */
        if (n < 0) die("write");
        c->unsent -= n;
    }
}

static void start(struct connection *c, int64_t due) {
    int request = next_request++;
    c->request = request;
    c->unsent = lengths[request];
    c->header_length = 0;
    c->body_left = -1;
    results[request].sent = now();
    results[request].due = due ? due : results[request].sent;
    write_more(c);
}

static void report(struct connection *c, int status, const char *body, size_t length) {
    if (status < 300 || status > 999 || reported[status]) return;
    reported[status] = 1;
    fprintf(stderr, "http_load: first %d: %.*s\n", status, (int)(length < 600 ? length : 600), body);
    (void)c;
}

/* Reads the header's end, status and length; how many of the bytes belonged to the header. */
static size_t take_header(struct connection *c, const char *bytes, size_t length) {
    size_t room = sizeof c->header - 1 - c->header_length, n = length < room ? length : room;
    memcpy(c->header + c->header_length, bytes, n);
    size_t before = c->header_length;
    c->header_length += n;
    c->header[c->header_length] = 0;
    char *end = strstr(c->header, "\r\n\r\n");
    if (!end) {
        if (c->header_length + 1 == sizeof c->header) die("header too long");
        return n;
    }
    results[c->request].status = atoi(c->header + 9);
    char *field = strcasestr(c->header, "\r\ncontent-length:");
    if (!field && results[c->request].status != 204) die("an answer without Content-Length");
    c->body_left = field ? atoll(field + 17) : 0;
    return (size_t)(end + 4 - c->header) - before;
}

static void finish(struct connection *c) {
    results[c->request].answered = now();
    answered_count++;
    c->request = -1;
    idle[idle_count++] = (int)(c - connections);
}

static void read_more(struct connection *c) {
    static char buffer[65536];
    for (;;) {
        ssize_t n = read(c->fd, buffer, sizeof buffer);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) die("the server closed a connection");
        size_t at = 0;
        if (c->request < 0) die("an answer to nothing");
        if (c->body_left < 0) at = take_header(c, buffer, n);
        if (c->body_left < 0) continue;
        report(c, (int)results[c->request].status, buffer + at, n - at);
        c->body_left -= n - at;
        if (c->body_left < 0) die("more than one answer");
        if (c->body_left == 0) {
            finish(c);
            return;
        }
    }
}

int main(int count, char **arguments) {
    if (count != 6) {
        fprintf(stderr, "usage: http_load PORT CONNECTIONS REQUESTS RESULTS RATE\n");
        return 2;
    }
    int port = atoi(arguments[1]), connection_count = atoi(arguments[2]);
    double rate = atof(arguments[5]);
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_offset = wall.tv_sec * 1000000000LL + wall.tv_nsec - now();
    read_requests(arguments[3]);
    results = calloc(request_count + 1, sizeof *results);
    connections = calloc(connection_count, sizeof *connections);
    idle = calloc(connection_count, sizeof *idle);
    int poller = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
    epoll_ctl(poller, EPOLL_CTL_ADD, timer, &event);
    for (int i = 0; i < connection_count; i++) {
        connections[i] = (struct connection){.fd = connect_to(port), .request = -1};
        event = (struct epoll_event){.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u32 = i};
        epoll_ctl(poller, EPOLL_CTL_ADD, connections[i].fd, &event);
        idle[connection_count - 1 - idle_count++] = i;
    }
    char *at = strchr(arguments[5], '@');
    int64_t begin = at ? atoll(at + 1) : now();
    struct epoll_event events[256];
    while (answered_count < request_count) {
        while (idle_count > 0 && next_request < request_count) {
            int64_t due = rate > 0 ? begin + (int64_t)(next_request * 1e9 / rate) : 0;
            if (due > now()) {
                int64_t mono = due - clock_offset;
                struct itimerspec when = {.it_value = {mono / 1000000000, mono % 1000000000}};
                timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
                break;
            }
            start(&connections[idle[--idle_count]], due);
        }
        int n = epoll_wait(poller, events, 256, 10000);
        if (n == 0) die("no answer for ten seconds");
        for (int i = 0; i < n; i++) {
            uint64_t expirations;
            if (events[i].data.u32 == UINT32_MAX) {
                if (read(timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) die("timer");
                continue;
            }
            struct connection *c = &connections[events[i].data.u32];
            if (events[i].events & EPOLLOUT) write_more(c);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_more(c);
        }
    }
    FILE *file = fopen(arguments[4], "w");
    if (!file || fwrite(results, sizeof *results, request_count, file) != (size_t)request_count || fclose(file))
        die(arguments[4]);
    return 0;
}
