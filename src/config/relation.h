/* SPDX-License-Identifier: MIT */
/* What the values of a configuration must be to each other. */
#ifndef GATEHOUSE_CONFIG_RELATION_H
#define GATEHOUSE_CONFIG_RELATION_H

#include "config/config.h"
#include "config/report.h"

/* Reports every relation that does not hold, at the line of the key that is
 * to blame. */
void relation_check(const struct config *c, struct report *r);

/* The part of relation_check that is about [provider NAME] sections. */
void relation_check_providers(const struct config *c, struct report *r);

/* Reports the keys without a useful default that file does not set. */
void relation_check_needed(const struct config *c, const char *file,
                           struct report *r);

#endif
