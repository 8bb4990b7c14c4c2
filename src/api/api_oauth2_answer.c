/* SPDX-License-Identifier: MIT */
/* A browser is only ever sent to addresses out of the configuration. */
#include "api/api_oauth2_answer.h"

#include <string.h>

#include "api/api_cookie.h"
#include "api/api_csrf.h"
#include "api/api_sign_in.h"
#include "base/url.h"
#include "domain/proof_token.h"

bool api_oauth2_wants_json(const struct call *c)
{
    const struct str accept = http_field(c->req, "ACCEPT");

    return (str_has_nocase(accept, STR("application/json")) ||
            str_has_nocase(accept, STR("application/problem+json"))) &&
           !str_has_nocase(accept, STR("text/html"));
}

enum err api_oauth2_navigation(struct call *c)
{
    const struct str dest = http_field(c->req, "SEC_FETCH_DEST");
    const struct str mode = http_field(c->req, "SEC_FETCH_MODE");

    if (c->req->method == METHOD_HEAD) {
        http_response_field(c->res, "Allow", STR("GET"));
        return ERR_METHOD_NOT_ALLOWED;
    }
    if (dest.p == NULL)
        return ERR_OK;
    if (str_eq(dest, STR("document")))
        return mode.p == NULL || str_eq(mode, STR("navigate")) ? ERR_OK
                                                               : ERR_CROSS_SITE;
    return api_oauth2_wants_json(c) &&
                   origin_permits(c->ctx->arena, c->req, &c->api->origins)
               ? ERR_OK
               : ERR_CROSS_SITE;
}

enum err api_oauth2_own_site(struct call *c)
{
    return str_eq(http_field(c->req, "SEC_FETCH_SITE"), STR("cross-site"))
               ? ERR_CROSS_SITE
               : ERR_OK;
}

/* Nothing the handler has begun goes along: a refusal sets no cookie. */
void api_oauth2_go(struct call *c, struct str url)
{
    c->res->status = 302;
    c->res->content_type = NULL;
    http_response_field(c->res, "Location", url);
}

/* The code a page gets: that of the problem in lower case. */
static void answer_code(struct buf *b, enum err e)
{
    const char *code = e == ERR_INTERNAL ? "server_error" : err_code(e);

    for (; *code != '\0'; code++) {
        const bool upper = *code >= 'A' && *code <= 'Z';

        buf_char(b, (char)(upper ? *code | 0x20 : *code));
    }
}

static enum err answer_error_url(const struct call *c, enum err e,
                                 struct str *url_r)
{
    const char *page = c->api->config->oauth2_error_uri;
    struct buf b = buf_new(c->ctx->arena);

    buf_text(&b, page);
    buf_char(&b, strchr(page, '?') != NULL ? '&' : '?');
    buf_text(&b, "code=");
    answer_code(&b, e);
    if (c->detail != NULL) {
        buf_text(&b, "&details=");
        url_escape(&b, str_of(c->detail));
    }
    return buf_done(&b, url_r);
}

void api_oauth2_refuse(struct call *c, enum err e)
{
    struct str url;

    if (c->api->config->oauth2_error_uri[0] == '\0' ||
        api_oauth2_wants_json(c) || answer_error_url(c, e, &url) != ERR_OK) {
        http_problem(c->res, e, c->detail, c->req->request_id,
                     c->ctx->retry_after_s);
        return;
    }
    http_response_reset(c->res, 302);
    api_oauth2_go(c, url);
}

static bool answer_pending(const struct oauth2_attempt *a,
                           const struct oauth2_done *done)
{
    return (a->mode == OAUTH2_SIGN_IN && done->in.pending) ||
           (a->mode == OAUTH2_STEP_UP && done->up.pending);
}

static void answer_cookies(struct call *c, const struct oauth2_attempt *a,
                           const struct oauth2_done *done)
{
    const struct config *config = c->api->config;

    switch (a->mode) {
    case OAUTH2_SIGN_IN:
        api_sign_in_set(c, &done->in);
        break;
    case OAUTH2_STEP_UP:
        if (done->up.pending)
            api_cookie_set(c, API_COOKIE_TWO_FACTOR, done->up.two_factor_token,
                           proof_token_lifetime(config, PROOF_TWO_FACTOR));
        else
            api_cookie_set(c, API_COOKIE_STEP_UP, done->up.token,
                           proof_token_lifetime(config, PROOF_STEP_UP));
        break;
    case OAUTH2_CONNECT:
        api_sign_in_cookies(c, &done->tokens);
        api_cookie_clear(c, API_COOKIE_PROVIDER);
        break;
    }
}

static void answer_step_up(struct call *c, const struct stepped_up *up)
{
    const struct str none = {NULL, 0};
    struct json_out *j = &c->res->json;

    json_str(j, "stepUpToken",
             up->pending ? none : api_sign_in_shown(c, up->token));
    json_bool(j, "twoFactorRequired", up->pending);
    api_sign_in_methods(j, up->pending ? up->wanted : 0,
                        up->pending ? up->preferred : STORE_FACTOR_NONE);
    json_str(j, "twoFactorAuthenticationToken",
             up->pending ? api_sign_in_shown(c, up->two_factor_token) : none);
}

/* The members of the answer that the same step has without a provider. */
static enum err answer_json(struct call *c, const struct oauth2_attempt *a,
                            const struct oauth2_done *done)
{
    static const char *const modes[] = {[OAUTH2_SIGN_IN] = "sign-in",
                                        [OAUTH2_STEP_UP] = "step-up",
                                        [OAUTH2_CONNECT] = "connect"};
    const bool connect = a->mode == OAUTH2_CONNECT;
    const struct tokens *tokens = connect ? &done->tokens : &done->in.tokens;
    struct json_out *j = &c->res->json;
    struct str csrf = {NULL, 0};
    enum err e = ERR_OK;

    if (a->mode != OAUTH2_STEP_UP && !answer_pending(a, done))
        e = api_csrf_token(c, &tokens->session_id, &csrf);
    if (e != ERR_OK)
        return e;
    http_json_begin(c->res, 200);
    json_bool(j, "success", true);
    json_str(j, "mode", str_of(modes[a->mode]));
    json_bool(j, "registered", done->registered);
    json_bool(j, "converted", done->converted);
    if (connect)
        api_sign_in_tokens(c, tokens, csrf);
    else if (a->mode == OAUTH2_STEP_UP)
        answer_step_up(c, &done->up);
    else
        api_sign_in_outcome(c, &done->in, csrf);
    http_json_end(c->res);
    return ERR_OK;
}

enum err api_oauth2_answer(struct call *c, const struct oauth2_attempt *a,
                           const struct oauth2_done *done)
{
    const char *page = c->api->config->oauth2_two_factor_uri;
    struct str to = a->back;
    enum err e = ERR_OK;

    if (answer_pending(a, done) && page[0] != '\0')
        to = str_of(page);
    if (to.n > 0 && !api_oauth2_wants_json(c))
        api_oauth2_go(c, to);
    else
        e = answer_json(c, a, done);
    if (e == ERR_OK)
        answer_cookies(c, a, done);
    return e;
}
