/* SPDX-License-Identifier: MIT */
/* Keys of applications: their schedule, and one for all processes. */
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
#include "crypto/jws.h"
#include "app_keys_week.h"
#include "domain/app_keys.h"
#include "domain/keyring.h"
#include "domain_world.h"

/* An application of its own for each test. */
static struct app fresh_app(struct world *w)
{
    static unsigned count;
    static char name[32];

    snprintf(name, sizeof(name), "app%u", ++count);
    world_sql(w,
              "INSERT INTO realm (id, app, tenant, created_us, app_id) "
              "SELECT MAX(id) + 1, '%s', 'public', 1, MAX(id) + 1 FROM realm",
              name);
    int64_t id = world_number(w, "SELECT id FROM realm WHERE app = '%s'", name);

    return (struct app){.app_id = id,
                        .realm_id = id,
                        .name = str_of(name),
                        .tenant = STR(APP_PUBLIC),
                        .settings = week};
}

static struct app_key signer(struct ctx *c, const struct app *app, bool fixed)
{
    struct app_key key = {.key = NULL};

    assert_int_equal(app_keys_signer(c, app, fixed, &key), ERR_OK);
    /* The next call may free it. */
    key.kid = arena_str(c->arena, key.kid);
    return key;
}

static struct str jwks(struct ctx *c, const struct app *app, int64_t *age_r)
{
    struct buf out = buf_new(c->arena);
    struct str text;

    buf_text(&out, "{\"keys\":[");
    assert_int_equal(app_keys_jwks(c, app, &out, age_r), ERR_OK);
    buf_text(&out, "]}");
    assert_int_equal(buf_done(&out, &text), ERR_OK);
    assert_int_equal(json_scan(c->arena, text, &json_limits_default), ERR_OK);
    assert_false(str_has_nocase(text, STR("\"d\":")));
    return text;
}

static bool publishes(struct ctx *c, const struct app *app, struct str kid)
{
    int64_t age;

    return str_has_nocase(jwks(c, app, &age), kid);
}

static enum err verifies(struct ctx *c, const struct app *app, struct str kid)
{
    const struct key *key = NULL;

    return app_keys_verifier(c, app, kid, &key);
}

static int64_t keys_of(struct world *w, const struct app *app, const char *kind)
{
    return world_number(w,
                        "SELECT COUNT(*) FROM signing_key WHERE "
                        "realm_id = %lld AND purpose = '%s'",
                        (long long)app->app_id, kind);
}

static void S21_S22_a_key_is_published_before_it_signs(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);
    struct str first = signer(&w->a, &app, false).kid;

    assert_true(str_starts(first, STR("d-")));
    assert_true(str_eq(signer(&w->b, &app, false).kid, first));
    w->clock_offset_us = U - O + S;
    assert_true(str_eq(signer(&w->a, &app, false).kid, first));
    assert_int_equal(keys_of(w, &app, "dynamic"), 2);
    assert_true(str_eq(signer(&w->b, &app, false).kid, first));
    w->clock_offset_us = U - 20 * S;
    assert_true(str_eq(signer(&w->a, &app, false).kid, first));
    w->clock_offset_us = U + 2 * S;
    struct str second = signer(&w->b, &app, false).kid;

    assert_false(str_eq(second, first));
    assert_true(str_eq(signer(&w->a, &app, false).kid, second));
    assert_true(publishes(&w->a, &app, first));
    assert_true(publishes(&w->a, &app, second));
}

static void S21_an_old_key_verifies_for_two_lifetimes(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);
    struct str old = signer(&w->a, &app, false).kid;

    w->clock_offset_us = U + 2 * V * S - 5 * S;
    assert_int_equal(verifies(&w->a, &app, old), ERR_OK);
    assert_int_equal(verifies(&w->b, &app, old), ERR_OK);
    assert_true(publishes(&w->b, &app, old));
    w->clock_offset_us = U + 2 * V * S + 5 * S;
    assert_int_equal(verifies(&w->a, &app, old), ERR_ACCESS_TOKEN_INVALID);
    assert_int_equal(verifies(&w->b, &app, old), ERR_ACCESS_TOKEN_INVALID);
    assert_false(publishes(&w->b, &app, old));
}

