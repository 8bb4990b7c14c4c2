/* SPDX-License-Identifier: MIT */
/* Sections of one kind and many names: provider_keys.def holds for each. */
#include "config/provider_section.h"

#include <string.h>

#include "base/buf.h"
#include "config/internal.h"
#include "config/provider.h"
#include "config/value.h"

static const struct key_row rows[] = {
#define PROVIDER_KEY(name, member, TYPE, def, min, max, help)                  \
    {"provider", #name, KEY_##TYPE,                                            \
     KEY_RELOAD, def,   min,                                                   \
     max,        help,  offsetof(struct config_provider, member)},
#include "config/provider_keys.def"
#undef PROVIDER_KEY
};

static const struct preset {
    enum config_provider_preset preset;
    enum provider_key_id key;
    const char *value;
} presets[] = {
#define PRESET(name, key, value)                                               \
    {PROVIDER_PRESET_##name, PROVIDER_KEY_##key, value},
#include "config/provider_presets.def"
#undef PRESET
};

/* value.c writes choices as unsigned. */
_Static_assert(sizeof(enum config_provider_kind) == sizeof(unsigned),
               "an enum is as wide as an unsigned");

const struct key_row *provider_section_row(enum provider_key_id id)
{
    return &rows[id];
}

/* What stands behind "provider "; {NULL, 0} in other sections. */
static struct str name_of(struct str section)
{
    const struct str lead = STR("provider ");
    if (!str_starts(section, lead))
        return (struct str){NULL, 0};
    return (struct str){section.p + lead.n, section.n - lead.n};
}

bool provider_section_is(struct str section)
{
    return name_of(section).p != NULL;
}

/* Names stand in paths and rows, and beside "password" in lists of the ways
 * to sign in. */
static bool is_name(struct str name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    for (size_t i = 0; i < name.n; i++) {
        if (memchr(letters, name.p[i], sizeof letters - 1) == NULL)
            return false;
    }
    return name.n > 0 && name.n <= PROVIDER_NAME_MAX && name.p[0] != '-' &&
           !str_eq(name, STR("password")) && !str_eq(name, STR("oauth2"));
}

static size_t index_of(const struct config *c, struct str section)
{
    size_t i = 0;
    while (i < c->provider_count &&
           !str_eq(str_of(c->store->sections[i].section), section))
        i++;
    return i;
}

bool provider_section_has(const struct config *c, struct str section)
{
    return index_of(c, section) < c->provider_count;
}

struct key_slot provider_section_slot(struct config *c, size_t i,
                                      enum provider_key_id id)
{
    struct provider_section *s = &c->store->sections[i];
    return (struct key_slot){&rows[id], s->section,
                             (char *)&c->store->providers[i], &s->text[id],
                             &s->place[id]};
}

static bool have_room(struct config *c)
{
    struct config_store *store = c->store;
    if (store->sections != NULL)
        return true;
    store->sections =
        arena_alloc(store->arena, PROVIDER_MAX * sizeof *store->sections);
    store->providers =
        arena_alloc(store->arena, PROVIDER_MAX * sizeof *store->providers);
    c->providers = store->providers;
    return store->sections != NULL && store->providers != NULL;
}

static void add(struct config *c, struct str section, struct report *r)
{
    struct report_place here = r->at;
    const char *own = arena_strdup(c->store->arena, section);
    if (own == NULL || !have_room(c)) {
        report_problem(r, "out of memory");
        return;
    }
    size_t i = c->provider_count++;
    c->store->sections[i].section = own;
    c->store->sections[i].begin = here;
    c->store->providers[i].name = name_of(str_of(own)).p;
    for (unsigned k = 0; k < PROVIDER_KEY_COUNT; k++) {
        struct key_slot slot =
            provider_section_slot(c, i, (enum provider_key_id)k);
        r->at = (struct report_place){"default", 0};
        value_set(c, &slot, rows[k].def, r);
    }
    r->at = here;
}

void provider_section_begin(struct config *c, struct str section,
                            struct report *r)
{
    struct str name = name_of(section);
    if (!is_name(name))
        report_problem(r,
                       "[%.*s]: a provider's name has 1 to %d of a-z, 0-9 and "
                       "-, and is neither password nor oauth2",
                       STR_FMT(section), PROVIDER_NAME_MAX);
    else if (provider_section_has(c, section))
        return;
    else if (c->provider_count == PROVIDER_MAX)
        report_problem(r, "[%.*s]: more than %d providers", STR_FMT(section),
                       PROVIDER_MAX);
    else
        add(c, section, r);
}

bool provider_section_find(struct config *c, struct str section,
                           struct str name, struct key_slot *slot_r)
{
    size_t i = index_of(c, section);
    if (i == c->provider_count)
        return false;
    for (unsigned k = 0; k < PROVIDER_KEY_COUNT; k++) {
        if (!str_eq(str_of(rows[k].name), name))
            continue;
        *slot_r = provider_section_slot(c, i, (enum provider_key_id)k);
        return true;
    }
    return false;
}

/* place's line tells whether a file set the key. */
static void apply_preset(struct config *c, size_t i, struct report *r)
{
    for (size_t k = 0; k < sizeof presets / sizeof presets[0]; k++) {
        struct key_slot slot = provider_section_slot(c, i, presets[k].key);
        struct report_place place = *slot.place;
        if (presets[k].preset != c->providers[i].preset || place.line != 0)
            continue;
        r->at = place;
        value_set(c, &slot, presets[k].value, r);
    }
}

void provider_section_finish(struct config *c, struct report *r)
{
    for (size_t i = 0; i < c->provider_count; i++) {
        struct config_provider *p = &c->store->providers[i];
        apply_preset(c, i, r);
        if (p->title[0] == '\0')
            p->title = p->name;
    }
}
