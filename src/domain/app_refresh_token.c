/* SPDX-License-Identifier: MIT */
/* Nothing of a token is kept but the hash of its hash; the access token beside
 * it bears the first of the two. Hashes are taken of hex texts. */
#include "domain/app_refresh_token.h"

#include <string.h>

#include "base/enc.h"
#include "base/json_read.h"
#include "base/json_scan.h"
#include "base/json_write.h"
#include "crypto/secret.h"
#include "crypto/token_cipher.h"
#include "domain/app_keys.h"

#define REFRESH_SUFFIX "V2"
#define REFRESH_MAX 8192 /* bytes of a token we look at */
#define REFRESH_HEX_LEN ((size_t)2 * DIGEST_LEN)

static const struct json_limits refresh_limits = {2, 16, REFRESH_MAX};

/* Lowercase hex of the hash of text, in the arena. */
static enum err refresh_hex(struct arena *a, struct str text, struct str *hex_r)
{
    struct digest d;
    enum err e = digest_sha256(text, &d);
    char *hex = arena_alloc(a, REFRESH_HEX_LEN + 1);

    if (e != ERR_OK)
        return e;
    if (hex == NULL)
        return ERR_NO_MEMORY;
    enc_hex(d.b, sizeof(d.b), hex);
    *hex_r = (struct str){hex, REFRESH_HEX_LEN};
    return ERR_OK;
}

enum err app_refresh_token_key(struct str hash1, uint8_t key[STORE_HASH_LEN])
{
    struct digest d;
    enum err e = digest_sha256(hash1, &d);

    if (e == ERR_OK)
        memcpy(key, d.b, STORE_HASH_LEN);
    return e;
}

/* What follows from the text and the parent. */
static enum err refresh_hashes(struct arena *a, struct str text,
                               struct app_refresh_token *t)
{
    enum err e = refresh_hex(a, text, &t->hash1);

    memset(&t->lineage, 0, sizeof(t->lineage));
    if (e == ERR_OK)
        e = app_refresh_token_key(t->hash1, t->lineage.key);
    if (e == ERR_OK && t->parent.p != NULL)
        e = app_refresh_token_key(t->parent, t->lineage.parent);
    return e;
}

static void refresh_put(struct json_out *j, const char *name, struct str text)
{
    if (text.p != NULL)
        json_str(j, name, text);
}

static enum err refresh_content(struct arena *a,
                                const struct app_refresh_token *t,
                                struct str nonce, struct str *json_r)
{
    struct buf b = buf_new(a);
    struct json_out j = json_out(&b);

    json_open(&j, NULL, '{');
    json_str(&j, "sessionHandle", t->handle);
    json_str(&j, "userId", t->user_id);
    refresh_put(&j, "parentRefreshTokenHash1", t->parent);
    json_str(&j, "nonce", nonce);
    refresh_put(&j, "antiCsrfToken", t->anti_csrf);
    refresh_put(&j, "tenantId", t->tenant);
    json_close(&j, '}');
    return buf_done(&b, json_r);
}

static enum err refresh_text(struct arena *a, struct str made, struct str nonce,
                             struct str *text_r)
{
    struct buf b = buf_new(a);
    char *text = arena_alloc(a, ENC_B64_PADDED_LEN(made.n) + 1);

    if (text == NULL)
        return ERR_NO_MEMORY;
    buf_put(&b, text, enc_b64((const uint8_t *)made.p, made.n, text));
    buf_char(&b, '.');
    buf_str(&b, nonce);
    buf_text(&b, "." REFRESH_SUFFIX);
    return buf_done(&b, text_r);
}

enum err app_refresh_token_make(struct ctx *c, const struct app *app,
                                struct app_refresh_token *t, struct str *text_r)
{
    char random[DIGEST_LEN];
    struct str secret, nonce, content, made, text;
    enum err e = random_bytes(random, sizeof(random));

    if (e == ERR_OK)
        e = refresh_hex(c->arena, (struct str){random, sizeof(random)}, &nonce);
    if (e == ERR_OK)
        e = refresh_content(c->arena, t, nonce, &content);
    if (e == ERR_OK)
        e = app_keys_refresh_secret(c, app, &secret);
    if (e == ERR_OK)
        e = token_cipher_make(c->arena, secret, content, &made);
    if (e == ERR_OK)
        e = refresh_text(c->arena, made, nonce, &text);
    if (e == ERR_OK)
        e = refresh_hashes(c->arena, text, t);
    if (e == ERR_OK)
        *text_r = text;
    return e;
}

/* The encrypted part and the nonce behind it. */
static enum err refresh_split(struct arena *a, struct str text,
                              struct str *made_r, struct str *nonce_r)
{
    struct str rest = text;
    struct str part = str_cut(&rest, '.');
    struct str nonce = str_cut(&rest, '.');
    size_t n = 0;

    if (text.n > REFRESH_MAX || rest.p == NULL ||
        !str_eq(rest, STR(REFRESH_SUFFIX)))
        return ERR_VALIDATION;
    uint8_t *out = arena_alloc(a, part.n + 1);

    if (out == NULL)
        return ERR_NO_MEMORY;
    if (!enc_unb64(part, out, part.n, &n))
        return ERR_VALIDATION;
    *made_r = (struct str){(const char *)out, n};
    *nonce_r = nonce;
    return ERR_OK;
}

/* A member that is left out, or null, when there is none. */
static enum err refresh_get(struct arena *a, struct str json, const char *name,
                            struct str *text_r)
{
    struct str value = json_read_member(json, str_of(name));

    if (value.p != NULL && !json_read_null(value))
        return json_read_text(a, value, text_r);
    *text_r = (struct str){NULL, 0};
    return ERR_OK;
}

static enum err refresh_read(struct arena *a, struct str json, struct str nonce,
                             struct app_refresh_token *t)
{
    struct str inner = {NULL, 0};
    enum err e = json_scan(a, json, &refresh_limits);

    if (e == ERR_OK)
        e = refresh_get(a, json, "sessionHandle", &t->handle);
    if (e == ERR_OK)
        e = refresh_get(a, json, "userId", &t->user_id);
    if (e == ERR_OK)
        e = refresh_get(a, json, "nonce", &inner);
    if (e == ERR_OK)
        e = refresh_get(a, json, "parentRefreshTokenHash1", &t->parent);
    if (e == ERR_OK)
        e = refresh_get(a, json, "antiCsrfToken", &t->anti_csrf);
    if (e == ERR_OK)
        e = refresh_get(a, json, "tenantId", &t->tenant);
    if (e == ERR_OK && (t->handle.p == NULL || t->user_id.p == NULL ||
                        inner.p == NULL || !str_eq(inner, nonce)))
        e = ERR_VALIDATION;
    return e;
}

enum err app_refresh_token_open(struct ctx *c, const struct app *app,
                                struct str text, struct app_refresh_token *t_r)
{
    struct str made, nonce, secret, content;
    struct app_refresh_token t;
    enum err e = refresh_split(c->arena, text, &made, &nonce);

    if (e == ERR_OK)
        e = app_keys_refresh_secret(c, app, &secret);
    if (e == ERR_OK)
        e = token_cipher_open(c->arena, secret, made, &content);
    if (e == ERR_OK)
        e = refresh_read(c->arena, content, nonce, &t);
    if (e == ERR_OK)
        e = refresh_hashes(c->arena, text, &t);
    if (e == ERR_OK)
        *t_r = t;
    return e == ERR_VALIDATION || e == ERR_MALFORMED_JSON
               ? ERR_REFRESH_TOKEN_INVALID
               : e;
}
