/* SPDX-License-Identifier: MIT */
/* Sessions of applications: what their tokens say, their check, their change
 * and their end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "app_session_world.h"
#include "base/json_read.h"
#include "crypto/jws.h"
#include "domain/app_keys.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct app_session_view begin_with(struct ctx *c, const struct app *app,
                                          const struct app_session_start *how)
{
    struct app_session_start start = *how;
    struct app_session_view view = {.payload_update = false};

    if (start.data.p == NULL)
        start.data = STR("{}");
    if (start.payload.p == NULL)
        start.payload = STR("{}");
    c->realm_id = app->realm_id;
    assert_int_equal(app_session_create(c, app, &start, &view), ERR_OK);
    return view;
}

static struct jws parts(struct ctx *c, struct str token)
{
    struct jws j;

    assert_int_equal(jws_split(c->arena, token, 65536, &j), ERR_OK);
    return j;
}

static bool says(struct str json, const char *text)
{
    return str_has_nocase(json, str_of(text));
}

static size_t members(struct str json)
{
    struct json_walk w = json_walk(json);
    struct json_part part;
    size_t n = 0;

    while (json_walk_next(&w, &part))
        n++;
    return n;
}

static void S01_S26_a_token_says_what_its_form_says(void **state)
{
    static const struct {
        enum app_token_form form;
        const char *version;
        bool tenant, recipe;
    } rows[] = {
        {APP_TOKEN_V5, "\"version\":\"5\"", true, true},
        {APP_TOKEN_V4, "\"version\":\"4\"", true, false},
        {APP_TOKEN_V3, "\"version\":\"3\"", false, false},
    };
    static const char *const always[] = {"\"sub\":\"u\"",
                                         "\"exp\":",
                                         "\"iat\":",
                                         "\"sessionHandle\":\"",
                                         "\"refreshTokenHash1\":\"",
                                         "\"parentRefreshTokenHash1\":null",
                                         "\"antiCsrfToken\":null",
                                         "\"role\":null",
                                         "\"deep\":{\"a\":[1]}"};
    struct world *w = *state;
    struct app app = app_world_app(w);

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct app_session_start s = {
            .user_id = STR("u"),
            .payload = STR("{\"role\":null,\"deep\":{\"a\":[1]}}"),
            .form = rows[i].form};
        struct app_session_view v = begin_with(&w->a, &app, &s);
        struct jws j = parts(&w->a, v.access.text);

        assert_true(says(j.header, rows[i].version));
        assert_true(says(j.header, "\"alg\":\"RS256\""));
        assert_true(says(j.header, "\"typ\":\"JWT\""));
        assert_true(says(j.header, "\"kid\":\"d-"));
        for (size_t k = 0; k < COUNT(always); k++)
            if (!says(j.payload, always[k]))
                fail_msg("form %zu: no %s", i, always[k]);
        assert_int_equal(says(j.payload, "\"tId\":\"public\""), rows[i].tenant);
        assert_int_equal(says(j.payload, "\"rsub\":\"u\""), rows[i].recipe);
        assert_int_equal(members(j.payload),
                         7 + 2 + rows[i].tenant + rows[i].recipe);
        assert_true(str_eq(j.payload, v.token_payload));
        assert_int_equal(v.access.expiry_ms - v.access.created_ms, 3600000);
        assert_int_equal(v.access.created_ms % 1000, 0);
        assert_int_equal(v.refresh.expiry_ms - v.refresh.created_ms,
                         100 * DAY_US / 1000);
    }
}

static void S01_our_claims_are_refused_in_a_payload(void **state)
{
    static const struct {
        enum app_token_form form;
        const char *payload;
        bool good;
    } rows[] = {
        {APP_TOKEN_V5, "{\"sub\":1}", false},
        {APP_TOKEN_V5, "{\"a\":1,\"iat\":null}", false},
        {APP_TOKEN_V5, "{\"exp\":1}", false},
        {APP_TOKEN_V5, "{\"sessionHandle\":1}", false},
        {APP_TOKEN_V5, "{\"refreshTokenHash1\":1}", false},
        {APP_TOKEN_V5, "{\"parentRefreshTokenHash1\":1}", false},
        {APP_TOKEN_V5, "{\"antiCsrfToken\":1}", false},
        {APP_TOKEN_V5, "{\"tId\":1}", false},
        {APP_TOKEN_V5, "{\"rsub\":1}", false},
        {APP_TOKEN_V5, "{\"s\\u0075b\":1}", false},
        {APP_TOKEN_V5, "{\"Sub\":1,\"iss\":\"x\",\"in\":{\"sub\":1}}", true},
        {APP_TOKEN_V4, "{\"rsub\":1}", true},
        {APP_TOKEN_V4, "{\"tId\":1}", false},
        {APP_TOKEN_V3, "{\"tId\":1,\"rsub\":2}", true},
        {APP_TOKEN_V3, "{\"sub\":1}", false},
        {APP_TOKEN_V2, "{\"sub\":1,\"tId\":2}", true},
    };
    struct world *w = *state;
    struct app app = app_world_app(w);

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct app_session_start s = {.user_id = STR("u"),
                                            .payload = str_of(rows[i].payload),
                                            .data = STR("{}"),
                                            .form = rows[i].form};
        struct app_session_view v, seen;
        enum err e = app_session_create(&w->a, &app, &s, &v);

        if (e != (rows[i].good ? ERR_OK : ERR_APP_PAYLOAD))
            fail_msg("%s: %s", rows[i].payload, err_name(e));
        if (e != ERR_OK)
            continue;
        seen = app_world_verify(&w->b, &app, v.access.text, true);
        assert_true(str_eq(seen.payload, str_of(rows[i].payload)));
        assert_true(str_eq(seen.tenant, STR("public")));
    }
}

static void S02_only_the_hash_of_the_hash_is_stored(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view v = app_world_begin(&w->a, &app, "u", "{}");
    char query[700];

    snprintf(query, sizeof(query),
             "refresh_cur = UNHEX(SHA2(SHA2('%.*s', 256), 256))",
             STR_FMT(v.refresh.text));
    assert_int_equal(app_world_number(w, &v, query), 1);
    snprintf(query, sizeof(query),
             "refresh_prev IS NULL AND LOCATE(LEFT('%.*s', 40), CONCAT_WS('|', "
             "subject, claims, label, user_agent)) = 0",
             STR_FMT(v.refresh.text));
    assert_int_equal(app_world_number(w, &v, query), 1);
    assert_int_equal(world_number(w,
                                  "SELECT COUNT(*) FROM event WHERE "
                                  "LOCATE(LEFT('%.*s', 40), detail)",
                                  STR_FMT(v.refresh.text)),
                     0);
}

/* ERR_SESSION_INVALID, whatever the text; never theft. */
static void unauthorised(struct ctx *c, const struct app *app, struct str token)
{
    struct app_session_view view;
    struct app_session_theft theft;
    enum err e = app_world_try(c, app, token, 0, &view, &theft);

    if (e != ERR_SESSION_INVALID)
        fail_msg("%.*s: %s", STR_FMT(token), err_name(e));
}

