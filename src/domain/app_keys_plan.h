/* SPDX-License-Identifier: MIT */
/* When dynamic keys of an application are made, sign and verify. Times in
 * microseconds; nothing is looked up here. */
#ifndef GATEHOUSE_DOMAIN_APP_KEYS_PLAN_H
#define GATEHOUSE_DOMAIN_APP_KEYS_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/app.h"

/* Is it time for a successor of the newest key? It is published the overlap
 * before the newest stops signing. */
bool app_keys_plan_due(const struct app_settings *s, int64_t newest_us,
                       int64_t now_us);

/* May a key made then still verify? */
bool app_keys_plan_verifies(const struct app_settings *s, int64_t created_us,
                            int64_t now_us);

/* Does the key before the newest sign yet, until readers know the newest? */
bool app_keys_plan_waits(const struct app_settings *s, int64_t newest_us,
                         int64_t previous_us, int64_t now_us);

/* Seconds until a successor is due, at least 1. */
int64_t app_keys_plan_max_age(const struct app_settings *s, int64_t newest_us,
                              int64_t now_us);

#endif
