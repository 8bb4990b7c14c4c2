/* SPDX-License-Identifier: MIT */
/* Signing keys, API keys and the background job against a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json_scan.h"
#include "domain/api_key.h"
#include "domain/janitor.h"
#include "domain/keyring.h"
#include "domain/token_cache.h"
#include "domain_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct str kid_of(struct ctx *c, struct str token)
{
    struct str kid;

    assert_int_equal(jwt_kid(c->arena, token, &kid), ERR_OK);
    return kid;
}

static void checks(struct world *w, struct str access, enum err want)
{
    assert_int_equal(world_check(&w->a, access), want);
    assert_int_equal(world_check(&w->b, access), want);
}

static int64_t jwks_count(struct ctx *c)
{
    struct buf out = buf_new(c->arena);
    struct str text;
    int64_t max_age, count = 0;

    buf_text(&out, "{\"keys\":[");
    assert_int_equal(keyring_jwks(c, &out, &max_age), ERR_OK);
    buf_text(&out, "]}");
    assert_int_equal(buf_done(&out, &text), ERR_OK);
    assert_int_equal(max_age, 300);
    assert_false(str_has_nocase(text, STR("\"d\"")));
    assert_int_equal(json_scan(c->arena, text, &json_limits_default), ERR_OK);
    for (const char *p = text.p; (p = strstr(p, "\"kid\"")) != NULL; p++)
        count++;
    return count;
}

static int first_use(struct world *w)
{
    struct ctx c = w->b;
    const struct key *key;

    c.db = NULL;
    c.keyring = NULL;
    if (db_new(w->config, DB_SERVICE, &c.db) != ERR_OK ||
        keyring_new(&c.keyring) != ERR_OK)
        return 1;
    enum err e = keyring_signer(&c, &key);

    keyring_free(&c.keyring);
    db_free(&c.db);
    return e == ERR_OK ? 0 : 1;
}

static void A_6_3_2_first_start_makes_one_key_for_all_workers(void **state)
{
    struct world *w = *state;
    pid_t pids[6];

    for (size_t i = 0; i < COUNT(pids); i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            _exit(first_use(w));
    }
    for (size_t i = 0; i < COUNT(pids); i++) {
        int status;

        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM signing_key"), 1);
    assert_int_equal(world_events(w, "key.created"), 1);
}

/* Shifts every key into the past, as if that time had gone by. */
static void age_keys(struct world *w, int64_t seconds)
{
    long long us = (long long)(seconds * CLOCK_SECOND);

    world_sql(w,
              "UPDATE signing_key SET created_us = created_us - %lld, "
              "active_us = active_us - %lld, retired_us = IF(retired_us = 0, "
              "0, retired_us - %lld), expires_us = IF(expires_us = 0, 0, "
              "expires_us - %lld)",
              us, us, us, us);
    world_sql(w, "UPDATE realm SET key_generation = key_generation + 1");
}

static void F37_a_scheduled_rotation_refuses_no_token(void **state)
{
    struct world *w = *state;
    struct tokens before = world_sign_in(w, &w->a);
    struct str old = kid_of(&w->a, before.access);
    bool changed = false;

    assert_int_equal(keyring_rotate(&w->a, KEYRING_WHEN_DUE, &changed), ERR_OK);
    assert_false(changed);
    age_keys(w, 2592000 - 3600 + 1);
    assert_int_equal(keyring_rotate(&w->a, KEYRING_WHEN_DUE, &changed), ERR_OK);
    assert_true(changed);
    assert_int_equal(keyring_rotate(&w->b, KEYRING_WHEN_DUE, &changed), ERR_OK);
    assert_false(changed);
    /* Published, but the old one signs for another hour. */
    assert_int_equal(jwks_count(&w->b), 2);
    struct tokens during = world_sign_in(w, &w->b);

    assert_true(str_eq(kid_of(&w->b, during.access), old));
    age_keys(w, 3600);
    struct tokens after = world_sign_in(w, &w->a);

    assert_false(str_eq(kid_of(&w->a, after.access), old));
    checks(w, before.access, ERR_OK);
    checks(w, during.access, ERR_OK);
    checks(w, after.access, ERR_OK);
    assert_int_equal(jwks_count(&w->b), 2);
    age_keys(w, 906);
    assert_int_equal(jwks_count(&w->b), 1);
    checks(w, before.access, ERR_ACCESS_TOKEN_INVALID);
    checks(w, after.access, ERR_OK);
}

