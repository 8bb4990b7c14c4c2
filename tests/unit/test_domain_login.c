/* SPDX-License-Identifier: MIT */
/* Password sign-in, throttling, devices and session limits against a real
 * database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain/device.h"
#include "domain/keyring.h"
#include "domain_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static enum err try_as(struct ctx *c, struct str email, struct str password)
{
    const struct account_login login = {.email = email, .password = password};
    struct signed_in in;

    return account_login(c, &login, &in);
}

static void wrong(struct world *w, struct ctx *c, unsigned times, enum err want)
{
    struct signed_in in;

    for (unsigned i = 0; i < times; i++)
        assert_int_equal(world_try(w, c, "not the password", &in), want);
}

static void A_6_3_8_every_wrong_sign_in_answers_the_same(void **state)
{
    struct world *w = *state;
    static char huge[2000];

    memset(huge, 'x', sizeof(huge));
    const struct {
        struct str email, password;
    } cases[] = {{w->email, STR("wrong password")},
                 {w->email, STR("Correct horse battery")},
                 {w->email, STR("correct horse battery ")},
                 {w->email, STR("correct horse batter")},
                 {w->email, STR("")},
                 {w->email, {huge, sizeof(huge)}},
                 {STR("nobody@example.net"), STR(WORLD_PASSWORD)},
                 {STR("no address"), STR(WORLD_PASSWORD)},
                 {STR(""), STR("")}};

    w->config->throttle_account_limit = 100;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(try_as(&w->a, cases[i].email, cases[i].password),
                         ERR_INVALID_CREDENTIALS);
    assert_int_equal(world_events(w, "auth.sign_in_failed"), COUNT(cases));
}

static void N63B_3_composed_and_decomposed_passwords_are_one(void **state)
{
    struct world *w = *state;
    bool created = false;

    assert_int_equal(account_register(&w->a, STR("e@example.net"),
                                      STR("caf\xc3\xa9 au lait"), STR(""),
                                      &created),
                     ERR_OK);
    assert_int_equal(
        try_as(&w->a, STR("e@example.net"), STR("cafe\xcc\x81 au lait")),
        ERR_OK);
}

static void
A_6_3_1_the_budget_holds_and_the_right_password_does_not_pass(void **state)
{
    struct world *w = *state;
    struct signed_in in;

    wrong(w, &w->a, 5, ERR_INVALID_CREDENTIALS);
    wrong(w, &w->b, 5, ERR_INVALID_CREDENTIALS);
    wrong(w, &w->a, 3, ERR_TOO_MANY_REQUESTS);
    assert_in_range(w->a.retry_after_s, 880, 900);
    assert_int_equal(world_try(w, &w->b, WORLD_PASSWORD, &in),
                     ERR_TOO_MANY_REQUESTS);
    assert_int_equal(world_events(w, "auth.sign_in_failed"), 10);
    /* Only the first throttled try is written. */
    assert_int_equal(world_events(w, "auth.sign_in_throttled"), 1);
    world_sql(w, "UPDATE throttle SET window_end_us = 1");
    (void)world_sign_in(w, &w->a);
}

static void a_throttled_try_does_not_hash(void **state)
{
    struct world *w = *state;
    struct signed_in in;
    struct hasher *hasher = w->a.hasher;

    w->config->throttle_account_limit = 1;
    wrong(w, &w->a, 1, ERR_INVALID_CREDENTIALS);
    w->a.hasher = NULL; /* using it would crash */
    enum err e = world_try(w, &w->a, WORLD_PASSWORD, &in);

    w->a.hasher = hasher;
    assert_int_equal(e, ERR_TOO_MANY_REQUESTS);
}

static void N63B_5_success_resets_the_count(void **state)
{
    struct world *w = *state;

    for (unsigned i = 0; i < 3; i++) {
        wrong(w, &w->a, 9, ERR_INVALID_CREDENTIALS);
        (void)world_sign_in(w, &w->a);
        w->a.client.device_token = (struct str){NULL, 0};
    }
    wrong(w, &w->a, 10, ERR_INVALID_CREDENTIALS);
    wrong(w, &w->a, 1, ERR_TOO_MANY_REQUESTS);
}

