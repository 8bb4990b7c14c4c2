/* SPDX-License-Identifier: MIT */
/* Cookies are set and cleared by the same row, so that clearing works. */
#include "api/api_cookie.h"

#include <assert.h>

#define PATH_ALL "/"
#define PATH_AUTH "/api/auth"

enum same_site { AS_CONFIGURED, STRICT, LAX };

struct cookie_row {
    struct str names[3]; /* by enum config_prefix */
    const char *path;
    enum same_site same_site;
};

#define NAMES(text, host)                                                      \
    {                                                                          \
        STR_INIT(text), STR_INIT("__Secure-" text), STR_INIT(host text)        \
    }

/* The refresh token travels only where it is used. Lax is for what must
 * survive the way back from an OAuth2 provider. */
static const struct cookie_row cookie_rows[] = {
    [API_COOKIE_ACCESS] = {NAMES("access_token", "__Host-"), PATH_ALL,
                           AS_CONFIGURED},
    [API_COOKIE_REFRESH] = {NAMES("refresh_token", "__Secure-"), PATH_AUTH,
                            AS_CONFIGURED},
    [API_COOKIE_TWO_FACTOR] = {NAMES("two_factor_authentication_token",
                                     "__Host-"),
                               PATH_ALL, STRICT},
    [API_COOKIE_STEP_UP] = {NAMES("step_up_token", "__Host-"), PATH_ALL,
                            AS_CONFIGURED},
    [API_COOKIE_PROVIDER] = {NAMES("oauth2_provider_connection_token",
                                   "__Host-"),
                             PATH_ALL, LAX},
    [API_COOKIE_SESSION] = {NAMES("session_token", "__Host-"), PATH_ALL, LAX},
    [API_COOKIE_DEVICE] = {NAMES("device_token", "__Secure-"), PATH_AUTH,
                           STRICT},
};
static_assert(sizeof(cookie_rows) / sizeof(cookie_rows[0]) == API_COOKIE_COUNT,
              "a row per cookie");

struct str api_cookie_name(const struct config *config, enum api_cookie which)
{
    return cookie_rows[which].names[config->cookies_prefix];
}

static const char *cookie_same_site(const struct config *config,
                                    enum same_site s)
{
    if (s == LAX)
        return "Lax";
    if (s == AS_CONFIGURED && config->cookies_same_site == SAME_SITE_LAX)
        return "Lax";
    return "Strict";
}

void api_cookie_set(struct call *c, enum api_cookie which, struct str value,
                    int64_t max_age)
{
    const struct config *config = c->api->config;
    const struct cookie_row *row = &cookie_rows[which];
    const struct http_cookie_spec spec = {
        .name = api_cookie_name(config, which),
        .value = value,
        .path = row->path,
        .domain =
            config->cookies_domain[0] == '\0' ? NULL : config->cookies_domain,
        .same_site = cookie_same_site(config, row->same_site),
        .secure = config->cookies_secure,
        .max_age = max_age,
    };

    http_response_cookie(c->res, &spec);
}

void api_cookie_clear(struct call *c, enum api_cookie which)
{
    api_cookie_set(c, which, STR(""), 0);
}

void api_cookie_clear_tokens(struct call *c)
{
    api_cookie_clear(c, API_COOKIE_ACCESS);
    api_cookie_clear(c, API_COOKIE_REFRESH);
}

void api_cookie_clear_all(struct call *c)
{
    for (int i = 0; i < API_COOKIE_COUNT; i++) {
        if (i != API_COOKIE_DEVICE)
            api_cookie_clear(c, (enum api_cookie)i);
    }
    /* Not "cookies": that would take the device cookie too, and with it the
     * owner's way past a stranger's failed tries. */
    http_response_field(c->res, "Clear-Site-Data",
                        STR("\"cache\", \"storage\""));
}
