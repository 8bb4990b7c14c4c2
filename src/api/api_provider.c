/* SPDX-License-Identifier: MIT */
/* What people and back ends do with connected providers; signing in with one is
 * in api_oauth2.c. */
#include "api/api_provider.h"

#include "api/api_answer.h"
#include "api/api_cookie.h"
#include "api/api_person.h"
#include "api/api_sign_in.h"
#include "domain/identity_change.h"
#include "domain/identity_end.h"
#include "domain/identity_tokens.h"
#include "domain/person.h"
#include "domain/proof_token.h"
#include "oidc/oidc.h"

#define TOKEN_RETRY_S 2 /* somebody else is renewing it */

static const struct store_session *caller(const struct call *c)
{
    return &c->view.state.row;
}

static enum err provider_of(const struct call *c, struct str name,
                            const struct config_provider **p_r)
{
    *p_r = config_provider(c->api->config, name);
    return *p_r == NULL ? ERR_PROVIDER_NOT_FOUND : ERR_OK;
}

static void list_put(struct json_out *j, struct str name)
{
    json_open(j, NULL, '{');
    json_str(j, "provider", name);
    json_close(j, '}');
}

enum err api_provider_list(struct call *c)
{
    struct json_out *j = &c->res->json;
    struct account account;
    enum err e = person_read(c->ctx, &caller(c)->account_id, &account);
    struct str rest;

    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_USER_NOT_FOUND : e;
    rest = account.providers;
    c->res->status = 200;
    c->res->content_type = API_JSON_TYPE;
    *j = json_out(&c->res->body);
    json_open(j, NULL, '[');
    while (rest.n > 0)
        list_put(j, str_cut(&rest, ' '));
    if (account.has_password)
        list_put(j, STR("password"));
    json_close(j, ']');
    return ERR_OK;
}

/* Who asked by cookie goes on by the new ones; other clients refresh. */
enum err api_provider_password(struct call *c)
{
    struct account account;
    struct tokens tokens;
    enum err e = api_sign_in_device(c);

    if (e == ERR_OK)
        e = identity_password(c->ctx, caller(c), c->body.values[0].text,
                              &account, &tokens);
    if (e != ERR_OK)
        return api_person_blame(c, "password", e);
    api_person_answer(c, &account, caller(c)->active_us);
    if (c->cred.access_by_cookie)
        api_sign_in_cookies(c, &tokens);
    return ERR_OK;
}

enum err api_provider_disconnect(struct call *c)
{
    struct account account;
    enum err e = api_sign_in_device(c);

    if (e == ERR_OK)
        e = identity_disconnect(c->ctx, caller(c), c->params[0], &account);
    if (e == ERR_OK)
        api_person_answer(c, &account, caller(c)->active_us);
    return e;
}

/* Bound to the session, and so to its account, and to one provider. */
enum err api_provider_connection(struct call *c)
{
    const int64_t life = proof_token_lifetime(c->api->config, PROOF_CONNECTION);
    const struct config_provider *p;
    struct str token;
    enum err e = id_is_nil(&caller(c)->account_id)
                     ? ERR_USER_NOT_FOUND
                     : provider_of(c, c->body.values[0].text, &p);

    if (e == ERR_OK)
        e = proof_token_make_with(c->ctx, PROOF_CONNECTION, &caller(c)->id,
                                  str_of(p->name), &token);
    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_str(&c->res->json, "token", api_sign_in_shown(c, token));
    http_json_end(c->res);
    api_cookie_set(c, API_COOKIE_PROVIDER, token, life);
    return ERR_OK;
}

/* OpenID Connect Back-Channel Logout 1.0, section 2.8. */
static enum err logout_refused(struct call *c)
{
    http_json_begin(c->res, 400);
    json_str(&c->res->json, "error", STR("invalid_request"));
    http_json_end(c->res);
    return ERR_OK;
}

/* Three parts (RFC 7515 section 3.1): for less the provider's keys are not
 * even fetched. */
static bool logout_shaped(struct str token)
{
    size_t parts = 0;

    while (token.n > 0 && parts < 4) {
        if (str_cut(&token, '.').n == 0)
            return false;
        parts++;
    }
    return parts == 3;
}

