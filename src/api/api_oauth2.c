/* SPDX-License-Identifier: MIT */
/* To a provider and back. What is meant (sign-in, step-up, connection) is
 * settled on the way out, where the browser still sends everything; on the way
 * back only the attempt counts, and the token that ties it to this browser. */
#include "api/api_oauth2.h"

#include "api/api_answer.h"
#include "api/api_cookie.h"
#include "api/api_oauth2_answer.h"
#include "api/api_query.h"
#include "api/api_sign_in.h"
#include "config/provider.h"
#include "domain/identity_tokens.h"
#include "domain/oauth2_sign_in.h"
#include "domain/proof_token.h"
#include "domain/refresh_token.h"
#include "domain/session_state.h"
#include "oidc/oidc.h"

#define STATE_MAX 128
#define CODE_MAX 4096
#define URI_MAX 1024

static const struct str none = {NULL, 0};

enum err api_oauth2_providers(struct call *c)
{
    const struct config *config = c->api->config;
    struct json_out *j = &c->res->json;

    if (!config->oauth2_enabled)
        return ERR_OAUTH2_OFF;
    http_json_begin(c->res, 200);
    json_open(j, "providers", '[');
    for (size_t i = 0; i < config->provider_count; i++) {
        json_open(j, NULL, '{');
        json_str(j, "name", str_of(config->providers[i].name));
        json_str(j, "title", str_of(config->providers[i].title));
        json_close(j, '}');
    }
    json_close(j, ']');
    http_json_end(c->res);
    return ERR_OK;
}

/* browser, os, locale */
enum err api_oauth2_session_token(struct call *c)
{
    const struct json_value *v = c->body.values;
    struct session_token t = {.browser = v[0].present ? v[0].text : none,
                              .os = v[1].present ? v[1].text : none};
    struct str token;

    if (v[2].present)
        t.locale = v[2].text;
    else if (c->ctx->client.locale_asked)
        t.locale = c->ctx->client.locale;
    enum err e = session_token_make(c->ctx, &t, &token);

    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_str(&c->res->json, "token", api_sign_in_shown(c, token));
    http_json_end(c->res);
    api_cookie_set(c, API_COOKIE_SESSION, token,
                   proof_token_lifetime(c->api->config, PROOF_SESSION));
    return ERR_OK;
}

static enum err oauth2_provider(struct call *c,
                                const struct config_provider **provider_r)
{
    if (!c->api->config->oauth2_enabled || c->api->oidc == NULL)
        return ERR_OAUTH2_OFF;
    *provider_r = config_provider(c->api->config, c->params[0]);
    return *provider_r == NULL ? ERR_PROVIDER_NOT_FOUND : ERR_OK;
}

/* ------------------------------------------------------------ the way out */

/* Judged before anything else: there is no page yet that an error could be sent
 * to but the operator's own. */
static enum err start_back(struct call *c, struct oauth2_attempt *a)
{
    const struct config *config = c->api->config;
    const struct config_list *list = &config->oauth2_redirect_uris;
    struct str uri;
    enum err e = http_query(c->ctx->arena, c->req, STR("redirect_uri"), &uri);

    if (e != ERR_OK)
        return e;
    if (uri.p == NULL && list->count > 0)
        uri = list->items[0];
    else if (uri.p != NULL && !oauth2_back_allowed(config, uri))
        return ERR_REDIRECT_URI;
    a->back = uri;
    return ERR_OK;
}

static enum err start_asked(struct call *c, bool *step_up_r)
{
    struct str text;
    enum err e = api_query_text(c, "step_up", 5, &text);

    if (e != ERR_OK)
        return e;
    if (text.p != NULL && !str_eq(text, STR("true")) &&
        !str_eq(text, STR("false")))
        return api_query_wrong(c, "step_up");
    *step_up_r = str_eq(text, STR("true"));
    return ERR_OK;
}

/* Nobody is signed in who could be stepped up: a client learns whether new
 * tokens would help. */
