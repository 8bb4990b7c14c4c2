/* SPDX-License-Identifier: MIT */
/* What back ends change in sessions of applications, and how they end them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "app_session_world.h"
#include "base/json_read.h"
#include "crypto/jws.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct str claim(const struct app_session_view *v, const char *name)
{
    struct str value = json_read_member(v->token_payload, str_of(name));

    assert_non_null(value.p);
    return value;
}

static void same_claim(const struct app_session_view *one,
                       const struct app_session_view *other, const char *name)
{
    if (!str_eq(claim(one, name), claim(other, name)))
        fail_msg("%s differs", name);
}

static void S17_a_regenerated_token_differs_in_its_payload_alone(void **state)
{
    static const char *const kept[] = {"exp",
                                       "sub",
                                       "rsub",
                                       "tId",
                                       "sessionHandle",
                                       "refreshTokenHash1",
                                       "parentRefreshTokenHash1",
                                       "antiCsrfToken"};
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{\"a\":1}");
    struct app_session_view v = app_world_refresh(&w->a, &app, &p, 0), next;

    assert_int_equal(app_session_regenerate(&w->b, &app, v.access.text,
                                            STR("{\"b\":null}"), &next),
                     ERR_OK);
    for (size_t i = 0; i < COUNT(kept); i++)
        same_claim(&v, &next, kept[i]);
    assert_false(str_eq(claim(&next, "parentRefreshTokenHash1"), STR("null")));
    assert_true(str_eq(next.payload, STR("{\"b\":null}")));
    assert_int_equal(next.access.expiry_ms, v.access.expiry_ms);
    /* Without one, it is the stored one that is told. */
    assert_int_equal(app_session_regenerate(&w->b, &app, v.access.text,
                                            (struct str){NULL, 0}, &next),
                     ERR_OK);
    assert_true(str_eq(next.payload, STR("{\"b\":null}")));
    next = app_world_verify(&w->a, &app, next.access.text, true);
    assert_true(str_eq(next.payload, STR("{\"b\":null}")));
}

static void S17_what_cannot_be_regenerated(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view v = app_world_begin(&w->a, &app, "u", "{\"a\":1}");
    struct app_session_view other = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view next;
    const struct {
        struct str token;
        const char *payload;
        enum err want;
    } rows[] = {
        {v.access.text, "{\"sub\":1}", ERR_APP_PAYLOAD},
        {v.refresh.text, "{}", ERR_SESSION_INVALID},
        {STR(""), "{}", ERR_SESSION_INVALID},
        {STR("a.b.c"), "{}", ERR_SESSION_INVALID},
        {{v.access.text.p, v.access.text.n - 8}, "{}", ERR_SESSION_INVALID},
        {other.access.text, "{}", ERR_SESSION_INVALID},
    };
    bool done;

    assert_int_equal(app_session_revoke(&w->a, &app, other.handle, &done),
                     ERR_OK);
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(app_session_regenerate(&w->a, &app, rows[i].token,
                                                str_of(rows[i].payload), &next),
                         rows[i].want);
    assert_true(
        str_eq(app_world_verify(&w->a, &app, v.access.text, true).payload,
               STR("{\"a\":1}")));
}

static void S17_an_ended_token_changes_the_session_and_gives_none(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view v, next;
    struct app_session_info info;

    app.settings.access_lifetime_s = 1;
    w->clock_offset_us = -10 * CLOCK_SECOND;
    v = app_world_begin(&w->a, &app, "u", "{\"a\":1}");
    w->clock_offset_us = 0;
    assert_int_equal(app_session_regenerate(&w->a, &app, v.access.text,
                                            STR("{\"b\":2}"), &next),
                     ERR_OK);
    assert_null(next.access.text.p);
    assert_int_equal(app_session_get(&w->b, &app, v.handle, &info), ERR_OK);
    assert_true(str_eq(info.payload, STR("{\"b\":2}")));
    /* Its key may be long gone. */
    world_sql(w, "DELETE FROM signing_key WHERE realm_id = %lld",
              (long long)app.app_id);
    world_sql(w, "UPDATE realm SET key_generation = key_generation + 1");
    assert_int_equal(app_session_regenerate(&w->b, &app, v.access.text,
                                            STR("{\"c\":3}"), &next),
                     ERR_OK);
    assert_null(next.access.text.p);
}