static void the_network_is_limited_over_accounts(void **state)
{
    struct world *w = *state;
    struct ip other;
    char email[32];

    w->config->throttle_network_limit = 4;
    for (unsigned i = 0; i < 6; i++) {
        snprintf(email, sizeof(email), "spray%u@example.net", i);
        assert_int_equal(try_as(&w->a, str_of(email), STR("Summer2026!x")),
                         i < 4 ? ERR_INVALID_CREDENTIALS
                               : ERR_TOO_MANY_REQUESTS);
    }
    struct ip here = w->a.client.ip;

    assert_true(ip_parse(STR("2001:db8:0:1::1"), &other));
    w->a.client.ip = other;
    enum err e[6];

    for (unsigned i = 0; i < COUNT(e); i++) {
        w->a.client.ip.b[15] = (uint8_t)i; /* one /64 */
        snprintf(email, sizeof(email), "six%u@example.net", i);
        e[i] = try_as(&w->a, str_of(email), STR("Summer2026!x"));
    }
    w->a.client.ip = here;
    assert_int_equal(e[3], ERR_INVALID_CREDENTIALS);
    assert_int_equal(e[4], ERR_TOO_MANY_REQUESTS);
}

static void F52_a_known_device_gets_in_while_strangers_hammer(void **state)
{
    struct world *w = *state;
    struct signed_in in;

    w->config->throttle_network_limit = 15;
    (void)world_sign_in(w, &w->a); /* a: the owner's device */
    wrong(w, &w->b, 10, ERR_INVALID_CREDENTIALS);
    wrong(w, &w->b, 10, ERR_TOO_MANY_REQUESTS);
    assert_int_equal(world_try(w, &w->a, WORLD_PASSWORD, &in), ERR_OK);
    assert_int_equal(world_try(w, &w->b, WORLD_PASSWORD, &in),
                     ERR_TOO_MANY_REQUESTS);
}

static void A_6_3_1_a_known_device_has_a_budget_too(void **state)
{
    struct world *w = *state;
    struct signed_in in;

    (void)world_sign_in(w, &w->a);
    wrong(w, &w->a, 10, ERR_INVALID_CREDENTIALS);
    wrong(w, &w->a, 2, ERR_TOO_MANY_REQUESTS);
    /* The lane of unknown devices is untouched by it. */
    assert_int_equal(world_try(w, &w->b, WORLD_PASSWORD, &in), ERR_OK);
}

static void a_device_token_is_good_for_its_account_and_time_alone(void **state)
{
    struct world *w = *state;
    struct id device = {{7}}, got;
    struct str token;

    assert_int_equal(
        device_token_make(&w->a, STR("a@example.net"), &device, &token),
        ERR_OK);
    w->b.client.device_token = token;
    assert_int_equal(device_known(&w->b, STR("a@example.net"), &got), ERR_OK);
    assert_true(id_eq(&got, &device));
    assert_int_equal(device_known(&w->b, STR("b@example.net"), &got), ERR_OK);
    assert_true(id_is_nil(&got));
    static const int64_t ages[] = {-10, DEVICE_TOKEN_LIFETIME_S + 10};

    for (size_t i = 0; i < COUNT(ages); i++) {
        w->clock_offset_us = ages[i] * CLOCK_SECOND;
        assert_int_equal(device_known(&w->b, STR("a@example.net"), &got),
                         ERR_OK);
        assert_true(id_is_nil(&got));
    }
    w->clock_offset_us = 0;
    char *text = arena_strdup(w->b.arena, token);

    assert_non_null(text);
    text[40] = text[40] == 'A' ? 'B' : 'A';
    const struct str forged[] = {{text, token.n},
                                 {token.p, token.n - 1},
                                 {"", 0},
                                 {"%%%", 3},
                                 {text, token.n - 60}};

    for (size_t i = 0; i < COUNT(forged); i++) {
        w->b.client.device_token = forged[i];
        assert_int_equal(device_known(&w->b, STR("a@example.net"), &got),
                         ERR_OK);
        assert_true(id_is_nil(&got));
    }
}

/* What one of many processes does; its exit status is the answer. */
static int attack(struct world *w)
{
    struct ctx c = w->b;
    struct signed_in in;
    int counted = 0;

    c.db = NULL;
    if (db_new(w->config, DB_SERVICE, &c.db) != ERR_OK)
        return 100;
    for (unsigned i = 0, more = 50; i < 5; i++) {
        enum err e = ERR_UNAVAILABLE;

        /* All arenas busy: on a slow machine the wait for one may be over. */
        while (e == ERR_UNAVAILABLE && more-- > 0)
            e = world_try(w, &c, "guess", &in);
        counted += e == ERR_INVALID_CREDENTIALS;
    }
    db_free(&c.db);
    return counted;
}

