/* SPDX-License-Identifier: MIT */
/* Refresh against a real database: rotation, lost answers, tabs, theft. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/enc.h"
#include "domain/refresh_token.h"
#include "domain_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct tokens refresh(struct ctx *c, const struct tokens *t)
{
    struct tokens fresh;

    assert_int_equal(session_refresh(c, t->refresh, &fresh, NULL), ERR_OK);
    return fresh;
}

static void refused(struct ctx *c, const struct tokens *t, enum err want)
{
    struct tokens fresh;

    assert_int_equal(session_refresh(c, t->refresh, &fresh, NULL), want);
}

static void A_10_4_5_every_refresh_gives_other_tokens(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);

    for (unsigned i = 0; i < 5; i++) {
        struct tokens next = refresh(i % 2 != 0 ? &w->a : &w->b, &t);

        assert_false(str_eq(next.refresh, t.refresh));
        assert_false(str_eq(next.access, t.access));
        assert_true(id_eq(&next.session_id, &t.session_id));
        assert_true(str_eq(next.subject, t.subject));
        assert_int_equal(next.access_lifetime_s, 900);
        assert_int_equal(next.refresh_lifetime_s, 7884000);
        t = next;
        assert_int_equal(world_check(&w->a, t.access), ERR_OK);
    }
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM session "
                                     "WHERE revoked_us = 0"),
                     1);
}

static void FAPI2_5_3_2_1_a_lost_answer_is_repeated(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);

    (void)refresh(&w->a, &t);
    (void)refresh(&w->b, &t);
    world_age(w, &t.session_id, 3600);
    struct tokens got = refresh(&w->a, &t);

    /* Nothing was written for answers that nobody used. */
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM session "
                                     "WHERE refresh_prev IS NOT NULL"),
                     0);
    got = refresh(&w->b, &got);
    assert_int_equal(world_check(&w->b, got.access), ERR_OK);
    assert_int_equal(world_events(w, "token.reuse"), 0);
}

static void two_tabs_twice_in_a_row_stay_signed_in(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);

    for (unsigned round = 0; round < 2; round++) {
        struct tokens one = refresh(&w->a, &t);

        assert_int_equal(world_check(&w->a, one.access), ERR_OK);
        struct tokens two = refresh(&w->b, &t);

        assert_int_equal(world_check(&w->b, two.access), ERR_OK);
        assert_int_equal(world_check(&w->b, one.access), ERR_OK);
        t = round == 0 ? two : one;
    }
    assert_int_equal(world_events(w, "token.reuse"), 0);
}

static void
GRACE_1_first_use_of_the_access_token_uses_up_the_parent(void **state)
{
    struct world *w = *state;
    struct tokens parent = world_sign_in(w, &w->a);
    struct tokens child = refresh(&w->a, &parent);

    assert_int_equal(world_check(&w->b, child.access), ERR_OK);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM session "
                                     "WHERE refresh_prev IS NOT NULL"),
                     1);
    world_age(w, &parent.session_id, 11);
    refused(&w->a, &parent, ERR_TOKEN_THEFT);
}

/* Everything theft must do, whoever was first. */
static void assert_theft(struct world *w, const struct tokens *replayed,
                         const struct tokens *others, size_t n)
{
    refused(&w->a, replayed, ERR_TOKEN_THEFT);
    assert_int_equal(world_events(w, "token.reuse"), 1);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM session "
                                     "WHERE revoked_reason = 'reuse'"),
                     1);
    refused(&w->b, replayed, ERR_SESSION_INVALID);
    for (size_t i = 0; i < n; i++) {
        refused(&w->b, &others[i], ERR_SESSION_INVALID);
        assert_int_equal(world_check(&w->a, others[i].access),
                         ERR_SESSION_INVALID);
        assert_int_equal(world_check(&w->b, others[i].access),
                         ERR_SESSION_INVALID);
    }
    assert_int_equal(world_events(w, "token.reuse"), 1);
}

static void R9700_4_14_a_owner_first_thief_second_ends_the_session(void **state)
{
    struct world *w = *state;
    struct tokens stolen = world_sign_in(w, &w->a);
    struct tokens own[2];

    own[0] = refresh(&w->a, &stolen);
    own[1] = refresh(&w->b, &own[0]);
    world_age(w, &stolen.session_id, 20);
    assert_theft(w, &stolen, own, COUNT(own));
}

static void R9700_4_14_a_thief_first_owner_second_ends_the_session(void **state)
{
    struct world *w = *state;
    struct tokens own = world_sign_in(w, &w->a);
    struct tokens thief = refresh(&w->b, &own);

    assert_int_equal(world_check(&w->b, thief.access), ERR_OK);
    world_age(w, &own.session_id, 20);
    assert_theft(w, &own, &thief, 1);
}

static void GRACE_1_a_grandparent_is_theft_at_once(void **state)
{
    struct world *w = *state;
    struct tokens grand = world_sign_in(w, &w->a);
    struct tokens t = refresh(&w->a, &grand);

    t = refresh(&w->a, &t);
    t = refresh(&w->a, &t);
    assert_theft(w, &grand, &t, 1);
}

