/* SPDX-License-Identifier: MIT */
/* What a struct config keeps beside its values, for this folder only. */
#ifndef GATEHOUSE_CONFIG_INTERNAL_H
#define GATEHOUSE_CONFIG_INTERNAL_H

#include "base/arena.h"
#include "config/config.h"
#include "config/keys.h"
#include "config/report.h"

struct config_store {
    struct arena *arena;
    const char *dir;                      /* of the main file; "" without one */
    const char *text[KEY_COUNT];          /* each value as it was written */
    struct report_place place[KEY_COUNT]; /* line 0: the default */
};

#endif
