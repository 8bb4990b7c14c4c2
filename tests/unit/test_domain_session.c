/* SPDX-License-Identifier: MIT */
/* A session's life against a real database: checked by two workers, seen,
 * named, idle, cut off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "domain_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct id nobody = {{1}};

static void checks(struct world *w, struct str access, enum err want)
{
    assert_int_equal(world_check(&w->a, access), want);
    assert_int_equal(world_check(&w->b, access), want);
}

static void a_good_token_opens_its_session_everywhere(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    struct session_view view;

    assert_int_equal(session_check(&w->b, t.access, &view), ERR_OK);
    assert_true(id_eq(&view.claims.sid, &t.session_id));
    assert_true(id_eq(&view.state.row.id, &t.session_id));
    assert_true(str_eq(view.claims.sub, t.subject));
    assert_true(str_eq(view.claims.amr, STR("[\"pwd\"]")));
    assert_true(str_eq(view.claims.roles, STR("[\"USER\"]")));
    assert_int_equal(view.claims.exp - view.claims.iat, 900);
    /* From memory now, and still asked of the database. */
    assert_int_equal(session_check(&w->b, t.access, &view), ERR_OK);
    assert_true(str_eq(view.claims.sub, t.subject));
}

static void A_9_1_1_bad_tokens_are_refused_without_a_database(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    char *text = arena_strdup(w->a.arena, t.access);
    struct str bad[] = {STR(""),
                        STR("x"),
                        STR("a.b.c"),
                        t.refresh,
                        {t.access.p, t.access.n - 1},
                        {text, t.access.n}};
    static char huge[JWT_MAX + 1];

    assert_non_null(text);
    assert_int_equal(world_check(&w->a, t.access), ERR_OK);
    text[t.access.n - 20] = text[t.access.n - 20] == 'A' ? 'B' : 'A';
    memset(huge, 'a', sizeof(huge));
    struct db *db = w->a.db;

    w->a.db = NULL; /* any statement would crash */
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(world_check(&w->a, bad[i]), ERR_ACCESS_TOKEN_INVALID);
    assert_int_equal(world_check(&w->a, (struct str){huge, sizeof(huge)}),
                     ERR_ACCESS_TOKEN_INVALID);
    w->a.db = db;
}

static void A_9_2_1_a_token_past_exp_is_refused_though_remembered(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);

    checks(w, t.access, ERR_OK);
    w->clock_offset_us = 899 * CLOCK_SECOND - CLOCK_SECOND;
    checks(w, t.access, ERR_OK);
    w->clock_offset_us = 901 * CLOCK_SECOND;
    checks(w, t.access, ERR_ACCESS_TOKEN_EXPIRED);
}

static void
A_9_2_3_a_remembered_token_of_another_audience_is_refused(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    const char *audience = w->config->tokens_audience;

    checks(w, t.access, ERR_OK);
    w->config->tokens_audience = "https://other.example.org";
    checks(w, t.access, ERR_ACCESS_TOKEN_INVALID);
    w->config->tokens_audience = audience;
    checks(w, t.access, ERR_OK);
}

static void
A_7_4_1_revoking_one_blocks_both_tokens_in_every_worker(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    struct tokens other = world_sign_in(w, &w->a), fresh;

    checks(w, t.access, ERR_OK);
    assert_int_equal(session_revoke(&w->a, t.subject, &t.session_id, "user"),
                     ERR_OK);
    checks(w, t.access, ERR_SESSION_INVALID);
    assert_int_equal(session_refresh(&w->b, t.refresh, &fresh, NULL),
                     ERR_SESSION_INVALID);
    assert_int_equal(world_events(w, "session.revoked"), 1);
    checks(w, other.access, ERR_OK);
}

static void A_7_4_1_revocation_outlives_a_lost_connection(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);

    assert_int_equal(session_revoke(&w->a, t.subject, &t.session_id, "logout"),
                     ERR_OK);
    assert_int_equal(world_events(w, "session.sign_out"), 1);
    db_free(&w->b.db);
    assert_int_equal(db_new(w->config, DB_SERVICE, &w->b.db), ERR_OK);
    checks(w, t.access, ERR_SESSION_INVALID);
}

