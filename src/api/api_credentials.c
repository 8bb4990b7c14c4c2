/* SPDX-License-Identifier: MIT */
/* One transport per kind of credential; a second copy is never chosen from. */
#include "api/api_credentials.h"

#include <string.h>

#include "api/api_cookie.h"
#include "api/routes.h"

/* An access token is a JWS of three parts; a refresh token is opaque and has
 * no dot. */
static bool looks_like_access(struct str token)
{
    size_t dots = 0;

    for (size_t i = 0; i < token.n; i++)
        dots += token.p[i] == '.';
    return dots == 2;
}

/* Does a Bearer token of this route mean the refresh token? */
static bool bearer_is_refresh(const struct call *c, struct str token)
{
    enum route_need need = c->route->need;

    return (need == NEED_REFRESH || need == NEED_ANY_OPTIONAL) &&
           !looks_like_access(token);
}

/* Puts the winner of header and cookie into slot. It is judged alone: a bad
 * one is not rescued by the other, or an attacker would get two tries. */
static void choose(const struct config *config, struct str header,
                   struct str cookie, struct str *slot, bool *by_cookie)
{
    bool use_header = config->tokens_header_authentication && header.n > 0 &&
                      (config->tokens_prefer_header || cookie.n == 0);

    *by_cookie = !use_header && cookie.n > 0;
    if (use_header)
        *slot = header;
    else if (cookie.n > 0)
        *slot = cookie;
}

/* Back ends have no cookies, and the switch for people's headers is not about
 * them. */
static enum err find_api_key(struct call *c, struct str bearer)
{
    struct str field = http_field(c->req, "X_API_KEY");

    if (field.n > 0 && bearer.n > 0)
        return ERR_DUPLICATE_CREDENTIALS;
    c->cred.api_key = field.n > 0 ? field : bearer;
    return ERR_OK;
}

enum err api_credentials_find(struct call *c)
{
    const struct config *config = c->api->config;
    const struct str none = {NULL, 0};
    struct str cookies[API_COOKIE_COUNT];
    struct str bearer = none;
    /* These open nothing alone: it is another token that a foreign page would
     * need. */
    bool by_cookie;
    enum err e;

    /* The other faces have credentials of their own (cdi.c, fdi.c). */
    if ((c->route->marks & ROUTE_FACES) != 0)
        return ERR_OK;
    /* All of ours, also those the route does not read: a browser with two has
     * been given one by somebody else (RFC 6265bis, section 5.7). */
    for (int i = 0; i < API_COOKIE_COUNT; i++) {
        e = http_cookie(c->req, api_cookie_name(config, (enum api_cookie)i),
                        &cookies[i]);
        if (e != ERR_OK)
            return e;
    }
    e = http_bearer(c->req, &bearer);
    if (e != ERR_OK)
        return e;
    c->ctx->client.device_token = cookies[API_COOKIE_DEVICE];
    if (c->route->need == NEED_API_KEY)
        return find_api_key(c, bearer);
    bool refresh = bearer_is_refresh(c, bearer);
    choose(config, refresh ? none : bearer, cookies[API_COOKIE_ACCESS],
           &c->cred.access, &c->cred.access_by_cookie);
    choose(config, refresh ? bearer : none, cookies[API_COOKIE_REFRESH],
           &c->cred.refresh, &c->cred.refresh_by_cookie);
    choose(config, http_field(c->req, "X_TWO_FACTOR_AUTHENTICATION_TOKEN"),
           cookies[API_COOKIE_TWO_FACTOR], &c->cred.two_factor,
           &c->cred.two_factor_by_cookie);
    choose(config, http_field(c->req, "X_STEP_UP_TOKEN"),
           cookies[API_COOKIE_STEP_UP], &c->cred.step_up, &by_cookie);
    choose(config, http_field(c->req, "X_SESSION_TOKEN"),
           cookies[API_COOKIE_SESSION], &c->cred.session, &by_cookie);
    choose(config, http_field(c->req, "X_OAUTH2_PROVIDER_CONNECTION_TOKEN"),
           cookies[API_COOKIE_PROVIDER], &c->cred.connection, &by_cookie);
    return ERR_OK;
}

bool api_credentials_by_cookie(const struct call *c)
{
    switch (c->route->need) {
    case NEED_ACCESS:
    case NEED_ACCESS_OPTIONAL:
        return c->cred.access_by_cookie;
    case NEED_REFRESH:
        return c->cred.refresh_by_cookie;
    case NEED_NONE:
    case NEED_ANY_OPTIONAL:
        return c->cred.access_by_cookie || c->cred.refresh_by_cookie;
    case NEED_TWO_FACTOR:
        return c->cred.two_factor_by_cookie;
    case NEED_TWO_FACTOR_AND_ACCESS:
    case NEED_ACCESS_OR_TWO_FACTOR:
        return c->cred.access_by_cookie || c->cred.two_factor_by_cookie;
    case NEED_API_KEY:
    case NEED_CORE_KEY:
    case NEED_FRONTEND:
    case NEED_COUNT:
        break;
    }
    return false;
}