static void a_revoked_key_is_gone_and_followed_by_another(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);

    for (int fixed = 0; fixed < 2; fixed++) {
        struct str old = signer(&w->a, &app, fixed != 0).kid;

        assert_int_equal(verifies(&w->b, &app, old), ERR_OK);
        assert_int_equal(app_keys_revoke(&w->a, &app, old), ERR_OK);
        assert_int_equal(app_keys_revoke(&w->a, &app, old), ERR_NOT_FOUND);
        assert_false(publishes(&w->b, &app, old));
        assert_int_equal(verifies(&w->b, &app, old), ERR_ACCESS_TOKEN_INVALID);
        assert_false(str_eq(signer(&w->b, &app, fixed != 0).kid, old));
        assert_int_equal(keys_of(w, &app, fixed != 0 ? "static" : "dynamic"),
                         1);
    }
}

static void only_an_application_s_own_key_is_revoked(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);
    struct app other = fresh_app(w);
    struct str kid = signer(&w->a, &app, true).kid;

    (void)signer(&w->a, &other, true);
    assert_int_equal(app_keys_revoke(&w->a, &other, kid), ERR_NOT_FOUND);
    assert_int_equal(app_keys_revoke(&w->a, &app, STR("")), ERR_NOT_FOUND);
    assert_int_equal(keyring_revoke(&w->a, kid), ERR_NOT_FOUND);
    assert_true(publishes(&w->b, &app, kid));
}

struct telling {
    enum app_key_state states[8];
    size_t n;
};

static enum err told(void *data, const struct app_key_told *key)
{
    struct telling *t = data;

    assert_true(t->n < COUNT(t->states));
    assert_false(key->fixed);
    t->states[t->n++] = key->state;
    return ERR_OK;
}

static void S22_a_list_tells_what_each_key_does(void **state)
{
    static const struct {
        int64_t at_us;
        enum app_key_state states[3];
        size_t n;
    } rows[] = {
        {0, {APP_KEY_SIGNING}, 1},
        {U - 20 * S, {APP_KEY_PUBLISHED, APP_KEY_SIGNING}, 2},
        {U + O, {APP_KEY_SIGNING, APP_KEY_RETIRED}, 2},
        {U + 2 * V * S + S, {APP_KEY_SIGNING, APP_KEY_OVER}, 2},
    };
    struct world *w = *state;
    struct app app = fresh_app(w);
    struct telling none = {.n = 0};

    assert_int_equal(app_keys_tell(&w->a, &app, told, &none), ERR_OK);
    assert_int_equal(none.n, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct telling t = {.n = 0};

        w->clock_offset_us = rows[i].at_us;
        (void)signer(&w->a, &app, false);
        assert_int_equal(app_keys_tell(&w->a, &app, told, &t), ERR_OK);
        assert_int_equal(t.n, rows[i].n);
        for (size_t k = 0; k < t.n; k++)
            assert_int_equal(t.states[k], rows[i].states[k]);
    }
}

static void S21_rows_that_verify_no_more_go_with_the_next_key(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);

    for (int i = 0; i < 4; i++) {
        w->clock_offset_us = i * (U + S);
        (void)signer(&w->a, &app, false);
    }
    assert_int_equal(keys_of(w, &app, "dynamic"), 2);
}

static void S22_the_janitor_makes_successors_where_nobody_asks(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);
    struct str old = signer(&w->a, &app, false).kid;

    assert_int_equal(app_keys_ahead(&w->b), ERR_OK);
    assert_int_equal(keys_of(w, &app, "dynamic"), 1);
    world_sql(w,
              "UPDATE signing_key SET created_us = created_us - %lld "
              "WHERE kid = '%.*s'",
              (long long)(U - O), (int)old.n, old.p);
    assert_int_equal(app_keys_ahead(&w->b), ERR_OK);
    assert_int_equal(keys_of(w, &app, "dynamic"), 2);
    assert_int_equal(app_keys_ahead(&w->a), ERR_OK);
    assert_int_equal(keys_of(w, &app, "dynamic"), 2);
}

