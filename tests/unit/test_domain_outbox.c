/* SPDX-License-Identifier: MIT */
/* The outbox's rules on a real database: who gets a message, when it is tried
 * again, when it is given up. */
#include "domain_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "domain/outbox.h"

/* What the courier of a test does with a message, and what it saw. */
struct courier {
    enum outbox_end end;
    unsigned calls;
    char to[64], code[16], locale[36], time[32];
    struct ctx *rival; /* takes rows while this one delivers */
};

static void keep(char *out, size_t n, struct str s)
{
    assert_true(s.n < n);
    (void)memcpy(out, s.p, s.n);
    out[s.n] = '\0';
}

static enum outbox_end deliver(void *data, const struct outbox_message *m,
                               struct arena *work, char *reason)
{
    struct courier *c = data;

    (void)work;
    c->calls++;
    keep(c->to, sizeof(c->to), m->to);
    keep(c->locale, sizeof(c->locale), m->locale);
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->values[i].name, "code") == 0)
            keep(c->code, sizeof(c->code), m->values[i].text);
        if (strcmp(m->values[i].name, "time") == 0)
            keep(c->time, sizeof(c->time), m->values[i].text);
    }
    if (c->end != OUTBOX_SENT)
        (void)strcpy(reason, "no luck");
    return c->end;
}

static struct outbox_pass pass(struct ctx *c, struct courier *courier)
{
    struct arena *work = arena_new((size_t)1 << 20);
    const struct outbox_job job = {.channel = STORE_CHANNEL_MAIL,
                                   .hold_us = 60 * CLOCK_SECOND,
                                   .work = work,
                                   .deliver = deliver,
                                   .data = courier};
    struct outbox_pass done = {.seen = 0};

    assert_int_equal(outbox_run(c, &job, &done), ERR_OK);
    arena_free(&work);
    return done;
}

static int fresh(void **state)
{
    int e = world_fresh(state);
    struct world *w = *state;

    world_sql(w, "DELETE FROM outbox");
    w->config->mail_transport = MAIL_TRANSPORT_SMTP;
    w->a.client.locale = STR("");
    w->a.client.locale_asked = false;
    return e;
}

static void queue(struct world *w, const char *to, int64_t lifetime_s)
{
    const struct mail_value code = {"code", STR("123456")};
    const struct mail m = {.kind = MAIL_SIGN_IN_CODE,
                           .channel = STORE_CHANNEL_MAIL,
                           .to = str_of(to),
                           .values = &code,
                           .count = 1,
                           .lifetime_s = lifetime_s};

    assert_int_equal(mail_queue(&w->a, &m), ERR_OK);
}

static int64_t rows(struct world *w, const char *where)
{
    return world_number(w, "SELECT COUNT(*) FROM outbox WHERE %s", where);
}

static void test_delay_doubles_within_bounds(void **state)
{
    (void)state;
    for (int64_t n = 1; n < 40; n++) {
        int64_t middle =
            n > 10 ? OUTBOX_DELAY_MOST : OUTBOX_DELAY_FIRST << (n - 1);
        if (middle > OUTBOX_DELAY_MOST)
            middle = OUTBOX_DELAY_MOST;
        for (uint64_t random = 0; random < 64; random++) {
            int64_t d = outbox_delay_us(n, random * UINT64_C(288230376151711));
            assert_true(d >= middle - middle / 5 && d <= middle + middle / 5);
        }
    }
    assert_true(outbox_delay_us(5, 0) != outbox_delay_us(5, 99));
}

static void test_a_delivered_message_is_gone_and_was_whole(void **state)
{
    struct world *w = *state;
    struct courier c = {.end = OUTBOX_SENT};

    queue(w, "ann@example.org", 0);
    struct outbox_pass done = pass(&w->b, &c);
    assert_int_equal(done.seen, 1);
    assert_int_equal(done.sent, 1);
    assert_string_equal(c.to, "ann@example.org");
    assert_string_equal(c.code, "123456");
    assert_string_equal(c.locale, "en");
    assert_int_equal(strlen(c.time), strlen("2026-11-22 21:49 UTC"));
    assert_int_equal(rows(w, "1"), 0);
    assert_int_equal(pass(&w->b, &c).seen, 0);
}

