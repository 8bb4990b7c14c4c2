/* SPDX-License-Identifier: MIT */
/* Changes of the signing keys: one at a time over all hosts by a lock on the
 * realm row, judged again under it. */
#include <assert.h>

#include "base/json_write.h"
#include "domain/event.h"
#include "domain/keyring.h"
#include "domain/keyring_plan.h"
#include "domain/keyring_rows.h"

static_assert((int)ALG_ES256 == (int)KEY_ES256 &&
                  (int)ALG_RS256 == (int)KEY_RS256 &&
                  (int)ALG_HS256 == (int)KEY_HS256,
              "the configured algorithm is a key's algorithm");

/* One change, as a transaction needs it. */
struct keyring_change {
    struct ctx *c;
    const struct key *fresh; /* made before the lock: RSA takes its time */
    enum keyring_when when;
    struct str revoke; /* kid to kill; {NULL, 0}: none */
    bool changed;
};

static enum err keyring_change_tell(struct ctx *c, enum event_kind kind,
                                    struct str kid, struct str alg)
{
    const struct log_field fields[] = {LOG_TEXT("kid", kid),
                                       LOG_TEXT("alg", alg), LOG_END};
    struct str detail;
    enum err e = event_detail(c, fields, &detail);

    if (e != ERR_OK)
        return e;
    return event_record(c, kind, (struct str){NULL, 0}, NULL, detail);
}

/* A key that has not begun yet ends where it would have begun, so that it never
 * signs. */
static enum err keyring_change_end(struct ctx *c, const struct store_key *k,
                                   int64_t at_us)
{
    int64_t end = at_us > k->active_us ? at_us : k->active_us;

    return store_key_retire(c->db, k->kid, end,
                            keyring_plan_expires(c->config, end));
}

/* Every key without an end, or with a later one, stops where the new one
 * begins. */
static enum err keyring_change_retire(struct ctx *c,
                                      const struct keyring_row *rows,
                                      int64_t at_us)
{
    enum err e = ERR_OK;

    for (; rows != NULL && e == ERR_OK; rows = rows->next) {
        const struct store_key *k = &rows->k;

        if (k->revoked_us == 0 && (k->retired_us == 0 || k->retired_us > at_us))
            e = keyring_change_end(c, k, at_us);
    }
    return e;
}

static enum err keyring_change_make(struct keyring_change *change,
                                    const struct keyring_row *rows,
                                    int64_t now_us, int64_t active_us)
{
    struct ctx *c = change->c;
    struct store_key row;
    enum err e = keyring_change_retire(c, rows, active_us);

    if (e == ERR_OK)
        e = keyring_rows_seal(c, change->fresh, now_us, active_us, &row);
    if (e == ERR_OK)
        e = store_key_insert(c->db, &row);
    if (e == ERR_OK)
        e = keyring_change_tell(c, EVENT_KEY_CREATED, row.kid, row.alg);
    change->changed |= e == ERR_OK;
    return e;
}

/* Marks the key and takes it out of the plan. The row stays until its last
 * token has expired, for the record. */
static enum err keyring_change_revoke(struct keyring_change *change,
                                      struct keyring_row *rows, int64_t now_us)
{
    struct ctx *c = change->c;
    bool done = false;
    enum err e =
        store_key_revoke(c->db, c->realm_id, change->revoke, now_us, &done);

    if (e != ERR_OK || !done)
        return e != ERR_OK ? e : ERR_NOT_FOUND;
    for (; rows != NULL; rows = rows->next) {
        if (str_eq(rows->k.kid, change->revoke))
            break;
    }
    if (rows == NULL)
        return ERR_NOT_FOUND;
    rows->k.revoked_us = now_us;
    if (rows->k.retired_us == 0 || rows->k.retired_us > now_us)
        e = keyring_change_end(c, &rows->k, now_us);
    if (e == ERR_OK)
        e = keyring_change_tell(c, EVENT_KEY_REVOKED, rows->k.kid, rows->k.alg);
    change->changed |= e == ERR_OK;
    return e;
}

static enum err keyring_change_work(void *data)
{
    struct keyring_change *change = data;
    struct ctx *c = change->c;
    struct keyring_row *rows = NULL;
    int64_t generation, now;
    enum err e =
        store_key_lock(c->db, c->arena, c->realm_id, &generation, &now);

    change->changed = false;
    if (e == ERR_OK)
        e = keyring_rows(c, &rows);
    if (e == ERR_OK && change->revoke.p != NULL)
        e = keyring_change_revoke(change, rows, now);
    if (e != ERR_OK)
        return e;
    struct keyring_plan plan = keyring_plan(c->config, rows, now, change->when);

    if (plan.make)
        e = keyring_change_make(change, rows, now, plan.active_us);
    if (e == ERR_OK && change->changed)
        e = store_key_raise(c->db, c->realm_id);
    return e;
}

static enum err keyring_change(struct keyring_change *change)
{
    struct ctx *c = change->c;
    struct key *key = NULL;
    enum err e = key_generate((enum key_alg)c->config->tokens_algorithm, &key);

    if (e != ERR_OK)
        return e;
    change->fresh = key;
    e = db_transact(c->db, keyring_change_work, change);
    key_free(&key);
    return e;
}

enum err keyring_rotate(struct ctx *c, enum keyring_when when, bool *changed_r)
{
    struct keyring_change change = {.c = c, .when = when};
    struct keyring_row *rows = NULL;
    int64_t generation, now;
    enum err e =
        store_key_generation(c->db, c->arena, c->realm_id, &generation, &now);

    if (e == ERR_OK)
        e = keyring_rows(c, &rows);
    if (e == ERR_OK && keyring_plan(c->config, rows, now, when).make)
        e = keyring_change(&change);
    if (e == ERR_OK)
        *changed_r = change.changed;
    return e;
}

enum err keyring_revoke(struct ctx *c, struct str kid)
{
    struct keyring_change change = {.c = c, .revoke = kid};

    if (kid.n == 0)
        return ERR_NOT_FOUND;
    return keyring_change(&change);
}
