/* SPDX-License-Identifier: MIT */
/* One connection over a socket pair: what is read, what is answered, and that
 * no peer holds the reader. */
#include "fcgi_wire.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fcgi/fcgi.h"
#include "fcgi/guard.h"

#define ANSWER "Status: 200 OK\r\nContent-Length: 2\r\n\r\nok"

struct house {
    struct fcgi *fcgi;
    struct arena *arena;
    struct wire *wire;
    struct ip_net proxy;
    struct fcgi_rules rules;
    int peer; /* -1: closed */
    struct http_request req;
    enum fcgi_role role;
};

static int setup(void **state)
{
    struct house *h = calloc(1, sizeof(*h));

    assert_non_null(h);
    assert_int_equal(fcgi_new(&h->fcgi), ERR_OK);
    h->arena = arena_new(1 << 20);
    assert_non_null(h->arena);
    h->wire = wire_new();
    assert_true(ip_net_parse(STR("192.0.2.0/24"), &h->proxy));
    h->rules = (struct fcgi_rules){
        .limits = {.url = 256, .header = 4096, .body = 1024, .cookies = 4},
        .trusted = &h->proxy,
        .trusted_count = 1,
        .io_timeout_s = 1};
    h->peer = -1;
    *state = h;
    return 0;
}

static int teardown(void **state)
{
    struct house *h = *state;

    if (h->peer >= 0)
        (void)close(h->peer);
    fcgi_free(&h->fcgi);
    arena_free(&h->arena);
    free(h->wire);
    free(h);
    return 0;
}

enum peer_then { THEN_WAITS, THEN_CLOSES };

/* Sends what is built and reads it as a request. */
static enum err read_wire(struct house *h, enum peer_then then)
{
    int pair[2];
    int room = 1 << 20;

    if (h->peer >= 0)
        (void)close(h->peer);
    arena_reset(h->arena);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    h->peer = pair[0];
    (void)setsockopt(h->peer, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
    assert_int_equal(
        send(h->peer, h->wire->p, h->wire->n, MSG_NOSIGNAL | MSG_DONTWAIT),
        h->wire->n);
    if (then == THEN_CLOSES)
        assert_int_equal(shutdown(h->peer, SHUT_WR), 0);
    h->wire->n = 0;
    h->role = FCGI_ROLE_OTHER;
    return fcgi_read(h->fcgi, pair[1], h->arena, &h->rules, &h->req, &h->role);
}

/* Everything the peer is sent until the connection ends. */
static struct str sent(struct house *h)
{
    char *all = arena_alloc(h->arena, 65536);
    size_t n = 0;
    ssize_t got;