static void GRACE_1_a_late_unused_sibling_is_theft(void **state)
{
    struct world *w = *state;
    struct tokens parent = world_sign_in(w, &w->a);
    struct tokens lost = refresh(&w->a, &parent);
    struct tokens used = refresh(&w->a, &parent);

    used = refresh(&w->a, &used);
    /* As if the lost one had been issued twenty seconds before the other. */
    world_sql(w, "UPDATE session SET cur_issued_us = cur_issued_us + 20000000");
    assert_theft(w, &lost, &used, 1);
}

static void overlap_0_is_strict_after_first_use(void **state)
{
    struct world *w = *state;
    struct tokens parent = world_sign_in(w, &w->a);

    w->config->tokens_refresh_overlap = 0;
    struct tokens lost = refresh(&w->a, &parent);
    struct tokens child = refresh(&w->a, &parent);

    child = refresh(&w->a, &child);
    assert_theft(w, &lost, &child, 1);
}

static void theft_ends_only_that_session(void **state)
{
    struct world *w = *state;
    struct tokens other = world_sign_in(w, &w->a);
    struct tokens stolen = world_sign_in(w, &w->a);
    struct tokens child = refresh(&w->a, &stolen);

    (void)refresh(&w->a, &child);
    world_age(w, &stolen.session_id, 20);
    refused(&w->a, &stolen, ERR_TOKEN_THEFT);
    assert_int_equal(world_check(&w->b, other.access), ERR_OK);
    (void)refresh(&w->b, &other);
}

static void theft_that_cannot_be_stored_gives_no_tokens(void **state)
{
    struct world *w = *state;
    struct tokens stolen = world_sign_in(w, &w->a);
    struct tokens child = refresh(&w->a, &stolen);

    (void)refresh(&w->a, &child);
    world_age(w, &stolen.session_id, 20);
    world_sql(w, "RENAME TABLE event TO event_away");
    refused(&w->a, &stolen, ERR_UNAVAILABLE);
    world_sql(w, "RENAME TABLE event_away TO event");
    assert_int_equal(world_check(&w->a, child.access), ERR_OK);
    refused(&w->a, &stolen, ERR_TOKEN_THEFT);
}

static void expiry_and_revocation_are_judged_before_lineage(void **state)
{
    struct world *w = *state;
    struct tokens old = world_sign_in(w, &w->a);
    struct tokens child = refresh(&w->a, &old);

    (void)refresh(&w->a, &child);
    world_age(w, &old.session_id, 7884001);
    refused(&w->a, &old, ERR_SESSION_EXPIRED);
    refused(&w->a, &child, ERR_SESSION_EXPIRED);
    assert_int_equal(world_events(w, "token.reuse"), 0);
}

static void A_7_2_3_foreign_text_is_no_refresh_token(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    struct str bad[] = {STR(""),
                        STR("x"),
                        t.access,
                        {t.refresh.p, 10},
                        {t.refresh.p, t.refresh.n - 1}};
    struct tokens fresh;

    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(session_refresh(&w->a, bad[i], &fresh, NULL),
                         ERR_REFRESH_TOKEN_INVALID);
    /* Every character of it matters. */
    char *text = arena_strdup(w->a.arena, t.refresh);

    assert_non_null(text);
    for (size_t i = 0; i < t.refresh.n; i += 7) {
        char kept = text[i];

        text[i] = kept == 'A' ? 'B' : 'A';
        assert_int_equal(session_refresh(&w->a, (struct str){text, t.refresh.n},
                                         &fresh, NULL),
                         ERR_REFRESH_TOKEN_INVALID);
        text[i] = kept;
    }
    assert_int_equal(world_check(&w->a, t.refresh), ERR_ACCESS_TOKEN_INVALID);
}

static void a_token_of_another_realm_does_not_open(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a), fresh;

    w->b.realm_id = 2;
    enum err e = session_refresh(&w->b, t.refresh, &fresh, NULL);

    w->b.realm_id = STORE_REALM_DEFAULT;
    assert_int_equal(e, ERR_REFRESH_TOKEN_INVALID);
}

static void A_7_2_3_the_database_holds_no_token_and_no_first_hash(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    struct refresh_token opened;
    char hex[2 * DIGEST_LEN + 1];

    assert_int_equal(refresh_token_open(&w->a, t.refresh, &opened), ERR_OK);
    enc_hex(opened.hash.b, DIGEST_LEN, hex);
    assert_int_equal(world_number(w,
                                  "SELECT COUNT(*) FROM session "
                                  "WHERE refresh_cur = UNHEX('%s')",
                                  hex),
                     0);
    enc_hex(opened.lineage.key, STORE_HASH_LEN, hex);
    assert_int_equal(world_number(w,
                                  "SELECT COUNT(*) FROM session "
                                  "WHERE refresh_cur = UNHEX('%s')",
                                  hex),
                     1);
}

