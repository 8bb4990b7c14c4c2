/* SPDX-License-Identifier: MIT */
/* Sessions, as each version of the core interface asks for them: the version
 * decides over the form of access tokens and the rules of refreshing. */
#include "api/cdi_session.h"

#include "api/cdi.h"
#include "base/json_read.h"
#include "domain/app_session.h"

#define CDI_ROTATES 506 /* from here on a refresh rotates at once */

static enum app_token_form form_of(const struct call *c)
{
    if (c->cdi >= 400)
        return APP_TOKEN_V5;
    if (c->cdi >= 300)
        return APP_TOKEN_V4;
    return c->cdi >= 221 ? APP_TOKEN_V3 : APP_TOKEN_V2;
}

/* An error that back ends read as a status. */
static enum err ended(struct call *c, enum err e)
{
    switch (e) {
    case ERR_SESSION_INVALID:
        return cdi_message(c, "UNAUTHORISED", "The session has ended");
    case ERR_ACCESS_TOKEN_INVALID:
        return cdi_message(c, "TRY_REFRESH_TOKEN",
                           "The access token is not good");
    case ERR_ACCESS_TOKEN_EXPIRED:
        return cdi_message(c, "TRY_REFRESH_TOKEN", "The access token is over");
    default:
        return e;
    }
}

static void put_token(struct json_out *j, const char *key,
                      const struct app_token_out *token)
{
    if (token->text.p == NULL)
        return;
    json_open(j, key, '{');
    json_str(j, "token", token->text);
    json_int(j, "expiry", token->expiry_ms);
    json_int(j, "createdTime", token->created_ms);
    json_close(j, '}');
}

static void put_users(struct call *c, struct str user_id, struct str recipe)
{
    json_str(&c->res->json, "userId", user_id);
    if (c->cdi >= 400)
        json_str(&c->res->json, "recipeUserId", recipe);
}

static void put_session(struct call *c, const struct app_session_view *v)
{
    struct json_out *j = &c->res->json;

    json_open(j, "session", '{');
    json_str(j, "handle", v->handle);
    put_users(c, v->user_id, v->recipe_user_id);
    json_raw(j, "userDataInJWT", v->payload);
    if (c->cdi >= 300)
        json_str(j, "tenantId", v->tenant);
    json_close(j, '}');
}

/* A session and the tokens that come with it. */
static enum err answer(struct call *c, const struct app_session_view *v)
{
    struct json_out *j = &c->res->json;

    cdi_begin(c, "OK");
    put_session(c, v);
    put_token(j, "accessToken", &v->access);
    put_token(j, "refreshToken", &v->refresh);
    if (v->anti_csrf.p != NULL && v->refresh.text.p != NULL)
        json_str(j, "antiCsrfToken", v->anti_csrf);
    cdi_end(c);
    return ERR_OK;
}

/* A lifetime that is asked for shortens the application's. */
static enum err lifetime_of(struct call *c, size_t field, int64_t *ms_r)
{
    const struct json_value *v = cdi_value(c, field);

    *ms_r = 0;
    if (c->cdi < CDI_ROTATES || !v->present)
        return ERR_OK;
    if (v->integer < 1000 ||
        v->integer > c->app.settings.access_lifetime_s * 1000)
        return cdi_field_wrong(c, "accessTokenValidity");
    *ms_r = v->integer;
    return ERR_OK;
}

enum err cdi_session_create(struct call *c)
{
    const struct json_value *dynamic = cdi_value(c, 4);
    struct app_session_start s = {.user_id = cdi_value(c, 0)->text,
                                  .payload = cdi_value(c, 1)->text,
                                  .data = cdi_value(c, 2)->text,
                                  .anti_csrf = cdi_value(c, 3)->boolean,
                                  .fixed = c->cdi >= 221 && dynamic->present &&
                                           !dynamic->boolean,
                                  .by_back_end = true,
                                  .form = form_of(c)};
    struct app_session_view view;
    enum err e = lifetime_of(c, 5, &s.access_lifetime_ms);

    if (e == ERR_OK)
        e = app_session_create(c->ctx, &c->app, &s, &view);
    return e == ERR_OK ? answer(c, &view) : e;
}

