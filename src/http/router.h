/* SPDX-License-Identifier: MIT */
/* Matches method and path against patterns such as /api/auth/sessions/{id}. */
#ifndef GATEHOUSE_HTTP_ROUTER_H
#define GATEHOUSE_HTTP_ROUTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "http/request.h"

#define ROUTER_PARAMS_MAX 2

/* Does path fit pattern? Each {name} takes one non-empty segment, put into
 * params_r in order. A literal pattern must be equal byte for byte. */
bool router_match(const char *pattern, struct str path,
                  struct str params_r[ROUTER_PARAMS_MAX]);

#endif
