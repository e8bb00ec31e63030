// Sends requests at a steady pace over kept connections. Usage: pacer PORT KEY RATE COUNT, with lines "METHOD PATH BODY"
// on its standard input, which are sent in turn until COUNT have been; RATE is requests a second, 0 as fast as answers
// come. Prints how many were answered; fails on an answer that is not 2xx.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 64, BUFFER = 65536 };

struct connection {
    int descriptor;
    size_t length;
    char buffer[BUFFER + 1];
};

static struct connection connections[CONNECTIONS];
static struct connection *idle[CONNECTIONS];
static int idleCount;
static char **requests;
static size_t requestCount;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void readRequests(const char *key) {
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        line[strcspn(line, "\n")] = 0;
        char *method = line, *path = strchr(line, ' '), *body = "";
        if (path == NULL) continue;
        *path++ = 0;
        char *gap = strchr(path, ' ');
        if (gap != NULL) *gap = 0, body = gap + 1;
        requests = realloc(requests, (requestCount + 1) * sizeof *requests);
        if (asprintf(&requests[requestCount++],
                     "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\n"
                     "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                     method, path, key, strlen(body), body) < 0)
            exit(1);
    }
}

// True once a whole answer is in the buffer; ends the program when it is not 2xx.
static int isAnswered(struct connection *connection) {
    connection->buffer[connection->length] = 0;
    char *end = strstr(connection->buffer, "\r\n\r\n");
    if (end == NULL) return 0;
    if (connection->buffer[9] != '2') {
        fprintf(stderr, "%.*s\n", 400, connection->buffer);
        exit(1);
    }
    char *field = strcasestr(connection->buffer, "\r\ncontent-length:");
    size_t body = field != NULL && field < end ? strtoul(field + 17, NULL, 10) : 0;
    return connection->length >= (size_t)(end + 4 - connection->buffer) + body;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    double rate = atof(argv[3]);
    long count = atol(argv[4]), sent = 0, answered = 0;
    readRequests(argv[2]);
    if (requestCount == 0) return 2;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int epoll = epoll_create1(0);
    for (int index = 0; index < CONNECTIONS; index++) {
        struct connection *connection = &connections[index];
        connection->descriptor = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(connection->descriptor, (struct sockaddr *)&address, sizeof address) < 0) fail("connect");
        int on = 1;
        setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        epoll_ctl(epoll, EPOLL_CTL_ADD, connection->descriptor, &event);
        idle[idleCount++] = connection;
    }
    double begin = now();
    while (answered < count) {
        while (idleCount > 0 && sent < count && (rate == 0 || sent <= (now() - begin) * rate)) {
            const char *request = requests[sent++ % requestCount];
            struct connection *connection = idle[--idleCount];
            connection->length = 0;
            if (send(connection->descriptor, request, strlen(request), MSG_NOSIGNAL) < 0) fail("send");
        }
        double due = rate == 0 ? 1 : begin + sent / rate - now();
        struct epoll_event events[CONNECTIONS];
        int isIdle = idleCount == 0 || sent == count;
        int ready = epoll_wait(epoll, events, CONNECTIONS, isIdle ? 60000 : due > 0 ? (int)(due * 1000) : 0);
        if (ready == 0 && isIdle) return fprintf(stderr, "no answer for 60 s\n"), 1;
        for (int index = 0; index < ready; index++) {
            struct connection *connection = events[index].data.ptr;
            ssize_t got = recv(connection->descriptor, connection->buffer + connection->length,
                               BUFFER - connection->length, 0);
            if (got <= 0) fail("recv");
            connection->length += got;
            if (!isAnswered(connection)) continue;
            answered++;
            idle[idleCount++] = connection;
        }
    }
    printf("%ld\n", answered);
    return 0;
}
