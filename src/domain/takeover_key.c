/* SPDX-License-Identifier: MIT */
/* Signing keys under their old names, and what refresh tokens are encrypted
 * with, sealed like all secrets here. */
#include "base/enc.h"
#include "crypto/secret.h"
#include "domain/app_keys_plan.h"
#include "domain/app_keys_rows.h"
#include "domain/takeover_work.h"
#include "store/store_key.h"

/* The secret pair of "SPKI|PKCS#8" (an older core writes ";"), each DER in
 * base64: the second half holds the first. */
static enum err key_open(struct takeover_work *w,
                         const struct store_source_row *row, struct key **key_r)
{
    struct str text = row->text, der = {NULL, 0};
    struct key *key = NULL;
    char *bytes = arena_alloc(w->c->arena, text.n + 1);

    if (bytes == NULL)
        return ERR_NO_MEMORY;
    str_cut(&text, '|');
    if (text.p == NULL) {
        text = row->text;
        str_cut(&text, ';');
    }
    w->reason = "it is no pair of keys";
    if (text.p == NULL ||
        !enc_unb64(text, (uint8_t *)bytes, row->text.n, &der.n))
        return ERR_OK;
    der.p = bytes;
    enum err e = key_import_app(der, &key);

    if (e == ERR_OK)
        e = key_name(key, row->id);
    if (e != ERR_OK)
        key_free(&key);
    if (e == ERR_OK)
        w->reason = NULL;
    *key_r = key;
    return e == ERR_VALIDATION ? ERR_OK : e;
}

/* Processes that have keys of the application opened see that there are more.
 */
static enum err key_put(struct takeover_work *w, const struct app *app,
                        const struct store_source_row *row,
                        const struct key *key)
{
    struct ctx *c = w->c;
    struct store_app_key k = {.app_id = app->app_id,
                              .kid = row->id,
                              .fixed = row->flag != 0,
                              .created_us = row->at_ms * 1000};
    struct str der;
    enum err e = key_export(key, c->arena, &der);

    if (e == ERR_OK)
        e = seal(c->sealer, c->arena, SEAL_SIGNING_KEY, k.kid, der, &k.sealed);
    if (e == ERR_OK)
        e = store_app_key_insert(c->db, &k);
    if (e == ERR_OK) {
        w->done = STORE_PUT_ADDED;
        e = store_key_raise(c->db, app->app_id);
    }
    return e;
}

/* Is a kid that is taken this application's? */
struct key_owner {
    struct str kid;
    bool found;
};

static enum err key_owned(void *data, const struct store_app_key *k)
{
    struct key_owner *owner = data;

    owner->found = owner->found || str_eq(owner->kid, k->kid);
    return ERR_OK;
}

enum err takeover_take_key(struct takeover_work *w,
                           const struct store_source_row *row)
{
    const struct app *app = takeover_app(w, row->app, STR(""));
    struct ctx *c = w->c;
    struct key_owner owner = {row->id, false};
    struct key *key = NULL;

    if (app == NULL)
        return ERR_OK;
    /* Nothing it has signed is good any more. */
    if (row->flag == 0 &&
        !app_keys_plan_verifies(&app->settings, row->at_ms * 1000,
                                clock_us(&c->clock)))
        return ERR_OK;
    enum err e =
        store_app_key_list(c->db, c->arena, app->app_id, key_owned, &owner);

    if (e != ERR_OK || owner.found)
        return e;
    e = key_open(w, row, &key);
    if (e == ERR_OK && key != NULL)
        e = key_put(w, app, row, key);
    key_free(&key);
    if (e != ERR_DUPLICATE_ROW)
        return e;
    w->reason = "a key of another application has its name";
    return ERR_OK;
}

/* The secret that is there already has made tokens that would be worthless. */
static enum err secret_other(struct takeover_work *w, const struct app *app,
                             struct str sealed)
{
    struct ctx *c = w->c;
    bool used = false;
    enum err e = w->options->replace
                     ? ERR_OK
                     : store_put_sessions(c->db, app->app_id, &used);

    if (e == ERR_OK && used) {
        w->reason = "sessions made here need another one (--replace)";
        return ERR_OK;
    }
    if (e == ERR_OK)
        e = store_put_secret(c->db, app->app_id, STR(APP_KEYS_SECRET), sealed,
                             clock_us(&c->clock));
    if (e == ERR_OK)
        e = store_key_raise(c->db, app->app_id);
    w->done = STORE_PUT_CHANGED;
    return e;
}

enum err takeover_take_secret(struct takeover_work *w,
                              const struct store_source_row *row)
{
    const struct app *app = takeover_app(w, row->app, STR(""));
    struct ctx *c = w->c;
    struct str place, sealed, there, text;

    if (app == NULL)
        return ERR_OK;
    if (row->text.n == 0) {
        w->reason = "it is empty";
        return ERR_OK;
    }
    enum err e = app_keys_rows_secret_place(c, app, &place);

    if (e == ERR_OK)
        e = seal(c->sealer, c->arena, SEAL_APP_SECRET, place, row->text,
                 &sealed);
    if (e != ERR_OK)
        return e;
    e = store_app_secret_get(c->db, c->arena, app->app_id, STR(APP_KEYS_SECRET),
                             &there);
    if (e == ERR_NO_ROW) {
        w->done = STORE_PUT_ADDED;
        return store_app_secret_insert(c->db, app->app_id, STR(APP_KEYS_SECRET),
                                       sealed, clock_us(&c->clock));
    }
    if (e == ERR_OK)
        e = seal_open(c->sealer, c->arena, SEAL_APP_SECRET, place, there,
                      &text);
    if (e != ERR_OK)
        return e;
    return text.n == row->text.n && secret_eq(text.p, row->text.p, text.n)
               ? ERR_OK
               : secret_other(w, app, sealed);
}