static void S18_a_payload_put_by_the_handle_reaches_old_tokens(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view v = app_world_begin(&w->a, &app, "u", "{\"a\":1}");
    struct app_session_view seen;
    const struct app_session_verify stateless = {
        .token = v.access.text, .database = true, .stateless = true};

    assert_int_equal(app_session_payload_put(&w->b, &app, v.handle,
                                             APP_TOKEN_V5,
                                             STR("{\"a\":2,\"n\":null}")),
                     ERR_OK);
    seen = app_world_verify(&w->a, &app, v.access.text, false);
    assert_null(seen.access.text.p);
    assert_true(str_eq(seen.payload, STR("{\"a\":1}")));
    /* The newest interface tells it, and renews nothing. */
    assert_int_equal(app_session_verify(&w->a, &app, &stateless, &seen),
                     ERR_OK);
    assert_true(seen.payload_update);
    assert_null(seen.access.text.p);
    seen = app_world_verify(&w->a, &app, v.access.text, true);
    assert_non_null(seen.access.text.p);
    assert_true(str_eq(seen.payload, STR("{\"a\":2,\"n\":null}")));
    seen = app_world_verify(&w->a, &app, seen.access.text, true);
    assert_null(seen.access.text.p);
    /* The same by value is the same. */
    assert_int_equal(app_session_payload_put(&w->b, &app, v.handle,
                                             APP_TOKEN_V5,
                                             STR("{\"n\": null, \"a\": 2}")),
                     ERR_OK);
    struct app_session_view next = app_world_refresh(&w->a, &app, &v, 0);

    assert_true(str_eq(next.payload, STR("{\"n\": null, \"a\": 2}")));
    assert_int_equal(app_session_payload_put(&w->b, &app, v.handle,
                                             APP_TOKEN_V5, STR("{\"iat\":1}")),
                     ERR_APP_PAYLOAD);
}

static void S20_a_payload_is_judged_by_the_form_of_who_puts_it(void **state)
{
    static const struct {
        enum app_token_form form;
        const char *payload;
        enum err expected;
    } cases[] = {
        {APP_TOKEN_V2, "{\"sub\":1,\"iat\":2}", ERR_OK},
        {APP_TOKEN_V3, "{\"tId\":\"t\",\"rsub\":1}", ERR_OK},
        {APP_TOKEN_V3, "{\"sub\":1}", ERR_APP_PAYLOAD},
        {APP_TOKEN_V4, "{\"rsub\":1}", ERR_OK},
        {APP_TOKEN_V4, "{\"tId\":1}", ERR_APP_PAYLOAD},
        {APP_TOKEN_V5, "{\"rsub\":1}", ERR_APP_PAYLOAD},
        {APP_TOKEN_V5, "{\"r\\u0073ub\":1}", ERR_APP_PAYLOAD},
    };
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view v = app_world_begin(&w->a, &app, "u", "{}"), seen;

    for (size_t i = 0; i < COUNT(cases); i++)
        if (app_session_payload_put(&w->a, &app, v.handle, cases[i].form,
                                    str_of(cases[i].payload)) !=
            cases[i].expected)
            fail_msg("case %zu", i);
    /* What is stored now is no claim of the newest form. */
    assert_int_equal(app_world_check(&w->a, &app, v.access.text, false, &seen),
                     ERR_OK);
    assert_int_equal(app_world_check(&w->a, &app, v.access.text, true, &seen),
                     ERR_SESSION_INVALID);
}

static void S18_the_newest_interface_refuses_displaced_branches(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view one = app_world_refresh(&w->a, &app, &p, 1);
    struct app_session_view two = app_world_refresh(&w->a, &app, &p, 1);
    const struct {
        struct str token;
        enum err want;
    } rows[] = {
        {p.access.text, ERR_OK},
        {one.access.text, ERR_SESSION_INVALID},
        {two.access.text, ERR_OK},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct app_session_verify ask = {
            .token = rows[i].token, .database = true, .stateless = true};
        struct app_session_view seen;

        assert_int_equal(app_session_verify(&w->b, &app, &ask, &seen),
                         rows[i].want);
    }
}

