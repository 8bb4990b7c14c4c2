/* SPDX-License-Identifier: MIT */
/* Passing a second factor, at sign-in and for a fresh proof. */
#include "api/api_two_factor.h"

#include "api/api_answer.h"
#include "api/api_code.h"
#include "api/api_cookie.h"
#include "api/api_sign_in.h"
#include "domain/proof_token.h"
#include "domain/step_up.h"
#include "domain/two_factor_pass.h"

static const struct str none = {NULL, 0};

/* The caller, by the session that was checked. */
static const struct store_session *caller(const struct call *c)
{
    return &c->view.state.row;
}

/* Fields in the order of two_factor_fields: totp, email, mail and, of a
 * sign-in, password and trustDevice. */
static enum err two_factor_read(struct call *c, struct two_factor_proof *p_r)
{
    const struct json_value *v = c->body.values;
    struct two_factor_proof p = {.totp = none};
    const unsigned digits = (unsigned)c->api->config->two_factor_code_digits;
    enum err e = api_code(c, &v[0], API_CODE_TOTP_DIGITS, &p.totp);

    if (e == ERR_OK)
        e = api_code(c, &v[v[1].present ? 1 : 2], digits, &p.email);
    if (e != ERR_OK)
        return e;
    p.password = v[3].present ? v[3].text : none;
    p.trust = v[4].present && v[4].boolean;
    *p_r = p;
    return ERR_OK;
}

enum err api_two_factor_login(struct call *c)
{
    struct two_factor_proof proof;
    struct signed_in in;
    enum err e = two_factor_read(c, &proof);

    if (e == ERR_OK)
        e = api_sign_in_device(c);
    if (e == ERR_OK)
        e = two_factor_sign_in(c->ctx, &c->attempt, &proof, c->cred.refresh,
                               &in);
    return e != ERR_OK ? e : api_sign_in_answer(c, &in);
}

/* Who recovers has shown a password and a thing held: a fresh proof as well, so
 * that the lost factor can be replaced at once. */
enum err api_two_factor_recover(struct call *c)
{
    const struct two_factor_proof proof = {.recovery = c->body.values[0].text};
    struct signed_in in;
    struct str token;
    enum err e = api_sign_in_device(c);

    if (e == ERR_OK)
        e = two_factor_sign_in(c->ctx, &c->attempt, &proof, c->cred.refresh,
                               &in);
    if (e == ERR_OK)
        e = proof_token_make(c->ctx, PROOF_STEP_UP, &in.tokens.session_id,
                             &token);
    return e != ERR_OK ? e : api_sign_in_answer_step_up(c, &in, token);
}

static enum err step_up_answer(struct call *c, const struct stepped_up *up)
{
    const struct config *config = c->api->config;
    struct json_out *j = &c->res->json;

    http_json_begin(c->res, 200);
    json_str(j, "stepUpToken",
             up->pending ? none : api_sign_in_shown(c, up->token));
    json_bool(j, "twoFactorRequired", up->pending);
    api_sign_in_methods(j, up->pending ? up->wanted : 0,
                        up->pending ? up->preferred : STORE_FACTOR_NONE);
    json_str(j, "twoFactorAuthenticationToken",
             up->pending ? api_sign_in_shown(c, up->two_factor_token) : none);
    http_json_end(c->res);
    if (up->pending)
        api_cookie_set(c, API_COOKIE_TWO_FACTOR, up->two_factor_token,
                       proof_token_lifetime(config, PROOF_TWO_FACTOR));
    else
        api_cookie_set(c, API_COOKIE_STEP_UP, up->token,
                       proof_token_lifetime(config, PROOF_STEP_UP));
    return ERR_OK;
}

enum err api_step_up(struct call *c)
{
    const struct json_value *v = c->body.values;
    struct stepped_up up;
    enum err e = api_sign_in_device(c);

    if (e == ERR_OK)
        e = step_up(c->ctx, caller(c), v[0].present ? v[0].text : none, &up);
    if (e == ERR_STEP_UP_IMPOSSIBLE && c->api->config->oauth2_enabled)
        c->detail = "Sign in afresh with a provider: GET "
                    "/api/auth/oauth2/authorization/{provider}?step_up=true";
    return e != ERR_OK ? e : step_up_answer(c, &up);
}

enum err api_two_factor_step_up(struct call *c)
{
    struct stepped_up up = {.pending = false};
    struct two_factor_proof proof;
    enum err e = two_factor_read(c, &proof);

    if (e == ERR_OK)
        e = two_factor_step_up(c->ctx, &c->attempt, caller(c), &proof,
                               &up.token);
    if (e != ERR_OK)
        return e;
    if (c->cred.two_factor_by_cookie)
        api_cookie_clear(c, API_COOKIE_TWO_FACTOR);
    return step_up_answer(c, &up);
}

enum err api_two_factor_pending(struct call *c, unsigned *wanted_r,
                                enum store_factor *preferred_r)
{
    struct two_factor_open open;
    struct id attempt;
    enum err e = ERR_TWO_FACTOR_TOKEN_MISSING;

    if (c->cred.two_factor.p != NULL)
        e = proof_token_open(c->ctx, PROOF_TWO_FACTOR, c->cred.two_factor,
                             &attempt);
    if (e == ERR_OK)
        e = two_factor_open_any(c->ctx, &attempt, &open);
    if (err_status(e) == 401) {
        *wanted_r = 0;
        *preferred_r = STORE_FACTOR_NONE;
        return ERR_OK;
    }
    if (e == ERR_OK) {
        *wanted_r = open.wanted;
        *preferred_r = two_factor_preferred(&open.row, open.wanted);
    }
    return e;
}
