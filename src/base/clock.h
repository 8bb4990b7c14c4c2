/* SPDX-License-Identifier: MIT */
/* Time: wall clock in microseconds UTC, replaceable in tests. */
#ifndef GATEHOUSE_BASE_CLOCK_H
#define GATEHOUSE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define CLOCK_SECOND INT64_C(1000000)
#define CLOCK_RFC3339_LEN 27
#define CLOCK_HTTP_LEN 29

/* Where the time comes from: at(data) in microseconds since 1970 UTC. */
struct clock {
    int64_t (*at)(void *data);
    void *data;
};

/* The system's clock (CLOCK_REALTIME). */
struct clock clock_system(void);

/* The clock's present time, microseconds since 1970 UTC. */
int64_t clock_us(const struct clock *c);

/* The same in whole seconds, rounded down. */
int64_t clock_s(const struct clock *c);

/* CLOCK_MONOTONIC in microseconds, for durations. */
int64_t clock_monotonic_us(void);

/* us as RFC 3339 UTC with microseconds and a NUL:
 * 2026-11-22T21:49:00.123456Z. Years 0000 to 9999; a time outside is moved to
 * the nearest inside. */
void clock_rfc3339(int64_t us, char out[CLOCK_RFC3339_LEN + 1]);

/* The reverse, with 0 to 6 digits of a fraction; only UTC, written as Z, from
 * 1970 on. false, us_r untouched, for anything else. */
bool clock_rfc3339_parse(struct str text, int64_t *us_r);

/* s, seconds since 1970 UTC, as the date of a header field (RFC 9110 section
 * 5.6.7) and a NUL: Sun, 06 Nov 1994 08:49:37 GMT. Times outside 0000 to 9999
 * as above. */
void clock_http(int64_t s, char out[CLOCK_HTTP_LEN + 1]);

#endif