static void a_rotation_at_once_signs_at_once_everywhere(void **state)
{
    struct world *w = *state;
    struct tokens before = world_sign_in(w, &w->a);
    bool changed = false;

    checks(w, before.access, ERR_OK);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(keyring_rotate(&w->a, KEYRING_NOW, &changed), ERR_OK);
        assert_true(changed);
        struct tokens after = world_sign_in(w, &w->b);

        assert_false(
            str_eq(kid_of(&w->a, after.access), kid_of(&w->a, before.access)));
        /* Any good token tells a worker that the keys have changed. */
        checks(w, before.access, ERR_OK);
        checks(w, after.access, ERR_OK);
        before = after;
    }
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM signing_key WHERE "
                                     "revoked_us = 0 AND retired_us = 0"),
                     1);
}

static void F37_a_revoked_key_is_dead_at_once_in_every_worker(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    struct str kid = kid_of(&w->a, t.access);

    checks(w, t.access, ERR_OK); /* remembered by both */
    assert_int_equal(keyring_revoke(&w->a, kid), ERR_OK);
    checks(w, t.access, ERR_ACCESS_TOKEN_INVALID);
    assert_int_equal(world_events(w, "key.revoked"), 1);
    /* The session lives on under another key. */
    struct tokens fresh;

    assert_int_equal(session_refresh(&w->b, t.refresh, &fresh, NULL), ERR_OK);
    assert_false(str_eq(kid_of(&w->b, fresh.access), kid));
    checks(w, fresh.access, ERR_OK);
    assert_int_equal(keyring_revoke(&w->b, kid), ERR_NOT_FOUND);
    assert_int_equal(keyring_revoke(&w->b, STR("nothing")), ERR_NOT_FOUND);
    assert_int_equal(keyring_revoke(&w->b, STR("")), ERR_NOT_FOUND);
}

static void a_revoked_successor_is_replaced_on_its_schedule(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    bool changed = false;
    char kid[64] = "";

    age_keys(w, 2592000 - 3600 + 1);
    assert_int_equal(keyring_rotate(&w->a, KEYRING_WHEN_DUE, &changed), ERR_OK);
    assert_int_equal(jwks_count(&w->a), 2);
    struct buf out = buf_new(w->a.arena);
    struct str text;
    int64_t max_age;

    assert_int_equal(keyring_jwks(&w->a, &out, &max_age), ERR_OK);
    assert_int_equal(buf_done(&out, &text), ERR_OK);
    for (const char *p = text.p; (p = strstr(p, "\"kid\":\"")) != NULL;) {
        p += strlen("\"kid\":\"");
        if (!str_eq((struct str){p, KEY_ID_LEN}, kid_of(&w->a, t.access)))
            snprintf(kid, sizeof(kid), "%.*s", KEY_ID_LEN, p);
    }
    assert_int_equal(keyring_revoke(&w->b, str_of(kid)), ERR_OK);
    assert_int_equal(jwks_count(&w->b), 2);
    checks(w, t.access, ERR_OK);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM signing_key a JOIN "
                                     "signing_key b ON a.retired_us = "
                                     "b.active_us WHERE b.retired_us = 0 "
                                     "AND a.revoked_us = 0"),
                     1);
}

static void another_algorithm_comes_with_the_next_rotation(void **state)
{
    static const struct {
        unsigned algorithm;
        const char *name;
        int64_t published;
    } rows[] = {{ALG_RS256, "RS256", 3}, {ALG_HS256, "HS256", 2}};
    struct world *w = *state;
    struct tokens old = world_sign_in(w, &w->a);
    struct tokens before = old;
    bool changed;

    for (size_t i = 0; i < COUNT(rows); i++) {
        w->config->tokens_algorithm = rows[i].algorithm;
        assert_int_equal(keyring_rotate(&w->a, KEYRING_WHEN_DUE, &changed),
                         ERR_OK);
        assert_true(changed);
        /* Its time comes; the tokens of the old key go on. */
        world_sql(w, "UPDATE signing_key SET active_us = active_us - "
                     "3600000000, created_us = created_us - 3600000000 "
                     "WHERE retired_us = 0");
        world_sql(w, "UPDATE signing_key SET retired_us = retired_us - "
                     "3600000000 WHERE retired_us <> 0");
        world_sql(w, "UPDATE realm SET key_generation = key_generation + 1");
        struct tokens t = world_sign_in(w, &w->b);

        assert_int_equal(world_number(w,
                                      "SELECT alg = '%s' FROM signing_key "
                                      "WHERE retired_us = 0",
                                      rows[i].name),
                         1);
        checks(w, before.access, ERR_OK);
        checks(w, t.access, ERR_OK);
        before = t;
    }
    checks(w, old.access, ERR_OK);
    /* A symmetric key is never published. */
    assert_int_equal(jwks_count(&w->a), 2);
}