    assert_non_null(all);
    while ((got = recv(h->peer, all + n, 65536 - n, 0)) > 0)
        n += (size_t)got;
    return (struct str){all, n};
}

/* One STDOUT record with text, its end, and END_REQUEST, complete. */
static void assert_answer(struct str all, const char *text)
{
    size_t n = strlen(text);
    size_t padded = (n + 7) / 8 * 8;

    assert_true(all.n == 8 + padded + 8 + 16);
    assert_int_equal(all.p[1], 6);
    assert_memory_equal(all.p + 8, text, n);
    assert_int_equal(all.p[8 + padded + 8 + 1], 3);
}

static void assert_text(struct str s, const char *text)
{
    assert_int_equal(s.n, strlen(text));
    assert_memory_equal(s.p, text, s.n);
}

static void a_request_is_read_and_answered(void **state)
{
    struct house *h = *state;

    wire_begin(h->wire, WIRE_RESPONDER);
    wire_param(h->wire, STR("REQUEST_METHOD"), STR("POST"));
    wire_param(h->wire, STR("REQUEST_URI"), STR("/api/auth/login?a=b"));
    wire_param(h->wire, STR("CONTENT_LENGTH"), STR("4"));
    wire_param(h->wire, STR("CONTENT_TYPE"), STR("application/json"));
    wire_param(h->wire, STR("REMOTE_ADDR"), STR("198.51.100.9"));
    wire_param(h->wire, STR("HTTPS"), STR("on"));
    wire_param(h->wire, STR("HTTP_HOST"), STR("id.example.org"));
    wire_param(h->wire, STR("HTTP_COOKIE"), STR("a=b; c=d"));
    wire_param(h->wire, STR("HTTP_AUTHORIZATION"), STR("Bearer x"));
    wire_param(h->wire, STR("Authorization"), STR("Bearer y"));
    wire_param(h->wire, STR("SCRIPT_NAME"), STR("/else"));
    wire_body(h->wire, STR("body"));
    assert_int_equal(read_wire(h, THEN_WAITS), ERR_OK);
    assert_int_equal(h->req.fault, ERR_OK);
    assert_int_equal(h->role, FCGI_ROLE_RESPONDER);
    assert_int_equal(h->req.method, METHOD_POST);
    assert_text(h->req.path, "/api/auth/login");
    assert_text(h->req.query, "a=b");
    assert_text(h->req.body, "body");
    assert_text(h->req.host, "id.example.org");
    assert_text(http_field(&h->req, "CONTENT_TYPE"), "application/json");
    assert_text(http_field(&h->req, "AUTHORIZATION"), "Bearer x");
    assert_int_equal(h->req.cookie_count, 2);
    assert_int_equal(h->req.request_id.n, 36);
    assert_true(h->req.https);
    assert_int_equal(fcgi_write(h->fcgi, STR(ANSWER)), ERR_OK);
    fcgi_finish(h->fcgi);
    assert_answer(sent(h), ANSWER);
}

static void the_role_is_that_of_begin_request_FCGI_1_F44(void **state)
{
    static const struct {
        unsigned wire;
        const char *param;
        enum fcgi_role role;
    } cases[] = {
        {WIRE_RESPONDER, "AUTHORIZER", FCGI_ROLE_RESPONDER},
        {WIRE_AUTHORIZER, "RESPONDER", FCGI_ROLE_AUTHORIZER},
        {WIRE_FILTER, "RESPONDER", FCGI_ROLE_OTHER},
    };
    struct house *h = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        wire_begin(h->wire, cases[i].wire);
        wire_param(h->wire, STR("REQUEST_METHOD"), STR("GET"));
        wire_param(h->wire, STR("REQUEST_URI"), STR("/"));
        wire_param(h->wire, STR("FCGI_ROLE"), str_of(cases[i].param));
        wire_body(h->wire, STR(""));
        assert_int_equal(read_wire(h, THEN_WAITS), ERR_OK);
        assert_int_equal(h->role, cases[i].role);
        fcgi_finish(h->fcgi);
    }
}

static void an_unknown_role_gets_no_request_F42(void **state)
{
    static const unsigned roles[] = {0, 4, 9, 0xffff};
    struct house *h = *state;

    for (size_t i = 0; i < COUNT(roles); i++) {
        wire_get(h->wire, roles[i], "/");
        assert_int_equal(read_wire(h, THEN_WAITS), ERR_BAD_REQUEST);
        assert_int_equal(sent(h).n, 0);
    }
}

static void an_authorizer_has_no_body_FCGI_1(void **state)
{
    struct house *h = *state;

    /* No STDIN record at all (mod_authnz_fcgi); reading it would hang. */
    wire_begin(h->wire, WIRE_AUTHORIZER);
    wire_param(h->wire, STR("REQUEST_METHOD"), STR("POST"));
    wire_param(h->wire, STR("REQUEST_URI"), STR("/app"));
    wire_param(h->wire, STR("CONTENT_LENGTH"), STR("4"));
    wire_record(h->wire, WIRE_PARAMS, 1, STR(""));
    assert_int_equal(read_wire(h, THEN_WAITS), ERR_OK);
    assert_int_equal(h->role, FCGI_ROLE_AUTHORIZER);
    assert_int_equal(h->req.body.n, 0);
    assert_int_equal(fcgi_write(h->fcgi, STR(ANSWER)), ERR_OK);
    fcgi_finish(h->fcgi);
    assert_answer(sent(h), ANSWER);
}

