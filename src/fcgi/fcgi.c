/* SPDX-License-Identifier: MIT */
/* libfcgi on descriptors we accepted. Nothing reaches it before the guard has
 * judged it, and a peer that is slow or silent costs at most twice the time
 * limit: once for the parameters and the body, once for a last read. */
#include "fcgi/fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "fcgi/guard.h"
#include "fcgi/params.h"

#define FCGI_LINGER_MS INT64_C(1000)

/* Bytes that a new socket takes at once, whatever its buffer: written without a
 * time limit. Linux gives the smallest 4608, of which one piece is 2240. */
#define FCGI_AT_ONCE ((size_t)2048)

/* FCGI_RESPONDER and FCGI_AUTHORIZER of BEGIN_REQUEST, section 5.1. */
enum { FCGI_WIRE_RESPONDER = 1, FCGI_WIRE_AUTHORIZER = 2 };

struct fcgi {
    FCGX_Request request;
    int timeout_s; /* of the connection at hand */
    bool limited;  /* it has the limits of fcgi_limit() */
    bool open;     /* a request was read and is not finished */
    bool answered; /* its output is complete */
    bool drained;  /* its input was read to the end */
    uint8_t window[GUARD_WINDOW];
};

enum err fcgi_new(struct fcgi **f_r)
{
    struct fcgi *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return ERR_NO_MEMORY;
    /* libfcgi would wait up to 2 s for the peer to close first. */
    if (setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1) != 0 ||
        FCGX_Init() != 0) {
        free(f);
        return ERR_INTERNAL;
    }
    *f_r = f;
    return ERR_OK;
}

void fcgi_free(struct fcgi **f)
{
    if (*f == NULL)
        return;
    fcgi_finish(*f);
    free(*f);
    *f = NULL;
}

static int fcgi_left_ms(int64_t deadline)
{
    int64_t left = (deadline - clock_monotonic_us()) / 1000;

    return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

/* Waits until more has come than was peeked: poll would tell of the same bytes
 * again and again, an edge does not. *ended_r: nothing comes after it. */
static bool fcgi_more(int *edge, int fd, int64_t deadline, bool *ended_r)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET};
    int n;

    if (*edge < 0) {
        *edge = epoll_create1(EPOLL_CLOEXEC);
        if (*edge < 0 || epoll_ctl(*edge, EPOLL_CTL_ADD, fd, &e) != 0)
            return false;
    }
    do {
        n = epoll_wait(*edge, &e, 1, fcgi_left_ms(deadline));
    } while (n < 0 && errno == EINTR);
    if (n <= 0)
        return false;
    *ended_r = (e.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    return true;
}

/* Does somebody else read what begins with the n bytes of the window? */
static bool fcgi_moves(struct fcgi *f, int fd, size_t n,
                       const struct fcgi_rules *rules)
{
    struct str uri;

    return rules->move != NULL && guard_uri(f->window, n, &uri) &&
           rules->move(rules->data, fd, uri);
}

/* Before what may wait for the peer. Most requests are there at once and most
 * answers are short: two calls less. */
static void fcgi_limit(struct fcgi *f, int fd)
{
    struct timeval t = {.tv_sec = f->timeout_s};

    if (f->limited)
        return;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
    f->limited = true;
}

/* Waits only if nothing is there. */
static ssize_t fcgi_peek(struct fcgi *f, int fd)
{
    for (;;) {
        const bool wait = f->limited;
        ssize_t n = recv(fd, f->window, sizeof(f->window),
                         MSG_PEEK | (wait ? 0 : MSG_DONTWAIT));

        if (n >= 0 || (errno != EINTR && (errno != EAGAIN || wait)))
            return n;
        if (errno == EAGAIN)
            fcgi_limit(f, fd);
    }
}

/* Looks at what the peer sends until the guard can tell. */
static enum guard_verdict fcgi_judge(struct fcgi *f, int fd,
                                     const struct fcgi_rules *rules,
                                     int64_t deadline, bool *moved_r)
{
    enum guard_verdict verdict = GUARD_MORE;
    bool ended = false;
    bool more = true;
    bool whole = false;
    int edge = -1;

    while (more) {
        ssize_t n = fcgi_peek(f, fd);
        whole = n > 0 && guard_whole(f->window, (size_t)n);
        /* Only what came at once, before any waiting, is worth moving. */
        *moved_r = n > 0 && edge < 0 && fcgi_moves(f, fd, (size_t)n, rules);
        if (n > 0 && !*moved_r)
            verdict = guard_judge(f->window, (size_t)n, rules->limits.header);
        more = n > 0 && !*moved_r && verdict == GUARD_MORE && !ended &&
               fcgi_more(&edge, fd, deadline, &ended);
    }
    if (!whole && !*moved_r)
        fcgi_limit(f, fd);
    if (edge >= 0)
        (void)close(edge);
    return verdict;
}

/* Lets libfcgi begin the request on fd; it closes fd when it fails. */
static enum err fcgi_begin(struct fcgi *f, int fd)
{
    FCGX_Request *r = &f->request;