static void A_9_1_3_forged_kids_do_not_cost_a_query_each(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    struct buf b = buf_new(w->a.arena);
    struct str forged;
    /* {"alg":"ES256","typ":"at+jwt","kid":"x"} */
    static const char header[] =
        "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IngifQ";

    checks(w, t.access, ERR_OK);
    buf_text(&b, header);
    buf_str(&b, (struct str){strchr(t.access.p, '.'),
                             t.access.n - (size_t)(strchr(t.access.p, '.') -
                                                   t.access.p)});
    assert_int_equal(buf_done(&b, &forged), ERR_OK);
    int64_t before = world_number(w, "SELECT VARIABLE_VALUE FROM "
                                     "information_schema.GLOBAL_STATUS WHERE "
                                     "VARIABLE_NAME = 'COM_STMT_EXECUTE'");

    for (unsigned i = 0; i < 50; i++)
        assert_int_equal(world_check(&w->a, forged), ERR_ACCESS_TOKEN_INVALID);
    int64_t after = world_number(w, "SELECT VARIABLE_VALUE FROM "
                                    "information_schema.GLOBAL_STATUS WHERE "
                                    "VARIABLE_NAME = 'COM_STMT_EXECUTE'");

    assert_in_range(after - before, 0, 10);
}

static void a_key_moved_to_another_row_is_not_used(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);

    world_sql(w, "UPDATE signing_key SET kid = REVERSE(kid)");
    world_sql(w, "UPDATE realm SET key_generation = key_generation + 1");
    checks(w, t.access, ERR_ACCESS_TOKEN_INVALID);
    const struct key *key;

    assert_int_equal(keyring_signer(&w->a, &key), ERR_UNAVAILABLE);
    /* An operator's rotation mends it. */
    bool changed;

    assert_int_equal(keyring_rotate(&w->a, KEYRING_NOW, &changed), ERR_OK);
    (void)world_sign_in(w, &w->a);
}

static void without_a_database_nothing_is_let_through(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a), fresh;
    struct signed_in in;
    const char *socket = w->config->database_socket;
    struct buf out = buf_new(w->a.arena);
    int64_t max_age;

    checks(w, t.access, ERR_OK);
    w->config->database_socket = "/nonexistent/sock";
    db_abandon(w->b.db);
    db_free(&w->b.db);
    assert_int_equal(db_new(w->config, DB_SERVICE, &w->b.db), ERR_OK);
    assert_int_equal(world_check(&w->b, t.access), ERR_UNAVAILABLE);
    assert_int_equal(session_refresh(&w->b, t.refresh, &fresh, NULL),
                     ERR_UNAVAILABLE);
    assert_int_equal(world_try(w, &w->b, WORLD_PASSWORD, &in), ERR_UNAVAILABLE);
    assert_int_equal(keyring_jwks(&w->b, &out, &max_age), ERR_UNAVAILABLE);
    w->config->database_socket = socket;
    db_free(&w->b.db);
    assert_int_equal(db_new(w->config, DB_SERVICE, &w->b.db), ERR_OK);
    checks(w, t.access, ERR_OK);
}