static void
test_ALR_2_the_language_asked_for_goes_before_the_persons(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *request;
        bool asked;
        const char *person, *told;
    } cases[] = {
        {"de", true, "fr", "de"}, {"de", false, "fr", "fr"},
        {"de", false, "", "de"},  {"", false, "fr", "fr"},
        {"", false, "", "en"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct courier c = {.end = OUTBOX_SENT};
        const struct mail m = {.kind = MAIL_TEST,
                               .channel = STORE_CHANNEL_MAIL,
                               .to = STR("a@example.org"),
                               .locale = str_of(cases[i].person)};
        w->a.client.locale = str_of(cases[i].request);
        w->a.client.locale_asked = cases[i].asked;
        assert_int_equal(mail_queue(&w->a, &m), ERR_OK);
        (void)pass(&w->b, &c);
        assert_string_equal(c.locale, cases[i].told);
    }
}

static void test_nothing_is_queued_where_nothing_leaves(void **state)
{
    struct world *w = *state;
    const struct mail m = {
        .kind = MAIL_TEST, .channel = STORE_CHANNEL_SMS, .to = STR("+49170")};

    assert_int_equal(mail_queue(&w->a, &m), ERR_MAIL_DISABLED);
    w->config->mail_transport = MAIL_TRANSPORT_NONE;
    const struct mail n = {.kind = MAIL_TEST,
                           .channel = STORE_CHANNEL_MAIL,
                           .to = STR("a@example.org")};
    assert_int_equal(mail_queue(&w->a, &n), ERR_MAIL_DISABLED);
    assert_int_equal(rows(w, "1"), 0);
}

static void test_F53_a_failure_hides_the_message_for_a_while(void **state)
{
    struct world *w = *state;
    struct courier c = {.end = OUTBOX_FAILED};
    bool due;

    queue(w, "ann@example.org", 0);
    assert_int_equal(outbox_is_due(&w->b, &due), ERR_OK);
    assert_true(due);
    (void)pass(&w->b, &c);
    assert_int_equal(rows(w, "attempts = 1 AND dead_us = 0 AND error = 'no "
                             "luck' AND due_us > UNIX_TIMESTAMP(NOW(6)) * 1e6"),
                     1);
    assert_int_equal(outbox_is_due(&w->b, &due), ERR_OK);
    assert_false(due);
    assert_int_equal(pass(&w->b, &c).seen, 0);
    world_sql(w, "UPDATE outbox SET due_us = 0");
    c.end = OUTBOX_SENT;
    assert_int_equal(pass(&w->b, &c).sent, 1);
    assert_int_equal(rows(w, "1"), 0);
}

static void test_F53_what_cannot_arrive_in_time_is_given_up(void **state)
{
    struct world *w = *state;
    struct courier c = {.end = OUTBOX_FAILED};

    queue(w, "ann@example.org", 1);
    world_sql(w, "UPDATE outbox SET attempts = 10");
    (void)pass(&w->b, &c);
    assert_int_equal(rows(w, "dead_us > 0 AND error = 'no luck'"), 1);
    world_sql(w, "UPDATE outbox SET dead_us = 0, due_us = 0, expires_us = 1, "
                 "error = ''");
    c.calls = 0;
    (void)pass(&w->b, &c);
    assert_int_equal(c.calls, 0);
    assert_int_equal(rows(w, "dead_us > 0 AND error = 'expired'"), 1);
}

static void test_a_refusal_is_final_and_stops_nobody_else(void **state)
{
    struct world *w = *state;
    struct courier c = {.end = OUTBOX_REFUSED};

    queue(w, "ann@example.org", 0);
    queue(w, "bob@example.org", 0);
    struct outbox_pass done = pass(&w->b, &c);
    assert_int_equal(done.seen, 2);
    assert_int_equal(rows(w, "dead_us > 0 AND attempts = 1"), 2);
}

static void test_F53_a_server_that_is_away_ends_the_pass(void **state)
{
    static const enum outbox_end ends[] = {OUTBOX_AWAY, OUTBOX_STOPPED};
    struct world *w = *state;

    for (size_t i = 0; i < 2; i++) {
        struct courier c = {.end = ends[i]};
        world_sql(w, "DELETE FROM outbox");
        queue(w, "ann@example.org", 0);
        queue(w, "bob@example.org", 0);
        struct outbox_pass done = pass(&w->b, &c);
        assert_int_equal(c.calls, 1);
        assert_int_equal(done.last, ends[i]);
        assert_int_equal(rows(w, "attempts = 0 AND dead_us = 0"), 1);
    }
    assert_int_equal(rows(w, "due_us <= UNIX_TIMESTAMP(NOW(6)) * 1e6"), 2);
}

