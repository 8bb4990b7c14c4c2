/* SPDX-License-Identifier: MIT */
/* Patterns are matched segment by segment; nothing is guessed or normalised,
 * so that one route has one path. */
#include "http/router.h"

bool router_match(const char *pattern, struct str path,
                  struct str params_r[ROUTER_PARAMS_MAX])
{
    struct str rest = str_of(pattern);
    struct str params[ROUTER_PARAMS_MAX];
    size_t count = 0;

    while (rest.p != NULL && path.p != NULL) {
        struct str want = str_cut(&rest, '/');
        struct str have = str_cut(&path, '/');

        if (!str_starts(want, STR("{"))) {
            if (!str_eq(want, have))
                return false;
        } else {
            if (have.n == 0 || count == ROUTER_PARAMS_MAX)
                return false;
            params[count++] = have;
        }
    }
    if (rest.p != NULL || path.p != NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        params_r[i] = params[i];
    return true;
}
