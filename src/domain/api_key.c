/* SPDX-License-Identifier: MIT */
/* API keys: an id to find the row by and 256 random bits, of which the row
 * holds a plain hash; a slow hash would protect nothing more. */
#include "domain/api_key.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "crypto/digest.h"
#include "crypto/normal.h"
#include "crypto/secret.h"
#include "domain/event.h"

#define API_KEY_PREFIX "ghk_"
#define API_KEY_NAME_MAX 64

enum { API_KEY_AT_SECRET = 16, API_KEY_LEN = API_KEY_AT_SECRET + 32 };

/* What a transaction over one key needs. */
struct api_key_change {
    struct ctx *c;
    struct store_api_key row;
    struct str detail;
};

static enum err api_key_text(struct ctx *c, const uint8_t raw[API_KEY_LEN],
                             struct str *text_r)
{
    char body[ENC_B64_LEN(API_KEY_LEN) + 1];
    struct buf b = buf_new(c->arena);

    enc_b64url(raw, API_KEY_LEN, body);
    buf_text(&b, API_KEY_PREFIX);
    buf_text(&b, body);
    secret_wipe(body, sizeof(body));
    return buf_done(&b, text_r);
}

/* The hash covers the id too, so that a secret is bound to its row. */
static enum err api_key_hash(const uint8_t raw[API_KEY_LEN],
                             uint8_t hash[STORE_HASH_LEN])
{
    struct digest d;
    enum err e =
        digest_sha256((struct str){(const char *)raw, API_KEY_LEN}, &d);

    if (e == ERR_OK)
        memcpy(hash, d.b, STORE_HASH_LEN);
    return e;
}

static enum err api_key_detail(struct ctx *c, const struct id *id,
                               struct str name, struct str *detail_r)
{
    char text[ID_TEXT_LEN + 1];

    id_text(id, text);
    const struct log_field fields[] = {LOG_TEXT("key", str_of(text)),
                                       LOG_TEXT("name", name), LOG_END};

    return event_detail(c, fields, detail_r);
}

static enum err api_key_insert(void *data)
{
    struct api_key_change *change = data;
    enum err e = store_api_key_insert(change->c->db, &change->row);

    if (e != ERR_OK)
        return e;
    return event_record(change->c, EVENT_API_KEY_CREATED, (struct str){NULL, 0},
                        NULL, change->detail);
}

enum err api_key_create(struct ctx *c, struct str name, int64_t lifetime_s,
                        struct str *text_r, struct id *id_r)
{
    struct api_key_change change = {.c = c};
    struct store_api_key *row = &change.row;
    uint8_t raw[API_KEY_LEN];
    struct str text = {NULL, 0};

    row->realm_id = c->realm_id;
    row->name = str_trim(name);
    row->created_us = clock_us(&c->clock);
    if (row->name.n == 0 || !str_utf8(row->name) ||
        str_has_control(row->name) ||
        normal_length(row->name) > API_KEY_NAME_MAX || lifetime_s < 0 ||
        lifetime_s > (INT64_MAX - row->created_us) / CLOCK_SECOND)
        return ERR_VALIDATION;
    if (lifetime_s > 0)
        row->expires_us = row->created_us + lifetime_s * CLOCK_SECOND;
    enum err e = id_new(row->created_us, &row->id);

    if (e == ERR_OK)
        e = random_bytes(raw + API_KEY_AT_SECRET,
                         API_KEY_LEN - API_KEY_AT_SECRET);
    if (e != ERR_OK)
        return e;
    memcpy(raw, row->id.b, sizeof(row->id.b));
    e = api_key_hash(raw, row->secret_hash);
    if (e == ERR_OK)
        e = api_key_text(c, raw, &text);
    secret_wipe(raw, sizeof(raw));
    if (e == ERR_OK)
        e = api_key_detail(c, &row->id, row->name, &change.detail);
    if (e == ERR_OK)
        e = db_transact(c->db, api_key_insert, &change);
    if (e != ERR_OK)
        return e;
    *text_r = text;
    *id_r = row->id;
    return ERR_OK;
}

static bool api_key_live(const struct ctx *c, const struct store_api_key *k,
                         int64_t now_us)
{
    return k->realm_id == c->realm_id && k->revoked_us == 0 &&
           (k->expires_us == 0 || now_us < k->expires_us);
}

enum err api_key_check(struct ctx *c, struct str text,
                       struct store_api_key *key_r)
{
    uint8_t raw[API_KEY_LEN];
    uint8_t hash[STORE_HASH_LEN];
    struct store_api_key row;
    struct id id;
    int64_t now;
    size_t n;

    if (!str_starts(text, STR(API_KEY_PREFIX)))
        return ERR_API_KEY_INVALID;
    struct str body = {text.p + sizeof(API_KEY_PREFIX) - 1,
                       text.n - (sizeof(API_KEY_PREFIX) - 1)};

    if (!enc_unb64url(body, raw, sizeof(raw), &n) || n != sizeof(raw))
        return ERR_API_KEY_INVALID;
    memcpy(id.b, raw, sizeof(id.b));
    enum err e = api_key_hash(raw, hash);

    secret_wipe(raw, sizeof(raw));
    if (e == ERR_OK)
        e = store_api_key_by_id(c->db, c->arena, &id, &row, &now);
    if (e == ERR_NO_ROW)
        return ERR_API_KEY_INVALID;
    if (e != ERR_OK)
        return e;
    if (!secret_eq(hash, row.secret_hash, sizeof(hash)) ||
        !api_key_live(c, &row, now))
        return ERR_API_KEY_INVALID;
    *key_r = row;
    return ERR_OK;
}

static enum err api_key_end(void *data)
{
    struct api_key_change *change = data;
    struct ctx *c = change->c;
    bool done = false;
    enum err e = store_api_key_revoke(c->db, c->realm_id, &change->row.id,
                                      clock_us(&c->clock), &done);

    if (e == ERR_OK && !done)
        e = ERR_NOT_FOUND;
    if (e != ERR_OK)
        return e;
    return event_record(c, EVENT_API_KEY_REVOKED, (struct str){NULL, 0}, NULL,
                        change->detail);
}

enum err api_key_revoke(struct ctx *c, const struct id *id)
{
    struct api_key_change change = {.c = c, .row = {.id = *id}};
    enum err e = api_key_detail(c, id, STR(""), &change.detail);

    return e != ERR_OK ? e : db_transact(c->db, api_key_end, &change);
}

enum err api_key_list(struct ctx *c,
                      enum err (*each)(void *data,
                                       const struct store_api_key *k),
                      void *data)
{
    return store_api_key_list(c->db, c->arena, c->realm_id, each, data);
}
