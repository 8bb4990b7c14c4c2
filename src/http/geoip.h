/* SPDX-License-Identifier: MIT */
/* Where an address is, by a MaxMind DB file of the operator's. */
#ifndef GATEHOUSE_HTTP_GEOIP_H
#define GATEHOUSE_HTTP_GEOIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"

struct geoip; /* an open file, read-only */

/* What is known of an address. Texts in the arena. */
struct geoip_place {
    struct str country; /* ISO 3166-1, two letters; {NULL, 0}: nothing known */
    struct str city;    /* in English; {NULL, 0}: not known */
    bool measured;      /* the next two are known */
    int64_t latitude_e6, longitude_e6; /* millionths of a degree */
};

/* Opens path; "" gives NULL, which knows nothing. ERR_VALIDATION when it is no
 * such file, or this program was built without libmaxminddb; *why_r is then
 * static text. Opened before the fork and shared. */
enum err geoip_open(const char *path, struct geoip **g_r, const char **why_r);

/* Closes and NULLs *g; safe on NULL. */
void geoip_close(struct geoip **g);

/* The place of an address. One that is private, local, not in the file, or
 * whose entry is damaged is unknown. ERR_NO_MEMORY. */
enum err geoip_find(const struct geoip *g, struct arena *a, const struct ip *ip,
                    struct geoip_place *place_r);

#endif