/* HTTP_ names are the client's, the others the web server's. */
static void only_the_web_server_says_that_it_has_refused(void **state)
{
    static const struct {
        const char *name, *value;
        bool refused, mute;
        const char *once;
    } cases[] = {
        {"GATEHOUSE_REFUSED", "1", true, false, ""},
        {"GATEHOUSE_REFUSED", "", false, false, ""},
        {"HTTP_GATEHOUSE_REFUSED", "1", false, false, ""},
        {"FCGI_APACHE_ROLE", "ACCESS_CHECKER", false, true, ""},
        {"HTTP_FCGI_APACHE_ROLE", "ACCESS_CHECKER", false, false, ""},
        {"REDIRECT_REQUEST_METHOD", "PUT", false, false, "PUT"},
        {"HTTP_REDIRECT_REQUEST_METHOD", "GET", false, false, ""},
        {"HTTP_X_ORIGINAL_METHOD", "GET", false, false, ""},
    };
    struct house *h = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        wire_begin(h->wire, WIRE_RESPONDER);
        wire_param(h->wire, STR("REQUEST_METHOD"), STR("GET"));
        wire_param(h->wire, STR("REQUEST_URI"), STR("/"));
        wire_param(h->wire, str_of(cases[i].name), str_of(cases[i].value));
        wire_body(h->wire, STR(""));
        assert_int_equal(read_wire(h, THEN_WAITS), ERR_OK);
        assert_int_equal(h->req.refused, cases[i].refused);
        assert_int_equal(h->req.mute, cases[i].mute);
        assert_false(h->req.gate);
        assert_text(h->req.method_once, cases[i].once);
        fcgi_finish(h->fcgi);
    }
}

/* Only a fault that is the address's alone can be overlooked by a gate. */
static void a_fault_of_the_address_is_told_apart(void **state)
{
    static const struct {
        const char *uri, *name;
        struct str value;
        enum err fault;
        bool target;
    } cases[] = {
        {"/a", "X", {"", 0}, ERR_OK, false},
        {"//a", "X", {"", 0}, ERR_BAD_REQUEST, true},
        {"/a/../b", "X", {"", 0}, ERR_BAD_REQUEST, true},
        {"//a", "REQUEST_METHOD", {"GET", 3}, ERR_BAD_REQUEST, false},
        {"//a", "X_NUL", {"a\0b", 3}, ERR_BAD_REQUEST, false},
        {"/a", "CONTENT_LENGTH", {"-1", 2}, ERR_BAD_REQUEST, false},
    };
    struct house *h = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        wire_begin(h->wire, WIRE_AUTHORIZER);
        wire_param(h->wire, STR("REQUEST_METHOD"), STR("GET"));
        wire_param(h->wire, STR("REQUEST_URI"), str_of(cases[i].uri));
        wire_param(h->wire, str_of(cases[i].name), cases[i].value);
        wire_body(h->wire, STR(""));
        assert_int_equal(read_wire(h, THEN_WAITS), ERR_OK);
        assert_int_equal(h->req.fault, cases[i].fault);
        assert_int_equal(h->req.target_fault, cases[i].target);
        fcgi_finish(h->fcgi);
    }
}

static void an_unanswered_request_is_answered_503_FCGI_2(void **state)
{
    struct house *h = *state;

    wire_get(h->wire, WIRE_AUTHORIZER, "/");
    assert_int_equal(read_wire(h, THEN_CLOSES), ERR_OK);
    fcgi_finish(h->fcgi);
    assert_answer(sent(h), "Status: 503 Service Unavailable\r\n"
                           "Content-Length: 0\r\n\r\n");
    fcgi_finish(h->fcgi);
    assert_int_equal(fcgi_write(h->fcgi, STR(ANSWER)), ERR_UNAVAILABLE);
}

