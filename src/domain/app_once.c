/* SPDX-License-Identifier: MIT */
/* 48 random bytes; rows hold their hash and, sealed, the address. */
#include "domain/app_once.h"

#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "crypto/secret.h"
#include "domain/account_read.h"

#define TOKEN_BYTES 48
#define TOKEN_MAX 512 /* characters of one that is looked at */

enum err app_once_user(struct ctx *c, const struct app *app, struct str user_id,
                       struct str *own_r, struct id *account_r)
{
    struct app_user_ref ref;
    enum err e = app_user_ref(c, app, user_id, &ref);

    if (e != ERR_OK)
        return e;
    if (account_r != NULL)
        *account_r = ref.account_id;
    if (ref.account)
        return account_subject(c, &ref.account_id, own_r);
    if (account_r != NULL)
        *account_r = (struct id){{0}};
    *own_r = user_id;
    return ERR_OK;
}

/* What the address of a row is sealed to. */
static enum err place(struct ctx *c, const uint8_t hash[STORE_HASH_LEN],
                      struct str *place_r)
{
    struct buf b = buf_new(c->arena);

    buf_put(&b, hash, STORE_HASH_LEN);
    buf_text(&b, APP_ONCE_EMAIL);
    return buf_done(&b, place_r);
}

static enum err new_token(struct ctx *c, struct str *token_r)
{
    uint8_t bytes[TOKEN_BYTES];
    char text[2 * TOKEN_BYTES + 1];
    enum err e = random_bytes(bytes, sizeof(bytes));

    if (e != ERR_OK)
        return e;
    enc_hex(bytes, sizeof(bytes), text);
    *token_r = arena_str(c->arena, str_of(text));
    secret_wipe(bytes, sizeof(bytes));
    secret_wipe(text, sizeof(text));
    return token_r->p == NULL ? ERR_NO_MEMORY : ERR_OK;
}

static enum err once_insert(struct ctx *c, const struct app *app,
                            const struct app_once *once,
                            const struct digest *hash, int64_t now_us,
                            int64_t expires_us)
{
    struct store_app_token row = {.app_id = app->app_id,
                                  .realm_id = app->realm_id,
                                  .purpose = once->purpose,
                                  .user_id = once->user_id,
                                  .created_us = now_us,
                                  .expires_us = expires_us};
    struct str sealed_to;
    struct digest address;
    enum err e = app_user_email_hash(c, app->app_id, once->email, &address);

    if (e != ERR_OK)
        return e;
    memcpy(row.hash, hash->b, STORE_HASH_LEN);
    memcpy(row.email_hash, address.b, STORE_HASH_LEN);
    e = place(c, row.hash, &sealed_to);
    if (e == ERR_OK)
        e = seal(c->sealer, c->arena, SEAL_EMAIL, sealed_to, once->email,
                 &row.email_sealed);
    return e == ERR_OK ? store_app_token_insert(c->db, &row) : e;
}

enum err app_once_keep(struct ctx *c, const struct app *app,
                       const struct app_once *once, const struct digest *hash,
                       int64_t expires_us)
{
    return once_insert(c, app, once, hash, clock_us(&c->clock), expires_us);
}

enum err app_once_make(struct ctx *c, const struct app *app,
                       const struct app_once *once, int64_t lifetime_us,
                       struct str *token_r)
{
    const int64_t now = clock_us(&c->clock);
    struct str token = {NULL, 0};
    struct digest hash;
    enum err e = new_token(c, &token);

    if (e == ERR_OK)
        e = digest_sha256(token, &hash);
    if (e == ERR_OK)
        e = once_insert(c, app, once, &hash, now, now + lifetime_us);
    if (e == ERR_OK)
        *token_r = token;
    return e;
}

enum err app_once_take(struct ctx *c, const struct app *app, struct str token,
                       struct app_once *once, bool *good_r)
{
    const bool verify = once->purpose == STORE_APP_VERIFY;
    struct store_app_token row = {.app_id = app->app_id,
                                  .realm_id = verify ? app->realm_id : 0,
                                  .purpose = once->purpose};
    struct digest hash;
    struct str sealed_to;
    enum err e = token.n > TOKEN_MAX ? ERR_NO_ROW : digest_sha256(token, &hash);

    if (e != ERR_OK)
        return e;
    memcpy(row.hash, hash.b, STORE_HASH_LEN);
    e = store_app_token_take(c->db, c->arena, &row);
    if (e == ERR_OK)
        e = store_app_token_drop(c->db, &row, verify);
    if (e == ERR_OK)
        e = place(c, row.hash, &sealed_to);
    if (e == ERR_OK)
        e = seal_open(c->sealer, c->arena, SEAL_EMAIL, sealed_to,
                      row.email_sealed, &once->email);
    if (e != ERR_OK)
        return e == ERR_VALIDATION ? ERR_INTERNAL : e;
    once->user_id = row.user_id;
    *good_r = row.live;
    return ERR_OK;
}