static void S03_a_refresh_token_with_any_byte_changed_is_refused(void **state)
{
    static const char *const others[] = {
        "",         ".",         "..",
        "..V2",     "a.b.V2",    "a.b.V1",
        "a.b.c.V2", "AAAA.x.V2", "00000000-0000-4000-8000-000000000000.V0"};
    struct world *w = *state;
    struct app app = app_world_app(w), other = app_world_app(w);
    struct app_session_view v = app_world_begin(&w->a, &app, "u", "{}");
    char *text = arena_strdup(w->a.arena, v.refresh.text);
    struct str token = {text, v.refresh.text.n};

    for (size_t i = 0; i < token.n; i++) {
        static const char swaps[] = "AB.=/z";

        for (size_t k = 0; k < sizeof(swaps) - 1; k++) {
            char was = text[i];

            if (was == swaps[k])
                continue;
            text[i] = swaps[k];
            unauthorised(&w->a, &app, token);
            text[i] = was;
        }
    }
    for (size_t i = 0; i < COUNT(others); i++)
        unauthorised(&w->a, &app, str_of(others[i]));
    unauthorised(&w->a, &app, (struct str){text, token.n - 1});
    unauthorised(&w->a, &app, (struct str){text + 1, token.n - 1});
    unauthorised(&w->a, &other, token);
    unauthorised(&w->a, &app, v.access.text);
    (void)app_world_refresh(&w->a, &app, &v, 0);
}