static enum err start_nobody(struct call *c)
{
    struct session_view view;

    c->detail = "access_token_missing";
    if (c->cred.access.p == NULL)
        return ERR_WRONG_ACCOUNT;
    c->detail =
        session_check(c->ctx, c->cred.access, &view) == ERR_ACCESS_TOKEN_EXPIRED
            ? "access_token_expired"
            : "access_token_invalid";
    return ERR_WRONG_ACCOUNT;
}

/* A provider that does not say when somebody proved who they are could send
 * back whoever sits before the screen. */
static enum err start_step_up(struct call *c, struct oauth2_attempt *a)
{
    enum err e = api_oauth2_own_site(c);

    if (e != ERR_OK)
        return e;
    if (!c->has_session)
        return start_nobody(c);
    if (a->provider->kind != PROVIDER_OIDC) {
        c->detail = "no_fresh_sign_in";
        return ERR_AUTHENTICATION_FAILED;
    }
    a->mode = OAUTH2_STEP_UP;
    a->account = c->view.state.row.account_id;
    a->session = c->view.state.row.id;
    return id_is_nil(&a->account) ? ERR_WRONG_ACCOUNT : ERR_OK;
}

/* The token was given for a fresh proof, to that session and provider. */
static enum err start_connect(struct call *c, struct oauth2_attempt *a)
{
    struct store_session_state state;
    struct str provider;
    enum err e = api_oauth2_own_site(c);

    if (e == ERR_OK)
        e = proof_token_open_with(c->ctx, PROOF_CONNECTION, c->cred.connection,
                                  &a->session, &provider);
    if (e == ERR_OK && !str_eq(provider, str_of(a->provider->name)))
        e = ERR_CONNECTION_PROVIDER;
    if (e == ERR_OK && c->has_session &&
        !id_eq(&a->session, &c->view.state.row.id))
        e = ERR_CONNECTION_TOKEN_INVALID;
    if (e == ERR_OK)
        e = session_state_read(c->ctx, &a->session, &state);
    if (e == ERR_OK)
        e = session_state_ended(c->ctx, &state);
    if (e == ERR_OK)
        e = session_state_over(c->ctx, &state);
    if (e == ERR_SESSION_INVALID || e == ERR_SESSION_EXPIRED)
        return ERR_CONNECTION_TOKEN_INVALID;
    if (e != ERR_OK)
        return e;
    a->mode = OAUTH2_CONNECT;
    a->account = state.row.account_id;
    return id_is_nil(&a->account) ? ERR_CONNECTION_TOKEN_INVALID : ERR_OK;
}

static enum err start_intent(struct call *c, bool step_up,
                             struct oauth2_attempt *a)
{
    struct refresh_token held;

    if (step_up)
        return start_step_up(c, a);
    if (c->cred.connection.p != NULL)
        return start_connect(c, a);
    if (c->has_session)
        return ERR_USER_AUTHENTICATED;
    /* These cookies stay behind on the way back. */
    a->device = c->ctx->client.device_token;
    if (c->cred.refresh.p != NULL &&
        refresh_token_open(c->ctx, c->cred.refresh, &held) == ERR_OK)
        a->replaces = held.session_id;
    return ERR_OK;
}

/* The token the way back will want: the one that came, its time begun anew, or
 * a new one. */
static enum err start_browser(struct call *c, struct oauth2_attempt *a,
                              struct str *token_r)
{
    struct session_token t = {.id = {{0}}};
    enum err e = session_token_open(c->ctx, c->cred.session, &t);

    if (err_status(e) != 401 && e != ERR_OK)
        return e;
    e = session_token_make(c->ctx, &t, token_r);
    a->browser = t.id;
    return e;
}

static enum err oauth2_own_uri(struct call *c, const struct config_provider *p,
                               struct str *uri_r)
{
    struct buf b = buf_new(c->ctx->arena);

