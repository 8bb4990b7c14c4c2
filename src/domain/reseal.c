/* SPDX-License-Identifier: MIT */
/* Progress is a row per column, moved on in the transaction of the values it
 * tells of: who is killed in between has done nothing, and the next one begins
 * at the same place. A value is replaced only if it is still the one that was
 * read, so nobody's change is lost. */
#include "domain/reseal.h"

#include "base/buf.h"
#include "base/log.h"
#include "domain/event.h"
#include "domain/keyring.h"
#include "domain/reseal_place.h"
#include "store/store_key.h"

#define RESEAL_BATCH 50

struct reseal_order {
    struct ctx *c;
    struct str subject, key_id;
};

/* The lock on the realm makes two orders at once one after the other. */
static enum err reseal_start_work(void *data)
{
    struct reseal_order *order = data;
    struct ctx *c = order->c;
    const struct log_field fields[] = {LOG_TEXT("key", order->key_id), LOG_END};
    struct str detail;
    int64_t generation, now, open = 0;
    enum err e =
        store_key_lock(c->db, c->arena, c->realm_id, &generation, &now);

    if (e == ERR_OK)
        e = store_resealing_open(c->db, &open);
    if (e == ERR_OK && open > 0)
        e = ERR_SECRET_ROTATION;
    for (unsigned i = 0; i < STORE_SEALED_COUNT && e == ERR_OK; i++)
        e = store_resealing_start(
            c->db, store_sealed_name((enum store_sealed)i), order->key_id);
    if (e == ERR_OK)
        e = store_resealing_start(c->db, RESEAL_NEXT_KEY, order->key_id);
    if (e == ERR_OK)
        e = event_detail(c, fields, &detail);
    if (e == ERR_OK)
        e = event_record(c, EVENT_SECRETS_ROTATING, order->subject, NULL,
                         detail);
    return e;
}

enum err reseal_start(struct ctx *c, struct str subject)
{
    struct reseal_order order = {c, subject, sealer_key(c->sealer, 0)};

    return db_transact(c->db, reseal_start_work, &order);
}

/* A row of a batch, kept because the store is busy while it lists. */
struct reseal_row {
    struct store_sealed_row row;
    struct reseal_row *next;
};

struct reseal_batch {
    struct ctx *c;
    const struct store_resealing *at;
    enum store_sealed column;
    struct reseal_row *rows, **tail;
    struct store_resealing to;
    bool finished;
};

static enum err reseal_keep(void *data, const struct store_sealed_row *row)
{
    struct reseal_batch *b = data;
    struct reseal_row *kept = arena_alloc(b->c->arena, sizeof(*kept));

    if (kept == NULL)
        return ERR_NO_MEMORY;
    *kept = (struct reseal_row){*row, NULL};
    *b->tail = kept;
    b->tail = &kept->next;
    b->to.reached = row->key;
    b->to.done++;
    return ERR_OK;
}

/* *broken_r: it opens under no key we have. It stays as it is, for the day the
 * key is found. */
static enum err reseal_value(struct ctx *c, enum store_sealed column,
                             const struct store_sealed_row *row, bool *broken_r)
{
    struct str place, content, fresh;
    enum seal_purpose purpose;
    bool done;

    *broken_r = false;
    if (str_eq(seal_key_id(row->sealed), sealer_key(c->sealer, 0)))
        return ERR_OK;
    enum err e = reseal_place(c->arena, column, row, &purpose, &place);

    if (e == ERR_OK)
        e = seal_open(c->sealer, c->arena, purpose, place, row->sealed,
                      &content);
    if (e == ERR_VALIDATION) {
        *broken_r = true;
        return ERR_OK;
    }
    if (e == ERR_OK)
        e = seal(c->sealer, c->arena, purpose, place, content, &fresh);
    /* Not done: changed or deleted meanwhile, by somebody who knew better. */
    return e == ERR_OK ? store_sealed_put(c->db, column, row, fresh, &done) : e;
}

/* Ends a piece; the last one tells. */
static enum err reseal_finish(struct ctx *c, const struct store_resealing *at)
{
    int64_t open = 0;
    bool done = false;
    enum err e = store_resealing_finish(c->db, at, &done);

