/* SPDX-License-Identifier: MIT */
/* Our cookies: names, places and lives. */
#ifndef GATEHOUSE_API_API_COOKIE_H
#define GATEHOUSE_API_API_COOKIE_H

#include <stdint.h>

#include "api/call.h"

enum api_cookie {
    API_COOKIE_ACCESS,
    API_COOKIE_REFRESH,
    API_COOKIE_TWO_FACTOR,
    API_COOKIE_STEP_UP,
    API_COOKIE_PROVIDER,
    API_COOKIE_SESSION,
    API_COOKIE_DEVICE,
    API_COOKIE_COUNT
};

/* The name as sent, with the configured prefix; __Host- wants Path=/ (RFC
 * 6265bis section 4.1.3), so a cookie bound to a path takes __Secure- then. */
struct str api_cookie_name(const struct config *config, enum api_cookie which);

/* Sets a cookie for max_age seconds. */
void api_cookie_set(struct call *c, enum api_cookie which, struct str value,
                    int64_t max_age);

/* Takes one away. */
void api_cookie_clear(struct call *c, enum api_cookie which);

/* Takes access and refresh token away. */
void api_cookie_clear_tokens(struct call *c);

/* Takes every cookie away but the device's, and what the browser has cached
 * or stored of us: the end of a session in this browser. */
void api_cookie_clear_all(struct call *c);

#endif