/* A pair added to a good GET and the fault it makes. */
static void bad_parameters_are_the_clients_fault_F40_F44(void **state)
{
    static const struct {
        const char *name;
        struct str value;
        enum err fault;
    } cases[] = {
        {"REQUEST_METHOD", {"GET", 3}, ERR_BAD_REQUEST},
        {"REQUEST_URI", {"/", 1}, ERR_BAD_REQUEST},
        {"REMOTE_ADDR", {"127.0.0.1", 9}, ERR_BAD_REQUEST},
        {"HTTP_COOKIE", {"c=2", 3}, ERR_BAD_REQUEST},
        {"HTTP_AUTHORIZATION", {"Bearer b", 8}, ERR_BAD_REQUEST},
        {"HTTP_X_FORWARDED_FOR", {"1.2.3.4", 7}, ERR_BAD_REQUEST},
        {"X_NUL", {"a\0b", 3}, ERR_BAD_REQUEST},
        {"CONTENT_LENGTH", {"-1", 2}, ERR_BAD_REQUEST},
        {"CONTENT_LENGTH", {"+1", 2}, ERR_BAD_REQUEST},
        {"CONTENT_LENGTH", {"0x1", 3}, ERR_BAD_REQUEST},
        {"CONTENT_LENGTH", {"1 ", 2}, ERR_BAD_REQUEST},
        {"CONTENT_LENGTH", {"1,1", 3}, ERR_BAD_REQUEST},
        {"CONTENT_LENGTH", {"99999999999999999999999", 23}, ERR_BAD_REQUEST},
        {"CONTENT_LENGTH", {"1025", 4}, ERR_BODY_TOO_LARGE},
        {"CONTENT_LENGTH", {"18446744073709551615", 20}, ERR_BODY_TOO_LARGE},
        {"CONTENT_LENGTH", {"", 0}, ERR_OK},
        {"HTTP_VIA", {"1.1 b", 5}, ERR_OK},
        {"HTTP_PROXY", {"http://evil", 11}, ERR_OK},
        {"HTTP_X_ELSE", {"1", 1}, ERR_OK},
    };
    struct house *h = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("%s=%s\n", cases[i].name, cases[i].value.p);
        wire_begin(h->wire, WIRE_RESPONDER);
        wire_param(h->wire, STR("REQUEST_METHOD"), STR("GET"));
        wire_param(h->wire, STR("REQUEST_URI"), STR("/"));
        wire_param(h->wire, STR("REMOTE_ADDR"), STR("192.0.2.7"));
        wire_param(h->wire, STR("HTTP_COOKIE"), STR("c=1"));
        wire_param(h->wire, STR("HTTP_AUTHORIZATION"), STR("Bearer a"));
        wire_param(h->wire, STR("HTTP_X_FORWARDED_FOR"), STR("4.3.2.1"));
        wire_param(h->wire, STR("HTTP_VIA"), STR("1.1 a"));
        wire_param(h->wire, str_of(cases[i].name), cases[i].value);
        wire_body(h->wire, STR(""));
        assert_int_equal(read_wire(h, THEN_WAITS), ERR_OK);
        assert_int_equal(h->req.fault, cases[i].fault);
        assert_null(http_field(&h->req, "PROXY").p);
        assert_int_equal(fcgi_write(h->fcgi, STR(ANSWER)), ERR_OK);
        (void)shutdown(h->peer, SHUT_WR);
        fcgi_finish(h->fcgi);
        assert_answer(sent(h), ANSWER);
    }
}

static void the_other_limits_are_the_clients_fault_F40(void **state)
{
    static char big[20000];
    struct house *h = *state;

    memset(big, 'a', sizeof(big));
    big[0] = '/';
    big[300] = '\0';
    wire_get(h->wire, WIRE_RESPONDER, big);
    assert_int_equal(read_wire(h, THEN_CLOSES), ERR_OK);
    assert_int_equal(h->req.fault, ERR_URL_TOO_LONG);
    fcgi_finish(h->fcgi);

    wire_begin(h->wire, WIRE_RESPONDER);
    wire_param(h->wire, STR("REQUEST_URI"), STR("/"));
    wire_param(h->wire, STR("HTTP_X"), (struct str){big, sizeof(big)});
    wire_body(h->wire, STR(""));
    assert_int_equal(read_wire(h, THEN_CLOSES), ERR_OK);
    assert_int_equal(h->req.fault, ERR_HEADER_TOO_LARGE);
    fcgi_finish(h->fcgi);

    wire_begin(h->wire, WIRE_RESPONDER);
    for (unsigned i = 0; i < 600; i++)
        wire_param(h->wire, STR("V"), STR(""));
    wire_body(h->wire, STR(""));
    assert_int_equal(read_wire(h, THEN_CLOSES), ERR_OK);
    assert_int_equal(h->req.fault, ERR_HEADER_TOO_LARGE);
    fcgi_finish(h->fcgi);

    wire_get(h->wire, WIRE_RESPONDER, "//..");
    assert_int_equal(read_wire(h, THEN_CLOSES), ERR_OK);
    assert_int_equal(h->req.fault, ERR_BAD_REQUEST);
}