static void an_api_key_opens_until_it_is_over(void **state)
{
    struct world *w = *state;
    struct store_api_key key;
    struct str text, ending;
    struct id id, ending_id;

    assert_int_equal(api_key_create(&w->a, STR("shop"), 0, &text, &id), ERR_OK);
    assert_int_equal(
        api_key_create(&w->a, STR("test"), 60, &ending, &ending_id), ERR_OK);
    assert_true(str_starts(text, STR("ghk_")));
    assert_int_equal(api_key_check(&w->b, text, &key), ERR_OK);
    assert_true(str_eq(key.name, STR("shop")));
    assert_int_equal(api_key_check(&w->b, ending, &key), ERR_OK);
    world_sql(w, "UPDATE api_key SET expires_us = 1 WHERE name = 'test'");
    assert_int_equal(api_key_check(&w->b, ending, &key), ERR_API_KEY_INVALID);
    assert_int_equal(api_key_revoke(&w->b, &id), ERR_OK);
    assert_int_equal(api_key_check(&w->a, text, &key), ERR_API_KEY_INVALID);
    assert_int_equal(api_key_revoke(&w->b, &id), ERR_NOT_FOUND);
    assert_int_equal(world_events(w, "api_key.created"), 2);
    assert_int_equal(world_events(w, "api_key.revoked"), 1);
}

static void A_9_2_2_what_is_no_api_key_of_ours_is_refused(void **state)
{
    struct world *w = *state;
    struct store_api_key key;
    struct str text;
    struct id id;

    assert_int_equal(api_key_create(&w->a, STR("shop"), 0, &text, &id), ERR_OK);
    char *copy = arena_strdup(w->a.arena, text);

    assert_non_null(copy);
    copy[text.n - 2] = copy[text.n - 2] == 'A' ? 'B' : 'A';
    const struct str bad[] = {
        {"", 0},        {"ghk_", 4},          {"ghk_AAAA", 8},
        {copy, text.n}, {text.p, text.n - 1}, {text.p + 4, text.n - 4},
        {"ghk_%%%%", 8}};

    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(api_key_check(&w->b, bad[i], &key),
                         ERR_API_KEY_INVALID);
    w->b.realm_id = 2;
    enum err e = api_key_check(&w->b, text, &key);

    w->b.realm_id = STORE_REALM_DEFAULT;
    assert_int_equal(e, ERR_API_KEY_INVALID);
    static const struct str names[] = {
        {"", 0}, {"  ", 2}, {"a\nb", 3}, {"\xff", 1}};

    for (size_t i = 0; i < COUNT(names); i++)
        assert_int_equal(api_key_create(&w->a, names[i], 0, &text, &id),
                         ERR_VALIDATION);
    assert_int_equal(api_key_create(&w->a, STR("a"), -1, &text, &id),
                     ERR_VALIDATION);
    assert_int_equal(api_key_create(&w->a, STR("a"), INT64_MAX, &text, &id),
                     ERR_VALIDATION);
}

static enum err count_key(void *data, const struct store_api_key *k)
{
    unsigned *count = data;

    *count += k->revoked_us == 0;
    return ERR_OK;
}

static void api_keys_are_listed(void **state)
{
    struct world *w = *state;
    unsigned before = 0, after = 0;
    struct str text;
    struct id id;

    assert_int_equal(api_key_list(&w->b, count_key, &before), ERR_OK);
    assert_int_equal(api_key_create(&w->a, STR("list"), 0, &text, &id), ERR_OK);
    assert_int_equal(api_key_list(&w->b, count_key, &after), ERR_OK);
    assert_int_equal(after, before + 1);
}

/* Old rows of every kind that can go, each beside one that must stay. */
static struct tokens litter(struct world *w)
{
    struct tokens keep = world_sign_in(w, &w->a);
    struct session_view view;

    for (unsigned i = 0; i < 5; i++) {
        struct tokens t = world_sign_in(w, &w->a);

        if (i == 0) {
            assert_int_equal(session_check(&w->a, t.access, &view), ERR_OK);
            assert_int_equal(session_revoke_token(&w->a, &view.claims), ERR_OK);
            assert_int_equal(
                session_revoke(&w->a, t.subject, &t.session_id, "user"),
                ERR_OK);
            world_sql(w, "UPDATE session SET revoked_us = 1 "
                         "WHERE revoked_us <> 0");
        } else {
            world_age(w, &t.session_id, 7884001 + 2592000);
        }
    }
    assert_int_equal(session_check(&w->a, keep.access, &view), ERR_OK);
    world_sql(w, "UPDATE token_revocation SET expires_us = 1");
    assert_int_equal(session_revoke_token(&w->a, &view.claims), ERR_OK);
    world_sql(w, "UPDATE event SET at_us = 1 WHERE kind = 'session.revoked'");
    return keep;
}