    if (e != ERR_OK || !done)
        return e;
    e = store_resealing_open(c->db, &open);
    if (e != ERR_OK || open > 0)
        return e;
    return event_record(c, EVENT_SECRETS_ROTATED, (struct str){NULL, 0}, NULL,
                        (struct str){NULL, 0});
}

static enum err reseal_batch_work(void *data)
{
    struct reseal_batch *b = data;
    struct ctx *c = b->c;
    bool done = false;

    b->rows = NULL;
    b->tail = &b->rows;
    b->to = *b->at;
    b->to.done = 0;
    b->to.broken = 0;
    const struct store_sealed_sink sink = {reseal_keep, b};
    enum err e = store_sealed_list(c->db, c->arena, b->column, b->at->reached,
                                   RESEAL_BATCH, &sink);

    for (struct reseal_row *r = b->rows; r != NULL && e == ERR_OK;
         r = r->next) {
        bool broken = false;

        e = reseal_value(c, b->column, &r->row, &broken);
        b->to.broken += broken ? 1 : 0;
    }
    if (e == ERR_OK && b->to.done > 0)
        e = store_resealing_step(c->db, b->at->reached, &b->to, &done);
    if (e == ERR_OK && b->to.done < RESEAL_BATCH)
        e = reseal_finish(c, &b->to);
    return e;
}

/* A new signing key too: published now, signing when verifiers have seen it. A
 * kill between the two only publishes one more. */
static enum err reseal_next_key(struct ctx *c, const struct store_resealing *at)
{
    bool changed;
    enum err e = keyring_rotate(c, KEYRING_AHEAD, &changed);

    return e == ERR_OK ? reseal_finish(c, at) : e;
}

static enum err reseal_piece(struct ctx *c, const struct store_resealing *at)
{
    struct reseal_batch b = {.c = c, .at = at};

    for (unsigned i = 0; i < STORE_SEALED_COUNT; i++) {
        if (!str_eq(at->name, str_of(store_sealed_name((enum store_sealed)i))))
            continue;
        b.column = (enum store_sealed)i;
        return db_transact(c->db, reseal_batch_work, &b);
    }
    return reseal_next_key(c, at);
}

/* The first piece that is not finished. */
static enum err reseal_pick(void *data, const struct store_resealing *r)
{
    struct store_resealing *at = data;

    if (at->name.p == NULL && r->finished_us == 0)
        *at = *r;
    return ERR_OK;
}

static enum err reseal_foreign(struct ctx *c, const struct store_resealing *at)
{
    struct buf b = buf_new(c->arena);
    struct str text;

    buf_text(&b, "the sealing key ");
    buf_str(&b, at->key_id);
    buf_text(&b, " is not loaded where the janitor runs");
    enum err e = buf_done(&b, &text);

    if (e != ERR_OK || str_eq(text, at->error))
        return e;
    log_event(LOG_LEVEL_ERROR, "secrets.key_missing",
              (struct log_field[]){LOG_TEXT("key", at->key_id), LOG_END});
    return store_resealing_fail(c->db, at->name, text);
}

/* Whoever holds the key of the order seals under the newest it has: a key on
 * top of that one came later and does as well. */
enum err reseal_step(struct ctx *c, bool *more_r, bool *foreign_r)
{
    struct store_resealing at = {.name = {NULL, 0}};
    enum err e = store_resealing_list(c->db, c->arena, reseal_pick, &at);

    if (e != ERR_OK)
        return e;
    bool work = at.name.p != NULL;
    bool foreign = work && !sealer_holds(c->sealer, at.key_id);

    if (foreign)
        e = reseal_foreign(c, &at);
    else if (work)
        e = reseal_piece(c, &at);
    if (e != ERR_OK)
        return e;
    *more_r = work && !foreign;
    *foreign_r = foreign;
    return ERR_OK;
}

enum err reseal_status(struct ctx *c,
                       enum err (*each)(void *data,
                                        const struct store_resealing *r),
                       void *data)
{
    return store_resealing_list(c->db, c->arena, each, data);
}
