/* SPDX-License-Identifier: MIT */
/* One key for all: made before the lock, since that takes its time, and judged
 * again under it. */
#include "domain/app_keys_rows.h"

#include <string.h>

#include "base/enc.h"
#include "base/json_write.h"
#include "domain/app_keys.h"
#include "domain/app_keys_plan.h"
#include "domain/event.h"
#include "store/store_key.h"

#define KID_TRIES 16  /* another application's key of the same millisecond */
#define MS 1000       /* microseconds */
#define SECRET_LEN 64 /* bytes of salt and of key */

struct app_keys_list {
    struct arena *arena;
    struct app_keys_row **tail;
};

static enum err app_keys_each(void *data, const struct store_app_key *k)
{
    struct app_keys_list *list = data;
    struct app_keys_row *row = arena_alloc(list->arena, sizeof(*row));

    if (row == NULL)
        return ERR_NO_MEMORY;
    *row = (struct app_keys_row){*k, NULL};
    *list->tail = row;
    list->tail = &row->next;
    return ERR_OK;
}

enum err app_keys_rows(struct ctx *c, const struct app *app,
                       struct app_keys_row **rows_r)
{
    struct app_keys_row *rows = NULL;
    struct app_keys_list list = {c->arena, &rows};
    enum err e =
        store_app_key_list(c->db, c->arena, app->app_id, app_keys_each, &list);

    if (e == ERR_OK)
        *rows_r = rows;
    return e;
}

enum err app_keys_rows_open(struct ctx *c, const struct store_app_key *row,
                            struct key **key_r)
{
    struct key *key = NULL;
    struct str der;
    enum err e = seal_open(c->sealer, c->arena, SEAL_SIGNING_KEY, row->kid,
                           row->sealed, &der);

    if (e == ERR_OK)
        e = key_import_app(der, &key);
    if (e == ERR_OK)
        e = key_name(key, row->kid);
    if (e != ERR_OK) {
        key_free(&key);
        return e;
    }
    *key_r = key;
    return ERR_OK;
}

/* One key on its way in or out, as a transaction needs it. */
struct app_keys_change {
    struct ctx *c;
    const struct app *app;
    struct key *fresh;
    struct str revoke; /* kid */
    bool fixed;
};

static enum err name_fixed(struct key *key, int64_t now_us)
{
    char kid[2 + ID_TEXT_LEN + 1] = "s-";
    struct id id;
    enum err e = id_new(now_us, &id);

    if (e != ERR_OK)
        return e;
    id_text(&id, kid + 2);
    return key_name(key, str_of(kid));
}

static enum err name_dynamic(struct arena *a, struct key *key, int64_t ms)
{
    struct buf b = buf_new(a);
    struct str kid;

    buf_fmt(&b, "d-%lld", (long long)ms);
    enum err e = buf_done(&b, &kid);

    return e == ERR_OK ? key_name(key, kid) : e;
}

static enum err insert(struct app_keys_change *change, int64_t created_us)
{
    struct ctx *c = change->c;
    struct store_app_key row = {.app_id = change->app->app_id,
                                .kid = str_of(key_id(change->fresh)),
                                .fixed = change->fixed,
                                .created_us = created_us};
    struct str der;
    enum err e = key_export(change->fresh, c->arena, &der);

    if (e == ERR_OK)
        e = seal(c->sealer, c->arena, SEAL_SIGNING_KEY, row.kid, der,
                 &row.sealed);
    return e == ERR_OK ? store_app_key_insert(c->db, &row) : e;
}

/* The kid of a dynamic key tells when it was made, and is nobody else's. */
static enum err insert_dynamic(struct app_keys_change *change, int64_t now_us)
{
    int64_t ms = now_us / MS;
    enum err e = ERR_DUPLICATE_ROW;

    for (int i = 0; i < KID_TRIES && e == ERR_DUPLICATE_ROW; i++, ms++) {
        e = name_dynamic(change->c->arena, change->fresh, ms);
        if (e == ERR_OK)
            e = insert(change, ms * MS);
    }
    return e;
}

