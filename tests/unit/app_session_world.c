/* SPDX-License-Identifier: MIT */
/* Sessions of applications for tests. */
#include "app_session_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

int app_world_fresh(void **state)
{
    struct world *w = *state;

    w->a.realm_id = STORE_REALM_DEFAULT;
    w->b.realm_id = STORE_REALM_DEFAULT;
    return world_fresh(state);
}

static int64_t realm_new(struct world *w, const char *name, const char *tenant,
                         int64_t app_id)
{
    world_sql(w,
              "INSERT INTO realm (id, app, tenant, created_us, app_id) "
              "SELECT MAX(id) + 1, '%s', '%s', 1, IF(%lld = 0, MAX(id) + 1, "
              "%lld) FROM realm",
              name, tenant, (long long)app_id, (long long)app_id);
    return world_number(
        w, "SELECT id FROM realm WHERE app = '%s' AND tenant = '%s'", name,
        tenant);
}

struct app app_world_app(struct world *w)
{
    static unsigned count;
    static char name[32];

    snprintf(name, sizeof(name), "a%u", ++count);
    int64_t id = realm_new(w, name, APP_PUBLIC, 0);

    return (struct app){.app_id = id,
                        .realm_id = id,
                        .name = str_of(name),
                        .tenant = STR(APP_PUBLIC),
                        .settings = {.access_lifetime_s = 3600,
                                     .refresh_lifetime_us = 100 * DAY_US,
                                     .key_rotation_us = 7 * DAY_US,
                                     .key_overlap_us = 60 * CLOCK_SECOND,
                                     .grace_s = 30}};
}

struct app app_world_tenant(struct world *w, const struct app *app,
                            const char *name)
{
    struct app tenant = *app;
    char of[32];

    snprintf(of, sizeof(of), "%.*s", STR_FMT(app->name));
    tenant.tenant = str_of(name);
    tenant.realm_id = realm_new(w, of, name, app->app_id);
    return tenant;
}

struct app_session_view app_world_begin(struct ctx *c, const struct app *app,
                                        const char *user, const char *payload)
{
    const struct app_session_start start = {.user_id = str_of(user),
                                            .payload = str_of(payload),
                                            .data = STR("{}"),
                                            .form = APP_TOKEN_V5};
    struct app_session_view view = {.payload_update = false};

    c->realm_id = app->realm_id;
    assert_int_equal(app_session_create(c, app, &start, &view), ERR_OK);
    return view;
}

enum err app_world_try(struct ctx *c, const struct app *app, struct str token,
                       int how, struct app_session_view *view_r,
                       struct app_session_theft *theft_r)
{
    const struct app_session_refresh r = {.token = token,
                                          .rotate = how == APP_ROTATES,
                                          .ends_on_theft = how == APP_ROTATES,
                                          .fixed_given = true,
                                          .form = APP_TOKEN_V5};

    c->realm_id = app->realm_id;
    return app_session_refresh(c, app, &r, view_r, theft_r);
}

struct app_session_view app_world_refresh(struct ctx *c, const struct app *app,
                                          const struct app_session_view *v,
                                          int how)
{
    struct app_session_view view = {.payload_update = false};
    struct app_session_theft theft;

    assert_int_equal(app_world_try(c, app, v->refresh.text, how, &view, &theft),
                     ERR_OK);
    assert_null(theft.handle.p);
    assert_true(str_eq(view.handle, v->handle));
    assert_false(str_eq(view.refresh.text, v->refresh.text));
    return view;
}

const char *app_world_theft(struct ctx *c, const struct app *app,
                            const struct app_session_view *v, int how)
{
    struct app_session_view view;
    struct app_session_theft theft;

    assert_int_equal(app_world_try(c, app, v->refresh.text, how, &view, &theft),
                     ERR_TOKEN_THEFT);
    assert_true(str_eq(theft.handle, v->handle));
    assert_true(str_eq(theft.user_id, v->user_id));
    assert_true(str_eq(theft.recipe_user_id, v->recipe_user_id));
    return theft.subtype != NULL ? theft.subtype : "";
}

enum err app_world_check(struct ctx *c, const struct app *app, struct str token,
                         bool database, struct app_session_view *view_r)
{
    const struct app_session_verify v = {.token = token, .database = database};

    c->realm_id = app->realm_id;
    return app_session_verify(c, app, &v, view_r);
}

struct app_session_view app_world_verify(struct ctx *c, const struct app *app,
                                         struct str token, bool database)
{
    struct app_session_view view = {.payload_update = false};

    assert_int_equal(app_world_check(c, app, token, database, &view), ERR_OK);
    return view;
}

int64_t app_world_number(struct world *w, const struct app_session_view *v,
                         const char *column)
{
    return world_number(
        w, "SELECT %s FROM session WHERE id = UNHEX(REPLACE('%.36s', '-', ''))",
        column, v->handle.p);
}

void app_world_shift(struct world *w, const struct app_session_view *v,
                     const char *column, int64_t us)
{
    world_sql(w,
              "UPDATE session SET %s = %s + %lld "
              "WHERE id = UNHEX(REPLACE('%.36s', '-', ''))",
              column, column, (long long)us, v->handle.p);
}
