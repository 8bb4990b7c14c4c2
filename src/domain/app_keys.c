/* SPDX-License-Identifier: MIT */
/* What a process keeps opened of its applications. A look into the store costs
 * one short query; a reload takes over what is parsed already. */
#include "domain/app_keys.h"

#include <stdlib.h>

#include "base/log.h"
#include "domain/app_keys_plan.h"
#include "domain/app_keys_rows.h"
#include "store/store_key.h"

/* Applications kept opened; of more, those asked for last. */
#define APP_KEYS_SETS 64

/* Applications the background job looks after at once. */
#define APP_KEYS_AHEAD 32

/* Looks for unknown kids in a second, over all applications. */
#define APP_KEYS_ASKS 32

struct app_keys_slot {
    struct key *key;
    int64_t created_us;
    bool fixed;
};

/* One application's, newest first. */
struct app_keys_set {
    int64_t app_id; /* 0: free */
    int64_t generation;
    int64_t looked_us; /* monotonic */
    uint64_t used;
    struct app_keys_slot *slots;
    size_t n;
    bool loaded;
    struct secret refresh; /* empty: not asked for yet */
};

struct app_keys {
    struct app_keys_set sets[APP_KEYS_SETS];
    uint64_t uses;
    int64_t asked_us; /* monotonic start of the second asks are counted for */
    unsigned asks;
};

enum err app_keys_new(struct app_keys **k_r)
{
    struct app_keys *k = calloc(1, sizeof(*k));

    if (k == NULL)
        return ERR_NO_MEMORY;
    *k_r = k;
    return ERR_OK;
}

static void slots_drop(struct app_keys_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        key_free(&set->slots[i].key);
    free(set->slots);
    set->slots = NULL;
    set->n = 0;
}

static void set_drop(struct app_keys_set *set)
{
    slots_drop(set);
    secret_free(&set->refresh);
    *set = (struct app_keys_set){.app_id = 0};
}

void app_keys_free(struct app_keys **k)
{
    if (*k == NULL)
        return;
    for (size_t i = 0; i < APP_KEYS_SETS; i++)
        set_drop(&(*k)->sets[i]);
    free(*k);
    *k = NULL;
}

/* The application's place, taken from the one that was not asked for longest
 * when it has none. */
static struct app_keys_set *set_of(struct app_keys *k, int64_t app_id)
{
    struct app_keys_set *set = &k->sets[0];

    for (size_t i = 0; i < APP_KEYS_SETS; i++) {
        if (k->sets[i].app_id == app_id) {
            set = &k->sets[i];
            break;
        }
        if (k->sets[i].used < set->used)
            set = &k->sets[i];
    }
    if (set->app_id != app_id) {
        set_drop(set);
        set->app_id = app_id;
    }
    set->used = ++k->uses;
    return set;
}

static struct app_keys_slot *slot_of(const struct app_keys_set *set,
                                     struct str kid)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->slots[i].key != NULL &&
            str_eq(str_of(key_id(set->slots[i].key)), kid))
            return &set->slots[i];
    return NULL;
}

/* The first at or behind i of that kind; NULL: none. */
static const struct app_keys_slot *slot_from(const struct app_keys_set *set,
                                             bool fixed, size_t i)
{
    for (; i < set->n; i++)
        if (set->slots[i].fixed == fixed)
            return &set->slots[i];
    return NULL;
}

/* Takes the key over from old, or opens it. *key_r NULL: it does not open, is
 * told about and left out; the others must go on. */
static enum err row_open(struct ctx *c, const struct store_app_key *row,
                         const struct app_keys_set *old, struct key **key_r)
{
    struct app_keys_slot *slot = slot_of(old, row->kid);
    struct key *key = NULL;

    if (slot != NULL) {
        *key_r = slot->key;
        slot->key = NULL;
        return ERR_OK;
    }
    enum err e = app_keys_rows_open(c, row, &key);

    if (e == ERR_VALIDATION)
        log_event(LOG_LEVEL_ERROR, "key.unreadable",
                  (struct log_field[]){LOG_TEXT("kid", row->kid), LOG_END});
    else if (e != ERR_OK)
        return e;
    *key_r = key;
    return ERR_OK;
}

static enum err set_parse(struct ctx *c, const struct app_keys_row *rows,
                          struct app_keys_set *set)
{
    struct app_keys_set fresh = {.app_id = 0};
    size_t count = 0;
    enum err e = ERR_OK;