/* A token signed by the application's key, whatever it says; @: its kid. */
static struct str signed_by(struct ctx *c, const struct app *app,
                            const char *header, struct str payload)
{
    struct app_key key;
    struct str token, text, rest = str_of(header);
    struct buf b = buf_new(c->arena);

    assert_int_equal(app_keys_signer(c, app, false, &key), ERR_OK);
    buf_str(&b, str_cut(&rest, '@'));
    buf_str(&b, key.kid);
    buf_str(&b, rest);
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    assert_int_equal(jws_by(c->arena, key.key, text, payload, &token), ERR_OK);
    return token;
}

#define HEADER                                                                 \
    "{\"alg\":\"RS256\",\"kid\":\"@\",\"typ\":\"JWT\",\"version\":\"5\"}"

/* json without the member of that name. */
static struct str without(struct ctx *c, struct str json, const char *name)
{
    struct buf b = buf_new(c->arena);
    struct json_walk walk = json_walk(json);
    struct json_part part;
    struct str text;

    buf_char(&b, '{');
    while (json_walk_next(&walk, &part)) {
        if (str_eq(part.key, str_of(name)))
            continue;
        buf_text(&b, b.n > 1 ? ",\"" : "\"");
        buf_str(&b, part.key);
        buf_text(&b, "\":");
        buf_str(&b, part.value);
    }
    buf_char(&b, '}');
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    return text;
}

static enum err check(struct ctx *c, const struct app *app, struct str token)
{
    struct app_session_view view;

    return app_world_check(c, app, token, false, &view);
}

static void S01_headers_of_others_are_refused(void **state)
{
    static const struct {
        const char *header;
        enum err want;
    } rows[] = {
        {HEADER, ERR_OK},
        {"{\"alg\":\"RS256\",\"kid\":\"@\",\"typ\":\"JWT\"}", ERR_OK},
        {"{\"alg\":\"RS256\",\"kid\":\"@\",\"typ\":\"JWT\",\"version\":5}",
         ERR_ACCESS_TOKEN_INVALID},
        {"{\"alg\":\"RS256\",\"kid\":\"@\",\"typ\":\"JWT\","
         "\"version\":\"2\"}",
         ERR_ACCESS_TOKEN_INVALID},
        {"{\"alg\":\"RS256\",\"kid\":\"@\",\"typ\":\"JWT\","
         "\"version\":\"1\"}",
         ERR_ACCESS_TOKEN_INVALID},
        {"{\"alg\":\"none\",\"kid\":\"@\",\"typ\":\"JWT\","
         "\"version\":\"5\"}",
         ERR_ACCESS_TOKEN_INVALID},
        {"{\"alg\":\"HS256\",\"kid\":\"@\",\"typ\":\"JWT\","
         "\"version\":\"5\"}",
         ERR_ACCESS_TOKEN_INVALID},
        {"{\"alg\":\"RS256\",\"kid\":\"@\",\"typ\":\"at+jwt\","
         "\"version\":\"5\"}",
         ERR_ACCESS_TOKEN_INVALID},
        {"{\"alg\":\"RS256\",\"kid\":\"@\",\"version\":\"5\"}",
         ERR_ACCESS_TOKEN_INVALID},
        {"{\"alg\":\"RS256\",\"kid\":\"x@\",\"typ\":\"JWT\","
         "\"version\":\"5\"}",
         ERR_ACCESS_TOKEN_INVALID},
        {"{\"alg\":\"RS256\",\"nokid\":\"@\",\"typ\":\"JWT\","
         "\"version\":\"5\"}",
         ERR_ACCESS_TOKEN_INVALID},
        {"{\"alg\":\"RS256\",\"kid\":\"@\",\"typ\":\"JWT\","
         "\"version\":\"5\",\"crit\":[\"x\"]}",
         ERR_ACCESS_TOKEN_INVALID},
        {"{\"alg\":\"RS256\",\"kid\":\"@\",\"typ\":\"JWT\",",
         ERR_ACCESS_TOKEN_INVALID},
    };
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view v = app_world_begin(&w->a, &app, "u", "{}");

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str token =
            signed_by(&w->a, &app, rows[i].header, v.token_payload);
        enum err e = check(&w->b, &app, token);

        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].header, err_name(e));
    }
}

