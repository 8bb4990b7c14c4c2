/* SPDX-License-Identifier: MIT */
/* Introspection (RFC 7662) and revocation (RFC 7009) for application back
 * ends. Kinds of token are told apart by their form; a hint is only a hint. */
#include "api/api.h"

#include "api/api_answer.h"
#include "base/clock.h"
#include "domain/refresh_token.h"

static struct str backend_token(const struct call *c)
{
    return c->body.values[0].text;
}

/* Is what went wrong the token's own fault? Then it is just not active, and
 * the back end learns no more (RFC 7662 section 2.2). */
static bool backend_inactive(enum err e)
{
    return err_status(e) == 401;
}

static void introspect_put_times(struct json_out *j, int64_t iat, int64_t exp,
                                 int64_t auth_time)
{
    json_int(j, "iat", iat);
    json_int(j, "exp", exp);
    json_int(j, "auth_time", auth_time);
}

static enum err introspect_access(struct call *c, struct str token)
{
    struct json_out *j = &c->res->json;
    struct session_view view;
    enum err e = session_check(c->ctx, token, &view);
    const struct jwt_claims *claims = &view.claims;

    /* It opens nothing until a fresh proof is given. */
    if (e == ERR_OK && view.state.row.step_up_required_us != 0)
        e = ERR_STEP_UP_REQUIRED;
    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_bool(j, "active", true);
    json_str(j, "token_type", STR("Bearer"));
    json_str(j, "sub", claims->sub);
    json_id(j, "sid", &claims->sid);
    json_id(j, "jti", &claims->jti);
    json_str(j, "iss", claims->iss);
    json_str(j, "aud", claims->aud);
    json_str(j, "client_id", claims->client_id);
    introspect_put_times(j, claims->iat, claims->exp, claims->auth_time);
    json_str(j, "acr", claims->acr);
    json_raw(j, "amr", claims->amr.n > 0 ? claims->amr : STR("[]"));
    json_raw(j, "roles", claims->roles.n > 0 ? claims->roles : STR("[]"));
    json_raw(j, "groups", claims->groups.n > 0 ? claims->groups : STR("[]"));
    http_json_end(c->res);
    return ERR_OK;
}

/* Looks only: asking about a token is not using it, so nothing is promoted and
 * an old token raises no alarm here. */
static enum err introspect_refresh(struct call *c, struct str token)
{
    const struct config *config = c->api->config;
    struct json_out *j = &c->res->json;
    struct store_session_state state;
    struct refresh_token opened;
    enum err e = refresh_token_open(c->ctx, token, &opened);

    if (e != ERR_OK)
        return e;
    e = session_of_refresh(c->ctx, token, &state);
    if (e == ERR_OK && state.row.step_up_required_us != 0)
        e = ERR_STEP_UP_REQUIRED;
    if (e != ERR_OK)
        return e;
    const struct store_session *row = &state.row;
    const struct lineage_rules rules = {
        .overlap_us = config->tokens_refresh_overlap * CLOCK_SECOND};

    if (lineage_judge(&row->lineage, &opened.lineage, &rules, state.now_us) ==
        LINEAGE_THEFT)
        return ERR_REFRESH_TOKEN_INVALID;
    http_json_begin(c->res, 200);
    json_bool(j, "active", true);
    json_str(j, "token_type", STR("refresh_token"));
    json_str(j, "sub", row->subject);
    json_id(j, "sid", &row->id);
    json_str(j, "iss", str_of(config_issuer(config)));
    introspect_put_times(j, opened.lineage.issued_us / CLOCK_SECOND,
                         session_ends_us(config, row) / CLOCK_SECOND,
                         row->auth_time_s);
    json_str(j, "acr", row->acr);
    json_raw(j, "amr", row->amr.n > 0 ? row->amr : STR("[]"));
    http_json_end(c->res);
    return ERR_OK;
}

/* Only what is no access token by its form is tried as a refresh token, so one
 * kind is never taken for the other. */
enum err api_backend_introspect(struct call *c)
{
    struct str token = backend_token(c);
    enum err e = introspect_access(c, token);

    if (e == ERR_ACCESS_TOKEN_INVALID)
        e = introspect_refresh(c, token);
    if (!backend_inactive(e))
        return e;
    http_json_begin(c->res, 200);
    json_bool(&c->res->json, "active", false);
    http_json_end(c->res);
    return ERR_OK;
}

/* One that opens nothing any more needs no row in the table of revocations. */
static enum err revoke_access(struct call *c, struct str token)
{
    struct session_view view;
    enum err e = session_check(c->ctx, token, &view);

    return e == ERR_OK ? session_revoke_token(c->ctx, &view.claims) : e;
}

static enum err revoke_refresh(struct call *c, struct str token)
{
    struct store_session_state state;
    enum err e = session_of_refresh(c->ctx, token, &state);

    if (e != ERR_OK)
        return e;
    e = session_revoke(c->ctx, state.row.subject, &state.row.id, "backend");
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* 200 for what is unknown or over, too: the wish is fulfilled (RFC 7009
 * section 2.2). */
enum err api_backend_revoke(struct call *c)
{
    struct str token = backend_token(c);
    enum err e = revoke_access(c, token);

    if (e == ERR_ACCESS_TOKEN_INVALID)
        e = revoke_refresh(c, token);
    if (e != ERR_OK && !backend_inactive(e))
        return e;
    api_answer_success(c);
    return ERR_OK;
}