static void the_janitor_deletes_what_is_over_in_batches(void **state)
{
    struct world *w = *state;
    struct tokens keep = litter(w), fresh;
    const struct id owner = {{1}}, rival = {{2}};
    int64_t events = world_number(w, "SELECT COUNT(*) FROM event");
    bool more = false;

    w->config->janitor_batch = 2;
    assert_int_equal(janitor_tick(&w->a, &owner, &more), ERR_OK);
    assert_true(more);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM session"), 3);
    /* Another host has no business here. */
    assert_int_equal(janitor_tick(&w->b, &rival, &more), ERR_OK);
    assert_false(more);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM session"), 3);
    assert_int_equal(janitor_tick(&w->a, &owner, &more), ERR_OK);
    assert_int_equal(janitor_tick(&w->a, &owner, &more), ERR_OK);
    assert_false(more);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM session"), 1);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM token_revocation"),
                     1);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM event"), events - 1);
    assert_int_equal(session_refresh(&w->b, keep.refresh, &fresh, NULL),
                     ERR_OK);
    world_sql(w, "UPDATE lease SET until_us = 1");
    assert_int_equal(janitor_tick(&w->b, &rival, &more), ERR_OK);
    /* A lease that ran out goes to whoever comes. */
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM lease WHERE "
                                     "LEFT(HEX(owner), 2) = '02'"),
                     1);
    w->config->janitor_batch = 500;
}

static void the_janitor_rotates_when_due(void **state)
{
    struct world *w = *state;
    const struct id owner = {{2}};
    bool more = false;

    (void)world_sign_in(w, &w->a);
    world_sql(w, "DELETE FROM lease");
    age_keys(w, 2592000 - 3600 + 1);
    int64_t before = world_number(w, "SELECT COUNT(*) FROM signing_key");

    assert_int_equal(janitor_tick(&w->a, &owner, &more), ERR_OK);
    assert_int_equal(janitor_tick(&w->a, &owner, &more), ERR_OK);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM signing_key"),
                     before + 1);
}

static void a_purge_goes_on_to_the_end(void **state)
{
    struct world *w = *state;
    uint64_t count = 0;

    (void)litter(w);
    w->config->janitor_batch = 2;
    w->config->sessions_audit_retention = 0; /* for ever */
    int64_t events = world_number(w, "SELECT COUNT(*) FROM event");
    enum err e = janitor_purge(&w->b, &count);

    w->config->janitor_batch = 500;
    w->config->sessions_audit_retention = 31536000;
    assert_int_equal(e, ERR_OK);
    assert_true(count >= 6);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM session"), 1);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM event"), events);
}

static int fresh(void **state)
{
    struct world *w = *state;
    struct ctx *const workers[] = {&w->a, &w->b};

    world_sql(w, "DELETE FROM session");
    world_sql(w, "DELETE FROM signing_key");
    world_sql(w, "DELETE FROM token_revocation");
    world_sql(w, "DELETE FROM lease");
    for (size_t i = 0; i < COUNT(workers); i++) {
        keyring_free(&workers[i]->keyring);
        if (keyring_new(&workers[i]->keyring) != ERR_OK)
            return -1;
    }
    return world_fresh(state);
}

#define TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(A_6_3_2_first_start_makes_one_key_for_all_workers),
        TEST(F37_a_scheduled_rotation_refuses_no_token),
        TEST(a_rotation_at_once_signs_at_once_everywhere),
        TEST(F37_a_revoked_key_is_dead_at_once_in_every_worker),
        TEST(a_revoked_successor_is_replaced_on_its_schedule),
        TEST(another_algorithm_comes_with_the_next_rotation),
        TEST(A_9_1_3_forged_kids_do_not_cost_a_query_each),
        TEST(a_key_moved_to_another_row_is_not_used),
        TEST(without_a_database_nothing_is_let_through),
        TEST(an_api_key_opens_until_it_is_over),
        TEST(A_9_2_2_what_is_no_api_key_of_ours_is_refused),
        TEST(api_keys_are_listed),
        TEST(the_janitor_deletes_what_is_over_in_batches),
        TEST(the_janitor_rotates_when_due),
        TEST(a_purge_goes_on_to_the_end),
    };

    return cmocka_run_group_tests(tests, world_up, world_down);
}
