/* SPDX-License-Identifier: MIT */
/* The [provider NAME] sections while a configuration is read. */
#ifndef GATEHOUSE_CONFIG_PROVIDER_SECTION_H
#define GATEHOUSE_CONFIG_PROVIDER_SECTION_H

#include "config/config.h"
#include "config/keys.h"
#include "config/report.h"

#define PROVIDER_MAX 32
#define PROVIDER_NAME_MAX 32

enum provider_key_id {
#define PROVIDER_KEY(name, ...) PROVIDER_KEY_##name,
#include "config/provider_keys.def"
#undef PROVIDER_KEY
    PROVIDER_KEY_COUNT
};

/* What is kept of one section beside its values. */
struct provider_section {
    const char *section;       /* "provider NAME" */
    struct report_place begin; /* where it stood first */
    const char *text[PROVIDER_KEY_COUNT];
    struct report_place place[PROVIDER_KEY_COUNT];
};

struct key_slot; /* config/internal.h */

/* Is it the name of such a section, good or bad? */
bool provider_section_is(struct str section);

/* Is there one of that name by now? */
bool provider_section_has(const struct config *c, struct str section);

/* Takes note that section stands in the file, with every key at its default.
 * Reports a bad name and one section too many. */
void provider_section_begin(struct config *c, struct str section,
                            struct report *r);

/* The row of a key. Static. */
const struct key_row *provider_section_row(enum provider_key_id id);

/* The slot of a key of the i-th provider. */
struct key_slot provider_section_slot(struct config *c, size_t i,
                                      enum provider_key_id id);

/* The slot of a key by the names in the file; false: there is none. */
bool provider_section_find(struct config *c, struct str section,
                           struct str name, struct key_slot *slot_r);

/* Fills in what presets say where the files say nothing, and titles. */
void provider_section_finish(struct config *c, struct report *r);

#endif
