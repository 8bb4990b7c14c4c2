/* SPDX-License-Identifier: MIT */
/* When is a session used by something else than before? Pure rules. */
#ifndef GATEHOUSE_DOMAIN_WATCH_RULES_H
#define GATEHOUSE_DOMAIN_WATCH_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "config/config.h"
#include "store/store_session.h"

/* What may have changed, the weightiest last. */
enum watch_kind {
    WATCH_KIND_BROWSER,
    WATCH_KIND_OS,
    WATCH_KIND_COUNTRY,
    WATCH_KIND_TRAVEL,
    WATCH_KIND_COUNT
};

/* A use of a session. */
struct watch_use {
    struct str browser, os; /* empty or "Unknown": not known */
    struct store_place place;
    int64_t at_us;
};

/* Bits (1u << enum watch_kind) of what differs between two uses that follow
 * each other. What is not known in either is no difference; neither is another
 * version of the same browser or system. */
unsigned watch_rules_changes(const struct watch_use *was,
                             const struct watch_use *is, int64_t speed_kmh);

/* Kilometres between two measured places, along the surface. */
double watch_rules_distance(const struct store_place *a,
                            const struct store_place *b);

/* Nobody gets from was to is in the time between: farther than 100 km and
 * faster than speed_kmh. */
bool watch_rules_travel(const struct watch_use *was, const struct watch_use *is,
                        int64_t speed_kmh);

/* What the configuration says of a kind. */
enum config_watch watch_rules_policy(const struct config *config,
                                     enum watch_kind kind);

/* The strictest policy of some changes; WATCH_LOG for none. */
enum config_watch watch_rules_strictest(const struct config *config,
                                        unsigned changes);

/* browser, os, country or travel. Static text. */
const char *watch_rules_word(enum watch_kind kind);

#endif