    buf_text(&b, c->api->config->http_public_url);
    buf_text(&b, "/api/auth/oauth2/callback/");
    buf_text(&b, p->name);
    return buf_done(&b, uri_r);
}

static enum err start_url(struct call *c, struct oauth2_attempt *a,
                          struct str *url_r)
{
    struct oidc_request request;
    enum err e = oidc_request_new(c->ctx->arena, &request);

    if (e == ERR_OK)
        e = oauth2_own_uri(c, a->provider, &request.redirect_uri);
    if (e != ERR_OK)
        return e;
    a->nonce = request.nonce;
    a->verifier = request.verifier;
    e = oauth2_begin(c->ctx, a, &request.state);
    request.fresh = a->mode == OAUTH2_STEP_UP;
    return e != ERR_OK ? e
                       : oidc_authorization_url(c->api->oidc, c->ctx->arena,
                                                a->provider, &request,
                                                a->asked_s, url_r);
}

static void start_answer(struct call *c, struct str url, struct str token)
{
    if (api_oauth2_wants_json(c)) {
        http_json_begin(c->res, 200);
        json_bool(&c->res->json, "success", true);
        json_str(&c->res->json, "authorizationUri", url);
        json_str(&c->res->json, "sessionToken", api_sign_in_shown(c, token));
        http_json_end(c->res);
    } else {
        api_oauth2_go(c, url);
    }
    api_cookie_set(c, API_COOKIE_SESSION, token,
                   proof_token_lifetime(c->api->config, PROOF_SESSION));
}

enum err api_oauth2_authorization(struct call *c)
{
    struct oauth2_attempt a = {.mode = OAUTH2_SIGN_IN};
    struct str token, url;
    bool step_up = false;
    enum err e = oauth2_provider(c, &a.provider);

    if (e == ERR_OK)
        e = api_oauth2_navigation(c);
    if (e == ERR_OK)
        e = start_back(c, &a);
    if (e == ERR_OK)
        e = start_asked(c, &step_up);
    if (e != ERR_OK)
        return e;
    c->refuse = api_oauth2_refuse;
    e = start_intent(c, step_up, &a);
    if (e == ERR_OK)
        e = start_browser(c, &a, &token);
    if (e == ERR_OK)
        e = start_url(c, &a, &url);
    if (e == ERR_OK)
        start_answer(c, url, token);
    return e;
}

/* ----------------------------------------------------------- the way back */

/* What comes in the query. */
struct callback_query {
    struct str state, code, iss, error;
};

static enum err callback_read(struct call *c, struct callback_query *q_r)
{
    struct arena *a = c->ctx->arena;
    struct callback_query q = {.state = none};
    enum err e = http_query(a, c->req, STR("state"), &q.state);

    if (e == ERR_OK)
        e = http_query(a, c->req, STR("code"), &q.code);
    if (e == ERR_OK)
        e = http_query(a, c->req, STR("iss"), &q.iss);
    if (e == ERR_OK)
        e = http_query(a, c->req, STR("error"), &q.error);
    if (e == ERR_OK && (q.state.n > STATE_MAX || q.code.n > CODE_MAX ||
                        q.iss.n > URI_MAX || str_has_control(q.code)))
        e = ERR_BAD_REQUEST;
    if (e == ERR_OK)
        *q_r = q;
    return e;
}

/* The provider's word, when it is one of RFC 6749 section 4.1.2.1 or OpenID
 * Connect Core section 3.1.2.6; a page must not be told just anything. */
static const char *callback_why(struct str error)
{
    static const char *const words[] = {
        "access_denied",         "account_selection_required",
        "consent_required",      "interaction_required",
        "invalid_request",       "invalid_request_object",
        "invalid_request_uri",   "invalid_scope",
        "login_required",        "registration_not_supported",
        "request_not_supported", "request_uri_not_supported",
        "server_error",          "temporarily_unavailable",
        "unauthorized_client",   "unsupported_response_type"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_eq(error, str_of(words[i])))
            return words[i];
    }
    return "error";
}

