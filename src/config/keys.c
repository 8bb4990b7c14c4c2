/* SPDX-License-Identifier: MIT */
/* The key table, built from keys.def at compile time, and its lookups. */
#include "config/keys.h"

#include <string.h>

#include "config/internal.h"

static const struct key_row rows[] = {
#define KEY(section, name, TYPE, def, min, max, reload, help)                  \
    {#section,     #name, KEY_##TYPE,                                          \
     KEY_##reload, def,   min,                                                 \
     max,          help,  offsetof(struct config, section##_##name)},
#include "config/keys.def"
#undef KEY
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) == KEY_COUNT, "one row per key");

const struct key_row *keys_row(enum key_id id)
{
    return &rows[id];
}

enum key_id keys_find(struct str section, struct str name)
{
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (str_eq(str_of(rows[i].section), section) &&
            str_eq(str_of(rows[i].name), name))
            return (enum key_id)i;
    }
    return KEY_COUNT;
}

bool keys_has_section(struct str section)
{
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (str_eq(str_of(rows[i].section), section))
            return true;
    }
    return false;
}

struct key_slot keys_slot(struct config *c, enum key_id id)
{
    return (struct key_slot){&rows[id], rows[id].section, (char *)c,
                             &c->store->text[id], &c->store->place[id]};
}

struct str keys_choices(const struct key_row *row)
{
    struct str help = str_of(row->help);
    return str_cut(&help, ':');
}

bool keys_is_list(const struct key_row *row)
{
    return row->type == KEY_LIST || row->type == KEY_NETS;
}
