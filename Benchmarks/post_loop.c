// The floor for deliveries: a bare libcurl multi loop with 64 posts in flight. Usage: post_loop URL COUNT BYTES.
// Prints posts per second.
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { IN_FLIGHT = 64 };

static size_t drop(char *data, size_t size, size_t count, void *context) { return size * count; }

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    long count = atol(argv[2]), bytes = atol(argv[3]), started = 0, done = 0;
    char *body = malloc(bytes);
    memset(body, 'x', bytes);
    curl_global_init(CURL_GLOBAL_ALL);
    CURLM *multi = curl_multi_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    double begin = now();
    for (; started < IN_FLIGHT && started < count; started++) {
        CURL *easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, bytes);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
        curl_multi_add_handle(multi, easy);
    }
    while (done < count) {
        int running, left;
        curl_multi_perform(multi, &running);
        CURLMsg *message;
        while ((message = curl_multi_info_read(multi, &left)) != NULL) {
            if (message->msg != CURLMSG_DONE) continue;
            if (message->data.result != CURLE_OK) return 1;
            done++;
            CURL *easy = message->easy_handle;
            curl_multi_remove_handle(multi, easy);
            if (started++ < count) curl_multi_add_handle(multi, easy);
        }
        if (done < count) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    printf("%.0f\n", count / (now() - begin));
    return 0;
}