static enum err insert_fixed(struct app_keys_change *change, int64_t now_us)
{
    enum err e = name_fixed(change->fresh, now_us);

    return e == ERR_OK ? insert(change, now_us / MS * MS) : e;
}

static enum err tell(struct app_keys_change *change, enum event_kind kind,
                     struct str kid)
{
    struct ctx c = *change->c;
    const struct log_field fields[] = {
        LOG_TEXT("kid", kid), LOG_TEXT("app", change->app->name), LOG_END};
    struct str detail;
    enum err e = event_detail(&c, fields, &detail);

    c.realm_id = change->app->app_id;
    if (e != ERR_OK)
        return e;
    return event_record(&c, kind, (struct str){NULL, 0}, NULL, detail);
}

static bool wanted(const struct app_keys_change *change,
                   const struct app_keys_row *rows, int64_t now_us)
{
    for (; rows != NULL; rows = rows->next)
        if (rows->k.fixed == change->fixed)
            return !change->fixed &&
                   app_keys_plan_due(&change->app->settings, rows->k.created_us,
                                     now_us);
    return true;
}

/* Whatever verifies no more, by the settings of today, is of no use. */
static enum err sweep(struct app_keys_change *change,
                      const struct app_keys_row *rows, int64_t now_us)
{
    struct ctx *c = change->c;

    for (; rows != NULL; rows = rows->next)
        if (!rows->k.fixed &&
            !app_keys_plan_verifies(&change->app->settings, rows->k.created_us,
                                    now_us))
            return store_app_key_delete(c->db, change->app->app_id,
                                        rows->k.created_us + 1);
    return ERR_OK;
}

static enum err make_work(void *data)
{
    struct app_keys_change *change = data;
    struct ctx *c = change->c;
    struct app_keys_row *rows = NULL;
    int64_t generation, now;
    enum err e =
        store_key_lock(c->db, c->arena, change->app->app_id, &generation, &now);

    if (e == ERR_OK)
        e = app_keys_rows(c, change->app, &rows);
    now = clock_us(&c->clock);
    if (e != ERR_OK || !wanted(change, rows, now))
        return e;
    e = change->fixed ? insert_fixed(change, now) : insert_dynamic(change, now);
    if (e == ERR_OK)
        e = sweep(change, rows, now);
    if (e == ERR_OK)
        e = tell(change, EVENT_KEY_CREATED, str_of(key_id(change->fresh)));
    return e == ERR_OK ? store_key_raise(c->db, change->app->app_id) : e;
}

enum err app_keys_rows_make(struct ctx *c, const struct app *app, bool fixed)
{
    struct app_keys_change change = {.c = c, .app = app, .fixed = fixed};
    enum err e = key_generate_app(&change.fresh);

    if (e == ERR_OK)
        e = db_transact(c->db, make_work, &change);
    key_free(&change.fresh);
    return e;
}

static enum err revoke_work(void *data)
{
    struct app_keys_change *change = data;
    struct ctx *c = change->c;
    int64_t generation, now;
    bool done = false;
    enum err e =
        store_key_lock(c->db, c->arena, change->app->app_id, &generation, &now);

    if (e == ERR_OK)
        e = store_app_key_revoke(c->db, change->app->app_id, change->revoke,
                                 &done);
    if (e == ERR_OK && !done)
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = tell(change, EVENT_KEY_REVOKED, change->revoke);
    return e == ERR_OK ? store_key_raise(c->db, change->app->app_id) : e;
}

enum err app_keys_revoke(struct ctx *c, const struct app *app, struct str kid)
{
    struct app_keys_change change = {.c = c, .app = app, .revoke = kid};

    return db_transact(c->db, revoke_work, &change);
}

static const struct app_keys_row *next_dynamic(const struct app_keys_row *row)
{
    while (row != NULL && row->k.fixed)
        row = row->next;
    return row;
}

