// The floor for deliveries: a bare libcurl multi loop on curl_multi_socket_action and epoll. Sends the request that was
// saved in a file, again and again, to PATHS paths in turn. Usage: post_loop PORT REQUEST-FILE COUNT IN-FLIGHT PATHS.
// Prints posts per second.
#define _GNU_SOURCE
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

static int epoll;
static long timeout = -1;
static CURLM *multi;
static int port;
static long paths, next;

static size_t drop(char *data, size_t size, size_t count, void *context) { return size * count; }

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static int watch(CURL *easy, curl_socket_t socket, int what, void *context, void *known) {
    if (what == CURL_POLL_REMOVE) return epoll_ctl(epoll, EPOLL_CTL_DEL, socket, NULL), 0;
    struct epoll_event event = {.data.fd = socket};
    if (what & CURL_POLL_IN) event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
    epoll_ctl(epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    curl_multi_assign(multi, socket, &epoll);
    return 0;
}

static int setTimer(CURLM *handle, long milliseconds, void *context) {
    timeout = milliseconds;
    return 0;
}

static void start(CURL *easy) {
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/e/%ld", port, next++ % paths);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_multi_add_handle(multi, easy);
}

// The header fields of the saved request that libcurl does not write by itself.
static struct curl_slist *fields(char *head) {
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    char *rest = NULL, *line = strtok_r(head, "\r\n", &rest);
    while ((line = strtok_r(NULL, "\r\n", &rest)) != NULL)
        if (strncasecmp(line, "host:", 5) != 0 && strncasecmp(line, "content-length:", 15) != 0)
            list = curl_slist_append(list, line);
    return list;
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    static char request[65536];
    FILE *file = fopen(argv[2], "r");
    if (file == NULL) return 2;
    size_t length = fread(request, 1, sizeof request - 1, file);
    char *body = memmem(request, length, "\r\n\r\n", 4);
    if (body == NULL) return 2;
    *body = 0;
    body += 4;
    port = atoi(argv[1]);
    paths = atol(argv[5]);
    long count = atol(argv[3]), inFlight = atol(argv[4]), started = 0, done = 0;

    curl_global_init(CURL_GLOBAL_ALL);
    multi = curl_multi_init();
    epoll = epoll_create1(0);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, setTimer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 256L);
    struct curl_slist *headers = fields(request);
    double begin = now();
    for (; started < inFlight && started < count; started++) {
        CURL *easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)(request + length - body));
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
        start(easy);
    }
    while (done < count) {
        int running, left;
        struct epoll_event events[256];
        int ready = epoll_wait(epoll, events, 256, (int)timeout);
        if (ready == 0) timeout = -1, curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        for (int index = 0; index < ready; index++) {
            int action = (events[index].events & EPOLLIN ? CURL_CSELECT_IN : 0)
                | (events[index].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
            curl_multi_socket_action(multi, events[index].data.fd, action, &running);
        }
        CURLMsg *message;
        while ((message = curl_multi_info_read(multi, &left)) != NULL) {
            if (message->msg != CURLMSG_DONE) continue;
            if (message->data.result != CURLE_OK) return 1;
            done++;
            CURL *easy = message->easy_handle;
            curl_multi_remove_handle(multi, easy);
            if (started++ < count) start(easy);
        }
    }
    printf("%.0f\n", count / (now() - begin));
    return 0;
}
