/* SPDX-License-Identifier: MIT */
/* The keys a worker holds. A reload builds a new set and swaps it in only when
 * it is whole; keys already parsed are taken over. */
#include "domain/keyring.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "domain/keyring_plan.h"
#include "domain/keyring_rows.h"

/* Looks into the store for unknown kids within KEYRING_ASK_US, at most. More
 * than one: a key may be made right after a forged one was asked for. */
#define KEYRING_ASKS 32
#define KEYRING_ASK_US CLOCK_SECOND

#define KEYRING_MAX_AGE_S 300

struct keyring_slot {
    struct key *key;
    int64_t active_us, retired_us, expires_us;
};

struct keyring_set {
    struct keyring_slot *slots;
    size_t n;
};

struct keyring {
    struct keyring_set set;
    int64_t generation; /* -1: nothing loaded */
    int64_t asked_us;   /* monotonic start of the time asks are counted for */
    unsigned asks;
};

enum err keyring_new(struct keyring **k_r)
{
    struct keyring *k = calloc(1, sizeof(*k));

    if (k == NULL)
        return ERR_NO_MEMORY;
    k->generation = -1;
    *k_r = k;
    return ERR_OK;
}

static struct keyring_slot *keyring_slot(const struct keyring_set *set,
                                         struct str kid)
{
    for (size_t i = 0; i < set->n; i++) {
        if (str_eq(str_of(key_id(set->slots[i].key)), kid))
            return &set->slots[i];
    }
    return NULL;
}

/* Frees set but the keys that `kept` holds too. */
static void keyring_drop(struct keyring_set *set,
                         const struct keyring_set *kept)
{
    for (size_t i = 0; i < set->n; i++) {
        struct key *key = set->slots[i].key;
        const struct keyring_slot *other =
            kept != NULL ? keyring_slot(kept, str_of(key_id(key))) : NULL;

        if (other == NULL || other->key != key)
            key_free(&set->slots[i].key);
    }
    free(set->slots);
    *set = (struct keyring_set){NULL, 0};
}

void keyring_free(struct keyring **k)
{
    if (*k == NULL)
        return;
    keyring_drop(&(*k)->set, NULL);
    free(*k);
    *k = NULL;
}

int64_t keyring_generation(const struct keyring *k)
{
    return k->generation;
}

/* Parses rows that may still verify into a new set. A row that does not open is
 * left out and told about: the others must go on. But one that could not be
 * looked at would be missing for as long as nothing changes, and every token of
 * it would be called invalid. */
static enum err keyring_parse(struct ctx *c, const struct keyring_row *rows,
                              int64_t now_us, struct keyring_set *set_r)
{
    struct keyring_set set = {NULL, 0};
    size_t count = 0;

    for (const struct keyring_row *r = rows; r != NULL; r = r->next)
        count++;
    if (count == 0) {
        *set_r = set;
        return ERR_OK;
    }
    set.slots = calloc(count, sizeof(*set.slots));
    if (set.slots == NULL)
        return ERR_NO_MEMORY;
    for (; rows != NULL; rows = rows->next) {
        const struct store_key *row = &rows->k;
        const struct keyring_slot *old =
            keyring_slot(&c->keyring->set, row->kid);
        struct key *key = old != NULL ? old->key : NULL;

        if (row->revoked_us != 0 ||
            (row->expires_us != 0 && row->expires_us <= now_us))
            continue;
        enum err e = key == NULL ? keyring_rows_open(c, row, &key) : ERR_OK;

        if (e == ERR_VALIDATION) {
            log_event(LOG_LEVEL_ERROR, "key.unreadable",
                      (struct log_field[]){LOG_TEXT("kid", row->kid), LOG_END});
            continue;
        }
        if (e != ERR_OK) {
            keyring_drop(&set, &c->keyring->set);
            return e;
        }
        set.slots[set.n++] = (struct keyring_slot){
            key, row->active_us, row->retired_us, row->expires_us};
    }
    *set_r = set;
    return ERR_OK;
}

/* The generation is read before the keys: a change in between only makes the
 * next look load once more. */
static enum err keyring_load(struct ctx *c)
{
    struct keyring *k = c->keyring;
    struct keyring_row *rows = NULL;
    struct keyring_set set;
    int64_t generation, now;
    enum err e =
        store_key_generation(c->db, c->arena, c->realm_id, &generation, &now);