static void A_6_3_1_parallel_workers_cannot_multiply_the_budget(void **state)
{
    struct world *w = *state;
    int hashed = 0;
    pid_t pids[6];

    for (size_t i = 0; i < COUNT(pids); i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            _exit(attack(w));
    }
    for (size_t i = 0; i < COUNT(pids); i++) {
        int status;

        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 5);
        hashed += WEXITSTATUS(status);
    }
    assert_int_equal(hashed, 10);
}

static void the_limit_refuses_or_drops_the_idlest(void **state)
{
    struct world *w = *state;
    struct signed_in in;
    struct tokens t[3];

    w->config->sessions_limit = 2;
    t[0] = world_sign_in(w, &w->a);
    t[1] = world_sign_in(w, &w->a);
    assert_int_equal(world_try(w, &w->a, WORLD_PASSWORD, &in),
                     ERR_SESSION_LIMIT);
    assert_int_equal(world_check(&w->b, t[0].access), ERR_OK);
    w->config->sessions_limit_policy = LIMIT_DROP_OLDEST;
    world_age(w, &t[1].session_id, 100);
    t[2] = world_sign_in(w, &w->a);
    assert_int_equal(world_check(&w->b, t[0].access), ERR_OK);
    assert_int_equal(world_check(&w->b, t[1].access), ERR_SESSION_INVALID);
    assert_int_equal(world_check(&w->b, t[2].access), ERR_OK);
    assert_int_equal(world_events(w, "session.dropped"), 1);
    /* A limit that has become smaller is met at the next sign-in. */
    w->config->sessions_limit = 1;
    t[1] = world_sign_in(w, &w->a);
    assert_int_equal(world_check(&w->b, t[0].access), ERR_SESSION_INVALID);
    assert_int_equal(world_check(&w->b, t[2].access), ERR_SESSION_INVALID);
    assert_int_equal(world_check(&w->b, t[1].access), ERR_OK);
}

static void ended_sessions_do_not_count_for_the_limit(void **state)
{
    struct world *w = *state;

    w->config->sessions_limit = 1;
    w->config->sessions_inactivity = 600;
    struct tokens t = world_sign_in(w, &w->a);

    world_age(w, &t.session_id, 601);
    t = world_sign_in(w, &w->a);
    world_age(w, &t.session_id, 7884001);
    t = world_sign_in(w, &w->a);
    assert_int_equal(session_revoke(&w->a, t.subject, &t.session_id, "logout"),
                     ERR_OK);
    (void)world_sign_in(w, &w->a);
}

static void a_refused_limit_does_not_use_up_tries(void **state)
{
    struct world *w = *state;
    struct signed_in in;

    w->config->sessions_limit = 1;
    (void)world_sign_in(w, &w->a);
    w->config->throttle_device_limit = 3;
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(world_try(w, &w->a, WORLD_PASSWORD, &in),
                         ERR_SESSION_LIMIT);
}

static void A_7_2_4_signing_in_again_ends_the_browsers_session(void **state)
{
    struct world *w = *state;
    struct tokens mine = world_sign_in(w, &w->a),
                  other = world_sign_in(w, &w->a);
    struct account_login login = {w->email, STR(WORLD_PASSWORD), mine.refresh};
    struct signed_in in;

    assert_int_equal(account_login(&w->a, &login, &in), ERR_OK);
    assert_false(id_eq(&in.tokens.session_id, &mine.session_id));
    assert_int_equal(world_check(&w->b, mine.access), ERR_SESSION_INVALID);
    assert_int_equal(world_check(&w->b, other.access), ERR_OK);
    assert_int_equal(world_events(w, "session.replaced"), 1);
    /* Another account in the same browser. */
    bool created = false;

    assert_int_equal(account_register(&w->a, STR("second@example.net"),
                                      STR(WORLD_PASSWORD), STR(""), &created),
                     ERR_OK);
    login.email = STR("second@example.net");
    login.present_refresh = in.tokens.refresh;
    struct str first = in.tokens.access;

    assert_int_equal(account_login(&w->a, &login, &in), ERR_OK);
    assert_int_equal(world_check(&w->b, first), ERR_SESSION_INVALID);
    /* A failed sign-in ends nothing, a foreign token disturbs nothing. */
    login.password = STR("wrong");
    login.present_refresh = in.tokens.refresh;
    first = in.tokens.access;
    assert_int_equal(account_login(&w->a, &login, &in),
                     ERR_INVALID_CREDENTIALS);
    assert_int_equal(world_check(&w->b, first), ERR_OK);
    login.password = STR(WORLD_PASSWORD);
    login.present_refresh = STR("garbage");
    assert_int_equal(account_login(&w->a, &login, &in), ERR_OK);
    assert_int_equal(world_check(&w->b, first), ERR_OK);
}

