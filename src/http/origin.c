/* SPDX-License-Identifier: MIT */
/* Against cross-site request forgery and foreign readers. Origins are compared
 * byte for byte: browsers write them in one form, and a comparison that folds
 * or searches is what suffix and sub-domain tricks live on. */
#include "http/origin.h"

#include <string.h>

#define ORIGIN_HOST_MAX 255

static bool origin_allowed(struct str origin, const struct origin_rules *rules)
{
    for (size_t i = 0; i < rules->allowed_count; i++)
        if (origin.n > 0 && str_eq(origin, rules->allowed[i]))
            return true;
    return false;
}

static bool origin_known(struct str origin, const struct origin_rules *rules)
{
    return (origin.n > 0 && str_eq(origin, rules->own)) ||
           origin_allowed(origin, rules);
}

static bool origin_is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Only the characters of s, which is lower case, and these others? */
static bool origin_made_of(struct str s, const char *others)
{
    for (size_t i = 0; i < s.n; i++)
        if (!origin_is_alnum(s.p[i]) &&
            (s.p[i] == '\0' || strchr(others, s.p[i]) == NULL))
            return false;
    return s.n > 0;
}

/* Host and port of an authority; user information makes it none: it is how
 * one host is dressed up as another. */
static bool origin_split(struct str authority, struct str *host_r,
                         struct str *port_r)
{
    struct str rest = authority;
    bool v6 = str_starts(authority, STR("["));
    struct str host = str_cut(&rest, v6 ? ']' : ':');

    if (v6) {
        if (rest.p == NULL || (rest.n > 0 && rest.p[0] != ':'))
            return false;
        *host_r = (struct str){host.p, host.n + 1};
        *port_r = rest.n == 0 ? rest : (struct str){rest.p + 1, rest.n - 1};
        return origin_made_of((struct str){host.p + 1, host.n - 1}, ":.");
    }
    *host_r = host;
    *port_r = rest;
    return host.n <= ORIGIN_HOST_MAX && origin_made_of(host, "-._");
}

/* The port as it stands in an origin: 0 for the scheme's own. */
static bool origin_port(struct str scheme, struct str text, uint64_t *port_r)
{
    uint64_t port = 0;

    if (text.n > 0 && (!str_uint(text, 65535, &port) || port == 0))
        return false;
    if ((str_eq(scheme, STR("https")) && port == 443) ||
        (str_eq(scheme, STR("http")) && port == 80))
        port = 0;
    *port_r = port;
    return true;
}

static struct str origin_lower(struct arena *a, struct str s)
{
    char *p = arena_strdup(a, s);

    for (size_t i = 0; p != NULL && i < s.n; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] - 'A' + 'a');
    return (struct str){p, p == NULL ? 0 : s.n};
}

/* RFC 6454 section 4. Whatever has an odd part (user information, escapes, a
 * backslash) has no origin, for browsers and servers disagree about it. */
struct str origin_of_url(struct arena *a, struct str url)
{
    const struct str none = {NULL, 0};
    struct str rest = origin_lower(a, url);
    struct str scheme = str_cut(&rest, ':');
    struct str host;
    struct str port_text;
    struct str text;
    uint64_t port;

    if (!str_starts(rest, STR("//")) || !origin_made_of(scheme, "+-."))
        return none;
    rest = (struct str){rest.p + 2, rest.n - 2};
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i] == '/' || rest.p[i] == '?' || rest.p[i] == '#')
            rest.n = i;
    if (!origin_split(rest, &host, &port_text) ||
        !origin_port(scheme, port_text, &port))
        return none;
    struct buf b = buf_new(a);

    buf_str(&b, scheme);
    buf_text(&b, "://");
    buf_str(&b, host);
    if (port != 0)
        buf_fmt(&b, ":%u", (unsigned)port);
    return buf_done(&b, &text) == ERR_OK ? text : none;
}

/* Fetch Metadata cannot be set by a page, Origin not be forged by one; Referer
 * is the last resort for old browsers. Silence is no permission. */
bool origin_permits(struct arena *a, const struct http_request *r,
                    const struct origin_rules *rules)
{
    struct str origin = http_field(r, "ORIGIN");
    struct str site = http_field(r, "SEC_FETCH_SITE");
    struct str dest = http_field(r, "SEC_FETCH_DEST");
    struct str referer = http_field(r, "REFERER");

    /* A script asks for no destination; a form or an image has one. */
    if (dest.p != NULL && !str_eq(dest, STR("empty")))
        return false;
    if (str_eq(site, STR("cross-site")))
        return origin_allowed(origin, rules);
    if (origin.p != NULL)
        return origin_known(origin, rules);
    if (site.p != NULL)
        return str_eq(site, STR("same-origin")) || str_eq(site, STR("none"));
    return referer.p != NULL && origin_known(origin_of_url(a, referer), rules);
}

void origin_cors(struct http_response *res, const struct http_request *r,
                 const struct origin_rules *rules)
{
    struct str origin = http_field(r, "ORIGIN");

    http_response_field(res, "Vary", STR("Origin"));
    if (rules->exposed != NULL)
        http_response_field(res, "Access-Control-Expose-Headers",
                            str_of(rules->exposed));
    if (!origin_known(origin, rules))
        return;
    http_response_field(res, "Access-Control-Allow-Origin", origin);
    http_response_field(res, "Access-Control-Allow-Credentials", STR("true"));
    if (rules->exposed == NULL)
        http_response_field(res, "Access-Control-Expose-Headers",
                            STR("Retry-After, WWW-Authenticate"));
}

/* The list of fields is fixed: echoing what was asked would allow any. */
void origin_preflight(struct http_response *res, const struct http_request *r,
                      const struct origin_rules *rules, const char *methods)
{
    http_response_reset(res, 204);
    origin_cors(res, r, rules);
    if (!origin_known(http_field(r, "ORIGIN"), rules)) {
        http_problem(res, ERR_CROSS_SITE, NULL, r->request_id, 0);
        return;
    }
    http_response_field(res, "Access-Control-Allow-Methods", str_of(methods));
    http_response_field(
        res, "Access-Control-Allow-Headers",
        rules->accepted != NULL
            ? str_of(rules->accepted)
            : STR("Authorization, Content-Type, X-Requested-With, "
                  "X-CSRF-Token, X-Step-Up-Token, "
                  "X-Two-Factor-Authentication-Token, "
                  "X-OAuth2-Provider-Connection-Token, "
                  "X-Session-Token"));
    http_response_field(res, "Access-Control-Max-Age", STR("600"));
}
