/* SPDX-License-Identifier: MIT */
/* Cross-site request forgery: Origin and Fetch Metadata first, then the proof
 * the operator asks for on top. */
#include "api/api_csrf.h"

#include <string.h>

#include "api/api_credentials.h"
#include "api/routes.h"
#include "base/enc.h"
#include "domain/refresh_token.h"

enum err api_csrf_token(struct call *c, const struct id *session_id,
                        struct str *token_r)
{
    struct digest d;
    char text[ENC_B64_LEN(DIGEST_LEN) + 1];
    enum err e;

    if (c->api->config->csrf_anti_csrf != ANTI_CSRF_TOKEN) {
        *token_r = (struct str){NULL, 0};
        return ERR_OK;
    }
    e = seal_lookup(
        c->ctx->sealer, "csrf",
        (struct str){(const char *)session_id->b, sizeof(session_id->b)}, &d);
    if (e != ERR_OK)
        return e;
    size_t n = enc_b64url(d.b, sizeof(d.b), text);
    struct str token = arena_str(c->ctx->arena, (struct str){text, n});
    if (token.p == NULL)
        return ERR_NO_MEMORY;
    *token_r = token;
    return ERR_OK;
}

/* The session a token must belong to, as far as the request tells. */
static bool csrf_session(struct call *c, struct id *id_r)
{
    struct refresh_token token;

    if (c->has_session) {
        *id_r = c->view.state.row.id;
        return true;
    }
    if (c->cred.refresh.p == NULL ||
        refresh_token_open(c->ctx, c->cred.refresh, &token) != ERR_OK)
        return false;
    *id_r = token.session_id;
    return true;
}

/* Compares keyed hashes of both texts: what time tells is about the hashes,
 * which a guesser cannot steer. */
static enum err csrf_compare(struct call *c, struct str given,
                             struct str expected)
{
    struct digest a, b;
    enum err e = seal_lookup(c->ctx->sealer, "csrf.compare", given, &a);

    if (e != ERR_OK)
        return e;
    e = seal_lookup(c->ctx->sealer, "csrf.compare", expected, &b);
    if (e != ERR_OK)
        return e;
    return memcmp(a.b, b.b, sizeof(a.b)) == 0 ? ERR_OK : ERR_CROSS_SITE;
}

static enum err csrf_token_check(struct call *c)
{
    struct str given = http_field(c->req, "X_CSRF_TOKEN");
    struct str expected;
    struct id session_id;
    enum err e;

    /* At sign-in there is no session yet that a token could belong to, and a
     * refresh token that does not open is refused by its handler. */
    if (c->route->csrf == CSRF_ALWAYS || !csrf_session(c, &session_id))
        return ERR_OK;
    e = api_csrf_token(c, &session_id, &expected);
    if (e != ERR_OK)
        return e;
    c->detail = "X-CSRF-Token is missing or not this session's";
    if (given.n == 0)
        return ERR_CROSS_SITE;
    return csrf_compare(c, given, expected);
}

static enum err csrf_header_check(struct call *c)
{
    /* A foreign page cannot add a field of its own without a preflight. */
    if (http_field(c->req, "X_REQUESTED_WITH").p != NULL ||
        http_field(c->req, "RID").p != NULL)
        return ERR_OK;
    c->detail = "X-Requested-With or rid is needed";
    return ERR_CROSS_SITE;
}

/* Did a browser send it? Other clients give none of these. */
static bool csrf_browser(const struct http_request *r)
{
    return http_field(r, "ORIGIN").p != NULL ||
           http_field(r, "SEC_FETCH_SITE").p != NULL ||
           http_field(r, "REFERER").p != NULL;
}

enum err api_csrf_check(struct call *c)
{
    enum route_csrf rule = c->route->csrf;
    enum err e = ERR_OK;

    if (rule == CSRF_NONE)
        return ERR_OK;
    if (!api_credentials_by_cookie(c) &&
        !(rule == CSRF_ALWAYS && csrf_browser(c->req)))
        return ERR_OK;
    if (!origin_permits(c->ctx->arena, c->req, c->origins))
        return ERR_CROSS_SITE;
    /* It has proofs of its own (fdi.c). */
    if ((c->route->marks & ROUTE_FDI) != 0)
        return ERR_OK;
    if (c->api->config->csrf_anti_csrf == ANTI_CSRF_HEADER)
        e = csrf_header_check(c);
    else if (c->api->config->csrf_anti_csrf == ANTI_CSRF_TOKEN)
        e = csrf_token_check(c);
    if (e == ERR_OK)
        c->detail = NULL;
    return e;
}
