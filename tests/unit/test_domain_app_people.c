/* SPDX-License-Identifier: MIT */
/* What applications keep of users, on the level of rules: metadata laid over
 * each other, codes that open once, accounts that are one user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "app_session_world.h"
#include "crypto/totp.h"
#include "domain/app_link.h"
#include "domain/app_metadata.h"
#include "domain/app_role.h"
#include "domain/app_thirdparty.h"
#include "domain/app_totp.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SECRET "12345678901234567890"

static const struct str nobody = {NULL, 0};

static void metadata_is_laid_over_member_by_member_C07(void **state)
{
    static const struct {
        const char *update, *outcome;
    } steps[] = {
        {"{}", "{}"},
        {"{\"a\":1,\"b\":{\"c\":null}}", "{\"a\":1,\"b\":{\"c\":null}}"},
        {"{\"z\":[],\"a\":\"x\"}", "{\"a\":\"x\",\"b\":{\"c\":null},\"z\":[]}"},
        {"{\"b\":{}}", "{\"a\":\"x\",\"b\":{},\"z\":[]}"},
        {"{\"a\":null,\"no\":null}", "{\"b\":{},\"z\":[]}"},
        {"{\"\":0}", "{\"b\":{},\"z\":[],\"\":0}"},
        {"{\"b\":null,\"z\":null,\"\":null}", "{}"},
    };
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct str json;

    for (size_t i = 0; i < COUNT(steps); i++) {
        struct ctx *c = i % 2 == 0 ? &w->a : &w->b;

        assert_int_equal(app_metadata_update(c, &app, STR("u"),
                                             str_of(steps[i].update), &json),
                         ERR_OK);
        assert_string_equal(json.p, steps[i].outcome);
        assert_int_equal(app_metadata_get(c, &app, STR("u"), &json), ERR_OK);
        assert_string_equal(json.p, steps[i].outcome);
    }
}

static void metadata_has_an_end(void **state)
{
    static char text[APP_METADATA_MAX + 64];
    static char id[130];
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct str json;

    memset(text, 'x', sizeof(text) - 1);
    memcpy(text, "{\"a\":\"", 6);
    memcpy(text + sizeof(text) - 3, "\"}", 2);
    assert_int_equal(
        app_metadata_update(&w->a, &app, STR("u"), str_of(text), &json),
        ERR_VALIDATION);
    memset(id, 'i', sizeof(id) - 1);
    assert_int_equal(
        app_metadata_update(&w->a, &app, str_of(id), STR("{}"), &json),
        ERR_VALIDATION);
    assert_int_equal(app_metadata_get(&w->a, &app, STR("u"), &json), ERR_OK);
    assert_string_equal(json.p, "{}");
}

static enum err count_name(void *data, struct str name)
{
    size_t *count = data;

    (void)name;
    (*count)++;
    return ERR_OK;
}

static void roles_are_an_applications_and_had_in_a_tenant_C07(void **state)
{
    const struct str permissions[] = {STR("read"), STR("write")};
    const struct app_role_change change = {STR("editor"), permissions, 2};
    struct world *w = *state;
    struct app app = app_world_app(w), other = app_world_app(w);
    struct app tenant = app_world_tenant(w, &app, "t1");
    size_t count = 0;
    const struct app_role_names names = {count_name, &count};
    bool made;

    assert_int_equal(app_role_put(&w->a, &app, &change, &made), ERR_OK);
    assert_int_equal(
        app_role_give(&w->a, &other, STR("u"), STR("editor"), &made),
        ERR_APP_ROLE_UNKNOWN);
    assert_int_equal(
        app_role_give(&w->a, &tenant, STR("u"), STR("editor"), &made), ERR_OK);
    assert_true(made);
    assert_int_equal(app_role_of_user(&w->b, &app, STR("u"), &names), ERR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(
        app_role_permissions_of_user(&w->b, &tenant, STR("u"), &names), ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(app_role_remove(&w->b, &app, STR("editor"), &made),
                     ERR_OK);
    assert_int_equal(app_role_of_user(&w->a, &tenant, STR("u"), &names),
                     ERR_OK);
    assert_int_equal(count, 2);
}

/* A fresh application with the limits of the configuration's defaults. */
static struct app limited_app(struct world *w)
{
    struct app app = app_world_app(w);

    app.settings.totp_attempts = 5;
    app.settings.totp_cooldown_s = 900;
    return app;
}

static void have_device(struct world *w, const struct app *app,
                        const struct app_totp_new *n)
{
    struct str name, secret;

    assert_int_equal(app_totp_make(&w->a, app, n, &name, &secret), ERR_OK);
}

