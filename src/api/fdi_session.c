/* SPDX-License-Identifier: MIT */
/* Sessions of browsers: refreshed, ended, and asked for by web servers on
 * behalf of the applications behind them. */
#include "api/fdi.h"
#include "api/fdi_claims.h"
#include "api/fdi_routes.h"
#include "api/fdi_token.h"

/* Two cookies of one name are what a change of their domain leaves behind. None
 * can be told from the other, so those of the older place go. */
static enum err doubled(struct call *c)
{
    if (c->api->config->fdi_older_cookie_domain[0] == '\0') {
        c->detail = "The request contains multiple session cookies; "
                    "fdi.older_cookie_domain tells which to clear";
        return ERR_COOKIES_DOUBLED;
    }
    fdi_token_clear_older(c);
    fdi_begin(c, NULL);
    json_str(&c->res->json, "message",
             STR("The request contains multiple session cookies. Those of the "
                 "older domain are cleared; the next refresh will succeed."));
    fdi_end(c);
    return ERR_OK;
}

static enum err refreshed(struct call *c, const struct fdi_token *token)
{
    struct app_session_view view;
    struct app_session_theft theft;
    const struct app_session_refresh r = {
        .token = token->text,
        .anti_csrf = http_field(c->req, "ANTI_CSRF"),
        .check_anti_csrf = c->api->fdi.by_token && token->by_cookie,
        .ends_on_theft = true,
        .form = APP_TOKEN_V5};
    enum err e = fdi_admit(c);

    if (e == ERR_OK)
        e = app_session_refresh(c->ctx, &c->app, &r, &view, &theft);
    if (e != ERR_OK)
        return e;
    fdi_token_give(c, token->by_cookie, &view);
    fdi_begin(c, NULL);
    fdi_end(c);
    return ERR_OK;
}

/* Every visitor without a session asks once: that is answered from here. */
enum err fdi_session_refresh(struct call *c)
{
    struct fdi_token token;
    enum err e;

    fdi_token_clear_legacy(c);
    if (fdi_token_doubled(c))
        return doubled(c);
    e = fdi_token_refresh(c, &token);
    if (e == ERR_OK && token.by_cookie && !fdi_shows_rid(c))
        e = ERR_AUTHENTICATION_REQUIRED;
    if (e == ERR_OK)
        return refreshed(c, &token);
    fdi_token_clear_all(c);
    return e;
}

enum err fdi_session_sign_out(struct call *c)
{
    bool done;
    enum err e = app_session_revoke(c->ctx, &c->app, c->session->handle, &done);

    if (e != ERR_OK)
        return e;
    fdi_token_clear(c, !c->session_by_header);
    return fdi_status(c, "OK");
}

static bool reads(struct str method)
{
    return str_eq(method, STR("GET")) || str_eq(method, STR("HEAD")) ||
           str_eq(method, STR("OPTIONS"));
}

/* A preflight bears no credentials (Fetch), so the application answers it; it
 * is told of nobody. */
static bool is_preflight(const struct call *c, struct str method)
{
    return str_eq(method, STR("OPTIONS")) &&
           http_field(c->req, "ACCESS_CONTROL_REQUEST_METHOD").p != NULL;
}

/* What there is to tell, and the variable it is where a gate tells it. */
struct fact {
    const char *field, *variable;
    struct str text;
};

/* What is no line of text would end or bend the field. */
static void tell(struct call *c, const struct fact *facts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (facts[i].text.n > 0 && !str_has_control(facts[i].text))
            http_response_replace(
                c->res, c->req->gate ? facts[i].variable : facts[i].field,
                facts[i].text);
}

/* A gate's fields reach nobody by themselves, or everybody: variables are what
 * its web server can deal with. Apache's reach the browser by themselves, and
 * on its own error pages variables, too, where scripts would see the cookie. */
static enum err let_in(struct call *c, const struct fact *facts, size_t count)
{
    struct fact tokens[] = {
        {"Set-Cookie",
         c->req->mute ? "Set-Cookie" : "Variable-SESSION_SET_COOKIE",
         {NULL, 0}},
        {"front-token", "Variable-SESSION_FRONT_TOKEN", {NULL, 0}},
        {"st-access-token", "Variable-SESSION_ACCESS_TOKEN", {NULL, 0}},
        {"anti-csrf", "Variable-SESSION_ANTI_CSRF", {NULL, 0}}};
    const size_t kinds = sizeof(tokens) / sizeof(tokens[0]);

    for (size_t i = 0; i < kinds; i++)
        tokens[i].text = http_response_told(c->res, tokens[i].field);
    http_response_reset(c->res, 200);
    tell(c, facts, count);
    tell(c, tokens, kinds);
    return ERR_OK;
}

static enum err verified(struct call *c)
{
    const struct app_session_view *s = c->session;
    const struct fact facts[] = {
        {"X-Session-User", "Variable-SESSION_USER", s->user_id},
        {"X-Session-Handle", "Variable-SESSION_HANDLE", s->handle},
        {"X-Session-Tenant", "Variable-SESSION_TENANT", s->tenant},
        {"X-Session-Payload", "Variable-SESSION_PAYLOAD", s->payload}};
    const size_t count = sizeof(facts) / sizeof(facts[0]);

    if (c->req->gate)
        return let_in(c, facts, count);
    tell(c, facts, count);
    return fdi_status(c, "OK");
}

/* Who has been refused and is good now (a key, a database came back) is to come
 * again: this answer is not that of what is guarded. */
static enum err judged(struct call *c)
{
    enum err e = fdi_claims_check(c);

    if (e != ERR_OK || c->answered)
        return e;
    return c->req->refused ? ERR_ACCESS_TOKEN_INVALID : verified(c);
}

enum err fdi_session_verify(struct call *c)
{
    struct str method = http_field(c->req, "X_ORIGINAL_METHOD");
    enum err e;

    if (method.p == NULL)
        method = c->req->method_text;
    if (is_preflight(c, method))
        return c->req->gate ? let_in(c, NULL, 0) : fdi_status(c, "OK");
    e = fdi_verify(c, reads(method), c->api->config->fdi_check_database);
    return e != ERR_OK ? e : judged(c);
}