static void S01_a_token_without_one_of_our_claims_is_refused(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w), other = app_world_app(w);
    struct app_session_view v = app_world_begin(&w->a, &app, "u", "{}");
    struct json_walk walk = json_walk(v.token_payload);
    struct json_part part;
    char name[64];

    while (json_walk_next(&walk, &part)) {
        snprintf(name, sizeof(name), "%.*s", STR_FMT(part.key));
        struct str token = signed_by(&w->a, &app, HEADER,
                                     without(&w->a, v.token_payload, name));

        assert_int_equal(check(&w->b, &app, token), ERR_ACCESS_TOKEN_INVALID);
    }
    /* Another's key, a signature that is cut, a payload that is swapped. */
    assert_int_equal(
        check(&w->a, &app, signed_by(&w->a, &other, HEADER, v.token_payload)),
        ERR_ACCESS_TOKEN_INVALID);
    assert_int_equal(check(&w->a, &other, v.access.text),
                     ERR_ACCESS_TOKEN_INVALID);
    assert_int_equal(
        check(&w->a, &app, (struct str){v.access.text.p, v.access.text.n - 4}),
        ERR_ACCESS_TOKEN_INVALID);
    assert_int_equal(check(&w->a, &app, STR("")), ERR_ACCESS_TOKEN_INVALID);
    assert_int_equal(check(&w->a, &app, STR("a.b.c")),
                     ERR_ACCESS_TOKEN_INVALID);
    assert_int_equal(check(&w->a, &app, v.refresh.text),
                     ERR_ACCESS_TOKEN_INVALID);
    assert_int_equal(check(&w->a, &app, v.access.text), ERR_OK);
}

static int64_t queries(struct world *w)
{
    return world_number(w, "SELECT VARIABLE_VALUE FROM "
                           "information_schema.GLOBAL_STATUS WHERE "
                           "VARIABLE_NAME = 'COM_STMT_EXECUTE'");
}

static void S14_a_stateless_check_asks_no_database(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view v = app_world_begin(&w->a, &app, "u", "{\"a\":1}");
    int64_t before;

    (void)app_world_verify(&w->a, &app, v.access.text, false);
    before = queries(w);
    for (int i = 0; i < 20; i++) {
        struct app_session_view seen =
            app_world_verify(&w->a, &app, v.access.text, false);

        assert_null(seen.access.text.p);
        assert_true(str_eq(seen.handle, v.handle));
        assert_true(str_eq(seen.payload, STR("{\"a\":1}")));
        assert_int_equal(seen.access_expiry_ms, v.access_expiry_ms);
    }
    assert_int_equal(queries(w), before);
    w->clock_offset_us = 3600 * CLOCK_SECOND;
    assert_int_equal(check(&w->a, &app, v.access.text),
                     ERR_ACCESS_TOKEN_EXPIRED);
    assert_int_equal(queries(w), before);
}

static void S15_an_end_is_seen_at_once_by_who_asks_the_database(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view v = app_world_begin(&w->a, &app, "u", "{}"), seen;
    bool done = false;

    (void)app_world_verify(&w->b, &app, v.access.text, true);
    assert_int_equal(app_session_revoke(&w->a, &app, v.handle, &done), ERR_OK);
    assert_true(done);
    assert_int_equal(app_world_check(&w->b, &app, v.access.text, true, &seen),
                     ERR_SESSION_INVALID);
    (void)app_world_verify(&w->b, &app, v.access.text, false);
    unauthorised(&w->b, &app, v.refresh.text);
    assert_int_equal(app_session_revoke(&w->a, &app, v.handle, &done), ERR_OK);
    assert_false(done);
    assert_int_equal(world_events(w, "session.revoked"), 1);
}