static void S19_data_is_replaced_whole_and_nulls_survive(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    const struct app_session_start start = {.user_id = STR("u"),
                                            .payload = STR("{}"),
                                            .data = STR("{\"a\":1,\"b\":2}"),
                                            .form = APP_TOKEN_V5};
    struct app_session_view v, bare = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_info info;

    assert_int_equal(app_session_create(&w->a, &app, &start, &v), ERR_OK);
    assert_int_equal(app_session_get(&w->b, &app, v.handle, &info), ERR_OK);
    assert_true(str_eq(info.data, start.data));
    assert_true(str_eq(info.recipe_user_id, STR("u")));
    assert_int_equal(info.expiry_ms - info.created_ms, 100 * DAY_US / 1000);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            app_session_data_put(&w->a, &app, v.handle, STR("{\"b\":null}")),
            ERR_OK);
        assert_int_equal(app_session_get(&w->b, &app, v.handle, &info), ERR_OK);
        assert_true(str_eq(info.data, STR("{\"b\":null}")));
    }
    assert_int_equal(app_session_get(&w->b, &app, bare.handle, &info), ERR_OK);
    assert_true(str_eq(info.data, STR("{}")));
    assert_true(str_eq(info.payload, STR("{}")));
}

static void S13_S19_handles_of_nothing_are_unauthorised(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w), other = app_world_app(w);
    struct app_session_view over = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view foreign = app_world_begin(&w->a, &other, "u", "{}");
    const struct str handles[] = {STR(""), STR("x"),
                                  STR("00000000-0000-4000-8000-000000000000"),
                                  over.handle, foreign.handle};
    struct app_session_info info;
    bool done = true;

    app_world_shift(w, &over, "expires_us", -101 * DAY_US);
    for (size_t i = 0; i < COUNT(handles); i++) {
        assert_int_equal(app_session_get(&w->a, &app, handles[i], &info),
                         ERR_SESSION_INVALID);
        assert_int_equal(
            app_session_data_put(&w->a, &app, handles[i], STR("{}")),
            ERR_SESSION_INVALID);
        assert_int_equal(app_session_payload_put(&w->a, &app, handles[i],
                                                 APP_TOKEN_V5, STR("{}")),
                         ERR_SESSION_INVALID);
        assert_int_equal(app_session_revoke(&w->a, &app, handles[i], &done),
                         ERR_OK);
        assert_false(done);
    }
    assert_int_equal(app_session_get(&w->a, &other, foreign.handle, &info),
                     ERR_OK);
}

struct handles {
    struct str all[8];
    size_t n;
};

static enum err take(void *data, struct str handle)
{
    struct handles *h = data;

    assert_true(h->n < COUNT(h->all));
    h->all[h->n++] = handle;
    return ERR_OK;
}

static struct handles list(struct ctx *c, const struct app *app,
                           const char *user, bool all)
{
    const struct app_session_whose whose = {
        .user_id = str_of(user), .linked = true, .all_tenants = all};
    struct handles h = {.n = 0};

    assert_int_equal(app_session_list(c, app, &whose, take, &h), ERR_OK);
    return h;
}

static void S20_S28_sessions_are_listed_and_ended_across_tenants(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w), other = app_world_app(w);
    struct app t1 = app_world_tenant(w, &app, "t1");
    struct app_session_view a = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view b = app_world_begin(&w->a, &t1, "u", "{}");
    struct app_session_view over = app_world_begin(&w->a, &t1, "u", "{}");
    const struct app_session_whose here = {.user_id = STR("u")};
    struct handles ended = {.n = 0};

    (void)app_world_begin(&w->a, &app, "v", "{}");
    (void)app_world_begin(&w->a, &other, "u", "{}");
    app_world_shift(w, &over, "expires_us", -101 * DAY_US);
    assert_int_equal(list(&w->b, &app, "u", true).n, 2);
    assert_int_equal(list(&w->b, &app, "u", false).n, 1);
    assert_true(str_eq(list(&w->b, &app, "u", false).all[0], a.handle));
    assert_true(str_eq(list(&w->b, &t1, "u", false).all[0], b.handle));
    assert_int_equal(list(&w->b, &app, "nobody", true).n, 0);
    assert_int_equal(app_session_revoke_user(&w->b, &t1, &here, take, &ended),
                     ERR_OK);
    assert_int_equal(ended.n, 1);
    assert_true(str_eq(ended.all[0], b.handle));
    assert_int_equal(list(&w->b, &app, "u", true).n, 1);
    const struct app_session_whose all = {.user_id = STR("u"),
                                          .all_tenants = true};

    b = app_world_begin(&w->a, &t1, "u", "{}");
    ended.n = 0;
    assert_int_equal(app_session_revoke_user(&w->b, &app, &all, take, &ended),
                     ERR_OK);
    assert_int_equal(ended.n, 2);
    assert_int_equal(list(&w->b, &app, "u", true).n, 0);
    assert_int_equal(list(&w->b, &app, "v", true).n, 1);
    assert_int_equal(list(&w->b, &other, "u", true).n, 1);
    ended.n = 0;
    assert_int_equal(app_session_revoke_user(&w->b, &app, &all, take, &ended),
                     ERR_OK);
    assert_int_equal(ended.n, 0);
}