static void revoking_what_is_not_yours_live_or_there_is_not_found(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    struct tokens expired = world_sign_in(w, &w->a);
    struct tokens ended = world_sign_in(w, &w->a);

    assert_int_equal(
        session_revoke(&w->a, ended.subject, &ended.session_id, "user"),
        ERR_OK);
    world_age(w, &expired.session_id, 7884001);
    const struct {
        struct str subject;
        const struct id *id;
    } bad[] = {
        {STR("somebody"), &t.session_id}, {STR(""), &t.session_id},
        {{NULL, 0}, &t.session_id},       {t.subject, &nobody},
        {t.subject, &expired.session_id}, {t.subject, &ended.session_id}};

    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(
            session_revoke(&w->b, bad[i].subject, bad[i].id, "user"),
            ERR_NOT_FOUND);
    checks(w, t.access, ERR_OK);
}

static void revoking_all_can_keep_one(void **state)
{
    struct world *w = *state;
    struct tokens t[3];
    uint64_t count = 0;

    for (size_t i = 0; i < COUNT(t); i++)
        t[i] = world_sign_in(w, &w->a);
    assert_int_equal(session_revoke_all(&w->a, t[0].subject, &t[1].session_id,
                                        "others", &count),
                     ERR_OK);
    assert_int_equal(count, 2);
    checks(w, t[0].access, ERR_SESSION_INVALID);
    checks(w, t[1].access, ERR_OK);
    checks(w, t[2].access, ERR_SESSION_INVALID);
    assert_int_equal(
        session_revoke_all(&w->b, t[0].subject, NULL, "all", &count), ERR_OK);
    assert_int_equal(count, 1);
    checks(w, t[1].access, ERR_SESSION_INVALID);
    assert_int_equal(
        session_revoke_all(&w->b, t[0].subject, NULL, "all", &count), ERR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(world_events(w, "session.revoked_many"), 2);
}

static void revoking_by_address_ends_those_seen_from_there(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a), other;
    struct ip here = w->a.client.ip, there;
    uint64_t count = 0;

    assert_true(ip_parse(STR("2001:db8::7"), &there));
    w->a.client.ip = there;
    other = world_sign_in(w, &w->a);
    w->a.client.ip = here;
    assert_int_equal(session_revoke_ip(&w->a, &there, &count), ERR_OK);
    assert_int_equal(count, 1);
    checks(w, t.access, ERR_OK);
    checks(w, other.access, ERR_SESSION_INVALID);
}

static void A_7_4_5_one_write_ends_every_session_begun_before(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a), fresh;
    int64_t now =
        world_number(w, "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 "
                        "AS SIGNED)");

    assert_int_equal(session_revoke_before(&w->a, now - 60 * CLOCK_SECOND),
                     ERR_OK);
    checks(w, t.access, ERR_OK);
    /* A time to come counts as now: F33, a sign-in afterwards survives. */
    assert_int_equal(session_revoke_before(&w->a, INT64_MAX), ERR_OK);
    checks(w, t.access, ERR_SESSION_INVALID);
    assert_int_equal(session_refresh(&w->b, t.refresh, &fresh, NULL),
                     ERR_SESSION_INVALID);
    struct tokens later = world_sign_in(w, &w->a);

    checks(w, later.access, ERR_OK);
}

static void one_access_token_can_be_revoked_alone(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a), fresh;
    struct session_view view;

    assert_int_equal(session_check(&w->a, t.access, &view), ERR_OK);
    assert_int_equal(session_revoke_token(&w->a, &view.claims), ERR_OK);
    assert_int_equal(session_revoke_token(&w->b, &view.claims), ERR_OK);
    /* The session goes on, so the answer must not be one that clears it. */
    checks(w, t.access, ERR_ACCESS_TOKEN_INVALID);
    assert_int_equal(session_refresh(&w->b, t.refresh, &fresh, NULL), ERR_OK);
    checks(w, fresh.access, ERR_OK);
}

static void A_7_4_2_disabling_the_account_ends_all(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a), fresh;
    struct signed_in in;
    struct account account;
    bool changed = false;

    assert_int_equal(account_by_email(&w->a, w->email, &account), ERR_OK);
    assert_int_equal(account_set_active(&w->a, &account.id, false, &changed),
                     ERR_OK);
    assert_true(changed);
    checks(w, t.access, ERR_SESSION_INVALID);
    assert_int_equal(session_refresh(&w->b, t.refresh, &fresh, NULL),
                     ERR_SESSION_INVALID);
    assert_int_equal(world_try(w, &w->b, WORLD_PASSWORD, &in),
                     ERR_INVALID_CREDENTIALS);
    assert_int_equal(account_set_active(&w->a, &account.id, true, &changed),
                     ERR_OK);
    checks(w, t.access, ERR_SESSION_INVALID);
    (void)world_sign_in(w, &w->b);
    assert_int_equal(account_set_active(&w->a, &nobody, true, &changed),
                     ERR_USER_NOT_FOUND);
}

