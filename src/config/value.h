/* SPDX-License-Identifier: MIT */
/* One value from text into its member, with type and bounds checked. */
#ifndef GATEHOUSE_CONFIG_VALUE_H
#define GATEHOUSE_CONFIG_VALUE_H

#include "config/config.h"
#include "config/internal.h"
#include "config/report.h"

/* Parses text by the key's type and stores it where key says, or reports why
 * not and leaves the member. Of a SECRET only the path is stored. c: whose
 * memory and directory are used. */
void value_set(struct config *c, const struct key_slot *key, const char *text,
               struct report *r);

/* The next word of *rest, which moves behind it; {NULL, 0} at the end. */
struct str value_word(struct str *rest);

#endif