static void S24_a_static_key_stays(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);
    struct str kid = signer(&w->a, &app, true).kid;

    assert_true(str_starts(kid, STR("s-")));
    assert_int_equal(kid.n, 2 + ID_TEXT_LEN);
    w->clock_offset_us = 100 * U;
    assert_true(str_eq(signer(&w->b, &app, true).kid, kid));
    assert_int_equal(verifies(&w->a, &app, kid), ERR_OK);
    assert_int_equal(keys_of(w, &app, "static"), 1);
    assert_true(publishes(&w->a, &app, kid));
}

static void S25_an_answer_has_both_kinds_dynamic_ones_first(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);
    int64_t age = 0;
    struct str text = jwks(&w->a, &app, &age);
    const char *dynamic = strstr(text.p, "\"d-");
    const char *fixed = strstr(text.p, "\"s-");

    assert_non_null(dynamic);
    assert_non_null(fixed);
    assert_true(dynamic < fixed);
    assert_true(age > 604700 && age <= 604740);
    assert_int_equal(world_events(w, "key.created"), 2);
    (void)jwks(&w->b, &app, &age);
    assert_int_equal(world_events(w, "key.created"), 2);
}

/* What a process of its own does at the moment of a rotation. */
static int sign_once(struct world *w, const struct app *app, bool fixed)
{
    struct ctx c = w->b;
    struct app_key key;

    c.db = NULL;
    c.app_keys = NULL;
    if (db_new(w->config, DB_SERVICE, &c.db) != ERR_OK ||
        app_keys_new(&c.app_keys) != ERR_OK)
        return 1;
    enum err e = app_keys_signer(&c, app, fixed, &key);

    app_keys_free(&c.app_keys);
    db_free(&c.db);
    return e == ERR_OK ? 0 : 1;
}

static void at_once(struct world *w, const struct app *app, bool fixed)
{
    pid_t pids[4];

    for (size_t i = 0; i < COUNT(pids); i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            _exit(sign_once(w, app, fixed));
    }
    for (size_t i = 0; i < COUNT(pids); i++) {
        int status = 1;

        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
}

static void S23_processes_at_a_rotation_make_one_key(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);

    at_once(w, &app, false);
    assert_int_equal(keys_of(w, &app, "dynamic"), 1);
    at_once(w, &app, true);
    assert_int_equal(keys_of(w, &app, "static"), 1);
    w->clock_offset_us = U - O + S;
    at_once(w, &app, false);
    assert_int_equal(keys_of(w, &app, "dynamic"), 2);
}

static int64_t frozen(void *data)
{
    return *(const int64_t *)data;
}

static void S23_two_applications_never_share_a_kid(void **state)
{
    struct world *w = *state;
    struct app one = fresh_app(w), other = fresh_app(w);
    int64_t now = INT64_C(1700000000123456);
    struct ctx a = w->a, b = w->b;

    a.clock = b.clock = (struct clock){frozen, &now};
    assert_true(str_eq(signer(&a, &one, false).kid, STR("d-1700000000123")));
    assert_true(str_eq(signer(&b, &other, false).kid, STR("d-1700000000124")));
    assert_int_equal(verifies(&a, &one, STR("d-1700000000124")),
                     ERR_ACCESS_TOKEN_INVALID);
}

