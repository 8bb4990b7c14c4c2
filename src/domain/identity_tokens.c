/* SPDX-License-Identifier: MIT */
/* A provider may take the second use of a refresh token for theft, so renewing
 * is claimed by one conditional UPDATE before anybody is asked. */
#include "domain/identity_tokens.h"

#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "domain/account_read.h"
#include "domain/identity_key.h"
#include "domain/pack.h"

#define TOKENS_SEALED_MAX 16384 /* bytes of the column */
/* Longer than a provider may take to answer (oidc/oidc.h). */
#define TOKENS_RENEW_S 20

enum err identity_tokens_pack(struct ctx *c, const struct identity_tokens *t,
                              struct str *packed_r)
{
    struct buf b = buf_new(c->arena);

    pack_text(&b, t->access);
    pack_text(&b, t->refresh);
    pack_text(&b, t->scope);
    return buf_done(&b, packed_r);
}

static enum err tokens_unpack(struct str packed, struct identity_tokens *t)
{
    struct str rest = packed;

    return unpack_text(&rest, &t->access) && unpack_text(&rest, &t->refresh) &&
                   unpack_text(&rest, &t->scope)
               ? ERR_OK
               : ERR_INTERNAL;
}

enum err identity_tokens_seal(struct ctx *c, const uint8_t key[STORE_HASH_LEN],
                              struct str packed, struct str *sealed_r)
{
    struct str place;

    if (packed.n + SEAL_OVERHEAD > TOKENS_SEALED_MAX) {
        log_event(
            LOG_LEVEL_WARNING, "identity.tokens_too_long",
            (struct log_field[]){LOG_INT("bytes", (int64_t)packed.n), LOG_END});
        *sealed_r = (struct str){NULL, 0};
        return ERR_OK;
    }
    enum err e = identity_place(c, key, IDENTITY_TOKENS, &place);

    return e != ERR_OK ? e
                       : seal(c->sealer, c->arena, SEAL_PROVIDER_TOKENS, place,
                              packed, sealed_r);
}

static enum err tokens_open(struct ctx *c, const struct store_identity *row,
                            struct identity_tokens *t_r)
{
    struct identity_tokens t = {.end_us = row->tokens_end_us};
    struct str place, packed;
    enum err e = identity_place(c, row->hash, IDENTITY_TOKENS, &place);

    if (e == ERR_OK)
        e = seal_open(c->sealer, c->arena, SEAL_PROVIDER_TOKENS, place,
                      row->tokens_sealed, &packed);
    if (e == ERR_OK)
        e = tokens_unpack(packed, &t);
    if (e == ERR_OK)
        *t_r = t;
    return e == ERR_VALIDATION ? ERR_INTERNAL : e;
}

/* The tokens of the row replaced by fresh ones. */
static enum err tokens_replace(struct ctx *c, struct store_identity *row,
                               struct str packed, int64_t end_us)
{
    bool done;
    enum err e =
        identity_tokens_seal(c, row->hash, packed, &row->tokens_sealed);

    row->tokens_end_us = end_us;
    return e != ERR_OK ? e : store_identity_tokens(c->db, row, &done);
}

enum err identity_tokens_renewed(struct ctx *c,
                                 const uint8_t key[STORE_HASH_LEN],
                                 struct str packed, int64_t end_us)
{
    struct store_identity row;
    struct identity_tokens fresh, old;
    enum err e = store_identity_by_hash(c->db, c->arena, key, &row);

    if (e == ERR_OK)
        e = tokens_unpack(packed, &fresh);
    if (e != ERR_OK)
        return e == ERR_NO_ROW ? ERR_OK : e;
    if (fresh.refresh.n == 0 && row.tokens_sealed.n > 0 &&
        tokens_open(c, &row, &old) == ERR_OK) {
        fresh.refresh = old.refresh;
        e = identity_tokens_pack(c, &fresh, &packed);
    }
    row.tokens_version = -1;
    return e != ERR_OK ? e : tokens_replace(c, &row, packed, end_us);
}

enum err identity_tokens_read(struct ctx *c, const struct id *account,
                              const struct config_provider *p,
                              struct identity_kept *kept_r)
{
    struct identity_kept kept;
    struct store_account owner;
    enum err e = account_row(c, account, &owner);

    if (e == ERR_OK)
        e = store_identity_by_account(c->db, c->arena, account, str_of(p->name),
                                      &kept.row);
    if (e == ERR_NO_ROW ||
        (e == ERR_OK && (kept.row.tokens_sealed.n == 0 || !p->keep_tokens)))
        return ERR_NOT_FOUND;
    if (e == ERR_OK)
        e = tokens_open(c, &kept.row, &kept.tokens);
    if (e == ERR_OK)
        *kept_r = kept;
    return e;
}

static bool tokens_end_within(const struct ctx *c,
                              const struct identity_tokens *t, int64_t s)
{
    return t->end_us != 0 &&
           t->end_us <= clock_us(&c->clock) + s * CLOCK_SECOND;
}

bool identity_tokens_due(const struct ctx *c, const struct identity_tokens *t)
{
    return tokens_end_within(c, t, IDENTITY_RENEW_AHEAD_S);
}

bool identity_tokens_over(const struct ctx *c, const struct identity_tokens *t)
{
    return tokens_end_within(c, t, 0);
}

enum err identity_tokens_claim(struct ctx *c, const struct identity_kept *kept,
                               bool *mine_r)
{
    return store_identity_renew(c->db, &kept->row,
                                TOKENS_RENEW_S * CLOCK_SECOND, mine_r);
}

enum err identity_tokens_put(struct ctx *c, const struct identity_kept *kept,
                             const struct identity_tokens *fresh)
{
    struct store_identity row = kept->row;
    struct str packed;
    enum err e = identity_tokens_pack(c, fresh, &packed);

    return e != ERR_OK ? e : tokens_replace(c, &row, packed, fresh->end_us);
}