static void a_deleted_account_takes_its_sessions_along(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);

    world_sql(w, "DELETE FROM account");
    checks(w, t.access, ERR_SESSION_INVALID);
}

static void A_7_3_1_an_idle_session_expires_at_the_limit(void **state)
{
    struct world *w = *state;

    w->config->sessions_inactivity = 600;
    struct tokens t = world_sign_in(w, &w->a);

    world_age(w, &t.session_id, 598);
    checks(w, t.access, ERR_OK);
    world_age(w, &t.session_id, 2);
    checks(w, t.access, ERR_SESSION_EXPIRED);
}

static void A_7_3_1_use_keeps_a_session_alive(void **state)
{
    struct world *w = *state;
    struct session_view view;

    w->config->sessions_inactivity = 60;
    struct tokens t = world_sign_in(w, &w->a);

    for (unsigned i = 0; i < 4; i++) {
        world_age(w, &t.session_id, 40);
        assert_int_equal(session_check(&w->a, t.access, &view), ERR_OK);
        assert_int_equal(session_touch(&w->a, &view), ERR_OK);
    }
}

static void A_7_3_2_the_absolute_end_holds(void **state)
{
    struct world *w = *state;

    w->config->sessions_absolute_lifetime = 600;
    struct tokens t = world_sign_in(w, &w->a);

    assert_int_equal(t.access_lifetime_s, 600);
    world_age(w, &t.session_id, 598);
    checks(w, t.access, ERR_OK);
    world_age(w, &t.session_id, 2);
    checks(w, t.access, ERR_SESSION_EXPIRED);
}

static int64_t active_us(struct world *w, const struct tokens *t)
{
    char id[ID_TEXT_LEN + 1];

    id_text(&t->session_id, id);
    return world_number(w,
                        "SELECT active_us FROM session "
                        "WHERE id = UNHEX(REPLACE('%s', '-', ''))",
                        id);
}

static void activity_is_stamped_at_most_once_a_minute(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    struct session_view view;

    world_age(w, &t.session_id, 30);
    int64_t before = active_us(w, &t);

    assert_int_equal(session_check(&w->a, t.access, &view), ERR_OK);
    assert_int_equal(session_touch(&w->a, &view), ERR_OK);
    assert_int_equal(active_us(w, &t), before);
    world_age(w, &t.session_id, 31);
    assert_int_equal(session_check(&w->a, t.access, &view), ERR_OK);
    assert_int_equal(session_touch(&w->a, &view), ERR_OK);
    assert_true(active_us(w, &t) > before);
}

struct seen {
    unsigned count;
    struct id first;
    struct str label, browser, user_agent;
};

static enum err see(void *data, const struct store_session *s)
{
    struct seen *seen = data;

    if (seen->count++ == 0)
        seen->first = s->id;
    seen->label = s->label;
    seen->browser = s->browser;
    seen->user_agent = s->user_agent;
    return ERR_OK;
}

static struct seen list(struct ctx *c, struct str subject)
{
    struct seen seen = {.count = 0};

    assert_int_equal(session_list(c, subject, see, &seen), ERR_OK);
    return seen;
}

static void the_list_shows_live_sessions_newest_activity_first(void **state)
{
    struct world *w = *state;
    struct tokens t[4];

    for (size_t i = 0; i < COUNT(t); i++)
        t[i] = world_sign_in(w, &w->a);
    world_age(w, &t[0].session_id, 10);
    world_age(w, &t[1].session_id, 7884001);
    world_age(w, &t[3].session_id, 100);
    assert_int_equal(
        session_revoke(&w->a, t[2].subject, &t[2].session_id, "user"), ERR_OK);
    struct seen seen = list(&w->b, t[0].subject);

    assert_int_equal(seen.count, 2);
    assert_true(id_eq(&seen.first, &t[0].session_id));
    assert_int_equal(list(&w->b, STR("nobody")).count, 0);
    assert_int_equal(session_revoke_before(&w->a, INT64_MAX), ERR_OK);
    assert_int_equal(list(&w->b, t[0].subject).count, 0);
}