static void S28_a_handle_tells_its_tenant_and_needs_no_path(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w), t1 = app_world_tenant(w, &app, "t1");
    struct app_session_view v = app_world_begin(&w->a, &t1, "u", "{}");
    struct app_session_info info;
    const struct str wrong[] = {
        {v.handle.p, 36},
        str_of(arena_strdup(w->a.arena,
                            (struct str){v.handle.p, v.handle.n - 1}))};
    bool done = false;

    assert_int_equal(v.handle.n, 39);
    assert_memory_equal(v.handle.p + 36, "_t1", 3);
    assert_true(str_eq(claim(&v, "tId"), STR("\"t1\"")));
    assert_true(str_eq(v.tenant, STR("t1")));
    assert_int_equal(app_session_get(&w->b, &app, v.handle, &info), ERR_OK);
    assert_true(str_eq(info.tenant, STR("t1")));
    v = app_world_refresh(&w->b, &app, &v, 0);
    v = app_world_refresh(&w->b, &app, &v, 0);
    assert_true(str_eq(v.tenant, STR("t1")));
    assert_true(str_eq(claim(&v, "tId"), STR("\"t1\"")));
    assert_non_null(
        app_world_verify(&w->b, &app, v.access.text, true).access.text.p);
    assert_int_equal(
        app_session_payload_put(&w->b, &app, v.handle, APP_TOKEN_V5, STR("{}")),
        ERR_OK);
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_int_equal(app_session_get(&w->b, &app, wrong[i], &info),
                         ERR_SESSION_INVALID);
    assert_int_equal(app_session_revoke(&w->b, &app, v.handle, &done), ERR_OK);
    assert_true(done);
}

static struct app_session_view again(struct ctx *c, const struct app *app,
                                     const struct app_session_view *v,
                                     const struct app_session_refresh *how)
{
    struct app_session_refresh r = *how;
    struct app_session_view next = {.payload_update = false};
    struct app_session_theft theft;

    r.token = v->refresh.text;
    assert_int_equal(app_session_refresh(c, app, &r, &next, &theft), ERR_OK);
    return next;
}

static bool fixed_kid(struct ctx *c, struct str token)
{
    struct jws j;

    assert_int_equal(jws_split(c->arena, token, 65536, &j), ERR_OK);
    return str_has_nocase(j.header, STR("\"kid\":\"s-"));
}

static void S24_the_kind_of_key_changes_with_a_refresh(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    const struct app_session_start start = {.user_id = STR("u"),
                                            .payload = STR("{}"),
                                            .data = STR("{}"),
                                            .fixed = true,
                                            .form = APP_TOKEN_V5};
    struct app_session_view v, next;

    assert_int_equal(app_session_create(&w->a, &app, &start, &v), ERR_OK);
    assert_true(fixed_kid(&w->a, v.access.text));
    assert_true(v.fixed);
    next = again(&w->a, &app, &v,
                 &(struct app_session_refresh){.form = APP_TOKEN_V5});
    assert_true(fixed_kid(&w->a, next.access.text));
    v = next;
    next = app_world_verify(&w->a, &app, v.access.text, false);
    assert_true(fixed_kid(&w->a, next.access.text));
    v = again(&w->a, &app, &v,
              &(struct app_session_refresh){.fixed_given = true,
                                            .form = APP_TOKEN_V5});
    assert_false(fixed_kid(&w->a, v.access.text));
    assert_false(v.fixed);
    assert_int_equal(app_world_number(w, &v, "static_key"), 0);
    /* What is not said stays as it is. */
    v = again(&w->a, &app, &v,
              &(struct app_session_refresh){.form = APP_TOKEN_V5});
    assert_false(fixed_kid(&w->a, v.access.text));
    v = again(&w->a, &app, &v,
              &(struct app_session_refresh){
                  .fixed_given = true, .fixed = true, .form = APP_TOKEN_V5});
    assert_true(fixed_kid(&w->a, v.access.text));
}