static void a_token_of_the_key_is_one_for_everybody(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);
    struct app_key key = signer(&w->a, &app, false);
    const struct key *found = NULL;
    struct str token;
    struct jws j;

    assert_int_equal(jws_by(w->a.arena, key.key, STR("{\"alg\":\"RS256\"}"),
                            STR("{\"sub\":\"x\"}"), &token),
                     ERR_OK);
    assert_int_equal(jws_split(w->b.arena, token, 8192, &j), ERR_OK);
    assert_int_equal(app_keys_verifier(&w->b, &app, key.kid, &found), ERR_OK);
    assert_int_equal(key_verify(found, j.signed_text,
                                (const uint8_t *)j.signature.p, j.signature.n),
                     ERR_OK);
    assert_int_equal(key_verify(found, STR("other"),
                                (const uint8_t *)j.signature.p, j.signature.n),
                     ERR_ACCESS_TOKEN_INVALID);
}

static int64_t queries(struct world *w)
{
    return world_number(w, "SELECT VARIABLE_VALUE FROM "
                           "information_schema.GLOBAL_STATUS WHERE "
                           "VARIABLE_NAME = 'COM_STMT_EXECUTE'");
}

static void S14_known_keys_ask_no_database_and_forged_ones_seldom(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);
    struct str kid = signer(&w->a, &app, false).kid;
    int64_t before = queries(w);

    for (int i = 0; i < 50; i++) {
        assert_int_equal(verifies(&w->a, &app, kid), ERR_OK);
        (void)signer(&w->a, &app, false);
    }
    assert_int_equal(queries(w), before);
    for (int i = 0; i < 500; i++)
        assert_int_equal(verifies(&w->a, &app, STR("d-1")),
                         ERR_ACCESS_TOKEN_INVALID);
    assert_true(queries(w) - before < 200);
}

static void a_key_made_elsewhere_is_found_by_its_kid(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);

    assert_int_equal(verifies(&w->b, &app, STR("s-0")),
                     ERR_ACCESS_TOKEN_INVALID);
    struct str kid = signer(&w->a, &app, true).kid;

    assert_int_equal(verifies(&w->b, &app, kid), ERR_OK);
}

static void the_service_s_own_keys_are_others(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);
    struct ctx c = w->a;
    struct buf out = buf_new(c.arena);
    const struct key *key = NULL;
    struct str text;
    int64_t age;

    c.realm_id = app.app_id;
    struct str kid = signer(&c, &app, true).kid;

    assert_int_equal(keyring_jwks(&c, &out, &age), ERR_OK);
    assert_int_equal(buf_done(&out, &text), ERR_OK);
    assert_false(str_has_nocase(text, kid));
    assert_int_equal(keyring_verifier(&c, kid, &key), ERR_ACCESS_TOKEN_INVALID);
    assert_int_equal(keyring_revoke(&c, kid), ERR_NOT_FOUND);
}

static void a_key_that_does_not_open_leaves_the_others_alone(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);
    struct str fixed = signer(&w->a, &app, true).kid;

    (void)signer(&w->a, &app, false);
    world_sql(w,
              "UPDATE signing_key SET sealed = REVERSE(sealed) WHERE "
              "realm_id = %lld AND purpose = 'dynamic'",
              (long long)app.app_id);
    assert_int_equal(verifies(&w->b, &app, fixed), ERR_OK);
}

static enum err never(void *data, const struct key *key)
{
    size_t *count = data;

    assert_int_equal(key_alg(key), KEY_RS256);
    return ++*count == 3 ? ERR_OK : ERR_ACCESS_TOKEN_INVALID;
}

static void S27_old_tokens_try_every_dynamic_key(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);
    size_t count = 0;

    app.settings.access_lifetime_s = 30 * 86400;
    (void)signer(&w->a, &app, true);
    for (int i = 0; i < 2; i++) {
        w->clock_offset_us = i * (U + S);
        (void)signer(&w->a, &app, false);
    }
    assert_int_equal(app_keys_try(&w->a, &app, never, &count),
                     ERR_ACCESS_TOKEN_INVALID);
    assert_int_equal(count, 2);
    assert_int_equal(app_keys_try(&w->a, &app, never, &count), ERR_OK);
}