static void A_7_3_1_an_idle_session_is_not_listed(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);

    w->config->sessions_inactivity = 10;
    world_age(w, &t.session_id, 11);
    assert_int_equal(list(&w->b, t.subject).count, 0);
}

static void hostile_client_texts_are_stored_clean(void **state)
{
    struct world *w = *state;
    static char longer[2000];
    struct client kept = w->a.client;

    memset(longer, 'x', sizeof(longer));
    w->a.client.user_agent = STR("bad\xff\x01 \xe2\x82\xac");
    w->a.client.browser = (struct str){longer, sizeof(longer)};
    w->a.client.request_id = STR("r\xc3\xa9q");
    struct tokens t = world_sign_in(w, &w->a);

    w->a.client = kept;
    struct seen seen = list(&w->a, t.subject);

    assert_true(str_eq(seen.user_agent, STR("bad?? \xe2\x82\xac")));
    assert_int_equal(seen.browser.n, 64);
}

static void a_label_can_be_set_changed_and_taken_away(void **state)
{
    static const struct {
        struct str text;
        enum err want;
        struct str label;
    } cases[] = {
        {{"kitchen", 7}, ERR_OK, {"kitchen", 7}},
        {{"kitchen", 7}, ERR_OK, {"kitchen", 7}},
        {{" \xc3\xa4 ", 4}, ERR_OK, {"\xc3\xa4", 2}},
        {{"a\nb", 3}, ERR_VALIDATION, {"\xc3\xa4", 2}},
        {{"a\0b", 3}, ERR_VALIDATION, {"\xc3\xa4", 2}},
        {{"\xff", 1}, ERR_VALIDATION, {"\xc3\xa4", 2}},
        {{"1234567890123456789012345678901234567890123456789012345678901234",
          64},
         ERR_OK,
         {"1234567890123456789012345678901234567890123456789012345678901234",
          64}},
        {{"12345678901234567890123456789012345678901234567890123456789012345",
          65},
         ERR_VALIDATION,
         {"1234567890123456789012345678901234567890123456789012345678901234",
          64}},
        {{"", 0}, ERR_OK, {NULL, 0}},
    };
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(
            session_label(&w->a, t.subject, &t.session_id, cases[i].text),
            cases[i].want);
        assert_true(str_eq(list(&w->b, t.subject).label, cases[i].label));
    }
    assert_int_equal(session_label(&w->a, STR("x"), &t.session_id, STR("a")),
                     ERR_NOT_FOUND);
    assert_int_equal(session_label(&w->a, t.subject, &nobody, STR("a")),
                     ERR_NOT_FOUND);
}

static void data_is_kept_with_the_session(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    static char big[SESSION_DATA_MAX + 1];
    struct str got;

    assert_int_equal(session_data_get(&w->a, &t.session_id, &got), ERR_OK);
    assert_true(str_eq(got, STR("{}")));
    assert_int_equal(session_data_put(&w->a, &t.session_id, STR("{\"a\":1}")),
                     ERR_OK);
    assert_int_equal(session_data_get(&w->b, &t.session_id, &got), ERR_OK);
    assert_true(str_eq(got, STR("{\"a\":1}")));
    memset(big, ' ', sizeof(big));
    memcpy(big, "{}", 2);
    assert_int_equal(
        session_data_put(&w->a, &t.session_id, (struct str){big, sizeof(big)}),
        ERR_BODY_TOO_LARGE);
    assert_int_equal(session_data_put(&w->a, &t.session_id,
                                      (struct str){big, sizeof(big) - 1}),
                     ERR_OK);
    assert_int_equal(session_revoke(&w->a, t.subject, &t.session_id, "user"),
                     ERR_OK);
    assert_int_equal(session_data_put(&w->a, &t.session_id, STR("{}")),
                     ERR_SESSION_INVALID);
    assert_int_equal(session_data_put(&w->a, &nobody, STR("{}")),
                     ERR_SESSION_INVALID);
}