enum err app_keys_tell(struct ctx *c, const struct app *app,
                       enum err (*each)(void *data,
                                        const struct app_key_told *key),
                       void *data)
{
    const int64_t now = clock_us(&c->clock);
    struct app_keys_row *rows = NULL;
    enum err e = app_keys_rows(c, app, &rows);
    const struct app_keys_row *newest = next_dynamic(rows);
    const struct app_keys_row *signer = newest;
    const struct app_keys_row *before =
        newest == NULL ? NULL : next_dynamic(newest->next);

    if (before != NULL &&
        app_keys_plan_waits(&app->settings, newest->k.created_us,
                            before->k.created_us, now))
        signer = before;
    for (const struct app_keys_row *r = rows; r != NULL && e == ERR_OK;
         r = r->next) {
        struct app_key_told key = {.kid = r->k.kid,
                                   .fixed = r->k.fixed,
                                   .state = APP_KEY_OVER,
                                   .created_us = r->k.created_us};

        if (r->k.fixed || r == signer)
            key.state = APP_KEY_SIGNING;
        else if (r == newest)
            key.state = APP_KEY_PUBLISHED;
        else if (app_keys_plan_verifies(&app->settings, r->k.created_us, now))
            key.state = APP_KEY_RETIRED;
        e = each(data, &key);
    }
    return e;
}

enum err app_keys_rows_secret_place(struct ctx *c, const struct app *app,
                                    struct str *place_r)
{
    struct buf b = buf_new(c->arena);

    buf_int(&b, app->app_id);
    buf_text(&b, "/" APP_KEYS_SECRET);
    return buf_done(&b, place_r);
}

/* Rounds, salt and key, as the other services that read such tokens have it. */
static enum err secret_text(struct ctx *c, struct str *text_r)
{
    uint8_t raw[2 * SECRET_LEN];
    char hex[2 * SECRET_LEN + 1];
    struct buf b = buf_new(c->arena);
    enum err e = random_bytes(raw, sizeof(raw));

    if (e != ERR_OK)
        return e;
    buf_text(&b, "1000");
    for (size_t i = 0; i < 2; i++) {
        enc_hex(raw + i * SECRET_LEN, SECRET_LEN, hex);
        buf_char(&b, ':');
        buf_text(&b, hex);
    }
    secret_wipe(raw, sizeof(raw));
    secret_wipe(hex, sizeof(hex));
    return buf_done(&b, text_r);
}

/* Who comes second finds the first one's. */
static enum err secret_make(struct ctx *c, const struct app *app,
                            struct str place, struct str *sealed_r)
{
    struct str text, sealed;
    enum err e = secret_text(c, &text);

    if (e == ERR_OK)
        e = seal(c->sealer, c->arena, SEAL_APP_SECRET, place, text, &sealed);
    if (e == ERR_OK)
        e = store_app_secret_insert(c->db, app->app_id, STR(APP_KEYS_SECRET),
                                    sealed, clock_us(&c->clock));
    if (e == ERR_OK)
        e = store_app_secret_get(c->db, c->arena, app->app_id,
                                 STR(APP_KEYS_SECRET), sealed_r);
    return e;
}

enum err app_keys_rows_secret(struct ctx *c, const struct app *app,
                              struct secret *secret_r)
{
    struct str place, sealed, text;
    struct secret secret;
    enum err e = app_keys_rows_secret_place(c, app, &place);

    if (e == ERR_OK)
        e = store_app_secret_get(c->db, c->arena, app->app_id,
                                 STR(APP_KEYS_SECRET), &sealed);
    if (e == ERR_NO_ROW)
        e = secret_make(c, app, place, &sealed);
    if (e == ERR_OK)
        e = seal_open(c->sealer, c->arena, SEAL_APP_SECRET, place, sealed,
                      &text);
    if (e == ERR_OK)
        e = secret_new(text.n, &secret);
    if (e != ERR_OK)
        return e == ERR_VALIDATION ? ERR_UNAVAILABLE : e;
    memcpy(secret.p, text.p, text.n);
    *secret_r = secret;
    return ERR_OK;
}
