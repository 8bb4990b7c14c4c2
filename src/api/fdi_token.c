/* SPDX-License-Identifier: MIT */
/* Cookies that are set and cleared by the same lines, header fields, and the
 * front-token, from which scripts know that there is a session. */
#include "api/fdi_token.h"

#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/json_read.h"
#include "base/json_scan.h"
#include "base/url.h"

#define ACCESS_COOKIE "sAccessToken"
#define REFRESH_COOKIE "sRefreshToken"
#define LEGACY_COOKIE "sIdRefreshToken"
#define REFRESH_PATH "/session/refresh"
/* An access token's cookie outlives it: that one is there says that a refresh
 * may work. */
#define YEAR_S (365 * INT64_C(86400))

/* Claims may be anything a back end puts there. */
static const struct json_limits claim_limits = {16, 1024, 65536};

/* Percent-decoded; as it stands when it is not encoded so. */
static struct str unescape(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; p != NULL && i < s.n; i++) {
        uint8_t byte = (uint8_t)s.p[i];

        if (s.p[i] == '%') {
            if (s.n - i < 3 ||
                !enc_unhex((struct str){s.p + i + 1, 2}, &byte, 1))
                return s;
            i += 2;
        }
        p[n++] = (char)byte;
    }
    return p == NULL ? s : (struct str){p, n};
}

static size_t cookie_count(const struct call *c, struct str name)
{
    size_t count = 0;

    for (size_t i = 0; i < c->req->cookie_count; i++)
        count += str_eq(c->req->cookies[i].name, name);
    return count;
}

/* The first of that name; what came twice is refused where that matters. */
static struct str cookie_of(const struct call *c, struct str name)
{
    for (size_t i = 0; i < c->req->cookie_count; i++)
        if (str_eq(c->req->cookies[i].name, name) &&
            c->req->cookies[i].value.n > 0)
            return unescape(c->ctx->arena, c->req->cookies[i].value);
    return (struct str){NULL, 0};
}

/* Decodes a part of a token: base64url, or the padded base64 of old ones. */
static struct str part_of(struct arena *a, struct str part)
{
    uint8_t *p = arena_alloc(a, part.n + 1);
    size_t n = 0;

    if (p == NULL ||
        (!enc_unb64url(part, p, part.n, &n) && !enc_unb64(part, p, part.n, &n)))
        return (struct str){NULL, 0};
    return (struct str){(const char *)p, n};
}

static bool has_text(struct str object, struct str name)
{
    struct str value = json_read_member(object, name);

    return value.n > 1 && value.p[0] == '"';
}

/* Does it look like an access token of a session? A client may send somebody
 * else's token in the same field. */
static bool is_ours(const struct call *c, struct str token)
{
    struct str rest = token, payload;

    if (token.p == NULL)
        return false;
    (void)str_cut(&rest, '.');
    payload = str_cut(&rest, '.');
    if (payload.p == NULL || rest.p == NULL || rest.n == 0 ||
        memchr(rest.p, '.', rest.n) != NULL)
        return false;
    payload = part_of(c->ctx->arena, payload);
    return payload.p != NULL &&
           json_scan(c->ctx->arena, payload, &claim_limits) == ERR_OK &&
           has_text(payload, STR("sessionHandle")) &&
           has_text(payload, STR("refreshTokenHash1"));
}

/* The field's token; one that came twice is none. */
static struct str bearer_of(const struct call *c)
{
    struct str token;

    return http_bearer(c->req, &token) == ERR_OK && token.n > 0
               ? token
               : (struct str){NULL, 0};
}

enum err fdi_token_access(struct call *c, struct fdi_token *token_r)
{
    struct str header = bearer_of(c);
    struct str cookie = cookie_of(c, STR(ACCESS_COOKIE));

    if (cookie_count(c, STR(LEGACY_COOKIE)) > 0)
        return ERR_ACCESS_TOKEN_INVALID;
    if (is_ours(c, header)) {
        *token_r = (struct fdi_token){header, false};
        return ERR_OK;
    }
    if (cookie_count(c, STR(ACCESS_COOKIE)) > 1)
        return ERR_ACCESS_TOKEN_INVALID;
    if (!is_ours(c, cookie))
        return ERR_AUTHENTICATION_REQUIRED;
    *token_r = (struct fdi_token){cookie, true};
    return ERR_OK;
}

enum err fdi_token_refresh(struct call *c, struct fdi_token *token_r)
{
    struct str header = bearer_of(c);
    struct str cookie = cookie_of(c, STR(REFRESH_COOKIE));

    if (header.p == NULL && cookie.p == NULL)
        return ERR_AUTHENTICATION_REQUIRED;
    *token_r = header.p != NULL ? (struct fdi_token){header, false}
                                : (struct fdi_token){cookie, true};
    return ERR_OK;
}

bool fdi_token_doubled(const struct call *c)
{
    return cookie_count(c, STR(ACCESS_COOKIE)) > 1 ||
           cookie_count(c, STR(REFRESH_COOKIE)) > 1;
}

static const char *refresh_path(struct call *c)
{
    struct buf b = buf_new(c->ctx->arena);
    struct str path;

    buf_text(&b, c->api->config->fdi_base_path);
    buf_text(&b, REFRESH_PATH);
    if (buf_done(&b, &path) == ERR_OK)
        return path.p;
    c->res->failed = true;
    return "/";
}

