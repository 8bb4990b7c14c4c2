/* SPDX-License-Identifier: MIT */
/* Patterns are compared byte by byte; nothing is guessed or normalised, so that
 * one route has one path. A table is walked for every request: most patterns
 * must end at their first other byte. */
#include "http/router.h"

#include <string.h>

bool router_match(const char *pattern, struct str path,
                  struct str params_r[ROUTER_PARAMS_MAX])
{
    const char *at = path.p;
    const char *end = path.n > 0 ? path.p + path.n : at;
    struct str params[ROUTER_PARAMS_MAX];
    size_t count = 0;

    while (*pattern != '\0') {
        if (*pattern != '{') {
            if (at == end || *at++ != *pattern++)
                return false;
            continue;
        }
        const size_t left = (size_t)(end - at);
        const char *stop = left > 0 ? memchr(at, '/', left) : NULL;
        struct str have = {at, stop == NULL ? left : (size_t)(stop - at)};

        if (have.n == 0 || count == ROUTER_PARAMS_MAX)
            return false;
        params[count++] = have;
        at += have.n;
        pattern += strcspn(pattern, "/");
    }
    if (at != end)
        return false;
    for (size_t i = 0; i < count; i++)
        params_r[i] = params[i];
    return true;
}