static void
S27_a_session_of_the_oldest_form_is_raised_by_a_refresh(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    const struct app_session_start start = {.user_id = STR("u"),
                                            .payload = STR("{\"a\":1}"),
                                            .data = STR("{}"),
                                            .form = APP_TOKEN_V2};
    struct app_session_view v, seen, next;

    assert_int_equal(app_session_create(&w->a, &app, &start, &v), ERR_OK);
    assert_true(str_starts(v.access.text, STR("eyJhbGciOiJSUzI1NiIsInR5cCI6Ikp"
                                              "XVCIsInZlcnNpb24iOiIyIn0=.")));
    assert_true(str_eq(claim(&v, "userData"), STR("{\"a\":1}")));
    seen = app_world_verify(&w->b, &app, v.access.text, true);
    assert_true(str_eq(seen.payload, STR("{\"a\":1}")));
    assert_true(str_eq(seen.user_id, STR("u")));
    next = again(&w->b, &app, &v,
                 &(struct app_session_refresh){.form = APP_TOKEN_V2});
    seen = app_world_verify(&w->a, &app, next.access.text, false);
    assert_non_null(seen.access.text.p);
    next = app_world_refresh(&w->a, &app, &next, 0);
    assert_true(str_eq(next.payload, STR("{\"a\":1}")));
    assert_true(str_eq(claim(&next, "rsub"), STR("\"u\"")));
    (void)app_world_verify(&w->b, &app, next.access.text, true);
}

static void S27_a_payload_with_a_name_that_is_ours_now_is_over(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    const struct app_session_start start = {.user_id = STR("u"),
                                            .payload = STR("{\"sub\":1}"),
                                            .data = STR("{}"),
                                            .form = APP_TOKEN_V2};
    struct app_session_view v, next;
    struct app_session_theft theft;

    assert_int_equal(app_session_create(&w->a, &app, &start, &v), ERR_OK);
    (void)app_world_verify(&w->b, &app, v.access.text, true);
    assert_int_equal(
        app_world_try(&w->a, &app, v.refresh.text, 0, &next, &theft),
        ERR_SESSION_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(
            S17_a_regenerated_token_differs_in_its_payload_alone,
            app_world_fresh),
        cmocka_unit_test_setup(S17_what_cannot_be_regenerated, app_world_fresh),
        cmocka_unit_test_setup(
            S17_an_ended_token_changes_the_session_and_gives_none,
            app_world_fresh),
        cmocka_unit_test_setup(
            S18_a_payload_put_by_the_handle_reaches_old_tokens,
            app_world_fresh),
        cmocka_unit_test_setup(
            S20_a_payload_is_judged_by_the_form_of_who_puts_it,
            app_world_fresh),
        cmocka_unit_test_setup(
            S18_the_newest_interface_refuses_displaced_branches,
            app_world_fresh),
        cmocka_unit_test_setup(S19_data_is_replaced_whole_and_nulls_survive,
                               app_world_fresh),
        cmocka_unit_test_setup(S13_S19_handles_of_nothing_are_unauthorised,
                               app_world_fresh),
        cmocka_unit_test_setup(
            S20_S28_sessions_are_listed_and_ended_across_tenants,
            app_world_fresh),
        cmocka_unit_test_setup(S28_a_handle_tells_its_tenant_and_needs_no_path,
                               app_world_fresh),
        cmocka_unit_test_setup(S24_the_kind_of_key_changes_with_a_refresh,
                               app_world_fresh),
        cmocka_unit_test_setup(
            S27_a_session_of_the_oldest_form_is_raised_by_a_refresh,
            app_world_fresh),
        cmocka_unit_test_setup(
            S27_a_payload_with_a_name_that_is_ours_now_is_over,
            app_world_fresh),
    };

    return cmocka_run_group_tests_name("domain_app_session_change", tests,
                                       world_up, world_down);
}
