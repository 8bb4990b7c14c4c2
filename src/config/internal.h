/* SPDX-License-Identifier: MIT */
/* What a struct config keeps beside its values, for this folder only. */
#ifndef GATEHOUSE_CONFIG_INTERNAL_H
#define GATEHOUSE_CONFIG_INTERNAL_H

#include "base/arena.h"
#include "config/config.h"
#include "config/keys.h"
#include "config/provider_section.h"
#include "config/report.h"

struct config_store {
    struct arena *arena;
    const char *dir;                      /* of the main file; "" without one */
    const char *text[KEY_COUNT];          /* each value as it was written */
    struct report_place place[KEY_COUNT]; /* line 0: the default */
    struct provider_section *sections;    /* PROVIDER_MAX; NULL without any */
    struct config_provider *providers;    /* beside them; config's view */
};

/* Where one key of a configuration keeps what it was set to. */
struct key_slot {
    const struct key_row *row;
    const char *section; /* as the file has it: "log", "provider acme" */
    char *base;          /* the struct that has the row's member */
    const char **text;
    struct report_place *place;
};

/* The slot of a key of keys.def. */
struct key_slot keys_slot(struct config *c, enum key_id id);

#endif
