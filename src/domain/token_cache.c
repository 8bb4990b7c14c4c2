/* SPDX-License-Identifier: MIT */
/* A direct-mapped table: no list to keep, no eviction to reason about, and a
 * flood of tokens costs at worst the signature checks it saved. */
#include "domain/token_cache.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"

#define TOKEN_CACHE_TEXT 1024 /* bytes of a token's texts worth keeping */
#define TOKEN_CACHE_REFUSALS 256

struct token_cache_slot {
    struct digest token;
    int64_t generation;
    bool used;
    struct jwt_claims claims; /* its texts point into text */
    char text[TOKEN_CACHE_TEXT];
};

/* All rules about time count whole seconds, so within one second a token under
 * the same keys gets the same verdict; a flood of one bad token then costs one
 * signature check a second. */
struct token_cache_refusal {
    struct digest token;
    int64_t generation;
    int64_t at_s;
    enum err verdict;
};

struct token_cache {
    size_t entries;
    struct token_cache_slot *slots;
    /* Beside the slots, so that forgeries push out no verified token. */
    struct token_cache_refusal refusals[TOKEN_CACHE_REFUSALS];
};

/* Every text of struct jwt_claims. */
static const size_t token_cache_texts[] = {
    offsetof(struct jwt_claims, iss),       offsetof(struct jwt_claims, aud),
    offsetof(struct jwt_claims, sub),       offsetof(struct jwt_claims, acr),
    offsetof(struct jwt_claims, client_id), offsetof(struct jwt_claims, amr),
    offsetof(struct jwt_claims, roles),     offsetof(struct jwt_claims, groups),
    offsetof(struct jwt_claims, custom)};

#define TOKEN_CACHE_TEXTS                                                      \
    (sizeof(token_cache_texts) / sizeof(*token_cache_texts))

static struct str *token_cache_text(struct jwt_claims *claims, size_t i)
{
    return (struct str *)(void *)((char *)claims + token_cache_texts[i]);
}

enum err token_cache_new(size_t entries, struct token_cache **c_r)
{
    struct token_cache *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return ERR_NO_MEMORY;
    c->entries = entries;
    if (entries > 0)
        c->slots = calloc(entries, sizeof(*c->slots));
    if (entries > 0 && c->slots == NULL) {
        free(c);
        return ERR_NO_MEMORY;
    }
    *c_r = c;
    return ERR_OK;
}

void token_cache_free(struct token_cache **c)
{
    if (*c == NULL)
        return;
    if ((*c)->slots != NULL)
        secret_wipe((*c)->slots, (*c)->entries * sizeof(*(*c)->slots));
    free((*c)->slots);
    free(*c);
    *c = NULL;
}

static struct token_cache_slot *token_cache_slot(struct token_cache *c,
                                                 const struct digest *token)
{
    uint64_t at;

    if (c->entries == 0)
        return NULL;
    memcpy(&at, token->b, sizeof(at));
    return &c->slots[at % c->entries];
}

bool token_cache_get(struct token_cache *c, const struct digest *token,
                     int64_t generation, int64_t now_s, struct arena *a,
                     struct jwt_claims *claims_r)
{
    const struct token_cache_slot *slot = token_cache_slot(c, token);

    if (slot == NULL || !slot->used || slot->generation != generation ||
        slot->claims.exp <= now_s ||
        !secret_eq(slot->token.b, token->b, DIGEST_LEN))
        return false;
    struct jwt_claims copy = slot->claims;

    for (size_t i = 0; i < TOKEN_CACHE_TEXTS; i++) {
        struct str *text = token_cache_text(&copy, i);

        if (text->p == NULL)
            continue;
        *text = arena_str(a, *text);
        if (text->p == NULL)
            return false;
    }
    *claims_r = copy;
    return true;
}

void token_cache_put(struct token_cache *c, const struct digest *token,
                     int64_t generation, const struct jwt_claims *claims)
{
    struct token_cache_slot *slot = token_cache_slot(c, token);
    struct jwt_claims copy = *claims;
    size_t used = 0;

    if (slot == NULL)
        return;
    for (size_t i = 0; i < TOKEN_CACHE_TEXTS; i++)
        used += token_cache_text(&copy, i)->n;
    if (used > sizeof(slot->text))
        return;
    used = 0;
    for (size_t i = 0; i < TOKEN_CACHE_TEXTS; i++) {
        struct str *text = token_cache_text(&copy, i);

        if (text->p == NULL)
            continue;
        memcpy(slot->text + used, text->p, text->n);
        text->p = slot->text + used;
        used += text->n;
    }
    slot->claims = copy;
    slot->token = *token;
    slot->generation = generation;
    slot->used = true;
}

static size_t token_cache_refusal_at(const struct digest *token)
{
    uint64_t at;

    memcpy(&at, token->b, sizeof(at));
    return at % TOKEN_CACHE_REFUSALS;
}

enum err token_cache_refused(const struct token_cache *c,
                             const struct digest *token, int64_t generation,
                             int64_t now_s)
{
    const struct token_cache_refusal *r =
        &c->refusals[token_cache_refusal_at(token)];

    if (c->entries == 0 || r->at_s != now_s || r->generation != generation ||
        !secret_eq(r->token.b, token->b, DIGEST_LEN))
        return ERR_OK;
    return r->verdict;
}

void token_cache_refuse(struct token_cache *c, const struct digest *token,
                        int64_t generation, int64_t now_s, enum err verdict)
{
    c->refusals[token_cache_refusal_at(token)] =
        (struct token_cache_refusal){*token, generation, now_s, verdict};
}