/* The second courier looks while the first has the message in hand. */
static enum outbox_end deliver_beside(void *data,
                                      const struct outbox_message *m,
                                      struct arena *work, char *reason)
{
    struct courier *c = data;
    struct courier other = {.end = OUTBOX_SENT};

    (void)m;
    (void)work;
    (void)reason;
    c->calls++;
    assert_int_equal(pass(c->rival, &other).seen, 0);
    return OUTBOX_SENT;
}

static void test_F53_of_two_couriers_one_has_the_message(void **state)
{
    struct world *w = *state;
    struct courier c = {.rival = &w->a};
    struct arena *work = arena_new((size_t)1 << 20);
    const struct outbox_job job = {.channel = STORE_CHANNEL_MAIL,
                                   .hold_us = 60 * CLOCK_SECOND,
                                   .work = work,
                                   .deliver = deliver_beside,
                                   .data = &c};
    struct outbox_pass done;

    queue(w, "ann@example.org", 0);
    assert_int_equal(outbox_run(&w->b, &job, &done), ERR_OK);
    assert_int_equal(c.calls, 1);
    assert_int_equal(done.sent, 1);
    arena_free(&work);
}

static void test_a_row_that_does_not_open_is_given_up(void **state)
{
    static const char *const damage[] = {
        "recipient_sealed = REVERSE(recipient_sealed)",
        "values_sealed = REVERSE(values_sealed)",
        "recipient_sealed = values_sealed", "kind = 'nonsense'"};
    struct world *w = *state;
    struct courier c = {.end = OUTBOX_SENT};

    for (size_t i = 0; i < sizeof(damage) / sizeof(*damage); i++) {
        world_sql(w, "DELETE FROM outbox");
        queue(w, "ann@example.org", 0);
        world_sql(w, "UPDATE outbox SET %s", damage[i]);
        (void)pass(&w->b, &c);
        assert_int_equal(rows(w, "dead_us > 0 AND error = 'cannot be read'"),
                         1);
    }
    assert_int_equal(c.calls, 0);
}

static void test_nothing_of_a_message_is_readable_in_its_row(void **state)
{
    struct world *w = *state;

    queue(w, "ann@example.org", 0);
    assert_int_equal(rows(w, "recipient_sealed LIKE '%%ann%%' OR values_sealed "
                             "LIKE '%%123456%%' OR values_sealed LIKE "
                             "'%%code%%'"),
                     0);
}

static void test_an_operator_retries_and_drops(void **state)
{
    struct world *w = *state;
    struct courier c = {.end = OUTBOX_REFUSED};
    const struct id all = {{0}};
    uint64_t n = 0;

    queue(w, "ann@example.org", 0);
    queue(w, "bob@example.org", 0);
    (void)pass(&w->b, &c);
    world_sql(w, "UPDATE outbox SET expires_us = 1 LIMIT 1");
    assert_int_equal(store_outbox_retry(w->b.db, &all, &n), ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(store_outbox_drop_dead(w->b.db, &n), ERR_OK);
    assert_int_equal(n, 1);
    c.end = OUTBOX_SENT;
    assert_int_equal(pass(&w->b, &c).sent, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_delay_doubles_within_bounds, fresh),
        cmocka_unit_test_setup(test_a_delivered_message_is_gone_and_was_whole,
                               fresh),
        cmocka_unit_test_setup(
            test_ALR_2_the_language_asked_for_goes_before_the_persons, fresh),
        cmocka_unit_test_setup(test_nothing_is_queued_where_nothing_leaves,
                               fresh),
        cmocka_unit_test_setup(test_F53_a_failure_hides_the_message_for_a_while,
                               fresh),
        cmocka_unit_test_setup(test_F53_what_cannot_arrive_in_time_is_given_up,
                               fresh),
        cmocka_unit_test_setup(test_a_refusal_is_final_and_stops_nobody_else,
                               fresh),
        cmocka_unit_test_setup(test_F53_a_server_that_is_away_ends_the_pass,
                               fresh),
        cmocka_unit_test_setup(test_F53_of_two_couriers_one_has_the_message,
                               fresh),
        cmocka_unit_test_setup(test_a_row_that_does_not_open_is_given_up,
                               fresh),
        cmocka_unit_test_setup(test_nothing_of_a_message_is_readable_in_its_row,
                               fresh),
        cmocka_unit_test_setup(test_an_operator_retries_and_drops, fresh),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
