/* A library preloaded into a peer: it pauses where the plan says, and writes down when each call on a TCP socket began and ended.
 *
 * BLAME_PLAN is a list of rules, separated by blanks. Offsets count the bytes of one direction of one connection.
 *   send@OFFSET=SECONDS  send the bytes before OFFSET, pause, send the rest (a sender that stops in the middle of a message)
 *   recv@OFFSET=SECONDS  pause before the read after which more than OFFSET bytes would be read (a receiver that stops reading)
 *   turn@TYPE=SECONDS    pause before the first send after a receive, if a PDU of this TYPE begins there
 *   each@BYTES=SECONDS   read no more than BYTES at once and pause before each read (a slow reader)
 *   exit@OFFSET=0        reset the connection once OFFSET bytes are read or written, as a program does that dies
 *   rcvbuf@BYTES=0       SO_RCVBUF, set before the handshake, so that the window never grows over it
 *   nodelay@0=0          TCP_NODELAY, whatever the program thinks of Nagle's algorithm (storescp leaves it on, pynetdicom does)
 *   delack@0=0           delayed acknowledgements from the first segment on (Linux begins a connection with immediate ones)
 * BLAME_LOG is the file; a line is: what, connection, start and end (monotonic nanoseconds), bytes, first byte, local port, peer port.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FDS = 1024, RULES = 256 };
struct rule { char what[8]; long at; double seconds; };
struct connection { int number, used, local, peer, received_last; long sent, received; unsigned char done[RULES]; };

static struct rule rules[RULES];
static int rule_count, log_file = -1, connections;
static struct connection table[FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ssize_t (*real_send)(int, const void *, size_t, int);
static ssize_t (*real_recv)(int, void *, size_t, int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_read)(int, void *, size_t);
static int (*real_close)(int);
static int (*real_connect)(int, const struct sockaddr *, socklen_t);
static int (*real_listen)(int, int);

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

__attribute__((constructor)) static void begin(void) {
    real_send = dlsym(RTLD_NEXT, "send");
    real_recv = dlsym(RTLD_NEXT, "recv");
    real_write = dlsym(RTLD_NEXT, "write");
    real_read = dlsym(RTLD_NEXT, "read");
    real_close = dlsym(RTLD_NEXT, "close");
    real_connect = dlsym(RTLD_NEXT, "connect");
    real_listen = dlsym(RTLD_NEXT, "listen");
    const char *path = getenv("BLAME_LOG");
    if (path) log_file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    char *plan = getenv("BLAME_PLAN") ? strdup(getenv("BLAME_PLAN")) : NULL;
    for (char *word = plan ? strtok(plan, " ") : NULL; word && rule_count < RULES; word = strtok(NULL, " ")) {
        struct rule *r = &rules[rule_count];
        if (sscanf(word, "%7[a-z]@%ld=%lf", r->what, &r->at, &r->seconds) == 3) rule_count++;
    }
}

static void say(const char *what, struct connection *c, long long start, long bytes, int first) {
    char line[160];
    int size = snprintf(line, sizeof line, "%s %d %lld %lld %ld %d %d %d\n", what, c->number, start, now(), bytes, first, c->local, c->peer);
    if (log_file >= 0 && real_write(log_file, line, size) < 0) log_file = -1;
}

static struct connection *of(int fd) {
    struct sockaddr_in local, peer;
    socklen_t size = sizeof local, more = sizeof peer;
    if (fd < 0 || fd >= FDS || !real_read) return NULL;
    struct connection *c = &table[fd];
    if (c->used) return c->used > 0 ? c : NULL;
    if (getsockname(fd, (void *)&local, &size) || local.sin_family != AF_INET || getpeername(fd, (void *)&peer, &more)) return NULL;
    pthread_mutex_lock(&lock);
    memset(c, 0, sizeof *c);
    c->number = ++connections;
    c->local = ntohs(local.sin_port);
    c->peer = ntohs(peer.sin_port);
    c->used = 1;
    int on = 1;
    for (int i = 0; i < rule_count; i++)
        if (!strcmp(rules[i].what, "nodelay")) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    pthread_mutex_unlock(&lock);
    return c;
}

static void rest(const char *what, struct connection *c, double seconds) {
    long long start = now();
    struct timespec t = {(time_t)seconds, (long)((seconds - (time_t)seconds) * 1e9)};
    while (nanosleep(&t, &t) && errno == EINTR) {}
    say(what, c, start, 0, -1);
}

/* A rule of this kind that is due on this connection; it is due once. */
static struct rule *due(struct connection *c, const char *what, long begin, long end) {
    for (int i = 0; i < rule_count; i++)
        if (!c->done[i] && !strcmp(rules[i].what, what) && rules[i].at >= begin && rules[i].at < end) { c->done[i] = 1; return &rules[i]; }
    return NULL;
}