/* Asks the provider who it was. */
static enum err callback_redeem(struct call *c, const struct oauth2_attempt *a,
                                const struct callback_query *q,
                                struct oidc_identity *identity_r)
{
    struct oidc_request request = {.state = q->state,
                                   .nonce = a->nonce,
                                   .verifier = a->verifier,
                                   .fresh = a->mode == OAUTH2_STEP_UP};
    const struct oidc_answer answer = {.provider = a->provider,
                                       .request = &request,
                                       .code = q->code,
                                       .iss = q->iss,
                                       .asked_s = a->asked_s,
                                       .now_s = clock_s(&c->ctx->clock)};
    enum err e = oauth2_own_uri(c, a->provider, &request.redirect_uri);

    if (q->error.p != NULL || q->code.n == 0) {
        c->detail = q->error.p != NULL ? callback_why(q->error) : "no_code";
        return ERR_AUTHENTICATION_FAILED;
    }
    if (e != ERR_OK)
        return e;
    return oidc_redeem(c->api->oidc, c->ctx->arena, &answer, identity_r,
                       &c->detail);
}

/* The domain knows persons, not protocols. */
static enum err callback_person(struct call *c, const struct oauth2_attempt *a,
                                const struct oidc_identity *i,
                                struct identity_person *person_r)
{
    const struct identity_tokens tokens = {.access = i->tokens.access,
                                           .refresh = i->tokens.refresh,
                                           .scope = i->tokens.scope,
                                           .end_us = i->tokens.expires_s *
                                                     CLOCK_SECOND};
    struct identity_person p = {.provider = a->provider,
                                .issuer = i->issuer,
                                .subject = i->subject,
                                .email = i->email,
                                .name = i->name,
                                .locale = i->locale,
                                .sid = i->sid,
                                .tokens_end_us = tokens.end_us,
                                .email_verified = i->email_verified,
                                .sufficient = i->sufficient};
    enum err e = ERR_OK;

    if (a->provider->keep_tokens && tokens.access.n > 0)
        e = identity_tokens_pack(c->ctx, &tokens, &p.tokens);
    if (e == ERR_OK)
        *person_r = p;
    return e;
}

/* From the answer to what it opens; the attempt is used up. */
static enum err callback_decide(struct call *c, const struct oauth2_attempt *a,
                                const struct callback_query *q,
                                struct oauth2_done *done_r)
{
    struct identity_person person;
    struct oidc_identity identity = {.auth_time_s = 0};
    enum err e = callback_redeem(c, a, q, &identity);

    if (e == ERR_OK)
        e = callback_person(c, a, &identity, &person);
    if (e == ERR_OK)
        e = oauth2_decide(c->ctx, a, &person, done_r);
    /* A provider that is away is nobody's failed try. */
    if (e != ERR_OK && err_status(e) < 500)
        oauth2_failed(c->ctx, a, e, c->detail);
    return e;
}

enum err api_oauth2_callback(struct call *c)
{
    const struct config_provider *provider;
    struct callback_query q;
    struct session_token token;
    struct oauth2_attempt a;
    struct oauth2_done done;
    enum err e = oauth2_provider(c, &provider);

    if (e == ERR_OK)
        e = api_oauth2_navigation(c);
    if (e != ERR_OK)
        return e;
    c->refuse = api_oauth2_refuse;
    e = callback_read(c, &q);
    if (e == ERR_OK)
        e = oauth2_open(c->ctx, provider, q.state, c->cred.session, &a, &token);
    if (e == ERR_OK)
        e = api_sign_in_device(c);
    if (e == ERR_OK)
        e = oauth2_use(c->ctx, &a);
    if (e != ERR_OK)
        return e;
    session_token_apply(c->ctx, &token);
    e = callback_decide(c, &a, &q, &done);
    return e != ERR_OK ? e : api_oauth2_answer(c, &a, &done);
}
