/* SPDX-License-Identifier: MIT */
/* The kind is the seal's purpose, with a key of its own: one kind cannot be
 * opened as another. */
#include "domain/proof_token.h"

#include <assert.h>
#include <string.h>

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
};
static_assert(sizeof(proof_kinds) / sizeof(*proof_kinds) == PROOF_COUNT,
              "a row per kind");

int64_t proof_token_lifetime(const struct config *config, enum proof_kind kind)
{
    return kind == PROOF_STEP_UP ? config->step_up_lifetime
                                 : config->two_factor_lifetime;
}

enum err proof_token_make(struct ctx *c, enum proof_kind kind,
                          const struct id *id, struct str *token_r)
{
    uint8_t content[PROOF_LEN] = {PROOF_VERSION};
    struct str place;
    enum err e = sealed_text_realm(c, &place);

    if (e != ERR_OK)
        return e;
    memcpy(content + PROOF_AT_ID, id->b, sizeof(id->b));
    sealed_text_number_put(content + PROOF_AT_ISSUED,
                           (uint64_t)clock_s(&c->clock));
    return sealed_text_make(
        c, proof_kinds[kind].purpose, place,
        (struct str){(const char *)content, sizeof(content)}, token_r);
}

/* Names and times of an opened token. */
static enum err proof_parse(struct ctx *c, enum proof_kind kind,
                            struct str content, struct id *id_r)
{
    const int64_t now = clock_s(&c->clock);
    const uint64_t issued = sealed_text_number(content.p + PROOF_AT_ISSUED);

    if (content.p[0] != PROOF_VERSION ||
        issued > (uint64_t)(now + c->config->tokens_leeway))
        return proof_kinds[kind].invalid;
    if (now - (int64_t)issued >= proof_token_lifetime(c->config, kind))
        return proof_kinds[kind].expired;
    memcpy(id_r->b, content.p + PROOF_AT_ID, sizeof(id_r->b));
    return ERR_OK;
}

enum err proof_token_open(struct ctx *c, enum proof_kind kind, struct str token,
                          struct id *id_r)
{
    struct str place, content;
    enum err e = sealed_text_realm(c, &place);

    if (e == ERR_OK)
        e = sealed_text_open(c, proof_kinds[kind].purpose, place, token,
                             PROOF_LEN, &content);
    if (e == ERR_VALIDATION)
        return proof_kinds[kind].invalid;
    return e != ERR_OK ? e : proof_parse(c, kind, content, id_r);
}
