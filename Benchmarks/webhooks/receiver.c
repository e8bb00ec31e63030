#define _GNU_SOURCE
// A receiver on epoll that answers 204 to every post, but for those to /hang…, which it never answers. Prints its port;
// then, for each line on its standard input:
//   count    requests answered since the last "forget"
//   hanging  requests now left unanswered
//   forget   forgets what was measured
//   stats    {"count", "rate", "p50", "p99", "p999", "max"}: requests a second over the middle 80 % of them, and
//            milliseconds from an event's "timestamp" to our answer
// While THUMBWIRE_BENCH_SAVE names a file that does not exist, the first whole request is written there.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 65536, MAXIMUM_SAMPLES = 4000000 };

struct connection {
    int descriptor, isHanging;
    size_t length;
    char buffer[BUFFER];
};

struct sample {
    int64_t arrival;
    int64_t latency;
};

static struct sample *samples;
static size_t sampleCount, hanging;
static const char *savePath;

static int64_t microseconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

// When the event happened, from the first "timestamp" of its JSON; -1 where there is none.
static int64_t eventTime(const char *body, size_t length) {
    static const char key[] = "\"timestamp\":\"";
    const char *found = memmem(body, length, key, sizeof key - 1);
    if (found == NULL || found + sizeof key + 19 > body + length) return -1;
    struct tm day = {0};
    const char *rest = strptime(found + sizeof key - 1, "%Y-%m-%dT%H:%M:%S", &day);
    if (rest == NULL) return -1;
    int64_t fraction = 0, unit = 100000;
    if (*rest == '.')
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10) fraction += unit * (*rest - '0');
    return (int64_t)timegm(&day) * 1000000 + fraction;
}

static void note(const char *body, size_t length) {
    if (sampleCount == MAXIMUM_SAMPLES) return;
    int64_t happened = eventTime(body, length);
    samples[sampleCount++] = (struct sample){
        microseconds(CLOCK_MONOTONIC), happened < 0 ? -1 : microseconds(CLOCK_REALTIME) - happened};
}

static void save(const char *request, size_t length) {
    FILE *file = savePath == NULL ? NULL : fopen(savePath, "wx");
    savePath = NULL;
    if (file == NULL) return;
    fwrite(request, 1, length, file);
    fclose(file);
}

// The length of the first request in the buffer; 0 when it is not whole.
static size_t requestLength(const struct connection *connection, size_t *headLength) {
    const char *end = memmem(connection->buffer, connection->length, "\r\n\r\n", 4);
    if (end == NULL) return 0;
    *headLength = end + 4 - connection->buffer;
    size_t body = 0;
    for (const char *line = connection->buffer; line < end; line = strstr(line, "\r\n") + 2)
        if (strncasecmp(line, "content-length:", 15) == 0) body = strtoul(line + 15, NULL, 10);
    return connection->length >= *headLength + body ? *headLength + body : 0;
}

static int answer(struct connection *connection) {
    static const char ok[] = "HTTP/1.1 204 No Content\r\n\r\n";
    size_t head, whole;
    while (!connection->isHanging && (whole = requestLength(connection, &head)) > 0) {
        if (memmem(connection->buffer, head, " /hang", 6) != NULL) {
            connection->isHanging = 1;
            hanging++;
            return 0;
        }
        if (savePath != NULL) save(connection->buffer, whole);
        if (send(connection->descriptor, ok, sizeof ok - 1, MSG_NOSIGNAL) < 0) return -1;
        note(connection->buffer + head, whole - head);
        connection->length -= whole;
        memmove(connection->buffer, connection->buffer + whole, connection->length);
    }
    return connection->length == BUFFER ? -1 : 0;
}

static void leave(struct connection *connection) {
    if (connection->isHanging) hanging--;
    close(connection->descriptor);
    free(connection);
}

static void receive(struct connection *connection) {
    ssize_t count = recv(connection->descriptor, connection->buffer + connection->length,
                         BUFFER - connection->length, 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return leave(connection);
    if (connection->isHanging) return;
    connection->length += count;
    if (answer(connection) < 0) leave(connection);
}

static void acceptAll(int listener, int epoll) {
    int descriptor;
    while ((descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *connection = malloc(sizeof *connection);
        connection->descriptor = descriptor;
        connection->isHanging = 0;
        connection->length = 0;
        int on = 1;
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
    }
}

static int byLatency(const void *left, const void *right) {
    int64_t a = ((const struct sample *)left)->latency, b = ((const struct sample *)right)->latency;
    return (a > b) - (a < b);
}

static double percentile(double share) {
    size_t index = (size_t)(share * sampleCount);
    return samples[index < sampleCount ? index : sampleCount - 1].latency / 1e3;
}

static void printStats(void) {
    if (sampleCount < 10) {
        printf("{\"count\": %zu}\n", sampleCount);
        return;
    }
    size_t first = sampleCount / 10, last = sampleCount - sampleCount / 10 - 1;
    double seconds = (samples[last].arrival - samples[first].arrival) / 1e6;
    qsort(samples, sampleCount, sizeof *samples, byLatency);
    printf("{\"count\": %zu, \"rate\": %.0f, \"p50\": %.2f, \"p99\": %.2f, \"p999\": %.2f, \"max\": %.2f}\n",
           sampleCount, seconds > 0 ? (last - first) / seconds : 0, percentile(0.5), percentile(0.99),
           percentile(0.999), percentile(1));
}

static void obey(char *line) {
    if (strncmp(line, "count", 5) == 0) printf("%zu\n", sampleCount);
    if (strncmp(line, "hanging", 7) == 0) printf("%zu\n", hanging);
    if (strncmp(line, "stats", 5) == 0) printStats();
    if (strncmp(line, "forget", 6) == 0) printf("%zu\n", sampleCount), sampleCount = 0;
    fflush(stdout);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    savePath = getenv("THUMBWIRE_BENCH_SAVE");
    samples = malloc(MAXIMUM_SAMPLES * sizeof *samples);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 4096) < 0) return 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);

    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    event.data.ptr = stdin;
    epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event);
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(epoll, events, 256, -1);
        for (int index = 0; index < count; index++) {
            void *source = events[index].data.ptr;
            if (source == &listener) {
                acceptAll(listener, epoll);
            } else if (source == stdin) {
                char line[64];
                if (fgets(line, sizeof line, stdin) == NULL) return 0;
                obey(line);
            } else {
                receive(source);
            }
        }
    }
}