    if (FCGX_InitRequest(r, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
        (void)close(fd);
        return ERR_INTERNAL;
    }
    r->ipcFd = fd;
    /* Kept for the call that ends a request before this one; BEGIN_REQUEST
     * overwrites it. Without a listening socket (-1) it can accept no other. */
    r->keepConnection = 1;
    if (FCGX_Accept_r(r) < 0)
        return ERR_BAD_REQUEST;
    f->open = true;
    f->answered = false;
    f->drained = false;
    return ERR_OK;
}

/* Reads n bytes, one filling of libfcgi's buffer at a time so that the deadline
 * is seen between them. false: the peer is too slow, too short or gone. */
static bool fcgi_take(FCGX_Stream *in, char *to, size_t n, int64_t deadline)
{
    while (n > 0) {
        int c = FCGX_GetChar(in);
        if (c < 0)
            return false;
        *to++ = (char)c;
        n--;
        size_t ready = (size_t)(in->stop - in->rdNext);
        if (ready > n)
            ready = n;
        if (ready > 0 && FCGX_GetStr(to, (int)ready, in) != (int)ready)
            return false;
        to += ready;
        n -= ready;
        if (n > 0 && fcgi_left_ms(deadline) == 0)
            return false;
    }
    return true;
}

/* The body, to the end of STDIN: a body of another length than announced is a
 * fault, a connection that breaks off before its end is an error. */
static enum err fcgi_body(struct fcgi *f, struct arena *a, size_t n,
                          int64_t deadline, struct http_request *r)
{
    FCGX_Stream *in = f->request.in;
    char *body = arena_alloc(a, n + 1);
    bool whole;

    if (body == NULL) {
        r->fault = ERR_NO_MEMORY;
        return ERR_OK;
    }
    whole = fcgi_take(in, body, n, deadline) && FCGX_GetChar(in) < 0;
    if (FCGX_GetError(in) != 0 || fcgi_left_ms(deadline) == 0)
        return ERR_BAD_REQUEST;
    f->drained = whole;
    if (whole)
        r->body = (struct str){body, n};
    else
        r->fault = ERR_BAD_REQUEST;
    return ERR_OK;
}

static enum fcgi_role fcgi_role_of(int wire)
{
    if (wire == FCGI_WIRE_RESPONDER)
        return FCGI_ROLE_RESPONDER;
    return wire == FCGI_WIRE_AUTHORIZER ? FCGI_ROLE_AUTHORIZER
                                        : FCGI_ROLE_OTHER;
}

/* Ends the connection without a word. */
static void fcgi_drop(struct fcgi *f)
{
    int fd = f->request.ipcFd;

    FCGX_Free(&f->request, 0);
    (void)close(fd);
    f->open = false;
}

enum err fcgi_read(struct fcgi *f, int fd, struct arena *a,
                   const struct fcgi_rules *rules,
                   struct http_request *request_r, enum fcgi_role *role_r)
{
    struct http_request r;
    size_t body;
    bool moved = false;
    int64_t deadline =
        clock_monotonic_us() + rules->io_timeout_s * CLOCK_SECOND;

    f->timeout_s = rules->io_timeout_s;
    f->limited = false;
    enum guard_verdict v = fcgi_judge(f, fd, rules, deadline, &moved);
    if (v == GUARD_MORE || v == GUARD_REFUSE) {
        (void)close(fd);
        if (moved)
            *role_r = FCGI_ROLE_MOVED;
        return moved ? ERR_OK : ERR_BAD_REQUEST;
    }
    enum err e = fcgi_begin(f, fd);
    if (e != ERR_OK)
        return e;
    params_read(a, f->request.envp, rules, &r, &body);
    if (v == GUARD_LARGE || v == GUARD_UNCLEAN) {
        r.fault = v == GUARD_LARGE ? ERR_HEADER_TOO_LARGE : ERR_BAD_REQUEST;
        r.target_fault = false;
    }
    enum fcgi_role role = fcgi_role_of(f->request.role);
    if (role == FCGI_ROLE_RESPONDER && r.fault == ERR_OK)
        e = fcgi_body(f, a, body, deadline, &r);
    if (e != ERR_OK) {
        fcgi_drop(f);
        return e;
    }
    *request_r = r;
    *role_r = role;
    return ERR_OK;
}

enum err fcgi_write(struct fcgi *f, struct str text)
{
    FCGX_Request *r = &f->request;

    if (!f->open || f->answered || text.n > INT_MAX)
        return ERR_UNAVAILABLE;
    f->answered = true;
    if (text.n > FCGI_AT_ONCE)
        fcgi_limit(f, r->ipcFd);
    bool good = FCGX_PutStr(text.p, (int)text.n, r->out) == (int)text.n;
    /* The empty stream first: then one write carries text and end. */
    good = FCGX_FClose(r->err) == 0 && good;
    good = FCGX_FClose(r->out) == 0 && good;
    return good ? ERR_OK : ERR_UNAVAILABLE;
}

/* Takes what the peer still sends, so that closing does not cut off what it
 * has not read yet. */
static void fcgi_linger(int fd)
{
    char trash[4096];
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int64_t deadline = clock_monotonic_us() + FCGI_LINGER_MS * 1000;

    (void)shutdown(fd, SHUT_WR);
    while (fcgi_left_ms(deadline) > 0 &&
           poll(&p, 1, fcgi_left_ms(deadline)) > 0 &&
           recv(fd, trash, sizeof(trash), 0) > 0) {
    }
}

void fcgi_finish(struct fcgi *f)
{
    if (!f->open)
        return;
    if (!f->answered)
        (void)fcgi_write(f, STR("Status: 503 Service Unavailable\r\n"
                                "Content-Length: 0\r\n\r\n"));
    if (!f->drained)
        fcgi_linger(f->request.ipcFd);
    fcgi_drop(f);
}