    if (e == ERR_OK)
        e = keyring_rows(c, &rows);
    if (e == ERR_OK)
        e = keyring_parse(c, rows, now, &set);
    if (e != ERR_OK)
        return e;
    keyring_drop(&k->set, &set);
    k->set = set;
    k->generation = generation;
    return ERR_OK;
}

static const struct key *keyring_signing(const struct ctx *c)
{
    const struct keyring *k = c->keyring;
    const struct keyring_slot *best = NULL;
    int64_t now = clock_us(&c->clock);

    for (size_t i = 0; i < k->set.n; i++) {
        const struct keyring_slot *s = &k->set.slots[i];

        if (s->active_us <= now &&
            (s->retired_us == 0 || now < s->retired_us) &&
            (best == NULL || s->active_us > best->active_us))
            best = s;
    }
    return best != NULL ? best->key : NULL;
}

/* A realm without a signer is a fresh one, or its janitor has been away; any
 * worker may mend that, and the lock in keyring_rotate lets one do it. */
enum err keyring_sync(struct ctx *c, int64_t generation)
{
    bool changed = false;

    if (c->keyring->generation >= 0 &&
        (generation < 0 || generation == c->keyring->generation))
        return ERR_OK;
    enum err e = keyring_load(c);

    if (e != ERR_OK || keyring_signing(c) != NULL)
        return e;
    e = keyring_rotate(c, KEYRING_WHEN_DUE, &changed);
    return e == ERR_OK ? keyring_load(c) : e;
}

enum err keyring_signer(struct ctx *c, const struct key **key_r)
{
    enum err e = keyring_sync(c, -1);
    const struct key *key = e == ERR_OK ? keyring_signing(c) : NULL;

    if (e == ERR_OK && key == NULL)
        e = ERR_UNAVAILABLE;
    if (e == ERR_OK)
        *key_r = key;
    return e;
}

/* An unknown kid may be of a key made since the load. */
static enum err keyring_ask(struct ctx *c)
{
    struct keyring *k = c->keyring;
    int64_t generation, now, at = clock_monotonic_us();

    if (at - k->asked_us >= KEYRING_ASK_US) {
        k->asked_us = at;
        k->asks = 0;
    }
    if (k->asks >= KEYRING_ASKS)
        return ERR_OK;
    k->asks++;
    enum err e =
        store_key_generation(c->db, c->arena, c->realm_id, &generation, &now);

    return e == ERR_OK ? keyring_sync(c, generation) : e;
}

enum err keyring_verifier(struct ctx *c, struct str kid,
                          const struct key **key_r)
{
    struct keyring *k = c->keyring;
    enum err e = keyring_sync(c, -1);

    if (e == ERR_OK && keyring_slot(&k->set, kid) == NULL)
        e = keyring_ask(c);
    if (e != ERR_OK)
        return e;
    const struct keyring_slot *slot = keyring_slot(&k->set, kid);

    if (slot == NULL ||
        (slot->expires_us != 0 && slot->expires_us <= clock_us(&c->clock)))
        return ERR_ACCESS_TOKEN_INVALID;
    *key_r = slot->key;
    return ERR_OK;
}

enum err keyring_jwks(struct ctx *c, struct buf *out, int64_t *max_age_r)
{
    const struct keyring *k = c->keyring;
    int64_t generation, now;
    bool comma = false;
    enum err e =
        store_key_generation(c->db, c->arena, c->realm_id, &generation, &now);

    if (e == ERR_OK)
        e = keyring_sync(c, generation);
    if (e != ERR_OK)
        return e;
    for (size_t i = 0; i < k->set.n; i++) {
        const struct keyring_slot *s = &k->set.slots[i];

        if (key_alg(s->key) == KEY_HS256 ||
            (s->expires_us != 0 && s->expires_us <= now))
            continue;
        if (comma)
            buf_char(out, ',');
        key_jwk(s->key, out);
        comma = true;
    }
    int64_t half = c->config->keys_publish_ahead / 2;

    *max_age_r = half < KEYRING_MAX_AGE_S ? half : KEYRING_MAX_AGE_S;
    return ERR_OK;
}