/* The announced length and what really comes. */
static void a_body_of_another_length_is_a_fault_F41(void **state)
{
    static const struct {
        const char *length, *body;
        enum peer_then then;
        bool ended; /* STDIN is */
        enum err error, fault;
    } cases[] = {
        {"4", "body", THEN_WAITS, true, ERR_OK, ERR_OK},
        {"0", "", THEN_WAITS, true, ERR_OK, ERR_OK},
        {"4", "bod", THEN_WAITS, true, ERR_OK, ERR_BAD_REQUEST},
        {"4", "", THEN_WAITS, true, ERR_OK, ERR_BAD_REQUEST},
        {"4", "bodys", THEN_WAITS, true, ERR_OK, ERR_BAD_REQUEST},
        {"0", "b", THEN_WAITS, true, ERR_OK, ERR_BAD_REQUEST},
        {"4", "bod", THEN_CLOSES, false, ERR_BAD_REQUEST, ERR_OK},
        {"4", "body", THEN_CLOSES, false, ERR_BAD_REQUEST, ERR_OK},
        {"4", "", THEN_CLOSES, false, ERR_BAD_REQUEST, ERR_OK},
        {"4", "bod", THEN_WAITS, false, ERR_BAD_REQUEST, ERR_OK},
    };
    struct house *h = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("%s of %s\n", cases[i].body, cases[i].length);
        wire_begin(h->wire, WIRE_RESPONDER);
        wire_param(h->wire, STR("REQUEST_URI"), STR("/"));
        wire_param(h->wire, STR("CONTENT_LENGTH"), str_of(cases[i].length));
        wire_record(h->wire, WIRE_PARAMS, 1, STR(""));
        if (cases[i].body[0] != '\0')
            wire_record(h->wire, WIRE_STDIN, 1, str_of(cases[i].body));
        if (cases[i].ended)
            wire_record(h->wire, WIRE_STDIN, 1, STR(""));
        assert_int_equal(read_wire(h, cases[i].then), cases[i].error);
        if (cases[i].error == ERR_OK)
            assert_int_equal(h->req.fault, cases[i].fault);
        (void)shutdown(h->peer, SHUT_WR);
        fcgi_finish(h->fcgi);
    }
}

static void a_large_body_comes_in_many_records(void **state)
{
    static char body[100 * 1024];
    struct house *h = *state;

    for (size_t i = 0; i < sizeof(body); i++)
        body[i] = (char)(i * 7 + i / 251);
    h->rules.limits.body = sizeof(body);
    wire_begin(h->wire, WIRE_RESPONDER);
    wire_param(h->wire, STR("REQUEST_URI"), STR("/"));
    wire_param(h->wire, STR("CONTENT_LENGTH"), STR("102400"));
    wire_record(h->wire, WIRE_PARAMS, 1, STR(""));
    for (size_t i = 0; i < sizeof(body); i += 3200)
        wire_record(h->wire, WIRE_STDIN, 1, (struct str){body + i, 3200});
    wire_record(h->wire, WIRE_STDIN, 1, STR(""));
    assert_int_equal(read_wire(h, THEN_WAITS), ERR_OK);
    assert_int_equal(h->req.fault, ERR_OK);
    assert_int_equal(h->req.body.n, sizeof(body));
    assert_memory_equal(h->req.body.p, body, sizeof(body));
    fcgi_finish(h->fcgi);
}

/* Each ends after the time limit and gives nothing to answer. */
static void a_silent_or_foreign_peer_is_dropped_F42_F43(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        enum peer_then then;
    } cases[] = {
        {"", 0, THEN_CLOSES},
        {"", 0, THEN_WAITS},
        {"\x01\x01\x00\x01\x00\x08", 6, THEN_WAITS},
        {"\x01\x01\x00\x01\x00\x08", 6, THEN_CLOSES},
        {"\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", 16,
         THEN_CLOSES},
        {"GET / HTTP/1.1\r\n\r\n", 18, THEN_WAITS},
        {"\x01\x09\x00\x00\x00\x00\x00\x00", 8, THEN_WAITS},
    };
    struct house *h = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        wire_put(h->wire, cases[i].bytes, cases[i].n);
        assert_int_equal(read_wire(h, cases[i].then), ERR_BAD_REQUEST);
        fcgi_finish(h->fcgi);
        assert_int_equal(sent(h).n, 0);
    }
}