    for (const struct app_keys_row *r = rows; r != NULL; r = r->next)
        count++;
    fresh.slots = calloc(count + 1, sizeof(*fresh.slots));
    if (fresh.slots == NULL)
        return ERR_NO_MEMORY;
    for (; rows != NULL && e == ERR_OK; rows = rows->next) {
        struct app_keys_slot slot = {NULL, rows->k.created_us, rows->k.fixed};

        e = row_open(c, &rows->k, set, &slot.key);
        if (e == ERR_OK && slot.key != NULL)
            fresh.slots[fresh.n++] = slot;
    }
    slots_drop(set);
    set->slots = fresh.slots;
    set->n = fresh.n;
    set->loaded = e == ERR_OK;
    return e;
}

/* Loads when nothing is loaded or the generation has moved, which is read
 * before the keys: a change in between only makes the next look load again. */
static enum err set_look(struct ctx *c, const struct app *app,
                         struct app_keys_set *set)
{
    struct app_keys_row *rows = NULL;
    int64_t generation, now;
    enum err e =
        store_key_generation(c->db, c->arena, app->app_id, &generation, &now);

    if (e != ERR_OK)
        return e;
    set->looked_us = clock_monotonic_us();
    if (set->loaded && set->generation == generation)
        return ERR_OK;
    set->loaded = false;
    e = app_keys_rows(c, app, &rows);
    if (e == ERR_OK)
        e = set_parse(c, rows, set);
    if (e != ERR_OK)
        return e;
    secret_free(&set->refresh);
    set->generation = generation;
    return ERR_OK;
}

/* The application's set, loaded. What others have changed is seen by the time a
 * successor that is published signs. What is opened does while the store is
 * away, and the next look waits for its time again. */
static enum err set_open(struct ctx *c, const struct app *app,
                         struct app_keys_set **set_r)
{
    struct app_keys_set *set = set_of(c->app_keys, app->app_id);
    const int64_t now = clock_monotonic_us();
    enum err e = ERR_OK;

    if (!set->loaded || now - set->looked_us >= app->settings.key_overlap_us) {
        set->looked_us = now;
        e = set_look(c, app, set);
    }
    if (e != ERR_OK && set->loaded)
        e = ERR_OK;
    if (e == ERR_OK)
        *set_r = set;
    return e;
}

static bool set_lacks(const struct ctx *c, const struct app *app,
                      const struct app_keys_set *set, bool fixed)
{
    const struct app_keys_slot *newest = slot_from(set, fixed, 0);

    if (newest == NULL || fixed)
        return newest == NULL;
    return app_keys_plan_due(&app->settings, newest->created_us,
                             clock_us(&c->clock));
}

/* Makes the key that is missing or due. Somebody else may have, so the store is
 * asked first. */
static enum err set_fill(struct ctx *c, const struct app *app,
                         struct app_keys_set *set, bool fixed)
{
    if (!set_lacks(c, app, set, fixed))
        return ERR_OK;
    enum err e = set_look(c, app, set);

    if (e != ERR_OK || !set_lacks(c, app, set, fixed))
        return e;
    e = app_keys_rows_make(c, app, fixed);
    return e == ERR_OK ? set_look(c, app, set) : e;
}

/* The newest, or the one before while the newest is not known everywhere. */
static const struct app_keys_slot *set_signer(const struct ctx *c,
                                              const struct app *app,
                                              const struct app_keys_set *set,
                                              bool fixed)
{
    const struct app_keys_slot *newest = slot_from(set, fixed, 0);
    const struct app_keys_slot *previous = NULL;

    if (newest == NULL || fixed)
        return newest;
    previous = slot_from(set, false, (size_t)(newest - set->slots) + 1);
    return previous != NULL && app_keys_plan_waits(
                                   &app->settings, newest->created_us,
                                   previous->created_us, clock_us(&c->clock))
               ? previous
               : newest;
}

enum err app_keys_signer(struct ctx *c, const struct app *app, bool fixed,
                         struct app_key *key_r)
{
    const struct app_keys_slot *slot = NULL;
    struct app_keys_set *set = NULL;
    enum err e = set_open(c, app, &set);

    if (e == ERR_OK)
        e = set_fill(c, app, set, fixed);
    if (e == ERR_OK && (slot = set_signer(c, app, set, fixed)) == NULL)
        e = ERR_UNAVAILABLE;
    if (e != ERR_OK)
        return e;
    *key_r = (struct app_key){str_of(key_id(slot->key)), slot->key};
    return ERR_OK;
}

static bool slot_verifies(const struct ctx *c, const struct app *app,
                          const struct app_keys_slot *slot)
{
    return slot->fixed ||
           app_keys_plan_verifies(&app->settings, slot->created_us,
                                  clock_us(&c->clock));
}

/* An unknown kid may be of a key made since the last look; a flood of forged
 * ones costs no query each. */