enum err cdi_session_verify(struct call *c)
{
    const struct json_value *database = cdi_value(c, 4);
    struct app_session_verify v = {
        .token = cdi_value(c, 0)->text,
        .anti_csrf = cdi_value(c, 1)->text,
        .check_anti_csrf = cdi_value(c, 2)->boolean && cdi_value(c, 3)->boolean,
        .database = database->boolean,
        .stateless = c->cdi >= CDI_ROTATES};
    struct app_session_view view;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK && c->cdi >= 221 && !database->present)
        e = cdi_field_wrong(c, "checkDatabase");
    if (e == ERR_OK)
        e = app_session_verify(c->ctx, &c->app, &v, &view);
    if (e != ERR_OK)
        return ended(c, e);
    cdi_begin(c, "OK");
    put_session(c, &view);
    put_token(&c->res->json, "accessToken", &view.access);
    if (v.stateless && v.database)
        json_bool(&c->res->json, "payloadUpdateAvailable", view.payload_update);
    cdi_end(c);
    return ERR_OK;
}

static enum err theft_answer(struct call *c, const char *status,
                             const struct app_session_theft *theft)
{
    struct json_out *j = &c->res->json;

    cdi_begin(c, status);
    if (c->cdi >= CDI_ROTATES && theft->subtype != NULL)
        json_str(j, "recentTokenReuseSubtype", str_of(theft->subtype));
    if (str_eq(str_of(status), STR("UNAUTHORISED"))) {
        json_str(j, "message", STR("The refresh token is used up"));
    } else {
        json_open(j, "session", '{');
        json_str(j, "handle", theft->handle);
        put_users(c, theft->user_id, theft->recipe_user_id);
        json_close(j, '}');
    }
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_session_refresh(struct call *c)
{
    const struct json_value *dynamic = cdi_value(c, 3);
    const bool rotate = c->cdi >= CDI_ROTATES;
    struct app_session_refresh r = {.token = cdi_value(c, 0)->text,
                                    .anti_csrf = cdi_value(c, 1)->text,
                                    .check_anti_csrf = cdi_value(c, 2)->boolean,
                                    .rotate = rotate,
                                    .ends_on_theft = rotate,
                                    .fixed_given =
                                        c->cdi >= 300 && dynamic->present,
                                    .fixed = !dynamic->boolean,
                                    .form = form_of(c)};
    struct app_session_view view;
    struct app_session_theft theft = {.subtype = NULL};
    enum err e = cdi_public_only(c);

    if (e == ERR_OK && c->cdi >= 500 && !dynamic->present)
        e = cdi_field_wrong(c, "useDynamicSigningKey");
    if (e == ERR_OK)
        e = lifetime_of(c, 4, &r.access_lifetime_ms);
    if (e == ERR_OK)
        e = app_session_refresh(c->ctx, &c->app, &r, &view, &theft);
    if (e == ERR_TOKEN_THEFT)
        return theft_answer(c, "TOKEN_THEFT_DETECTED", &theft);
    if (e == ERR_SESSION_INVALID && theft.subtype != NULL)
        return theft_answer(c, "UNAUTHORISED", &theft);
    return e == ERR_OK ? answer(c, &view) : ended(c, e);
}

enum err cdi_session_regenerate(struct call *c)
{
    struct app_session_view view;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = app_session_regenerate(c->ctx, &c->app, cdi_value(c, 0)->text,
                                   cdi_value(c, 1)->text, &view);
    if (e != ERR_OK)
        return ended(c,
                     e == ERR_ACCESS_TOKEN_INVALID ? ERR_SESSION_INVALID : e);
    cdi_begin(c, "OK");
    put_session(c, &view);
    put_token(&c->res->json, "accessToken", &view.access);
    cdi_end(c);
    return ERR_OK;
}

static enum err handle_put(void *data, struct str handle)
{
    struct json_out *j = data;

    json_str(j, NULL, handle);
    return ERR_OK;
}

static enum err remove_handles(struct call *c)
{
    struct json_walk w = json_walk(cdi_value(c, 0)->text);
    struct json_part part;
    enum err e = ERR_OK;

    if (w.object || cdi_value(c, 0)->text.p[0] != '[')
        return cdi_field_wrong(c, "sessionHandles");
    while (e == ERR_OK && json_walk_next(&w, &part)) {
        struct str handle;
        bool done = false;

        e = json_read_text(c->ctx->arena, part.value, &handle);
        if (e == ERR_VALIDATION)
            return cdi_field_wrong(c, "sessionHandles");
        if (e == ERR_OK)
            e = app_session_revoke(c->ctx, &c->app, handle, &done);
        if (e == ERR_OK && done)
            json_str(&c->res->json, NULL, handle);
    }
    return e;
}

/* Only the public tenant speaks for all. */
static enum err whose(struct call *c, struct str user_id, bool linked, bool all,
                      struct app_session_whose *whose_r)
{
    *whose_r = (struct app_session_whose){user_id, linked, all};
    return all ? cdi_public_only(c) : ERR_OK;
}

static bool flag(const struct json_value *v)
{
    return !v->present || v->boolean;
}

static enum err remove_check(struct call *c, struct app_session_whose *who_r)
{
    const struct json_value *handles = cdi_value(c, 0), *user = cdi_value(c, 1);
    const struct json_value *linked = cdi_value(c, 2), *all = cdi_value(c, 3);

    if (handles->present == user->present)
        return cdi_bad(c, "Either userId or sessionHandles is needed");
    if (!handles->present)
        return whose(c, user->text, flag(linked), flag(all), who_r);
    if (linked->present || all->present)
        return cdi_bad(c, "These flags go with userId alone");
    return ERR_OK;
}

enum err cdi_session_remove(struct call *c)
{
    struct app_session_whose who;
    enum err e = remove_check(c, &who);

    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_open(&c->res->json, "sessionHandlesRevoked", '[');
    if (cdi_value(c, 0)->present)
        e = remove_handles(c);
    else
        e = app_session_revoke_user(c->ctx, &c->app, &who, handle_put,
                                    &c->res->json);
    json_close(&c->res->json, ']');
    cdi_end(c);
    return e;
}

/* A flag of a query is on unless it says otherwise. */
static enum err query_flag(struct call *c, const char *name, bool *on_r)
{
    struct str text;
    enum err e = cdi_query(c, name, false, &text);

    if (e == ERR_OK)
        *on_r = text.p == NULL || str_eq_nocase(text, STR("true"));
    return e;
}

enum err cdi_session_list(struct call *c)
{
    struct app_session_whose who;
    struct str user_id;
    bool linked = true, all = true;
    enum err e = cdi_query(c, "userId", true, &user_id);

    if (e == ERR_OK)
        e = query_flag(c, "fetchSessionsForAllLinkedAccounts", &linked);
    if (e == ERR_OK)
        e = query_flag(c, "fetchAcrossAllTenants", &all);
    if (e == ERR_OK)
        e = whose(c, user_id, linked, all, &who);
    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_open(&c->res->json, "sessionHandles", '[');
    e = app_session_list(c->ctx, &c->app, &who, handle_put, &c->res->json);
    json_close(&c->res->json, ']');
    cdi_end(c);
    return e;
}

/* The session a query names. */
static enum err named(struct call *c, struct app_session_info *info_r)
{
    struct str handle;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = cdi_query(c, "sessionHandle", true, &handle);
    if (e == ERR_OK)
        e = app_session_get(c->ctx, &c->app, handle, info_r);
    return e;
}

enum err cdi_session_get(struct call *c)
{
    struct json_out *j = &c->res->json;
    struct app_session_info info;
    enum err e = named(c, &info);

    if (e != ERR_OK)
        return ended(c, e);
    cdi_begin(c, "OK");
    json_str(j, "sessionHandle", info.handle);
    put_users(c, info.user_id, info.recipe_user_id);
    json_raw(j, "userDataInDatabase", info.data);
    json_raw(j, "userDataInJWT", info.payload);
    json_int(j, "expiry", info.expiry_ms);
    json_int(j, "timeCreated", info.created_ms);
    if (c->cdi >= 300)
        json_str(j, "tenantId", info.tenant);
    cdi_end(c);
    return ERR_OK;
}

static enum err member_get(struct call *c, const char *key, bool payload)
{
    struct app_session_info info;
    enum err e = named(c, &info);

    if (e != ERR_OK)
        return ended(c, e);
    cdi_begin(c, "OK");
    json_raw(&c->res->json, key, payload ? info.payload : info.data);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_session_data_get(struct call *c)
{
    return member_get(c, "userDataInDatabase", false);
}

enum err cdi_session_payload_get(struct call *c)
{
    return member_get(c, "userDataInJWT", true);
}

enum err cdi_session_data_put(struct call *c)
{
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = app_session_data_put(c->ctx, &c->app, cdi_value(c, 0)->text,
                                 cdi_value(c, 1)->text);
    return e == ERR_OK ? cdi_status(c, "OK") : ended(c, e);
}

enum err cdi_session_payload_put(struct call *c)
{
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = app_session_payload_put(c->ctx, &c->app, cdi_value(c, 0)->text,
                                    form_of(c), cdi_value(c, 1)->text);
    return e == ERR_OK ? cdi_status(c, "OK") : ended(c, e);
}
