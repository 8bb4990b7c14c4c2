/* SPDX-License-Identifier: MIT */
/* Claims are members of the payload, {"v":value,"t":when it was looked up}, so
 * that applications read them where they read everything else. */
#include "api/fdi_claims.h"

#include "api/fdi_token.h"
#include "base/clock.h"
#include "base/json_read.h"
#include "domain/app_role.h"

#define EMAIL_CLAIM "st-ev"
/* A no is asked for again after that long: a person is waiting for it. */
#define NO_MS INT64_C(10000)

static int64_t now_ms(struct call *c)
{
    return clock_us(&c->ctx->clock) / 1000;
}

static void email_claim(struct call *c, struct json_out *j, bool verified)
{
    json_open(j, EMAIL_CLAIM, '{');
    json_bool(j, "v", verified);
    json_int(j, "t", now_ms(c));
    json_close(j, '}');
}

static enum err put_name(void *data, struct str name)
{
    json_str(data, NULL, name);
    return ERR_OK;
}

/* A claim whose value is a list of names. */
static enum err names_claim(struct call *c, struct json_out *j,
                            const char *claim, struct str user_id)
{
    const struct app_role_names names = {put_name, j};
    enum err e;

    json_open(j, claim, '{');
    json_open(j, "v", '[');
    e = str_eq(str_of(claim), STR("st-role"))
            ? app_role_of_user(c->ctx, &c->app, user_id, &names)
            : app_role_permissions_of_user(c->ctx, &c->app, user_id, &names);
    json_close(j, ']');
    json_int(j, "t", now_ms(c));
    json_close(j, '}');
    return e;
}

enum err fdi_claims_start(struct call *c, const struct app_login *login,
                          struct str *payload_r)
{
    const struct config *config = c->api->config;
    struct buf b = buf_new(c->ctx->arena);
    struct json_out j = json_out(&b);
    enum err e = ERR_OK;

    json_open(&j, NULL, '{');
    json_str(&j, "iss", c->api->fdi.issuer);
    if (config->fdi_email_verification != FDI_EMAIL_OFF)
        email_claim(c, &j, login->verified);
    if (config->fdi_roles) {
        e = names_claim(c, &j, "st-role", login->user_id);
        if (e == ERR_OK)
            e = names_claim(c, &j, "st-perm", login->user_id);
    }
    json_close(&j, '}');
    return e != ERR_OK ? e : buf_done(&b, payload_r);
}

enum err fdi_claims_login(struct call *c, const struct app_login **login_r)
{
    struct app_user user;
    struct app_user_ref ref;
    const struct app_login *login = NULL;
    enum err e =
        app_user_ref(c->ctx, &c->app, c->session->recipe_user_id, &ref);

    if (e == ERR_OK && !ref.account)
        e = ERR_SESSION_INVALID;
    if (e == ERR_OK)
        e = app_user_load(c->ctx, &c->app, &ref.account_id, &user);
    if (e == ERR_OK)
        login = app_user_login(&user, &ref.account_id);
    if (e == ERR_USER_NOT_FOUND || (e == ERR_OK && login == NULL))
        e = ERR_SESSION_INVALID;
    if (e == ERR_OK)
        *login_r = login;
    return e;
}

/* The payload with the claim in its place, or behind all others: the order of
 * members is what browsers see a change by. */
static enum err payload_with(struct call *c, bool verified,
                             struct str *payload_r)
{
    struct buf b = buf_new(c->ctx->arena);
    struct json_out j = json_out(&b);
    struct json_walk w = json_walk(c->session->payload);
    struct json_part part;
    bool there = false;

    json_open(&j, NULL, '{');
    while (json_walk_next(&w, &part)) {
        struct str name;
        enum err e = json_read_key(c->ctx->arena, part.key, &name);

        if (e != ERR_OK)
            return e;
        if (str_eq(name, STR(EMAIL_CLAIM))) {
            there = true;
            email_claim(c, &j, verified);
        } else {
            json_raw(&j, name.p, part.value);
        }
    }
    if (!there)
        email_claim(c, &j, verified);
    json_close(&j, '}');
    return buf_done(&b, payload_r);
}

/* What the token says; false with *asked_ms_r 0: nothing. */
static bool says_verified(const struct call *c, int64_t *asked_ms_r)
{
    struct str claim = json_read_member(c->session->payload, STR(EMAIL_CLAIM));
    bool verified = false;

    *asked_ms_r = 0;
    if (claim.n == 0 || claim.p[0] != '{' ||
        !json_read_bool(json_read_member(claim, STR("v")), &verified))
        return false;
    (void)json_read_int(json_read_member(claim, STR("t")), asked_ms_r);
    return verified;
}

enum err fdi_claims_verified(struct call *c, bool verified)
{
    struct app_session_view *view = arena_alloc(c->ctx->arena, sizeof(*view));
    struct str payload;
    int64_t asked_ms;
    enum err e;

    if (c->api->config->fdi_email_verification == FDI_EMAIL_OFF ||
        (says_verified(c, &asked_ms) && verified))
        return ERR_OK;
    if (view == NULL)
        return ERR_NO_MEMORY;
    e = payload_with(c, verified, &payload);
    if (e == ERR_OK)
        e = app_session_regenerate(c->ctx, &c->app, c->session_token, payload,
                                   view);
    if (e != ERR_OK)
        return e;
    c->session = view;
    if (view->access.text.p != NULL)
        fdi_token_give(c, !c->session_by_header, view);
    return ERR_OK;
}

static void refuse_email(struct call *c)
{
    struct json_out *j = &c->res->json;

    http_json_begin(c->res, 403);
    json_str(j, "message", STR("invalid claim"));
    json_open(j, "claimValidationErrors", '[');
    json_open(j, NULL, '{');
    json_str(j, "id", STR(EMAIL_CLAIM));
    json_open(j, "reason", '{');
    json_str(j, "message", STR("wrong value"));
    json_bool(j, "expectedValue", true);
    json_bool(j, "actualValue", false);
    json_close(j, '}');
    json_close(j, '}');
    json_close(j, ']');
    http_json_end(c->res);
    c->answered = true;
}

enum err fdi_claims_check(struct call *c)
{
    const struct app_login *login = NULL;
    int64_t asked_ms;
    enum err e;

    if (c->api->config->fdi_email_verification != FDI_EMAIL_REQUIRED ||
        says_verified(c, &asked_ms))
        return ERR_OK;
    if (now_ms(c) - asked_ms >= NO_MS) {
        e = fdi_claims_login(c, &login);
        if (e == ERR_OK)
            e = fdi_claims_verified(c, login->verified);
        if (e != ERR_OK)
            return e;
    }
    if (login == NULL || !login->verified)
        refuse_email(c);
    return ERR_OK;
}