static struct rule *standing(const char *what, long at) {
    for (int i = 0; i < rule_count; i++)
        if (!strcmp(rules[i].what, what) && (at < 0 || rules[i].at == at)) return &rules[i];
    return NULL;
}

static void maybe_exit(int fd, struct connection *c) {
    struct rule *r = standing("exit", -1);
    if (!r || c->sent + c->received < r->at) return;
    struct linger reset = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    say("exit", c, now(), c->sent + c->received, -1);
    _exit(0);
}

static ssize_t sending(struct connection *c, int fd, const void *data, size_t size, int flags) {
    int first = *(const unsigned char *)data;
    struct rule *r = c->received_last ? standing("turn", first) : NULL;
    if (r) rest("turn", c, r->seconds);
    c->received_last = 0;
    size_t sent = 0;
    r = due(c, "send", c->sent, c->sent + (long)size);
    if (r) {
        size_t before = r->at - c->sent;
        for (size_t done = 0; done < before;) {
            long long start = now();
            ssize_t count = real_send(fd, (const char *)data + done, before - done, flags);
            if (count < 0) return count;
            done += count;
            c->sent += count;
            say("send", c, start, count, done == (size_t)count ? first : -1);
        }
        rest("pause", c, r->seconds);
        sent = before; /* DCMTK takes a short write for an error, so the rest follows here */
        if (before) first = -1;
    }
    while (sent < size) {
        long long start = now();
        ssize_t count = real_send(fd, (const char *)data + sent, size - sent, flags);
        if (count < 0) return sent ? (ssize_t)sent : count;
        sent += count;
        c->sent += count;
        say("send", c, start, count, first);
        maybe_exit(fd, c);
        if (!r) break;
    }
    return sent;
}

static ssize_t receiving(struct connection *c, int fd, void *data, size_t size, int flags) {
    struct rule *r = due(c, "recv", c->received, c->received + (long)size);
    if (r) rest("pause", c, r->seconds);
    if ((r = standing("each", -1))) {
        if (size > (size_t)r->at) size = r->at;
        rest("each", c, r->seconds);
    }
    if (standing("delack", -1)) {
        int off = 0;
        setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
    }
    long long start = now();
    ssize_t count = real_recv(fd, data, size, flags);
    if (count > 0) {
        c->received += count;
        c->received_last = 1;
        say("recv", c, start, count, *(unsigned char *)data);
        maybe_exit(fd, c);
    }
    return count;
}

/* What DCMTK calls, and what Python calls. A file is none of our business. */
ssize_t send(int fd, const void *data, size_t size, int flags) {
    struct connection *c = size ? of(fd) : NULL;
    return c ? sending(c, fd, data, size, flags) : real_send(fd, data, size, flags);
}

ssize_t write(int fd, const void *data, size_t size) {
    struct connection *c = size ? of(fd) : NULL;
    return c ? sending(c, fd, data, size, 0) : real_write(fd, data, size);
}

ssize_t recv(int fd, void *data, size_t size, int flags) {
    struct connection *c = flags & MSG_PEEK ? NULL : of(fd);
    return c ? receiving(c, fd, data, size, flags) : real_recv(fd, data, size, flags);
}

ssize_t read(int fd, void *data, size_t size) {
    struct connection *c = of(fd);
    return c ? receiving(c, fd, data, size, 0) : real_read(fd, data, size);
}

static void buffer(int fd) {
    struct rule *r = standing("rcvbuf", -1);
    int size = r ? (int)r->at : 0;
    if (r) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

int connect(int fd, const struct sockaddr *address, socklen_t size) {
    if (address->sa_family == AF_INET) buffer(fd);
    return real_connect(fd, address, size);
}

int listen(int fd, int backlog) {
    buffer(fd);
    return real_listen(fd, backlog);
}

int close(int fd) {
    if (fd >= 0 && fd < FDS) table[fd].used = 0;
    return real_close(fd);
}
