#pragma once
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <resolv.h>
#include <sys/prctl.h>
#include <unistd.h>

/// Bounds how long `getaddrinfo` on the calling thread waits per name server, and how often it asks again
/// (resolver(5), `timeout` and `attempts`). `_res` is a macro over thread-local state.
static inline void thumbwire_bound_resolver(int timeout_seconds, int attempts) {
    if (res_init() != 0) return;
    _res.retrans = timeout_seconds;
    _res.retry = attempts;
}

/// Names the calling thread, in at most 15 bytes, for `ps` and debuggers.
static inline void thumbwire_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

/// The family of a socket address. The member itself cannot be named from Swift where several C modules include
/// <sys/socket.h>: the compiler takes it for the first one's.
static inline int thumbwire_address_family(const struct sockaddr *address) {
    return address->sa_family;
}