/* A device of a known secret that is proved. */
static void have_phone(struct world *w, const struct app *app, int64_t period_s,
                       int64_t skew)
{
    const struct app_totp_new n = {.user_id = STR("u"),
                                   .name = STR("phone"),
                                   .period_s = period_s,
                                   .skew = skew,
                                   .secret =
                                       STR("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
                                   .verified = true};

    have_device(w, app, &n);
}

/* What is answered to the code of a step, counted from the present one. */
static enum err try_step(struct ctx *c, const struct app *app, int64_t period_s,
                         int64_t ahead, struct app_totp_tally *tally_r)
{
    char code[TOTP_DIGITS_MAX + 1];
    bool already;

    assert_int_equal(totp_code((const uint8_t *)SECRET, sizeof(SECRET) - 1,
                               clock_s(&c->clock) / period_s + ahead,
                               TOTP_DIGITS, TOTP_SHA1, code),
                     ERR_OK);
    return app_totp_verify(c, app,
                           &(struct app_totp_try){.user_id = STR("u"),
                                                  .device = nobody,
                                                  .code = str_of(code)},
                           &already, tally_r);
}

static void codes_fit_their_devices_period_and_tolerance(void **state)
{
    static const struct {
        int64_t period_s, skew, ahead;
        enum err e;
    } cases[] = {
        {3600, 0, 0, ERR_OK},          {3600, 0, 1, ERR_CODE_WRONG},
        {3600, 0, -1, ERR_CODE_WRONG}, {3600, 2, -2, ERR_OK},
        {3600, 2, 2, ERR_OK},          {3600, 2, 3, ERR_CODE_WRONG},
        {86400, 1, -1, ERR_OK},        {86400, 1, -2, ERR_CODE_WRONG},
    };
    struct world *w = *state;
    struct app_totp_tally tally;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct app app = limited_app(w);

        have_phone(w, &app, cases[i].period_s, cases[i].skew);
        assert_int_equal(
            try_step(&w->a, &app, cases[i].period_s, cases[i].ahead, &tally),
            cases[i].e);
    }
}

static void a_code_opens_once_for_as_long_as_it_is_right(void **state)
{
    struct world *w = *state;
    struct app app = limited_app(w);
    struct app_totp_tally tally;

    have_phone(w, &app, 3600, 1);
    assert_int_equal(try_step(&w->a, &app, 3600, 0, &tally), ERR_OK);
    assert_int_equal(try_step(&w->b, &app, 3600, 0, &tally), ERR_CODE_WRONG);
    w->clock_offset_us += 3600 * CLOCK_SECOND;
    assert_int_equal(try_step(&w->b, &app, 3600, -1, &tally), ERR_CODE_WRONG);
    assert_int_equal(tally.failed, 1); /* the pause has forgiven the other */
    assert_int_equal(try_step(&w->b, &app, 3600, 0, &tally), ERR_OK);
}

static void wrong_codes_count_in_one_tenant_until_a_pause(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app tenant = app_world_tenant(w, &app, "t1");
    struct app_totp_tally tally;

    app.settings.totp_attempts = tenant.settings.totp_attempts = 3;
    app.settings.totp_cooldown_s = tenant.settings.totp_cooldown_s = 60;
    have_phone(w, &app, 3600, 0);
    for (int64_t n = 1; n <= 3; n++) {
        struct ctx *c = n % 2 == 0 ? &w->a : &w->b;

        assert_int_equal(try_step(c, &app, 3600, 5, &tally), ERR_CODE_WRONG);
        assert_int_equal(tally.failed, n);
        w->clock_offset_us += 50 * CLOCK_SECOND;
    }
    /* Ten seconds are left of the pause behind the third. */
    assert_int_equal(try_step(&w->a, &app, 3600, 0, &tally),
                     ERR_TOO_MANY_REQUESTS);
    assert_in_range(tally.retry_ms, 5000, 10000);
    assert_int_equal(try_step(&w->a, &tenant, 3600, 5, &tally), ERR_CODE_WRONG);
    assert_int_equal(tally.failed, 1);
    w->clock_offset_us += 11 * CLOCK_SECOND;
    assert_int_equal(try_step(&w->a, &app, 3600, 5, &tally), ERR_CODE_WRONG);
    assert_int_equal(tally.failed, 1);
    assert_int_equal(try_step(&w->a, &app, 3600, 0, &tally), ERR_OK);
}

static struct app_thirdparty_entry enter(struct ctx *c, const struct app *app,
                                         const char *subject, const char *email)
{
    const struct app_thirdparty_person p = {.provider = STR("google"),
                                            .subject = str_of(subject),
                                            .email = str_of(email)};
    struct app_thirdparty_entry entry;

    assert_int_equal(app_thirdparty_enter(c, app, &p, &entry), ERR_OK);
    return entry;
}