static void a_refresh_token_leads_to_its_live_session(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    struct store_session_state found;

    assert_int_equal(session_of_refresh(&w->b, t.refresh, &found), ERR_OK);
    assert_true(id_eq(&found.row.id, &t.session_id));
    assert_int_equal(session_of_refresh(&w->b, t.access, &found),
                     ERR_REFRESH_TOKEN_INVALID);
    world_age(w, &t.session_id, 7884001);
    assert_int_equal(session_of_refresh(&w->b, t.refresh, &found),
                     ERR_SESSION_INVALID);
}

/* A back end's own user: no account row, custom claims. */
static void a_session_needs_no_account(void **state)
{
    struct world *w = *state;
    struct session_start s = {.subject = STR("tenant|42"),
                              .roles = STR("A B"),
                              .amr = "[]",
                              .acr = "0",
                              .claims = STR("{\"plan\":\"gold\"}")};
    struct session_view view;
    struct tokens t;

    assert_int_equal(session_start(&w->a, &s, &t), ERR_OK);
    assert_int_equal(session_check(&w->b, t.access, &view), ERR_OK);
    assert_true(str_eq(view.claims.roles, STR("[\"A\",\"B\"]")));
    assert_int_equal(session_refresh(&w->b, t.refresh, &t, NULL), ERR_OK);
    assert_int_equal(session_check(&w->b, t.access, &view), ERR_OK);
    assert_true(str_eq(view.claims.custom, STR("{\"plan\":\"gold\"}")));
    s.claims = STR("{\"sub\":\"root\"}");
    assert_int_equal(session_start(&w->a, &s, &t), ERR_VALIDATION);
    s.claims = (struct str){NULL, 0};
    s.subject = STR("");
    assert_int_equal(session_start(&w->a, &s, &t), ERR_VALIDATION);
}

static void a_store_that_cannot_promote_does_not_fail_the_check(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a), child;

    assert_int_equal(session_refresh(&w->a, t.refresh, &child, NULL), ERR_OK);
    world_sql(w, "CREATE TRIGGER no_write BEFORE UPDATE ON session FOR EACH "
                 "ROW SIGNAL SQLSTATE '45000'");
    enum err e = world_check(&w->a, child.access);

    world_sql(w, "DROP TRIGGER no_write");
    assert_int_equal(e, ERR_OK);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM session "
                                     "WHERE refresh_prev IS NOT NULL"),
                     0);
    checks(w, child.access, ERR_OK);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM session "
                                     "WHERE refresh_prev IS NOT NULL"),
                     1);
}

static int fresh(void **state)
{
    world_sql(*state, "DELETE FROM session");
    world_sql(*state, "UPDATE realm SET sessions_valid_from_us = 0");
    return world_fresh(state);
}

#define TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_token_opens_its_session_everywhere),
        TEST(A_9_1_1_bad_tokens_are_refused_without_a_database),
        TEST(A_9_2_1_a_token_past_exp_is_refused_though_remembered),
        TEST(A_9_2_3_a_remembered_token_of_another_audience_is_refused),
        TEST(A_7_4_1_revoking_one_blocks_both_tokens_in_every_worker),
        TEST(A_7_4_1_revocation_outlives_a_lost_connection),
        TEST(revoking_what_is_not_yours_live_or_there_is_not_found),
        TEST(revoking_all_can_keep_one),
        TEST(revoking_by_address_ends_those_seen_from_there),
        TEST(A_7_4_5_one_write_ends_every_session_begun_before),
        TEST(one_access_token_can_be_revoked_alone),
        TEST(A_7_4_2_disabling_the_account_ends_all),
        TEST(a_deleted_account_takes_its_sessions_along),
        TEST(A_7_3_1_an_idle_session_expires_at_the_limit),
        TEST(A_7_3_1_use_keeps_a_session_alive),
        TEST(A_7_3_2_the_absolute_end_holds),
        TEST(activity_is_stamped_at_most_once_a_minute),
        TEST(the_list_shows_live_sessions_newest_activity_first),
        TEST(A_7_3_1_an_idle_session_is_not_listed),
        TEST(hostile_client_texts_are_stored_clean),
        TEST(a_label_can_be_set_changed_and_taken_away),
        TEST(data_is_kept_with_the_session),
        TEST(a_refresh_token_leads_to_its_live_session),
        TEST(a_session_needs_no_account),
        TEST(a_store_that_cannot_promote_does_not_fail_the_check),
    };

    return cmocka_run_group_tests(tests, world_up, world_down);
}
