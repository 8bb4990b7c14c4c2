/* SPDX-License-Identifier: MIT */
/* When signing keys are made and retired, by pure rules. */
#ifndef GATEHOUSE_DOMAIN_KEYRING_PLAN_H
#define GATEHOUSE_DOMAIN_KEYRING_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "domain/keyring.h"
#include "store/store_key.h"

/* The realm's keys as read, linked. */
struct keyring_row {
    struct store_key k;
    struct keyring_row *next;
};

/* What to do now. */
struct keyring_plan {
    bool make;         /* a new key is wanted */
    int64_t active_us; /* and signs from here on */
};

/* May k sign at now_us? */
bool keyring_plan_signs(const struct store_key *k, int64_t now_us);

/* The plan for the realm's keys. A scheduled rotation
 * is decided publish_ahead before it happens, and the same write fixes the end
 * of the old key, so that nothing has to happen on time later. */
struct keyring_plan keyring_plan(const struct config *config,
                                 const struct keyring_row *rows, int64_t now_us,
                                 enum keyring_when when);

/* When a key that stops signing at retired_us can be forgotten: its last token
 * has expired. */
int64_t keyring_plan_expires(const struct config *config, int64_t retired_us);

#endif
