/* SPDX-License-Identifier: MIT */
/* What the tests of applications' keys go by: a key a week (U), known an
 * overlap (O) before it signs, tokens of an hour (V, in seconds). */
#ifndef GATEHOUSE_TESTS_APP_KEYS_WEEK_H
#define GATEHOUSE_TESTS_APP_KEYS_WEEK_H

#include "base/clock.h"
#include "domain/app.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define S CLOCK_SECOND
#define U (INT64_C(604800) * S)
#define O (60 * S)
#define V 3600

static const struct app_settings week = {
    .key_rotation_us = U, .key_overlap_us = O, .access_lifetime_s = V};

#endif