static void F34_an_account_changed_meanwhile_gets_no_session(void **state)
{
    struct world *w = *state;
    struct account account;
    struct tokens t;

    assert_int_equal(account_by_email(&w->a, w->email, &account), ERR_OK);
    const struct session_start s = {.subject = STR("x"),
                                    .account_id = account.id,
                                    .account_version = account.version + 1,
                                    .amr = "[]",
                                    .acr = "1"};

    assert_int_equal(session_start(&w->a, &s, &t), ERR_INVALID_CREDENTIALS);
    w->config->sessions_limit = 5;
    struct session_start gone = s;

    gone.account_id = (struct id){{9}};
    assert_int_equal(session_start(&w->a, &gone, &t), ERR_INVALID_CREDENTIALS);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM session"), 0);
}

static void parameters_that_rise_are_taken_up_at_sign_in(void **state)
{
    struct world *w = *state;
    const struct password_params more = {8192, 2};
    struct hasher *raised = NULL, *kept = w->b.hasher;

    assert_int_equal(hasher_new(&more, 1, &raised), ERR_OK);
    w->b.hasher = raised;
    (void)world_sign_in(w, &w->b);
    assert_int_equal(world_number(w,
                                  "SELECT COUNT(*) FROM account "
                                  "WHERE password_hash LIKE '%%m=8192,t=2,%%'"),
                     1);
    (void)world_sign_in(w, &w->b);
    w->b.hasher = kept;
    hasher_free(&raised);
}

static void a_device_is_remembered_over_sign_ins(void **state)
{
    struct world *w = *state;

    (void)world_sign_in(w, &w->a);
    (void)world_sign_in(w, &w->a);
    (void)world_sign_in(w, &w->b);
    assert_int_equal(
        world_number(w, "SELECT COUNT(DISTINCT device_id) FROM session"), 2);
}

/* F30: one refresh token from many processes at once. */
static int storm(struct world *w, struct str refresh)
{
    struct ctx c = w->b;
    struct tokens t;
    int bad = 0;

    c.db = NULL;
    c.keyring = NULL;
    if (db_new(w->config, DB_SERVICE, &c.db) != ERR_OK ||
        keyring_new(&c.keyring) != ERR_OK)
        return 100;
    for (unsigned i = 0; i < 10; i++) {
        if (session_refresh(&c, refresh, &t, NULL) != ERR_OK ||
            world_check(&c, t.access) != ERR_OK)
            bad++;
        else if (i % 3 == 0 &&
                 session_refresh(&c, t.refresh, &t, NULL) != ERR_OK)
            bad++;
    }
    db_free(&c.db);
    keyring_free(&c.keyring);
    return bad;
}

static void F30_parallel_refreshes_of_one_token_all_succeed(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    pid_t pids[6];

    for (size_t i = 0; i < COUNT(pids); i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            _exit(storm(w, t.refresh));
    }
    for (size_t i = 0; i < COUNT(pids); i++) {
        int status;

        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    assert_int_equal(world_events(w, "token.reuse"), 0);
}

static int fresh(void **state)
{
    world_sql(*state, "DELETE FROM session");
    return world_fresh(state);
}

#define TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(A_6_3_8_every_wrong_sign_in_answers_the_same),
        TEST(N63B_3_composed_and_decomposed_passwords_are_one),
        TEST(A_6_3_1_the_budget_holds_and_the_right_password_does_not_pass),
        TEST(a_throttled_try_does_not_hash),
        TEST(N63B_5_success_resets_the_count),
        TEST(the_network_is_limited_over_accounts),
        TEST(F52_a_known_device_gets_in_while_strangers_hammer),
        TEST(A_6_3_1_a_known_device_has_a_budget_too),
        TEST(a_device_token_is_good_for_its_account_and_time_alone),
        TEST(A_6_3_1_parallel_workers_cannot_multiply_the_budget),
        TEST(the_limit_refuses_or_drops_the_idlest),
        TEST(ended_sessions_do_not_count_for_the_limit),
        TEST(a_refused_limit_does_not_use_up_tries),
        TEST(A_7_2_4_signing_in_again_ends_the_browsers_session),
        TEST(F34_an_account_changed_meanwhile_gets_no_session),
        TEST(parameters_that_rise_are_taken_up_at_sign_in),
        TEST(a_device_is_remembered_over_sign_ins),
        TEST(F30_parallel_refreshes_of_one_token_all_succeed),
    };

    return cmocka_run_group_tests(tests, world_up, world_down);
}
