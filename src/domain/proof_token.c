/* SPDX-License-Identifier: MIT */
/* The kind is the seal's purpose, with a key of its own: one kind cannot be
 * opened as another. */
#include "domain/proof_token.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"

#define PROOF_VERSION 1

enum {
    PROOF_AT_ID = 1,
    PROOF_AT_ISSUED = PROOF_AT_ID + 16,
    PROOF_LEN = PROOF_AT_ISSUED + 8,
    PROOF_SEALED = PROOF_LEN + SEAL_OVERHEAD
};

static const struct {
    enum seal_purpose purpose;
    enum err invalid, expired;
} proof_kinds[] = {
    [PROOF_TWO_FACTOR] = {SEAL_TWO_FACTOR_TOKEN, ERR_TWO_FACTOR_TOKEN_INVALID,
                          ERR_TWO_FACTOR_TOKEN_EXPIRED},
    [PROOF_STEP_UP] = {SEAL_STEP_UP_TOKEN, ERR_STEP_UP_TOKEN_INVALID,
                       ERR_STEP_UP_TOKEN_EXPIRED},
};
static_assert(sizeof(proof_kinds) / sizeof(*proof_kinds) == PROOF_COUNT,
              "a row per kind");

int64_t proof_token_lifetime(const struct config *config, enum proof_kind kind)
{
    return kind == PROOF_STEP_UP ? config->step_up_lifetime
                                 : config->two_factor_lifetime;
}

static enum err proof_place(struct ctx *c, struct str *place_r)
{
    struct buf b = buf_new(c->arena);

    buf_text(&b, "realm:");
    buf_int(&b, c->realm_id);
    return buf_done(&b, place_r);
}

enum err proof_token_make(struct ctx *c, enum proof_kind kind,
                          const struct id *id, struct str *token_r)
{
    uint8_t content[PROOF_LEN] = {PROOF_VERSION};
    uint64_t now = (uint64_t)clock_s(&c->clock);
    struct str place, sealed;
    enum err e = proof_place(c, &place);

    memcpy(content + PROOF_AT_ID, id->b, sizeof(id->b));
    for (unsigned i = 0; i < 8; i++)
        content[PROOF_AT_ISSUED + i] = (uint8_t)(now >> (56 - 8 * i));
    if (e == ERR_OK)
        e = seal(c->sealer, c->arena, proof_kinds[kind].purpose, place,
                 (struct str){(const char *)content, sizeof(content)}, &sealed);
    if (e != ERR_OK)
        return e;
    char *text = arena_alloc(c->arena, ENC_B64_LEN(sealed.n) + 1);

    if (text == NULL)
        return ERR_NO_MEMORY;
    token_r->n = enc_b64url((const uint8_t *)sealed.p, sealed.n, text);
    token_r->p = text;
    return ERR_OK;
}

/* Names and times of an opened token. */
static enum err proof_parse(struct ctx *c, enum proof_kind kind,
                            struct str content, struct id *id_r)
{
    int64_t now = clock_s(&c->clock);
    uint64_t issued = 0;

    if (content.n != PROOF_LEN || content.p[0] != PROOF_VERSION)
        return proof_kinds[kind].invalid;
    for (unsigned i = 0; i < 8; i++)
        issued = issued << 8 | (uint8_t)content.p[PROOF_AT_ISSUED + i];
    if (issued > (uint64_t)(now + c->config->tokens_leeway))
        return proof_kinds[kind].invalid;
    if (now - (int64_t)issued >= proof_token_lifetime(c->config, kind))
        return proof_kinds[kind].expired;
    memcpy(id_r->b, content.p + PROOF_AT_ID, sizeof(id_r->b));
    return ERR_OK;
}

enum err proof_token_open(struct ctx *c, enum proof_kind kind, struct str token,
                          struct id *id_r)
{
    uint8_t sealed[PROOF_SEALED];
    struct str place, content;
    size_t n;

    if (token.n != ENC_B64_LEN(sizeof(sealed)) ||
        !enc_unb64url(token, sealed, sizeof(sealed), &n) || n != sizeof(sealed))
        return proof_kinds[kind].invalid;
    enum err e = proof_place(c, &place);

    if (e == ERR_OK)
        e = seal_open(c->sealer, c->arena, proof_kinds[kind].purpose, place,
                      (struct str){(const char *)sealed, n}, &content);
    if (e == ERR_VALIDATION)
        return proof_kinds[kind].invalid;
    return e != ERR_OK ? e : proof_parse(c, kind, content, id_r);
}
