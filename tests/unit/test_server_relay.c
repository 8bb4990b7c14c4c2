/* SPDX-License-Identifier: MIT */
/* The queue of dear requests: what goes in, in which order it comes out, and
 * that it is bounded. */
#include "fcgi_wire.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/routes.h"
#include "fcgi/guard.h"
#include "server/relay.h"

static int set_up(void **state)
{
    static struct relay r;

    *state = &r;
    return relay_open(&r) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct relay *r = *state;

    relay_close(r);
    relay_close(r);
    return 0;
}

static void connections_come_out_in_order(void **state)
{
    const struct relay *r = *state;
    int first[2];
    int second[2];
    char byte = 0;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, first), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, second), 0);
    assert_true(relay_send(r, first[0]));
    assert_true(relay_send(r, second[0]));
    assert_int_equal(write(first[1], "1", 1), 1);
    assert_int_equal(write(second[1], "2", 1), 1);
    for (char want = '1'; want <= '2'; want++) {
        int fd = relay_receive(r);
        assert_true(fd >= 0);
        assert_int_equal(read(fd, &byte, 1), 1);
        assert_int_equal(byte, want);
        (void)close(fd);
    }
    for (int i = 0; i < 2; i++) {
        (void)close(first[i]);
        (void)close(second[i]);
    }
}

static void an_empty_queue_gives_nothing(void **state)
{
    assert_int_equal(relay_receive(*state), -1);
}

static void what_is_no_descriptor_is_not_queued(void **state)
{
    assert_false(relay_send(*state, -1));
    assert_int_equal(relay_receive(*state), -1);
}

static void a_message_without_a_descriptor_is_nothing(void **state)
{
    const struct relay *r = *state;

    assert_int_equal(send(r->in, "x", 1, 0), 1);
    assert_int_equal(relay_receive(r), -1);
}

static void a_full_queue_refuses(void **state)
{
    const struct relay *r = *state;
    unsigned n = 0;

    while (n < 100000 && relay_send(r, STDIN_FILENO))
        n++;
    assert_in_range(n, 16, 99999);
    for (; n > 0; n--) {
        int fd = relay_receive(r);
        assert_true(fd >= 0);
        (void)close(fd);
    }
    assert_true(relay_send(r, STDIN_FILENO));
    (void)close(relay_receive(r));
}

static void only_what_hashes_a_password_is_wanted(void **state)
{
    static const struct {
        const char *uri;
        bool wanted;
    } cases[] = {
        {"/api/auth/login", true},       {"/api/auth/login?next=/", true},
        {"/api/auth/register", true},    {"/api/auth/logout", false},
        {"/api/auth/login/", false},     {"/api/auth/logi", false},
        {"/api/auth/loginx", false},     {"", false},
        {"?/api/auth/login", false},     {"/healthz?/api/auth/login", false},
        {"//api/auth/login", false},     {"/api/auth/status", false},
        {"/x/api/auth/register", false}, {"/api/auth/refresh", false},
    };

    const struct config off = {.oauth2_parallel = 4};

    (void)state;
    assert_int_equal(relay_outbound(&off), 0);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(relay_lane(&off, str_of(cases[i].uri)),
                         cases[i].wanted ? RELAY_HASHES : RELAY_NONE);
}

/* Every marked row, whatever its method, and nothing else; and no other server
 * is asked while sign-in by providers is off. */
static void F54_what_asks_another_server_waits_apart(void **state)
{
    const struct config on = {.oauth2_enabled = true,
                              .oauth2_parallel = 3,
                              .cdi_enabled = true,
                              .cdi_base_path = "",
                              .fdi_enabled = true,
                              .fdi_base_path = "/auth"};
    struct config off = on;
    size_t count;
    const struct route *rows = routes_all(&count);

    (void)state;
    off.oauth2_enabled = false;
    assert_int_equal(relay_outbound(&on), 3);
    for (size_t i = 0; i < count; i++) {
        struct str uri = str_of(rows[i].pattern);
        enum relay_lane lane =
            (rows[i].marks & ROUTE_HASHES) ? RELAY_HASHES : RELAY_NONE;
        if ((rows[i].marks & ROUTE_OUTBOUND) != 0) {
            assert_int_equal(relay_lane(&on, uri), RELAY_OUTBOUND);
            assert_int_equal(relay_lane(&off, uri), RELAY_NONE);
        } else if (rows[i].method == METHOD_POST) {
            assert_int_equal(relay_lane(&on, uri), lane);
            assert_int_equal(relay_lane(&off, uri), lane);
        }
    }
}

static void a_bounded_queue_refuses_soon(void **state)
{
    const struct relay *r = *state;
    unsigned n = 0;

    relay_bound(r, 32);
    while (n < 100000 && relay_send(r, STDIN_FILENO))
        n++;
    assert_in_range(n, 16, 64);
    for (; n > 0; n--)
        (void)close(relay_receive(r));
}

static void half_of_the_workers_stay_free(void **state)
{
    static const struct {
        int64_t workers, hashes;
        size_t takers;
    } cases[] = {{1, 4, 1}, {2, 4, 1}, {3, 4, 1}, {4, 2, 2},
                 {8, 2, 2}, {8, 9, 4}, {8, 1, 1}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct config c = {.server_workers = cases[i].workers,
                                 .passwords_parallel_hashes = cases[i].hashes};
        assert_int_equal(relay_takers(&c), cases[i].takers);
    }
}

/* What the guard shows of the path before anything is judged. */
static void the_path_is_seen_in_every_prefix_or_not_at_all(void **state)
{
    struct wire *w = wire_new();
    struct str uri;
    size_t seen = 0;

    (void)state;
    wire_get(w, WIRE_RESPONDER, "/api/auth/login?a=b");
    for (size_t n = 0; n <= w->n; n++) {
        uint8_t *exact = malloc(n + 1);
        assert_non_null(exact);
        memcpy(exact, w->p, n);
        if (guard_uri(exact, n, &uri)) {
            assert_true(str_eq(uri, STR("/api/auth/login?a=b")));
            seen++;
        }
        free(exact);
    }
    assert_in_range(seen, 1, w->n);
    w->n = 0;
    wire_record(w, WIRE_GET_VALUES, 0, STR(""));
    assert_false(guard_uri(w->p, w->n, &uri));
    w->n = 0;
    wire_begin(w, WIRE_RESPONDER);
    wire_record(w, WIRE_PARAMS, 1, STR("\x0b\x7fREQUEST_URI/short"));
    assert_false(guard_uri(w->p, w->n, &uri));
    free(w);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(connections_come_out_in_order),
        TEST(an_empty_queue_gives_nothing),
        TEST(what_is_no_descriptor_is_not_queued),
        TEST(a_message_without_a_descriptor_is_nothing),
        TEST(a_full_queue_refuses),
        TEST(only_what_hashes_a_password_is_wanted),
        TEST(F54_what_asks_another_server_waits_apart),
        TEST(a_bounded_queue_refuses_soon),
        TEST(half_of_the_workers_stay_free),
        TEST(the_path_is_seen_in_every_prefix_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