static void a_peer_that_left_does_not_take_the_answer(void **state)
{
    struct house *h = *state;

    wire_get(h->wire, WIRE_RESPONDER, "/");
    assert_int_equal(read_wire(h, THEN_WAITS), ERR_OK);
    (void)close(h->peer);
    h->peer = -1;
    assert_int_equal(fcgi_write(h->fcgi, STR(ANSWER)), ERR_UNAVAILABLE);
    fcgi_finish(h->fcgi);
}

static void nothing_of_a_request_is_in_the_next_FCGI_5(void **state)
{
    struct house *h = *state;

    wire_begin(h->wire, WIRE_RESPONDER);
    wire_param(h->wire, STR("REQUEST_METHOD"), STR("POST"));
    wire_param(h->wire, STR("REQUEST_URI"), STR("/one"));
    wire_param(h->wire, STR("HTTP_COOKIE"), STR("access_token=secret"));
    wire_param(h->wire, STR("HTTPS"), STR("on"));
    wire_param(h->wire, STR("CONTENT_LENGTH"), STR("4"));
    wire_body(h->wire, STR("body"));
    assert_int_equal(read_wire(h, THEN_WAITS), ERR_OK);
    assert_int_equal(h->req.cookie_count, 1);
    fcgi_finish(h->fcgi);
    wire_get(h->wire, WIRE_RESPONDER, "/two");
    assert_int_equal(read_wire(h, THEN_WAITS), ERR_OK);
    assert_int_equal(h->req.cookie_count, 0);
    assert_int_equal(h->req.field_count, 0);
    assert_int_equal(h->req.body.n, 0);
    assert_false(h->req.https);
    assert_int_equal(h->req.method, METHOD_GET);
    fcgi_finish(h->fcgi);
}

/* One byte a write, by another process, so that every border is met. */
static void a_request_in_pieces_is_put_together_F41(void **state)
{
    struct house *h = *state;
    int pair[2];
    int status = 0;

    wire_begin(h->wire, WIRE_RESPONDER);
    wire_param(h->wire, STR("REQUEST_METHOD"), STR("POST"));
    wire_param(h->wire, STR("REQUEST_URI"), STR("/a"));
    wire_param(h->wire, STR("CONTENT_LENGTH"), STR("4"));
    wire_body(h->wire, STR("body"));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    h->peer = pair[0];
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        for (size_t i = 0; i < h->wire->n; i++) {
            if (send(pair[0], h->wire->p + i, 1, MSG_NOSIGNAL) != 1)
                _exit(1);
            (void)sched_yield();
        }
        _exit(0);
    }
    assert_int_equal(
        fcgi_read(h->fcgi, pair[1], h->arena, &h->rules, &h->req, &h->role),
        ERR_OK);
    assert_int_equal(h->req.fault, ERR_OK);
    assert_text(h->req.path, "/a");
    assert_text(h->req.body, "body");
    fcgi_finish(h->fcgi);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read_and_answered),
        cmocka_unit_test(the_role_is_that_of_begin_request_FCGI_1_F44),
        cmocka_unit_test(an_unknown_role_gets_no_request_F42),
        cmocka_unit_test(an_authorizer_has_no_body_FCGI_1),
        cmocka_unit_test(only_the_web_server_says_that_it_has_refused),
        cmocka_unit_test(a_fault_of_the_address_is_told_apart),
        cmocka_unit_test(an_unanswered_request_is_answered_503_FCGI_2),
        cmocka_unit_test(bad_parameters_are_the_clients_fault_F40_F44),
        cmocka_unit_test(the_other_limits_are_the_clients_fault_F40),
        cmocka_unit_test(a_body_of_another_length_is_a_fault_F41),
        cmocka_unit_test(a_large_body_comes_in_many_records),
        cmocka_unit_test(a_silent_or_foreign_peer_is_dropped_F42_F43),
        cmocka_unit_test(a_peer_that_left_does_not_take_the_answer),
        cmocka_unit_test(nothing_of_a_request_is_in_the_next_FCGI_5),
        cmocka_unit_test(a_request_in_pieces_is_put_together_F41),
    };
    struct CMUnitTest each[COUNT(tests)];

    for (size_t i = 0; i < COUNT(tests); i++) {
        each[i] = tests[i];
        each[i].setup_func = setup;
        each[i].teardown_func = teardown;
    }
    return cmocka_run_group_tests(each, NULL, NULL);
}
