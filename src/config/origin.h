/* SPDX-License-Identifier: MIT */
/* Web origins as browsers write them (RFC 6454, section 6). */
#ifndef GATEHOUSE_CONFIG_ORIGIN_H
#define GATEHOUSE_CONFIG_ORIGIN_H

#include <stdbool.h>

#include "base/str.h"

/* NULL when url is scheme://host[:port] exactly as a browser would send it in
 * Origin, else what is wrong with it (static text). */
const char *origin_problem(struct str url);

/* The host of an origin without problem: a name or "[v6]". */
struct str origin_host(struct str url);

/* Is it a host name: lower-case labels of letters, digits and hyphens? */
bool origin_is_host_name(struct str host);

#endif
