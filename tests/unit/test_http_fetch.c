/* SPDX-License-Identifier: MIT */
/* Asking another server: what is asked and how, and that no peer can lead us
 * elsewhere, feed us without end or hold us longer than we want. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/fetch.h"

/* A server of one thread: each connection is answered with the same text. */
struct peer {
    pthread_t thread;
    int fd;
    unsigned port;
    const char *head;   /* sent first */
    const char *more;   /* then sent over and over, up to a megabyte */
    bool keep;          /* the connection stays open for a second request */
    bool drip;          /* more comes a piece at a time, with pauses */
    bool silent;        /* nothing is sent, but nothing is closed */
    unsigned connected; /* read when the thread has ended */
    unsigned asked;
    char request[4096]; /* the last one */
};

struct world {
    struct fetch *fetch;
    struct arena *arena;
    struct peer peer;
};

static bool send_all(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        text += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* A whole request, as long as its body has no blank line. */
static bool read_request(struct peer *p, int fd)
{
    size_t n = 0;
    size_t want = 0;
    do {
        ssize_t got = recv(fd, p->request + n, sizeof p->request - 1 - n, 0);
        if (got <= 0)
            return false;
        n += (size_t)got;
        p->request[n] = '\0';
        char *end = strstr(p->request, "\r\n\r\n");
        char *length = strstr(p->request, "Content-Length: ");
        if (end != NULL)
            want = (size_t)(end - p->request) + 4 +
                   (length == NULL ? 0 : strtoul(length + 16, NULL, 10));
    } while (want == 0 || n < want);
    p->asked++;
    return true;
}

static void answer(struct peer *p, int fd)
{
    char byte;
    if (p->silent) {
        (void)recv(fd, &byte, 1, 0); /* until the other side gives up */
        return;
    }
    if (!send_all(fd, p->head, strlen(p->head)) || p->more == NULL)
        return;
    for (size_t n = 0; n < 1048576; n += strlen(p->more)) {
        if (!send_all(fd, p->more, strlen(p->more)))
            return;
        if (p->drip)
            (void)poll(NULL, 0, 20);
    }
}

static void *serve(void *data)
{
    struct peer *p = data;
    for (int fd = accept(p->fd, NULL, NULL); fd >= 0;
         fd = accept(p->fd, NULL, NULL)) {
        p->connected++;
        while (read_request(p, fd)) {
            answer(p, fd);
            if (!p->keep)
                break;
        }
        (void)close(fd);
    }
    return NULL;
}

static void begin(struct world *w, struct peer p)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    p.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(p.fd >= 0);
    assert_int_equal(bind(p.fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(p.fd, 8), 0);
    assert_int_equal(getsockname(p.fd, (struct sockaddr *)&at, &n), 0);
    p.port = ntohs(at.sin_port);
    w->peer = p;
    assert_int_equal(pthread_create(&w->peer.thread, NULL, serve, &w->peer), 0);
}

/* Kept connections are closed first: the thread waits for their end. */
static void end(struct world *w)
{
    fetch_free(&w->fetch);
    (void)shutdown(w->peer.fd, SHUT_RDWR);
    assert_int_equal(pthread_join(w->peer.thread, NULL), 0);
    (void)close(w->peer.fd);
    w->peer.fd = -1;
    assert_int_equal(fetch_new(&w->fetch), ERR_OK);
}

static enum err get(struct world *w, struct fetch_answer *a)
{
    char url[64];
    assert_true(snprintf(url, sizeof url, "http://127.0.0.1:%u/x?y=z",
                         w->peer.port) > 0);
    struct fetch_ask ask = {.url = url, .ca_file = ""};
    return fetch(w->fetch, w->arena, &ask, a);
}

static int setup(void **state)
{
    static struct world w;
    w = (struct world){.peer.fd = -1};
    *state = &w;
    w.arena = arena_new(8 << 20);
    return w.arena == NULL || fetch_new(&w.fetch) != ERR_OK ? -1 : 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    fetch_free(&w->fetch);
    arena_free(&w->arena);
    return 0;
}

static void assert_text(struct str s, const char *wanted)
{
    assert_int_equal(s.n, strlen(wanted));
    assert_memory_equal(s.p, wanted, s.n);
}

static void test_a_get_says_little_and_takes_the_answer(void **state)
{
    struct world *w = *state;
    struct fetch_answer a = {0};
    begin(w, (struct peer){
                 .head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                         "Content-Type: Application/JSON; charset=utf-8\r\n"
                         "Cache-Control: public, max-age=60\r\n"
                         "Set-Cookie: a=b\r\n\r\n{}",
                 .keep = true});
    assert_int_equal(get(w, &a), ERR_OK);
    assert_int_equal(a.status, 200);
    assert_text(a.body, "{}");
    assert_text(a.content_type, "application/json");
    assert_int_equal(a.max_age_s, 60);
    assert_int_equal(get(w, &a), ERR_OK);
    end(w);
    assert_int_equal(w->peer.asked, 2);
    assert_int_equal(w->peer.connected, 1);
    const char *r = w->peer.request;
    assert_non_null(strstr(r, "GET /x?y=z HTTP/1.1\r\n"));
    assert_non_null(strstr(r, "\r\nAccept: application/json\r\n"));
    assert_non_null(strstr(r, "\r\nUser-Agent: Gatehouse\r\n"));
    assert_null(strstr(r, "Cookie"));
    assert_null(strstr(r, "Authorization"));
    assert_null(strstr(r, "Accept-Encoding"));
}

static void test_a_post_carries_body_and_fields(void **state)
{
    struct world *w = *state;
    struct fetch_answer a = {0};
    char url[64];
    begin(w, (struct peer){.head = "HTTP/1.1 400 Bad Request\r\n"
                                   "Content-Length: 1\r\n\r\nx"});
    assert_true(
        snprintf(url, sizeof url, "http://localhost:%u/t", w->peer.port) > 0);
    struct fetch_ask ask = {.url = url,
                            .accept = "application/jwt",
                            .authorization = "Basic YTpi",
                            .content_type = "application/x-www-form-urlencoded",
                            .body = STR("code=1&x=2")};
    assert_int_equal(fetch(w->fetch, w->arena, &ask, &a), ERR_OK);
    end(w);
    assert_int_equal(a.status, 400);
    assert_text(a.body, "x");
    assert_text(a.content_type, "");
    assert_int_equal(a.max_age_s, -1);
    const char *r = w->peer.request;
    assert_non_null(strstr(r, "POST /t HTTP/1.1\r\n"));
    assert_non_null(strstr(r, "\r\nAccept: application/jwt\r\n"));
    assert_non_null(strstr(r, "\r\nAuthorization: Basic YTpi\r\n"));
    assert_non_null(
        strstr(r, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    assert_non_null(strstr(r, "\r\n\r\ncode=1&x=2"));
    assert_null(strstr(r, "Expect"));
}

struct age {
    const char *field;
    int64_t age_s;
};

static void test_cache_control_is_understood(void **state)
{
    static const struct age cases[] = {
        {"Cache-Control: max-age=5", 5},
        {"CACHE-CONTROL:private,MAX-AGE=7", 7},
        {"Cache-Control: max-age=5, no-store", 0},
        {"Cache-Control: no-cache, max-age=5", 0},
        {"Cache-Control: s-maxage=5", -1},
        {"Cache-Control: max-age=-5", -1},
        {"Cache-Control: max-age=99999999999999999999", -1},
        {"X-Cache-Control: max-age=5", -1},
        {"Pragma: no-cache", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world *w = *state;
        struct fetch_answer a = {0};
        char head[256];
        assert_true(snprintf(head, sizeof head,
                             "HTTP/1.1 200 OK\r\n%s\r\nContent-Length: "
                             "0\r\n\r\n",
                             cases[i].field) > 0);
        begin(w, (struct peer){.head = head});
        assert_int_equal(get(w, &a), ERR_OK);
        end(w);
        if (a.max_age_s != cases[i].age_s)
            print_error("%s\n", cases[i].field);
        assert_int_equal(a.max_age_s, cases[i].age_s);
    }
}

static void test_A_15_3_2_a_redirect_is_an_answer_and_not_followed(void **state)
{
    struct world *w = *state;
    struct fetch_answer a = {0};
    begin(w, (struct peer){.head = "HTTP/1.1 302 Found\r\nLocation: /y\r\n"
                                   "Content-Length: 0\r\n\r\n",
                           .keep = true});
    assert_int_equal(get(w, &a), ERR_OK);
    end(w);
    assert_int_equal(a.status, 302);
    assert_int_equal(w->peer.asked, 1);
}

struct hostile {
    const char *name;
    const char *head, *more;
    const char *why; /* NULL: libcurl's word */
};

#define K "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void test_F54_hostile_answers_end_in_unavailable(void **state)
{
    static const struct hostile cases[] = {
        {"body longer than is taken",
         "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n", K,
         "the answer is too long"},
        {"body without end", "HTTP/1.1 200 OK\r\n\r\n", K,
         "the answer is too long"},
        {"chunks without end",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
         "8\r\nxxxxxxxx\r\n", "the answer is too long"},
        {"error page without end", "HTTP/1.1 500 Oh\r\n\r\n", K,
         "the answer is too long"},
        {"head without end", "HTTP/1.1 200 OK\r\n", "X: " K "\r\n",
         "the answer's head is too long"},
        {"interim answers without end", "", "HTTP/1.1 102 Processing\r\n\r\n",
         "the answer's head is too long"},
        {"nothing at all", "", NULL, NULL},
        {"half a head", "HTTP/1.1 200 OK\r\nContent-Le", NULL, NULL},
        {"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", NULL,
         NULL},
        {"another protocol", "220 mail.example ESMTP\r\n", NULL, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world *w = *state;
        struct fetch_answer a = {0};
        begin(w, (struct peer){.head = cases[i].head, .more = cases[i].more});
        enum err e = get(w, &a);
        end(w);
        if (e != ERR_UNAVAILABLE)
            print_error("%s\n", cases[i].name);
        assert_int_equal(e, ERR_UNAVAILABLE);
        assert_non_null(a.why);
        assert_null(strstr(a.why, "127.0.0.1"));
        if (cases[i].why != NULL)
            assert_string_equal(a.why, cases[i].why);
        assert_null(a.body.p);
    }
}

static void test_F54_a_silent_peer_costs_no_more_than_the_budget(void **state)
{
    struct world *w = *state;
    struct fetch_answer a = {0};
    begin(w, (struct peer){.silent = true});
    fetch_budget(w->fetch, 200);
    assert_int_equal(get(w, &a), ERR_UNAVAILABLE);
    assert_string_equal(a.why, "no answer in time");
    assert_true(a.late);
    /* The budget is that of all requests together. */
    assert_int_equal(get(w, &a), ERR_UNAVAILABLE);
    assert_string_equal(a.why, "no answer in time");
    end(w);
    assert_in_range(w->peer.asked, 0, 2);
}

static void test_F54_a_dripping_peer_costs_no_more_than_that(void **state)
{
    static const struct peer drips[] = {
        {.head = "HTTP/1.1 200 OK\r\n\r\n", .more = "x", .drip = true},
        {.head = "HTTP/1.1 200 OK\r\n", .more = "X: y\r\n", .drip = true}};
    for (size_t i = 0; i < sizeof drips / sizeof drips[0]; i++) {
        struct world *w = *state;
        struct fetch_answer a = {0};
        begin(w, drips[i]);
        fetch_budget(w->fetch, 200);
        assert_int_equal(get(w, &a), ERR_UNAVAILABLE);
        assert_string_equal(a.why, "no answer in time");
        end(w);
    }
}

static void test_nobody_there_is_unavailable(void **state)
{
    struct world *w = *state;
    struct fetch_answer a = {0};
    begin(w, (struct peer){.head = ""});
    end(w);
    assert_int_equal(get(w, &a), ERR_UNAVAILABLE);
    assert_string_equal(a.why, "no connection");
    assert_false(a.late);
}

static void test_plain_text_is_not_taken_for_tls(void **state)
{
    struct world *w = *state;
    struct fetch_answer a = {0};
    char url[64];
    begin(w, (struct peer){.head = "HTTP/1.1 200 OK\r\n\r\n"});
    assert_true(
        snprintf(url, sizeof url, "https://127.0.0.1:%u/", w->peer.port) > 0);
    struct fetch_ask ask = {.url = url, .ca_file = ""};
    fetch_budget(w->fetch, 300);
    assert_int_equal(fetch(w->fetch, w->arena, &ask, &a), ERR_UNAVAILABLE);
    assert_non_null(a.why);
    end(w);
}

static void test_the_environment_names_no_proxy(void **state)
{
    struct world *w = *state;
    struct fetch_answer a = {0};
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
    assert_int_equal(setenv("all_proxy", "http://127.0.0.1:1", 1), 0);
    begin(w, (struct peer){.head = "HTTP/1.1 204 No\r\n\r\n"});
    assert_int_equal(get(w, &a), ERR_OK);
    end(w);
    assert_int_equal(a.status, 204);
    assert_text(a.body, "");
    assert_int_equal(unsetenv("http_proxy"), 0);
    assert_int_equal(unsetenv("all_proxy"), 0);
}

static void test_a_field_cannot_begin_another(void **state)
{
    struct world *w = *state;
    struct fetch_answer a = {0};
    struct fetch_ask ask = {.url = "http://127.0.0.1:1/",
                            .ca_file = "",
                            .authorization = "Bearer x\r\nX-Evil: y"};
    assert_int_equal(fetch(w->fetch, w->arena, &ask, &a), ERR_UNAVAILABLE);
    assert_string_equal(a.why, "the request cannot be made");
}

static void
test_A_1_3_6_A_13_2_4_only_https_and_this_machine_are_asked(void **state)
{
    static const char *const good[] = {"https://id.example.org",
                                       "https://id.example.org:8443/a?b=c",
                                       "https://id.example/users/@me",
                                       "http://127.0.0.1/",
                                       "http://127.8.9.1:3000/x",
                                       "http://[::1]:80/",
                                       "http://localhost/",
                                       "https://192.168.0.1/"};
    static const char *const bad[] = {"",
                                      "id.example.org",
                                      "//id.example.org/",
                                      "http://id.example.org/",
                                      "HTTPS://id.example.org/",
                                      "http://localhost.example/",
                                      "http://127.0.0.1.example/",
                                      "http://127.0.0.1@id.example/",
                                      "https://a:b@id.example/",
                                      "http://[::2]/",
                                      "http://0.0.0.0/",
                                      "http://169.254.169.254/latest/",
                                      "http://2130706433/",
                                      "https://id.example/#x",
                                      "https://id.example/a b",
                                      "https://id.example/\"",
                                      "https://id.example/<",
                                      "https://id.example/>",
                                      "https://id.example/^",
                                      "https://id.example/`",
                                      "https://id.example/{x",
                                      "https://id.example/|",
                                      "https://id.example/x}",
                                      "https://id.example\\@127.0.0.1/",
                                      "http://127.0.0.1\\.example/",
                                      "https://id.example/\n",
                                      "https://\xc3\xa9.example/",
                                      "https://",
                                      "https:///x",
                                      "ftp://127.0.0.1/",
                                      "file:///etc/passwd",
                                      "gopher://127.0.0.1/",
                                      "javascript:alert(1)"};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(fetch_may(str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fetch_answer a = {0};
        struct fetch_ask ask = {.url = bad[i], .ca_file = ""};
        const struct str url = str_of(bad[i]);

        if (fetch_may(url))
            print_error("%.*s\n", STR_FMT(url));
        assert_false(fetch_may(url));
        assert_int_equal(fetch(w->fetch, w->arena, &ask, &a), ERR_UNAVAILABLE);
        assert_string_equal(a.why, "an address that may not be asked");
    }
}

static void test_memory_that_runs_out_is_told(void **state)
{
    struct world *w = *state;
    struct fetch_answer a = {0};
    arena_free(&w->arena);
    w->arena = arena_new(65536);
    assert_non_null(w->arena);
    begin(w, (struct peer){
                 .head = "HTTP/1.1 200 OK\r\nContent-Length: 131072\r\n\r\n",
                 .more = K});
    assert_int_equal(get(w, &a), ERR_NO_MEMORY);
    end(w);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_get_says_little_and_takes_the_answer),
        T(test_a_post_carries_body_and_fields),
        T(test_cache_control_is_understood),
        T(test_A_15_3_2_a_redirect_is_an_answer_and_not_followed),
        T(test_F54_hostile_answers_end_in_unavailable),
        T(test_F54_a_silent_peer_costs_no_more_than_the_budget),
        T(test_F54_a_dripping_peer_costs_no_more_than_that),
        T(test_nobody_there_is_unavailable),
        T(test_plain_text_is_not_taken_for_tls),
        T(test_the_environment_names_no_proxy),
        T(test_a_field_cannot_begin_another),
        T(test_A_1_3_6_A_13_2_4_only_https_and_this_machine_are_asked),
        T(test_memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