static void more_applications_than_are_kept_opened_work(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);
    struct str kid = signer(&w->a, &app, true).kid;
    struct app other = app;

    for (int i = 0; i < 80; i++) {
        other.app_id = 1000000 + i;
        assert_int_equal(verifies(&w->a, &other, kid), ERR_NO_ROW);
    }
    assert_true(str_eq(signer(&w->a, &app, true).kid, kid));
}

static struct str secret_of(struct ctx *c, const struct app *app)
{
    struct str text;

    assert_int_equal(app_keys_refresh_secret(c, app, &text), ERR_OK);
    return arena_str(c->arena, text);
}

static void the_refresh_secret_is_one_for_all_and_sealed(void **state)
{
    struct world *w = *state;
    struct app app = fresh_app(w);
    struct str text = secret_of(&w->a, &app);

    assert_int_equal(text.n, 5 + 128 + 1 + 128);
    assert_true(str_starts(text, STR("1000:")));
    assert_true(str_eq(secret_of(&w->b, &app), text));
    assert_int_equal(
        world_number(w, "SELECT COUNT(*) FROM app_secret WHERE realm_id = %lld",
                     (long long)app.app_id),
        1);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM app_secret WHERE "
                                     "INSTR(sealed, '1000:') > 0"),
                     0);
    struct app other = fresh_app(w);

    assert_false(str_eq(secret_of(&w->a, &other), text));
}

static void a_secret_of_another_application_does_not_open(void **state)
{
    struct world *w = *state;
    struct app one = fresh_app(w), other = fresh_app(w);
    struct str text;

    (void)secret_of(&w->a, &one);
    world_sql(w, "UPDATE app_secret SET realm_id = %lld WHERE realm_id = %lld",
              (long long)other.app_id, (long long)one.app_id);
    assert_int_equal(app_keys_refresh_secret(&w->a, &other, &text),
                     ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(S21_S22_a_key_is_published_before_it_signs,
                               world_fresh),
        cmocka_unit_test_setup(S21_an_old_key_verifies_for_two_lifetimes,
                               world_fresh),
        cmocka_unit_test_setup(
            S21_rows_that_verify_no_more_go_with_the_next_key, world_fresh),
        cmocka_unit_test_setup(
            S22_the_janitor_makes_successors_where_nobody_asks, world_fresh),
        cmocka_unit_test_setup(a_revoked_key_is_gone_and_followed_by_another,
                               world_fresh),
        cmocka_unit_test_setup(only_an_application_s_own_key_is_revoked,
                               world_fresh),
        cmocka_unit_test_setup(S22_a_list_tells_what_each_key_does,
                               world_fresh),
        cmocka_unit_test_setup(S24_a_static_key_stays, world_fresh),
        cmocka_unit_test_setup(S25_an_answer_has_both_kinds_dynamic_ones_first,
                               world_fresh),
        cmocka_unit_test_setup(S23_processes_at_a_rotation_make_one_key,
                               world_fresh),
        cmocka_unit_test_setup(S23_two_applications_never_share_a_kid,
                               world_fresh),
        cmocka_unit_test_setup(a_token_of_the_key_is_one_for_everybody,
                               world_fresh),
        cmocka_unit_test_setup(
            S14_known_keys_ask_no_database_and_forged_ones_seldom, world_fresh),
        cmocka_unit_test_setup(a_key_made_elsewhere_is_found_by_its_kid,
                               world_fresh),
        cmocka_unit_test_setup(the_service_s_own_keys_are_others, world_fresh),
        cmocka_unit_test_setup(a_key_that_does_not_open_leaves_the_others_alone,
                               world_fresh),
        cmocka_unit_test_setup(S27_old_tokens_try_every_dynamic_key,
                               world_fresh),
        cmocka_unit_test_setup(more_applications_than_are_kept_opened_work,
                               world_fresh),
        cmocka_unit_test_setup(the_refresh_secret_is_one_for_all_and_sealed,
                               world_fresh),
        cmocka_unit_test_setup(a_secret_of_another_application_does_not_open,
                               world_fresh),
    };

    return cmocka_run_group_tests(tests, world_up, world_down);
}