static enum err set_ask(struct ctx *c, const struct app *app,
                        struct app_keys_set *set)
{
    struct app_keys *k = c->app_keys;
    int64_t at = clock_monotonic_us();

    if (at - k->asked_us >= CLOCK_SECOND) {
        k->asked_us = at;
        k->asks = 0;
    }
    if (k->asks >= APP_KEYS_ASKS)
        return ERR_OK;
    k->asks++;
    return set_look(c, app, set);
}

enum err app_keys_verifier(struct ctx *c, const struct app *app, struct str kid,
                           const struct key **key_r)
{
    struct app_keys_set *set = NULL;
    const struct app_keys_slot *slot;
    enum err e = set_open(c, app, &set);

    if (e == ERR_OK && slot_of(set, kid) == NULL)
        e = set_ask(c, app, set);
    if (e != ERR_OK)
        return e;
    slot = slot_of(set, kid);
    if (slot == NULL || !slot_verifies(c, app, slot))
        return ERR_ACCESS_TOKEN_INVALID;
    *key_r = slot->key;
    return ERR_OK;
}

enum err app_keys_try(struct ctx *c, const struct app *app,
                      enum err (*each)(void *data, const struct key *key),
                      void *data)
{
    struct app_keys_set *set = NULL;
    enum err e = set_open(c, app, &set);

    if (e != ERR_OK)
        return e;
    for (size_t i = 0; i < set->n; i++)
        if (!set->slots[i].fixed && slot_verifies(c, app, &set->slots[i]) &&
            each(data, set->slots[i].key) == ERR_OK)
            return ERR_OK;
    return ERR_ACCESS_TOKEN_INVALID;
}

static void put_kind(const struct ctx *c, const struct app *app,
                     const struct app_keys_set *set, bool fixed,
                     struct buf *out, bool *comma)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct app_keys_slot *slot = &set->slots[i];

        if (slot->fixed != fixed || !slot_verifies(c, app, slot))
            continue;
        if (*comma)
            buf_char(out, ',');
        key_jwk(slot->key, out);
        *comma = true;
    }
}

enum err app_keys_jwks(struct ctx *c, const struct app *app, struct buf *out,
                       int64_t *max_age_r)
{
    struct app_keys_set *set = set_of(c->app_keys, app->app_id);
    bool comma = false;
    enum err e = set_look(c, app, set);

    if (e == ERR_OK)
        e = set_fill(c, app, set, false);
    if (e == ERR_OK)
        e = set_fill(c, app, set, true);
    const struct app_keys_slot *newest =
        e == ERR_OK ? slot_from(set, false, 0) : NULL;

    if (e != ERR_OK || newest == NULL)
        return e != ERR_OK ? e : ERR_UNAVAILABLE;
    put_kind(c, app, set, false, out, &comma);
    put_kind(c, app, set, true, out, &comma);
    *max_age_r = app_keys_plan_max_age(&app->settings, newest->created_us,
                                       clock_us(&c->clock));
    return ERR_OK;
}

enum err app_keys_refresh_secret(struct ctx *c, const struct app *app,
                                 struct str *text_r)
{
    struct app_keys_set *set = NULL;
    enum err e = set_open(c, app, &set);

    if (e == ERR_OK && set->refresh.p == NULL)
        e = app_keys_rows_secret(c, app, &set->refresh);
    if (e != ERR_OK)
        return e;
    *text_r =
        (struct str){(const char *)(void *)set->refresh.p, set->refresh.n};
    return ERR_OK;
}

struct ahead {
    struct str apps[APP_KEYS_AHEAD];
    size_t n;
};

static enum err ahead_note(void *data, struct str app)
{
    struct ahead *ahead = data;

    if (ahead->n < APP_KEYS_AHEAD)
        ahead->apps[ahead->n++] = app;
    return ERR_OK;
}

/* Those with a shorter interval of their own see to it when they are asked. */
enum err app_keys_ahead(struct ctx *c)
{
    const struct app_settings s = app_settings_of(c->config);
    struct ahead ahead = {.n = 0};
    struct app_key key;
    struct app app;
    enum err e = store_app_key_oldest(c->db, c->arena,
                                      clock_us(&c->clock) - s.key_rotation_us +
                                          s.key_overlap_us,
                                      APP_KEYS_AHEAD, ahead_note, &ahead);

    for (size_t i = 0; i < ahead.n && e == ERR_OK; i++) {
        e = app_find(c, ahead.apps[i], STR(APP_PUBLIC), &app);
        if (e == ERR_OK)
            e = app_keys_signer(c, &app, false, &key);
        else if (e == ERR_APP_UNKNOWN)
            e = ERR_OK; /* removed meanwhile */
    }
    return e;
}
