/* SPDX-License-Identifier: MIT */
/* Refresh tokens are sealed, so that a forged one costs no database and its
 * place in the family travels with it instead of being written per issue. */
#include "domain/refresh_token.h"

#include <string.h>

#include "crypto/secret.h"
#include "domain/sealed_text.h"

#define REFRESH_TOKEN_VERSION 1

/* Where each part of the content stands. */
enum {
    REFRESH_TOKEN_AT_SESSION = 1,
    REFRESH_TOKEN_AT_RANDOM = REFRESH_TOKEN_AT_SESSION + 16,
    REFRESH_TOKEN_AT_PARENT = REFRESH_TOKEN_AT_RANDOM + 32,
    REFRESH_TOKEN_AT_ISSUED = REFRESH_TOKEN_AT_PARENT + STORE_HASH_LEN,
    REFRESH_TOKEN_LEN = REFRESH_TOKEN_AT_ISSUED + 8
};

static enum err refresh_token_hashes(struct str text,
                                     struct refresh_token *token)
{
    struct digest key;
    enum err e = digest_sha256(text, &token->hash);

    if (e != ERR_OK)
        return e;
    struct str first = {(const char *)token->hash.b, DIGEST_LEN};

    e = digest_sha256(first, &key);
    if (e != ERR_OK)
        return e;
    memcpy(token->lineage.key, key.b, STORE_HASH_LEN);
    return ERR_OK;
}

static enum err refresh_token_seal(struct ctx *c, struct str content,
                                   struct str *text_r)
{
    struct str place;
    enum err e = sealed_text_realm(c, &place);

    return e != ERR_OK ? e
                       : sealed_text_make(c, SEAL_REFRESH_TOKEN, place, content,
                                          text_r);
}

enum err refresh_token_make(struct ctx *c, const struct id *session_id,
                            const uint8_t parent[STORE_HASH_LEN],
                            int64_t issued_us, struct str *text_r,
                            struct refresh_token *token_r)
{
    uint8_t content[REFRESH_TOKEN_LEN] = {REFRESH_TOKEN_VERSION};
    struct refresh_token token = {.session_id = *session_id};
    struct str text = {NULL, 0};
    enum err e = random_bytes(content + REFRESH_TOKEN_AT_RANDOM, 32);

    if (e != ERR_OK)
        return e;
    memcpy(content + REFRESH_TOKEN_AT_SESSION, session_id->b, 16);
    memcpy(content + REFRESH_TOKEN_AT_PARENT, parent, STORE_HASH_LEN);
    sealed_text_number_put(content + REFRESH_TOKEN_AT_ISSUED,
                           (uint64_t)issued_us);
    memcpy(token.lineage.parent, parent, STORE_HASH_LEN);
    token.lineage.issued_us = issued_us;
    e = refresh_token_seal(
        c, (struct str){(const char *)content, sizeof(content)}, &text);
    secret_wipe(content, sizeof(content));
    if (e == ERR_OK)
        e = refresh_token_hashes(text, &token);
    if (e != ERR_OK)
        return e;
    *text_r = text;
    *token_r = token;
    return ERR_OK;
}

static void refresh_token_parse(const char *content,
                                struct refresh_token *token)
{
    memcpy(token->session_id.b, content + REFRESH_TOKEN_AT_SESSION, 16);
    memcpy(token->lineage.parent, content + REFRESH_TOKEN_AT_PARENT,
           STORE_HASH_LEN);
    token->lineage.issued_us =
        (int64_t)sealed_text_number(content + REFRESH_TOKEN_AT_ISSUED);
}

enum err refresh_token_open(struct ctx *c, struct str text,
                            struct refresh_token *token_r)
{
    struct refresh_token token;
    struct str place, content;
    enum err e = sealed_text_realm(c, &place);

    if (e == ERR_OK)
        e = sealed_text_open(c, SEAL_REFRESH_TOKEN, place, text,
                             REFRESH_TOKEN_LEN, &content);
    if (e == ERR_VALIDATION)
        return ERR_REFRESH_TOKEN_INVALID;
    if (e != ERR_OK)
        return e;
    if (content.p[0] != REFRESH_TOKEN_VERSION)
        return ERR_REFRESH_TOKEN_INVALID;
    refresh_token_parse(content.p, &token);
    e = refresh_token_hashes(text, &token);
    if (e == ERR_OK)
        *token_r = token;
    return e;
}