static void linking_tells_a_new_sub_at_the_next_refresh_S29(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_thirdparty_entry one =
        enter(&w->a, &app, "1", "one@example.org");
    struct app_thirdparty_entry two =
        enter(&w->a, &app, "2", "two@example.org");
    struct app_session_view v =
        app_world_begin(&w->a, &app, two.user.id.p, "{}");
    struct app_link_outcome out;

    assert_true(str_eq(v.user_id, two.user.id));
    assert_int_equal(app_link_primary(&w->b, &app, one.user.id, false, &out),
                     ERR_OK);
    assert_int_equal(
        app_link_join(&w->b, &app, two.user.id, one.user.id, true, &out),
        ERR_OK);
    v = app_world_refresh(&w->a, &app, &v, APP_PROMOTES);
    assert_true(str_eq(v.user_id, two.user.id));
    assert_int_equal(
        app_link_join(&w->b, &app, two.user.id, one.user.id, false, &out),
        ERR_OK);
    v = app_world_refresh(&w->a, &app, &v, APP_PROMOTES);
    assert_true(str_eq(v.user_id, one.user.id));
    assert_true(str_eq(v.recipe_user_id, two.user.id));
}

static void no_two_primary_users_of_a_tenant_have_an_address(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app tenant = app_world_tenant(w, &app, "t1");
    struct app_thirdparty_entry one = enter(&w->a, &app, "1", "a@example.org");
    struct app_thirdparty_entry two = enter(&w->a, &app, "2", "A@example.org");
    struct app_thirdparty_entry far =
        enter(&w->a, &tenant, "1", "a@example.org");
    struct app_link_outcome out;

    assert_int_equal(app_link_primary(&w->a, &app, one.user.id, false, &out),
                     ERR_OK);
    assert_int_equal(app_link_primary(&w->b, &app, two.user.id, false, &out),
                     ERR_APP_LINK_ADDRESS);
    assert_true(str_eq(out.other, one.user.id));
    assert_int_equal(app_link_primary(&w->b, &app, far.user.id, false, &out),
                     ERR_OK);
    /* Its accounts would be in both tenants, where the first is known. */
    assert_int_equal(
        app_link_join(&w->b, &app, two.user.id, far.user.id, false, &out),
        ERR_APP_LINK_ADDRESS);
    assert_int_equal(
        app_link_join(&w->b, &app, two.user.id, two.user.id, false, &out),
        ERR_APP_NOT_PRIMARY);
    assert_int_equal(
        app_link_join(&w->b, &app, STR("nobody"), one.user.id, false, &out),
        ERR_USER_NOT_FOUND);
}

static void a_person_is_let_in_only_where_the_account_is_enabled(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_thirdparty_person p = {.provider = STR("google"),
                                      .subject = STR("1"),
                                      .email = STR("one@example.org")};
    struct app_thirdparty_entry one, again;

    one = enter(&w->a, &app, "1", "one@example.org");
    again = enter(&w->b, &app, "1", "new@example.org");
    assert_true(one.made);
    assert_false(again.made);
    assert_true(str_eq(again.user.logins[0].email, STR("new@example.org")));
    world_sql(w, "UPDATE account SET status = 'disabled'");
    assert_int_equal(app_thirdparty_enter(&w->a, &app, &p, &again),
                     ERR_FORBIDDEN);
    p.provider = STR("two words");
    assert_int_equal(app_thirdparty_enter(&w->a, &app, &p, &again),
                     ERR_SUB_CLAIM_MISSING);
    p.provider = STR("google");
    p.subject = STR("");
    assert_int_equal(app_thirdparty_enter(&w->a, &app, &p, &again),
                     ERR_SUB_CLAIM_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(metadata_is_laid_over_member_by_member_C07,
                               app_world_fresh),
        cmocka_unit_test_setup(metadata_has_an_end, app_world_fresh),
        cmocka_unit_test_setup(
            roles_are_an_applications_and_had_in_a_tenant_C07, app_world_fresh),
        cmocka_unit_test_setup(codes_fit_their_devices_period_and_tolerance,
                               app_world_fresh),
        cmocka_unit_test_setup(a_code_opens_once_for_as_long_as_it_is_right,
                               app_world_fresh),
        cmocka_unit_test_setup(wrong_codes_count_in_one_tenant_until_a_pause,
                               app_world_fresh),
        cmocka_unit_test_setup(linking_tells_a_new_sub_at_the_next_refresh_S29,
                               app_world_fresh),
        cmocka_unit_test_setup(no_two_primary_users_of_a_tenant_have_an_address,
                               app_world_fresh),
        cmocka_unit_test_setup(
            a_person_is_let_in_only_where_the_account_is_enabled,
            app_world_fresh),
    };

    return cmocka_run_group_tests(tests, world_up, world_down);
}