static void S16_anti_csrf(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view v = begin_with(
        &w->a, &app,
        &(struct app_session_start){
            .user_id = STR("u"), .anti_csrf = true, .form = APP_TOKEN_V5});
    struct app_session_view bare = app_world_begin(&w->a, &app, "u", "{}");
    const struct str none = {NULL, 0};
    const struct {
        struct str token, shown;
        bool wanted;
        enum err want;
    } rows[] = {
        {v.access.text, v.anti_csrf, true, ERR_OK},
        {v.access.text, none, true, ERR_ACCESS_TOKEN_INVALID},
        {v.access.text, STR(""), true, ERR_ACCESS_TOKEN_INVALID},
        {v.access.text, bare.handle, true, ERR_ACCESS_TOKEN_INVALID},
        {v.access.text, none, false, ERR_OK},
        {bare.access.text, none, true, ERR_ACCESS_TOKEN_INVALID},
        {bare.access.text, v.anti_csrf, true, ERR_ACCESS_TOKEN_INVALID},
        {bare.access.text, none, false, ERR_OK},
    };
    struct app_session_view seen;

    assert_int_equal(v.anti_csrf.n, 36);
    assert_null(bare.anti_csrf.p);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct app_session_verify ask = {.token = rows[i].token,
                                               .anti_csrf = rows[i].shown,
                                               .check_anti_csrf =
                                                   rows[i].wanted};

        assert_int_equal(app_session_verify(&w->b, &app, &ask, &seen),
                         rows[i].want);
    }
}

static void S16_anti_csrf_at_a_refresh(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view v = begin_with(
        &w->a, &app,
        &(struct app_session_start){
            .user_id = STR("u"), .anti_csrf = true, .form = APP_TOKEN_V5});
    struct app_session_view bare = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_refresh r = {
        .token = v.refresh.text, .check_anti_csrf = true, .form = APP_TOKEN_V5};
    struct app_session_view next;
    struct app_session_theft theft;

    assert_int_equal(app_session_refresh(&w->a, &app, &r, &next, &theft),
                     ERR_SESSION_INVALID);
    r.anti_csrf = bare.handle;
    assert_int_equal(app_session_refresh(&w->a, &app, &r, &next, &theft),
                     ERR_SESSION_INVALID);
    r.anti_csrf = v.anti_csrf;
    assert_int_equal(app_session_refresh(&w->a, &app, &r, &next, &theft),
                     ERR_OK);
    assert_int_equal(next.anti_csrf.n, 36);
    assert_false(str_eq(next.anti_csrf, v.anti_csrf));
    /* One begun without gets its first. */
    r.token = bare.refresh.text;
    assert_int_equal(app_session_refresh(&w->a, &app, &r, &next, &theft),
                     ERR_OK);
    assert_int_equal(next.anti_csrf.n, 36);
    r.check_anti_csrf = false;
    assert_int_equal(app_session_refresh(&w->a, &app, &r, &next, &theft),
                     ERR_OK);
    assert_null(next.anti_csrf.p);
}

static void S30_the_empty_user_id_is_one(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view v = app_world_begin(&w->a, &app, "", "{}");
    struct app_session_view next = app_world_refresh(&w->b, &app, &v, 0);

    assert_int_equal(v.user_id.n, 0);
    assert_int_equal(next.user_id.n, 0);
    assert_true(says(next.token_payload, "\"sub\":\"\""));
    next = app_world_verify(&w->a, &app, next.access.text, true);
    assert_int_equal(next.recipe_user_id.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(S01_S26_a_token_says_what_its_form_says,
                               app_world_fresh),
        cmocka_unit_test_setup(S01_our_claims_are_refused_in_a_payload,
                               app_world_fresh),
        cmocka_unit_test_setup(S01_headers_of_others_are_refused,
                               app_world_fresh),
        cmocka_unit_test_setup(S01_a_token_without_one_of_our_claims_is_refused,
                               app_world_fresh),
        cmocka_unit_test_setup(S02_only_the_hash_of_the_hash_is_stored,
                               app_world_fresh),
        cmocka_unit_test_setup(
            S03_a_refresh_token_with_any_byte_changed_is_refused,
            app_world_fresh),
        cmocka_unit_test_setup(S14_a_stateless_check_asks_no_database,
                               app_world_fresh),
        cmocka_unit_test_setup(
            S15_an_end_is_seen_at_once_by_who_asks_the_database,
            app_world_fresh),
        cmocka_unit_test_setup(S16_anti_csrf, app_world_fresh),
        cmocka_unit_test_setup(S16_anti_csrf_at_a_refresh, app_world_fresh),
        cmocka_unit_test_setup(S30_the_empty_user_id_is_one, app_world_fresh),
    };

    return cmocka_run_group_tests_name("domain_app_session", tests, world_up,
                                       world_down);
}