/* expires_s 0 clears it. domain empty: the host's alone. */
static void cookie_set(struct call *c, struct str name, struct str value,
                       int64_t expires_s, const char *domain)
{
    struct buf b = buf_new(c->ctx->arena);
    struct str text;
    const struct http_cookie_spec spec = {
        .name = name,
        .path = str_eq(name, STR(REFRESH_COOKIE)) ? refresh_path(c) : "/",
        .domain = domain[0] == '\0' ? NULL : domain,
        .same_site = c->api->fdi.same_site,
        .secure = c->api->fdi.secure,
        .dated = true,
        .expires_s = expires_s};
    struct http_cookie_spec with = spec;

    url_escape(&b, value);
    if (buf_done(&b, &text) != ERR_OK) {
        c->res->failed = true;
        return;
    }
    with.value = text;
    /* Scripts and browsers would take both, or either. */
    http_response_uncookie(c->res, name);
    http_response_cookie(c->res, &with);
}

static void cookies_clear(struct call *c, const char *domain)
{
    cookie_set(c, STR(ACCESS_COOKIE), STR(""), 0, domain);
    cookie_set(c, STR(REFRESH_COOKIE), STR(""), 0, domain);
}

void fdi_token_clear_older(struct call *c)
{
    const char *older = c->api->config->fdi_older_cookie_domain;

    cookies_clear(c, str_eq(str_of(older), STR("host")) ? "" : older);
}

void fdi_token_clear_legacy(struct call *c)
{
    if (cookie_count(c, STR(LEGACY_COOKIE)) > 0)
        cookie_set(c, STR(LEGACY_COOKIE), STR(""), 0,
                   c->api->config->fdi_cookie_domain);
}

bool fdi_token_wants_cookie(const struct call *c)
{
    switch (c->api->config->fdi_token_transfer) {
    case FDI_COOKIE:
        return true;
    case FDI_HEADER:
        return false;
    default:
        return str_eq_nocase(http_field(c->req, "ST_AUTH_MODE"), STR("cookie"));
    }
}

/* Whose session, until when, and what the token says: base64 of UTF-8 JSON,
 * which no header field could carry otherwise. */
static void front_token(struct call *c, const struct app_session_view *v)
{
    struct buf b = buf_new(c->ctx->arena);
    struct json_out j = json_out(&b);
    struct str json;
    char *text;

    json_open(&j, NULL, '{');
    json_str(&j, "uid", v->user_id);
    json_int(&j, "ate", v->access.expiry_ms);
    json_raw(&j, "up", v->token_payload);
    json_close(&j, '}');
    if (buf_done(&b, &json) != ERR_OK ||
        (text = arena_alloc(c->ctx->arena, ENC_B64_PADDED_LEN(json.n) + 1)) ==
            NULL) {
        c->res->failed = true;
        return;
    }
    size_t n = enc_b64((const uint8_t *)json.p, json.n, text);

    http_response_replace(c->res, "front-token", (struct str){text, n});
}

static void give_access(struct call *c, bool by_cookie, struct str token)
{
    if (by_cookie)
        cookie_set(c, STR(ACCESS_COOKIE), token,
                   clock_s(&c->ctx->clock) + YEAR_S,
                   c->api->config->fdi_cookie_domain);
    if (!by_cookie || c->api->config->fdi_expose_access_token)
        http_response_replace(c->res, "st-access-token", token);
}

void fdi_token_give(struct call *c, bool by_cookie,
                    const struct app_session_view *view)
{
    const struct app_token_out *refresh = &view->refresh;

    if (view->access.text.p != NULL) {
        give_access(c, by_cookie, view->access.text);
        front_token(c, view);
    }
    if (refresh->text.p != NULL && by_cookie)
        cookie_set(c, STR(REFRESH_COOKIE), refresh->text,
                   refresh->expiry_ms / 1000,
                   c->api->config->fdi_cookie_domain);
    else if (refresh->text.p != NULL)
        http_response_replace(c->res, "st-refresh-token", refresh->text);
    if (by_cookie && view->anti_csrf.p != NULL && c->api->fdi.by_token)
        http_response_replace(c->res, "anti-csrf", view->anti_csrf);
}

/* Empty values alone: how the other way's tokens go without telling scripts
 * that the session is gone. */
static void clear_quietly(struct call *c, bool by_cookie)
{
    if (by_cookie) {
        cookies_clear(c, c->api->config->fdi_cookie_domain);
        return;
    }
    http_response_replace(c->res, "st-access-token", STR(""));
    http_response_replace(c->res, "st-refresh-token", STR(""));
}

void fdi_token_give_new(struct call *c, bool by_cookie,
                        const struct app_session_view *view)
{
    if (is_ours(c, by_cookie ? bearer_of(c) : cookie_of(c, STR(ACCESS_COOKIE))))
        clear_quietly(c, !by_cookie);
    fdi_token_give(c, by_cookie, view);
}

void fdi_token_clear(struct call *c, bool by_cookie)
{
    clear_quietly(c, by_cookie);
    http_response_replace(c->res, "front-token", STR("remove"));
}

void fdi_token_clear_all(struct call *c)
{
    clear_quietly(c, true);
    fdi_token_clear(c, false);
}
