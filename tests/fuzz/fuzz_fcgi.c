/* SPDX-License-Identifier: MIT */
/* A whole connection over a socket pair, with libfcgi behind the guard: the
 * input is what the web server sends, and the answer is well-formed records. */
#include "fuzz.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/fcgi.h"
#include "fcgi/guard.h"

#define ANSWER "Status: 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define INPUT_MAX 65536

static struct fcgi *fcgi;
static const struct fcgi_rules rules = {
    .limits = {.url = 256, .header = 4096, .body = 1024, .cookies = 4},
    .io_timeout_s = 2};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    FUZZ_CHECK(fcgi_new(&fcgi) == ERR_OK);
    return 0;
}

/* The descriptor the service reads; *peer_r is the web server's, which has sent
 * all it will. */
static int connection(const uint8_t *data, size_t size, int *peer_r)
{
    int ends[2];
    size_t sent = 0;

    FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    while (sent < size) {
        ssize_t n = send(ends[1], data + sent, size - sent, MSG_DONTWAIT);

        FUZZ_CHECK(n > 0);
        sent += (size_t)n;
    }
    FUZZ_CHECK(shutdown(ends[1], SHUT_WR) == 0);
    *peer_r = ends[1];
    return ends[0];
}

/* libfcgi has the descriptor now and closes it. */
static size_t receive(int peer, uint8_t *out, size_t room)
{
    size_t n = 0;
    ssize_t got;

    while (n < room && (got = recv(peer, out + n, room - n, 0)) > 0)
        n += (size_t)got;
    FUZZ_CHECK(n < room);
    (void)close(peer);
    return n;
}

/* Records to the byte, STDOUT (6) among them, END_REQUEST (3) the last. */
static void check_answer(const uint8_t *p, size_t n, struct str text)
{
    unsigned type = 0;
    bool answered = false;

    while (n > 0) {
        FUZZ_CHECK(type != 3 && n >= 8 && p[0] == 1);
        type = p[1];
        size_t content = (size_t)p[4] << 8 | p[5];
        size_t whole = 8 + content + p[6];

        FUZZ_CHECK(n >= whole);
        if (type == 6 && content > 0)
            answered = str_eq(
                (struct str){(const char *)(const void *)(p + 8), content},
                text);
        p += whole;
        n -= whole;
    }
    FUZZ_CHECK(type == 3 && answered);
}

static enum guard_verdict judge(const uint8_t *data, size_t size)
{
    static uint8_t window[GUARD_WINDOW];

    if (size > 0)
        memcpy(window, data, size);
    return guard_judge(window, size, rules.limits.header);
}

static void check_request(const struct http_request *r, enum guard_verdict v)
{
    FUZZ_CHECK(v != GUARD_LARGE || r->fault == ERR_HEADER_TOO_LARGE);
    FUZZ_CHECK(v != GUARD_UNCLEAN || r->fault == ERR_BAD_REQUEST);
    FUZZ_CHECK(v == GUARD_SOUND || r->fault != ERR_OK);
    FUZZ_CHECK(r->body.n <= rules.limits.body);
    FUZZ_CHECK(r->fault != ERR_OK || r->path.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t answer[INPUT_MAX];
    struct arena *a = fuzz_arena();
    struct http_request r;
    enum fcgi_role role;
    int peer;

    if (size > INPUT_MAX)
        return 0;
    enum guard_verdict v = judge(data, size);
    int fd = connection(data, size, &peer);
    enum err e = fcgi_read(fcgi, fd, a, &rules, &r, &role);

    FUZZ_CHECK(e == ERR_OK || e == ERR_BAD_REQUEST);
    if (e == ERR_OK) {
        check_request(&r, v);
        FUZZ_CHECK(fcgi_write(fcgi, STR(ANSWER)) == ERR_OK);
        fcgi_finish(fcgi);
    }
    size_t n = receive(peer, answer, sizeof(answer));

    FUZZ_CHECK((v != GUARD_MORE && v != GUARD_REFUSE) || e == ERR_BAD_REQUEST);
    if (e == ERR_OK)
        check_answer(answer, n, STR(ANSWER));
    else
        FUZZ_CHECK(n == 0);
    return 0;
}
