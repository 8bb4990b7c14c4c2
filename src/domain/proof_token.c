/* SPDX-License-Identifier: MIT */
/* The kind is the seal's purpose, with a key of its own: one kind cannot be
 * opened as another. */
#include "domain/proof_token.h"

#include <assert.h>
#include <string.h>

#include "base/enc.h"
#include "domain/sealed_text.h"

#define PROOF_VERSION 1

enum {
    PROOF_AT_ID = 1,
    PROOF_AT_ISSUED = PROOF_AT_ID + 16,
    PROOF_LEN = PROOF_AT_ISSUED + 8
};

static const struct {
    enum seal_purpose purpose;
    enum err invalid, expired;
} proof_kinds[] = {
    [PROOF_TWO_FACTOR] = {SEAL_TWO_FACTOR_TOKEN, ERR_TWO_FACTOR_TOKEN_INVALID,
                          ERR_TWO_FACTOR_TOKEN_EXPIRED},
    [PROOF_STEP_UP] = {SEAL_STEP_UP_TOKEN, ERR_STEP_UP_TOKEN_INVALID,
                       ERR_STEP_UP_TOKEN_EXPIRED},
    [PROOF_SESSION] = {SEAL_SESSION_TOKEN, ERR_SESSION_TOKEN_INVALID,
                       ERR_SESSION_TOKEN_EXPIRED},
    [PROOF_CONNECTION] = {SEAL_CONNECTION_TOKEN, ERR_CONNECTION_TOKEN_INVALID,
                          ERR_CONNECTION_TOKEN_EXPIRED},
};
static_assert(sizeof(proof_kinds) / sizeof(*proof_kinds) == PROOF_COUNT,
              "a row per kind");

int64_t proof_token_lifetime(const struct config *config, enum proof_kind kind)
{
    switch (kind) {
    case PROOF_STEP_UP:
        return config->step_up_lifetime;
    case PROOF_SESSION:
        return config->oauth2_session_token_lifetime;
    case PROOF_CONNECTION:
        return config->oauth2_connection_token_lifetime;
    case PROOF_TWO_FACTOR:
    case PROOF_COUNT:
        break;
    }
    return config->two_factor_lifetime;
}

enum err proof_token_make_with(struct ctx *c, enum proof_kind kind,
                               const struct id *id, struct str more,
                               struct str *token_r)
{
    uint8_t content[PROOF_LEN + PROOF_MORE_MAX] = {PROOF_VERSION};
    struct str place;
    enum err e =
        more.n > PROOF_MORE_MAX ? ERR_INTERNAL : sealed_text_realm(c, &place);

    if (e != ERR_OK)
        return e;
    memcpy(content + PROOF_AT_ID, id->b, sizeof(id->b));
    sealed_text_number_put(content + PROOF_AT_ISSUED,
                           (uint64_t)clock_s(&c->clock));
    if (more.n > 0)
        memcpy(content + PROOF_LEN, more.p, more.n);
    return sealed_text_make(
        c, proof_kinds[kind].purpose, place,
        (struct str){(const char *)content, PROOF_LEN + more.n}, token_r);
}

enum err proof_token_make(struct ctx *c, enum proof_kind kind,
                          const struct id *id, struct str *token_r)
{
    return proof_token_make_with(c, kind, id, (struct str){NULL, 0}, token_r);
}

/* Names, times and load of an opened token. */
static enum err proof_parse(struct ctx *c, enum proof_kind kind,
                            struct str content, struct id *id_r,
                            struct str *more_r)
{
    const int64_t now = clock_s(&c->clock);
    const uint64_t issued = sealed_text_number(content.p + PROOF_AT_ISSUED);

    if (content.p[0] != PROOF_VERSION ||
        issued > (uint64_t)(now + c->config->tokens_leeway))
        return proof_kinds[kind].invalid;
    if (now - (int64_t)issued >= proof_token_lifetime(c->config, kind))
        return proof_kinds[kind].expired;
    memcpy(id_r->b, content.p + PROOF_AT_ID, sizeof(id_r->b));
    *more_r = (struct str){content.p + PROOF_LEN, content.n - PROOF_LEN};
    return ERR_OK;
}

/* Bytes in a token of that length; 0 when none is so short or long. */
static size_t proof_len(struct str token)
{
    if (token.n < ENC_B64_LEN(PROOF_LEN + SEAL_OVERHEAD) ||
        token.n > ENC_B64_LEN(PROOF_LEN + PROOF_MORE_MAX + SEAL_OVERHEAD))
        return 0;
    return token.n * 3 / 4 - SEAL_OVERHEAD;
}

enum err proof_token_open_with(struct ctx *c, enum proof_kind kind,
                               struct str token, struct id *id_r,
                               struct str *more_r)
{
    const size_t n = proof_len(token);
    struct str place, content;
    enum err e = n == 0 ? ERR_VALIDATION : sealed_text_realm(c, &place);

    if (e == ERR_OK)
        e = sealed_text_open(c, proof_kinds[kind].purpose, place, token, n,
                             &content);
    if (e == ERR_VALIDATION)
        return proof_kinds[kind].invalid;
    return e != ERR_OK ? e : proof_parse(c, kind, content, id_r, more_r);
}

enum err proof_token_open(struct ctx *c, enum proof_kind kind, struct str token,
                          struct id *id_r)
{
    struct str more = {NULL, 0};
    struct id id;
    enum err e = proof_token_open_with(c, kind, token, &id, &more);

    if (e == ERR_OK && more.n != 0)
        e = proof_kinds[kind].invalid;
    if (e == ERR_OK)
        *id_r = id;
    return e;
}