static void a_lost_race_is_judged_again(void **state)
{
    struct world *w = *state;
    struct tokens parent = world_sign_in(w, &w->a);
    struct tokens one = refresh(&w->a, &parent);
    struct tokens two = refresh(&w->a, &parent);

    /* Both children of one generation are used for refresh, on two workers. */
    one = refresh(&w->a, &one);
    two = refresh(&w->b, &two);
    assert_int_equal(world_check(&w->a, one.access), ERR_OK);
    assert_int_equal(world_check(&w->b, two.access), ERR_OK);
}

static void A_7_3_2_refreshing_does_not_outlive_the_absolute_end(void **state)
{
    struct world *w = *state;

    w->config->sessions_absolute_lifetime = 1000;
    struct tokens t = world_sign_in(w, &w->a);

    assert_true(t.refresh_lifetime_s <= 1000);
    for (unsigned i = 0; i < 9; i++) {
        t = refresh(&w->a, &t);
        assert_true(t.refresh_lifetime_s <= 1000 - 100 * i);
        assert_int_equal(world_check(&w->a, t.access), ERR_OK);
        world_age(w, &t.session_id, 100);
    }
    t = refresh(&w->a, &t);
    assert_true(t.access_lifetime_s <= 100);
    world_age(w, &t.session_id, 101);
    refused(&w->a, &t, ERR_SESSION_EXPIRED);
    assert_int_equal(world_check(&w->a, t.access), ERR_SESSION_EXPIRED);
}

static void use_slides_the_end(void **state)
{
    struct world *w = *state;

    w->config->tokens_refresh_lifetime = 1000;
    struct tokens t = world_sign_in(w, &w->a);

    for (unsigned i = 0; i < 5; i++) {
        world_age(w, &t.session_id, 900);
        t = refresh(&w->a, &t);
        assert_int_equal(world_check(&w->a, t.access), ERR_OK);
    }
    world_age(w, &t.session_id, 1001);
    refused(&w->a, &t, ERR_SESSION_EXPIRED);
}

static void R9700_4_14_b_an_idle_session_cannot_be_refreshed(void **state)
{
    struct world *w = *state;

    w->config->sessions_inactivity = 600;
    struct tokens t = world_sign_in(w, &w->a);

    world_age(w, &t.session_id, 590);
    t = refresh(&w->a, &t);
    t = refresh(&w->a, &t);
    world_age(w, &t.session_id, 601);
    refused(&w->a, &t, ERR_SESSION_EXPIRED);
}

static void refresh_takes_up_new_rights(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    struct session_view view;

    world_sql(w,
              "INSERT INTO account_role (account_id, role) "
              "SELECT account_id, 'ADMIN' FROM session WHERE revoked_us = 0 "
              "AND subject = '%.*s'",
              STR_FMT(t.subject));
    world_sql(w, "UPDATE account SET version = version + 1");
    assert_int_equal(world_check(&w->b, t.access), ERR_ACCESS_TOKEN_EXPIRED);
    t = refresh(&w->a, &t);
    assert_int_equal(session_check(&w->b, t.access, &view), ERR_OK);
    assert_true(str_eq(view.claims.roles, STR("[\"ADMIN\",\"USER\"]")));
}

static void an_unknown_session_is_invalid(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);

    world_sql(w, "DELETE FROM session");
    refused(&w->a, &t, ERR_SESSION_INVALID);
    assert_int_equal(world_check(&w->a, t.access), ERR_SESSION_INVALID);
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
        TEST(A_10_4_5_every_refresh_gives_other_tokens),
        TEST(FAPI2_5_3_2_1_a_lost_answer_is_repeated),
        TEST(two_tabs_twice_in_a_row_stay_signed_in),
        TEST(GRACE_1_first_use_of_the_access_token_uses_up_the_parent),
        TEST(R9700_4_14_a_owner_first_thief_second_ends_the_session),
        TEST(R9700_4_14_a_thief_first_owner_second_ends_the_session),
        TEST(GRACE_1_a_grandparent_is_theft_at_once),
        TEST(GRACE_1_a_late_unused_sibling_is_theft),
        TEST(overlap_0_is_strict_after_first_use),
        TEST(theft_ends_only_that_session),
        TEST(theft_that_cannot_be_stored_gives_no_tokens),
        TEST(expiry_and_revocation_are_judged_before_lineage),
        TEST(A_7_2_3_foreign_text_is_no_refresh_token),
        TEST(a_token_of_another_realm_does_not_open),
        TEST(A_7_2_3_the_database_holds_no_token_and_no_first_hash),
        TEST(a_lost_race_is_judged_again),
        TEST(A_7_3_2_refreshing_does_not_outlive_the_absolute_end),
        TEST(use_slides_the_end),
        TEST(R9700_4_14_b_an_idle_session_cannot_be_refreshed),
        TEST(refresh_takes_up_new_rights),
        TEST(an_unknown_session_is_invalid),
    };

    return cmocka_run_group_tests(tests, world_up, world_down);
}
