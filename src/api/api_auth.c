/* SPDX-License-Identifier: MIT */
/* Sign-up, sign-in, refresh, sign-out and "who am I". */
#include "api/api.h"

#include "api/api_answer.h"
#include "api/api_cookie.h"
#include "api/api_csrf.h"
#include "api/api_sign_in.h"
#include "api/api_two_factor.h"
#include "base/clock.h"
#include "domain/account.h"
#include "domain/proof_token.h"
#include "domain/two_factor.h"

static const struct str none = {NULL, 0};

/* One answer for a new and a known address, and no session with either: else
 * signing up would tell who is here (ASVS 5.0, 6.3.8). */
enum err api_auth_register(struct call *c)
{
    const struct json_value *v = c->body.values;
    struct str name = v[2].present ? v[2].text : STR("");
    struct str send;
    enum err e = http_query(c->ctx->arena, c->req, STR("send-email"), &send);

    if (e == ERR_OK)
        e = api_sign_in_device(c);
    if (e == ERR_OK)
        e = str_eq(send, STR("false"))
                ? account_register_quiet(c->ctx, v[0].text, v[1].text, name)
                : account_register(c->ctx, v[0].text, v[1].text, name, NULL);
    if (e != ERR_OK)
        return api_answer_blame(c, e);
    api_answer_success(c);
    return ERR_OK;
}

enum err api_auth_login(struct call *c)
{
    const struct json_value *v = c->body.values;
    struct account_login login = {v[0].text, v[1].text, c->cred.refresh};
    struct signed_in in;
    enum err e = api_sign_in_device(c);

    if (e != ERR_OK)
        return e;
    e = account_login(c->ctx, &login, &in);
    /* What is no address at all is an unknown address. */
    if (e == ERR_EMAIL_INVALID)
        return ERR_INVALID_CREDENTIALS;
    return e != ERR_OK ? e : api_sign_in_answer(c, &in);
}

/* Should anything fail after the tokens were made, the client asks again with
 * the same token: nothing is lost until a child is used. */
enum err api_auth_refresh(struct call *c)
{
    struct tokens tokens;
    struct account account;
    struct str csrf;
    enum err e = account_refresh(c->ctx, c->cred.refresh, &tokens, &account);

    if (e != ERR_OK)
        return e;
    e = api_csrf_token(c, &tokens.session_id, &csrf);
    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    api_sign_in_account(&c->res->json, "principal", tokens.subject, &account);
    api_sign_in_tokens(c, &tokens, csrf);
    json_bool(&c->res->json, "stepUpRequired", tokens.waiting);
    http_json_end(c->res);
    api_sign_in_cookies(c, &tokens);
    return ERR_OK;
}

/* Ends a session; one that is over already is as good. */
static enum err auth_end(struct call *c, struct str subject,
                         const struct id *id)
{
    enum err e = session_revoke(c->ctx, subject, id, "logout");

    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Header and cookie may stand for two sessions of one browser, so each that is
 * presented is ended: afterwards nothing the client holds opens anything. */
enum err api_auth_logout(struct call *c)
{
    const struct store_session *row = &c->view.state.row;
    struct store_session_state state;
    enum err e = ERR_OK;

    c->touch = false;
    if (c->has_session)
        e = auth_end(c, row->subject, &row->id);
    if (e != ERR_OK)
        return e;
    if (c->cred.refresh.p != NULL) {
        e = session_of_refresh(c->ctx, c->cred.refresh, &state);
        if (e == ERR_OK)
            e = auth_end(c, state.row.subject, &state.row.id);
        if (e != ERR_OK && err_status(e) != 401)
            return e;
    }
    api_answer_success(c);
    api_cookie_clear_all(c);
    return ERR_OK;
}

static void auth_put_array(struct json_out *j, const char *key, struct str raw)
{
    json_raw(j, key, raw.n > 0 ? raw : STR("[]"));
}

/* The most frequent question of all: what it answers stands in the token and
 * in the row that was looked at anyway. */
static void auth_put_session(struct call *c, struct json_out *j)
{
    const struct jwt_claims *claims = &c->view.claims;
    const struct store_session *row = &c->view.state.row;

    json_open(j, "user", '{');
    json_str(j, "id", claims->sub);
    auth_put_array(j, "roles", claims->roles);
    auth_put_array(j, "groups", claims->groups);
    json_close(j, '}');
    json_id(j, "sessionId", &claims->sid);
    json_time(j, "expiresAt", session_ends_us(c->api->config, row));
    json_time(j, "accessTokenExpiresAt", claims->exp * CLOCK_SECOND);
}

/* Is the step-up token that came along one of this session's? */
static bool auth_stepped_up(struct call *c)
{
    struct id session;

    return c->has_session && c->cred.step_up.p != NULL &&
           proof_token_open(c->ctx, PROOF_STEP_UP, c->cred.step_up, &session) ==
               ERR_OK &&
           id_eq(&session, &c->view.claims.sid);
}

/* The factors of who waits for one, or else of whose session it is. */
static void auth_put_factors(struct call *c, unsigned pending,
                             enum store_factor preferred)
{
    const struct store_session_state *state = &c->view.state;
    struct json_out *j = &c->res->json;
    unsigned on = pending;

    if (c->has_session && state->account_found)
        json_bool(j, "emailVerified", state->email_verified);
    else
        json_null(j, "emailVerified");
    json_bool(j, "twoFactorRequired", pending != 0);
    if (pending == 0 && c->has_session) {
        const struct store_account row = {.has_totp = state->totp,
                                          .email_factor_us =
                                              state->email_factor,
                                          .preferred = state->preferred};

        on = two_factor_on(&row);
        preferred = two_factor_preferred(&row, on);
    }
    api_sign_in_methods(j, on, preferred);
}

enum err api_auth_status(struct call *c)
{
    struct json_out *j = &c->res->json;
    enum store_factor preferred = STORE_FACTOR_NONE;
    struct str csrf = none;
    unsigned pending = 0;
    enum err e = api_two_factor_pending(c, &pending, &preferred);

    if (e == ERR_OK && c->has_session)
        e = api_csrf_token(c, &c->view.claims.sid, &csrf);
    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_bool(j, "authenticated", c->has_session);
    if (c->has_session) {
        auth_put_session(c, j);
    } else {
        json_null(j, "user");
        json_null(j, "sessionId");
        json_null(j, "expiresAt");
        json_null(j, "accessTokenExpiresAt");
    }
    json_bool(j, "stepUp", auth_stepped_up(c));
    auth_put_factors(c, pending, preferred);
    if (csrf.p != NULL)
        json_str(j, "csrfToken", csrf);
    http_json_end(c->res);
    return ERR_OK;
}