enum err api_provider_logout(struct call *c)
{
    const struct json_value *token = &c->body.values[0];
    const struct config_provider *p;
    struct identity_logout out;
    struct oidc_logout said;
    uint64_t count;
    enum err e = provider_of(c, c->params[0], &p);

    if (e == ERR_OK && (!token->present || !logout_shaped(token->text)))
        return logout_refused(c);
    if (e == ERR_OK && c->api->oidc == NULL)
        e = ERR_PROVIDER_UNAVAILABLE;
    if (e == ERR_OK)
        e = oidc_logout_token(c->api->oidc, c->ctx->arena, p, token->text,
                              clock_s(&c->ctx->clock), &said);
    if (e == ERR_VALIDATION)
        return logout_refused(c);
    if (e != ERR_OK)
        return e;
    out = (struct identity_logout){.provider = p,
                                   .issuer = said.issuer,
                                   .subject = said.subject,
                                   .sid = said.sid,
                                   .issued_s = said.issued_s};
    e = identity_logout(c->ctx, &out, &count);
    if (e == ERR_SUB_CLAIM_MISSING)
        return logout_refused(c);
    if (e == ERR_OK)
        http_response_reset(c->res, 200);
    return e;
}

/* Nobody else renews at the same time. What does not come of it is no harm
 * while the old one lasts. */
static enum err token_ask(struct call *c, const struct config_provider *p,
                          struct identity_kept *kept)
{
    struct ctx *ctx = c->ctx;
    struct oidc_tokens fresh;
    enum err e = oidc_renew(c->api->oidc, ctx->arena, p, kept->tokens.refresh,
                            clock_s(&ctx->clock), &fresh);

    if (e == ERR_AUTHENTICATION_FAILED)
        return ERR_PROVIDER_TOKEN_OVER;
    if (e != ERR_OK)
        return e;
    kept->tokens = (struct identity_tokens){
        fresh.access, fresh.refresh,
        fresh.scope.n > 0 ? fresh.scope : kept->tokens.scope,
        fresh.expires_s * CLOCK_SECOND};
    return identity_tokens_put(ctx, kept, &kept->tokens);
}

static enum err token_renew(struct call *c, const struct id *account,
                            const struct config_provider *p,
                            struct identity_kept *kept)
{
    bool mine = false;
    enum err e;

    if (kept->tokens.refresh.n == 0)
        return ERR_PROVIDER_TOKEN_OVER;
    if (c->api->oidc == NULL)
        return ERR_PROVIDER_UNAVAILABLE;
    e = identity_tokens_claim(c->ctx, kept, &mine);
    if (e == ERR_OK && mine)
        return token_ask(c, p, kept);
    if (e == ERR_OK)
        e = identity_tokens_read(c->ctx, account, p, kept);
    if (e != ERR_OK || !identity_tokens_over(c->ctx, &kept->tokens))
        return e;
    c->ctx->retry_after_s = TOKEN_RETRY_S;
    return ERR_PROVIDER_UNAVAILABLE;
}

/* The refresh token is not for back ends: who held it could go on alone. */
enum err api_provider_token(struct call *c)
{
    struct json_out *j = &c->res->json;
    const struct config_provider *p;
    struct identity_kept kept;
    struct id account;
    enum err e = id_parse(c->params[0], &account)
                     ? provider_of(c, c->params[1], &p)
                     : ERR_PROVIDER_NOT_FOUND;

    if (e == ERR_OK)
        e = identity_tokens_read(c->ctx, &account, p, &kept);
    if (e == ERR_OK && identity_tokens_due(c->ctx, &kept.tokens))
        e = token_renew(c, &account, p, &kept);
    if ((e == ERR_PROVIDER_TOKEN_OVER || e == ERR_PROVIDER_UNAVAILABLE) &&
        !identity_tokens_over(c->ctx, &kept.tokens))
        e = ERR_OK;
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_PROVIDER_NOT_FOUND : e;
    http_json_begin(c->res, 200);
    json_str(j, "accessToken", kept.tokens.access);
    json_time(j, "expiresAt", kept.tokens.end_us);
    json_str(j, "scope",
             kept.tokens.scope.n > 0 ? kept.tokens.scope
                                     : (struct str){NULL, 0});
    http_json_end(c->res);
    return ERR_OK;
}
