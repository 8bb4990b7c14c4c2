/* SPDX-License-Identifier: MIT */
/* Sessions of applications and the service's own: each face lists and ends
 * those of the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "app_session_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

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

static enum err seen_natively(void *data, const struct store_session *s)
{
    struct handles *h = data;

    assert_true(s->app);
    h->n++;
    return ERR_OK;
}

static void S20_the_service_itself_lists_and_ends_them(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view v = app_world_begin(&w->a, &app, "u", "{}");
    struct handles h = {.n = 0};
    uint64_t count = 0;

    /* Neither inactivity nor the limit of its own sessions is theirs. */
    w->config->sessions_inactivity = 60;
    app_world_shift(w, &v, "active_us", -DAY_US);
    assert_int_equal(session_list(&w->a, STR("u"), seen_natively, &h), ERR_OK);
    assert_int_equal(h.n, 1);
    (void)app_world_refresh(&w->b, &app, &v, 0);
    assert_int_equal(
        session_revoke_all(&w->a, STR("u"), NULL, "administrator", &count),
        ERR_OK);
    assert_int_equal(count, 1);
    struct app_session_view seen;

    assert_int_equal(app_world_check(&w->b, &app, v.access.text, true, &seen),
                     ERR_SESSION_INVALID);
}

static enum err id_natively(void *data, const struct store_session *s)
{
    struct id *ids = data;

    ids[id_is_nil(&ids[0]) ? 0 : 1] = s->id;
    return ERR_OK;
}

/* A session of the account under a name, and in a tenant, of its own. */
static struct app_session_view named(struct world *w, const struct app *app,
                                     struct str account)
{
    struct app_session_view v = app_world_begin(&w->a, app, "ext", "{}");

    world_sql(w,
              "UPDATE session SET account_id = UNHEX(REPLACE('%.*s', '-', '')) "
              "WHERE id = UNHEX(REPLACE('%.36s', '-', ''))",
              STR_FMT(account), v.handle.p);
    w->a.realm_id = STORE_REALM_DEFAULT;
    return v;
}

static void S20_an_account_sees_and_ends_those_under_other_names(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct tokens t = world_sign_in(w, &w->a);
    struct app_session_view v = named(w, &app, t.subject);
    struct id ids[3] = {{{0}}};
    struct session_view own;
    struct app_session_info info;
    uint64_t count = 0;

    assert_int_equal(session_list(&w->a, t.subject, id_natively, ids), ERR_OK);
    assert_false(id_is_nil(&ids[1]));
    const struct id *theirs = id_eq(&ids[0], &t.session_id) ? &ids[1] : &ids[0];

    assert_int_equal(session_label(&w->a, t.subject, theirs, STR("shop")),
                     ERR_OK);
    assert_int_equal(session_revoke(&w->a, STR("ext"), theirs, "user"),
                     ERR_NOT_FOUND);
    assert_int_equal(session_revoke(&w->a,
                                    STR("00000000-0000-0000-0000-000000000000"),
                                    theirs, "user"),
                     ERR_NOT_FOUND);
    assert_int_equal(app_session_get(&w->b, &app, v.handle, &info), ERR_OK);
    assert_int_equal(session_revoke(&w->a, t.subject, theirs, "user"), ERR_OK);
    assert_int_equal(app_session_get(&w->b, &app, v.handle, &info),
                     ERR_SESSION_INVALID);
    v = named(w, &app, t.subject);
    assert_int_equal(
        session_revoke_all(&w->a, t.subject, &t.session_id, "others", &count),
        ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(app_session_get(&w->b, &app, v.handle, &info),
                     ERR_SESSION_INVALID);
    assert_int_equal(session_check(&w->a, t.access, &own), ERR_OK);
}

static void S20_back_ends_list_and_end_the_service_s_own(void **state)
{
    struct world *w = *state;
    const struct app app = {.app_id = STORE_REALM_DEFAULT,
                            .realm_id = STORE_REALM_DEFAULT,
                            .name = STR(APP_PUBLIC),
                            .tenant = STR(APP_PUBLIC),
                            .settings = app_settings_of(w->config)};
    struct ctx *c = &w->a;

    struct tokens t = world_sign_in(w, c);
    char user[ID_TEXT_LEN + 1];
    struct handles h;
    bool done = false;

    snprintf(user, sizeof(user), "%.*s", STR_FMT(t.subject));
    h = list(c, &app, user, true);
    assert_int_equal(h.n, 1);
    assert_int_equal(world_check(&w->b, t.access), ERR_OK);
    assert_int_equal(app_session_revoke(c, &app, h.all[0], &done), ERR_OK);
    assert_true(done);
    assert_int_equal(world_check(&w->b, t.access), ERR_SESSION_INVALID);
}

/* The account of an address, as back ends call it. */
static void account_of(struct world *w, struct str email,
                       char user[ID_TEXT_LEN + 1])
{
    struct account account;

    assert_int_equal(account_by_email(&w->a, email, &account), ERR_OK);
    id_text(&account.id, user);
}

static void S29_S20_a_refresh_learns_of_a_linked_account(void **state)
{
    struct world *w = *state;
    const struct app app = {.app_id = STORE_REALM_DEFAULT,
                            .realm_id = STORE_REALM_DEFAULT,
                            .name = STR(APP_PUBLIC),
                            .tenant = STR(APP_PUBLIC),
                            .settings = app_settings_of(w->config)};
    char own[ID_TEXT_LEN + 1], primary[ID_TEXT_LEN + 1];
    struct app_session_view v, next;

    assert_int_equal(account_register(&w->a, STR("linked@example.net"),
                                      STR(WORLD_PASSWORD), STR(""), NULL),
                     ERR_OK);
    account_of(w, w->email, own);
    account_of(w, STR("linked@example.net"), primary);
    v = app_world_begin(&w->a, &app, own, "{}");
    assert_true(str_eq(v.user_id, str_of(own)));
    world_sql(w,
              "UPDATE account SET primary_id = UNHEX(REPLACE('%s', '-', '')) "
              "WHERE id IN (UNHEX(REPLACE('%s', '-', '')), "
              "UNHEX(REPLACE('%s', '-', '')))",
              primary, own, primary);
    next = app_world_refresh(&w->b, &app, &v, 0);
    assert_true(str_eq(next.user_id, str_of(primary)));
    assert_true(str_eq(next.recipe_user_id, str_of(own)));
    assert_true(str_eq(next.handle, v.handle));
    next = app_world_verify(&w->a, &app, next.access.text, true);
    assert_true(str_eq(next.user_id, str_of(primary)));
    assert_true(str_eq(next.recipe_user_id, str_of(own)));
    /* Asked for by either of them, those of both are told. */
    (void)app_world_begin(&w->a, &app, primary, "{}");
    assert_int_equal(list(&w->a, &app, own, true).n, 2);
    assert_int_equal(list(&w->a, &app, primary, true).n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(S20_the_service_itself_lists_and_ends_them,
                               app_world_fresh),
        cmocka_unit_test_setup(
            S20_an_account_sees_and_ends_those_under_other_names,
            app_world_fresh),
        cmocka_unit_test_setup(S29_S20_a_refresh_learns_of_a_linked_account,
                               app_world_fresh),
        cmocka_unit_test_setup(S20_back_ends_list_and_end_the_service_s_own,
                               app_world_fresh),
    };

    return cmocka_run_group_tests_name("domain_app_native", tests, world_up,
                                       world_down);
}
