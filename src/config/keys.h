/* SPDX-License-Identifier: MIT */
/* The rows of keys.def as data: what every key is called, takes and means. */
#ifndef GATEHOUSE_CONFIG_KEYS_H
#define GATEHOUSE_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum key_id {
#define KEY(section, name, ...) KEY_##section##_##name,
#include "config/keys.def"
#undef KEY
    KEY_COUNT
};

enum key_type {
    KEY_TEXT,
    KEY_PATH,
    KEY_SECRET,
    KEY_INT,
    KEY_MODE,
    KEY_BOOL,
    KEY_SECONDS,
    KEY_BYTES,
    KEY_CHOICE,
    KEY_LIST,
    KEY_NETS,
    KEY_TYPE_COUNT
};

enum key_reload { KEY_RELOAD, KEY_START };

struct key_row {
    const char *section;
    const char *name;
    enum key_type type;
    enum key_reload reload;
    const char *def;
    int64_t min;
    int64_t max;
    const char *help;
    size_t offset; /* of its member in struct config or config_provider */
};

/* The row of a key. Static. */
const struct key_row *keys_row(enum key_id id);

/* The key of that name, KEY_COUNT when there is none. */
enum key_id keys_find(struct str section, struct str name);

/* Does any key stand in this section? */
bool keys_has_section(struct str section);

/* The words a CHOICE takes: blank-separated, in the order of its enum. */
struct str keys_choices(const struct key_row *row);

/* Does the key take several words, so that its value may be continued? */
bool keys_is_list(const struct key_row *row);

#endif
