/* SPDX-License-Identifier: MIT */
/* Claims are members of the payload, {"v":value,"t":when it was looked up}, so
 * that applications read them where they read everything else. */
#include "api/fdi_claims.h"

#include "api/fdi_mfa.h"
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

static void email_claim(struct call *c, struct json_out *j, const char *key,
                        bool verified)
{
    json_open(j, key, '{');
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
                          const struct fdi_second *second,
                          struct str *payload_r)
{
    const struct config *config = c->api->config;
    struct buf b = buf_new(c->ctx->arena);
    struct json_out j = json_out(&b);
    enum err e = ERR_OK;

    json_open(&j, NULL, '{');
    json_str(&j, "iss", c->api->fdi.issuer);
    if (config->fdi_email_verification != FDI_EMAIL_OFF)
        email_claim(c, &j, EMAIL_CLAIM, login->verified);
    if (config->fdi_roles) {
        e = names_claim(c, &j, "st-role", login->user_id);
        if (e == ERR_OK)
            e = names_claim(c, &j, "st-perm", login->user_id);
    }
    if (config->fdi_totp)
        fdi_mfa_start(c, &j, second);
    json_close(&j, '}');
    return e != ERR_OK ? e : buf_done(&b, payload_r);
}

enum err fdi_claims_login(struct call *c, struct app_user *user_r,
                          const struct app_login **login_r)
{
    struct app_user_ref ref;
    const struct app_login *login = NULL;
    enum err e =
        app_user_ref(c->ctx, &c->app, c->session->recipe_user_id, &ref);

    if (e == ERR_OK && !ref.account)
        e = ERR_SESSION_INVALID;
    if (e == ERR_OK)
        e = app_user_load(c->ctx, &c->app, &ref.account_id, user_r);
    if (e == ERR_OK)
        login = app_user_login(user_r, &ref.account_id);
    if (e == ERR_USER_NOT_FOUND || (e == ERR_OK && login == NULL))
        e = ERR_SESSION_INVALID;
    if (e == ERR_OK)
        *login_r = login;
    return e;
}

/* The payload with the claim in its place, or behind all others: the order of
 * members is what browsers see a change by. */
static enum err payload_with(struct call *c, const char *claim,
                             struct str value, struct str *payload_r)
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
        bool same = str_eq(name, str_of(claim));

        there = there || same;
        json_raw(&j, name.p, same ? value : part.value);
    }
    if (!there)
        json_raw(&j, claim, value);
    json_close(&j, '}');
    return buf_done(&b, payload_r);
}

enum err fdi_claims_put(struct call *c, const char *claim, struct str value)
{
    struct app_session_view *view = arena_alloc(c->ctx->arena, sizeof(*view));
    struct str payload;
    enum err e =
        view == NULL ? ERR_NO_MEMORY : payload_with(c, claim, value, &payload);

    if (e == ERR_OK)
        e = app_session_regenerate(c->ctx, &c->app, c->session_token, payload,
                                   view);
    if (e != ERR_OK)
        return e;
    c->session = view;
    if (view->access.text.p == NULL)
        return ERR_OK;
    c->session_token = view->access.text;
    fdi_token_give(c, !c->session_by_header, view);
    return ERR_OK;
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
    struct buf b = buf_new(c->ctx->arena);
    struct json_out j = json_out(&b);
    struct str value;
    int64_t asked_ms;

    if (c->api->config->fdi_email_verification == FDI_EMAIL_OFF ||
        (says_verified(c, &asked_ms) && verified))
        return ERR_OK;
    email_claim(c, &j, NULL, verified);
    enum err e = buf_done(&b, &value);

    return e != ERR_OK ? e : fdi_claims_put(c, EMAIL_CLAIM, value);
}

void fdi_claims_refuse(struct call *c, const struct fdi_flaw *flaws,
                       size_t count)
{
    struct json_out *j = &c->res->json;

    http_json_begin(c->res, 403);
    json_str(j, "message", STR("invalid claim"));
    json_open(j, "claimValidationErrors", '[');
    for (size_t i = 0; i < count; i++) {
        json_open(j, NULL, '{');
        json_str(j, "id", str_of(flaws[i].claim));
        json_raw(j, "reason", flaws[i].reason);
        json_close(j, '}');
    }
    json_close(j, ']');
    http_json_end(c->res);
    c->answered = true;
}

static enum err check_email(struct call *c, bool *good_r)
{
    const struct app_login *login;
    struct app_user user;
    int64_t asked_ms;

    *good_r = c->api->config->fdi_email_verification != FDI_EMAIL_REQUIRED ||
              says_verified(c, &asked_ms);
    if (*good_r || now_ms(c) - asked_ms < NO_MS)
        return ERR_OK;
    enum err e = fdi_claims_login(c, &user, &login);

    if (e != ERR_OK)
        return e;
    *good_r = login->verified;
    return fdi_claims_verified(c, login->verified);
}

enum err fdi_claims_check(struct call *c)
{
    struct fdi_flaw flaws[2];
    size_t count = 0;
    bool email, second = true;
    enum err e = check_email(c, &email);

    if (e == ERR_OK)
        e = fdi_mfa_check(c, &second);
    if (e != ERR_OK)
        return e;
    if (!email)
        flaws[count++] = (struct fdi_flaw){
            EMAIL_CLAIM, STR("{\"message\":\"wrong value\",\"expectedValue\":"
                             "true,\"actualValue\":false}")};
    if (!second)
        flaws[count++] = fdi_mfa_flaw();
    if (count > 0)
        fdi_claims_refuse(c, flaws, count);
    return ERR_OK;
}
