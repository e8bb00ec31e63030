#pragma once
#include <curl/curl.h>

// Swift cannot call variadic C functions: one typed wrapper per kind of argument. The parentheses around the
// function's name keep libcurl's type-checking macro of the same name out.

static inline CURLcode thumbwire_easy_set_long(CURL *easy, CURLoption option, long value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode thumbwire_easy_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode thumbwire_easy_set_string(CURL *easy, CURLoption option, const char *value) {
    return (curl_easy_setopt)(easy, option, value);
}

/// For data pointers that libcurl keeps: they must outlive the transfer.
static inline CURLcode thumbwire_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode thumbwire_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return (curl_easy_setopt)(easy, option, value);
}

/// For `CURLOPT_WRITEFUNCTION` and `CURLOPT_HEADERFUNCTION`.
static inline CURLcode thumbwire_easy_set_receiver(CURL *easy, CURLoption option, curl_write_callback value) {
    return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode thumbwire_easy_set_open_socket(CURL *easy, curl_opensocket_callback value) {
    return (curl_easy_setopt)(easy, CURLOPT_OPENSOCKETFUNCTION, value);
}

static inline CURLcode thumbwire_easy_set_before_request(CURL *easy, curl_prereq_callback value) {
    return (curl_easy_setopt)(easy, CURLOPT_PREREQFUNCTION, value);
}

static inline CURLcode thumbwire_easy_get_long(CURL *easy, CURLINFO info, long *value) {
    return (curl_easy_getinfo)(easy, info, value);
}

/// For the `…_TIME_T` infos, in microseconds.
static inline CURLcode thumbwire_easy_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
    return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLcode thumbwire_easy_get_pointer(CURL *easy, CURLINFO info, void **value) {
    return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLMcode thumbwire_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return (curl_multi_setopt)(multi, option, value);
}

static inline CURLMcode thumbwire_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
    return (curl_multi_setopt)(multi, option, value);
}

static inline CURLMcode thumbwire_multi_set_socket(CURLM *multi, curl_socket_callback value) {
    return (curl_multi_setopt)(multi, CURLMOPT_SOCKETFUNCTION, value);
}

static inline CURLMcode thumbwire_multi_set_timer(CURLM *multi, curl_multi_timer_callback value) {
    return (curl_multi_setopt)(multi, CURLMOPT_TIMERFUNCTION, value);
}

/// The code of a finished transfer; only for messages that are `CURLMSG_DONE`.
static inline CURLcode thumbwire_message_result(const CURLMsg *message) {
    return message->data.result;
}

// Anonymous enums and casts that do not import as usable constants.
static const long thumbwire_http_version_2tls = CURL_HTTP_VERSION_2TLS;
static const long thumbwire_http_version_2 = CURL_HTTP_VERSION_2_0;
static const long thumbwire_http_version_1_0 = CURL_HTTP_VERSION_1_0;
static const int thumbwire_socket_timeout = CURL_SOCKET_TIMEOUT;
static const int thumbwire_socket_bad = CURL_SOCKET_BAD;
static const long thumbwire_tls_1_2 = CURL_SSLVERSION_TLSv1_2;
