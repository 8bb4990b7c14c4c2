/* SPDX-License-Identifier: MIT */
/* The access token carries its sibling's hash and parent, so that its first use
 * can prove the refresh answer arrived. */
#include "domain/token_mint.h"

#include <string.h>

#include "base/json_write.h"
#include "domain/keyring.h"

/* RFC 9068 section 2.2 wants a client_id; there are no OAuth clients here. */
#define TOKEN_MINT_CLIENT "first-party"

/* Blank-separated words as a JSON array. */
static enum err token_mint_array(struct ctx *c, struct str words,
                                 struct str *array_r)
{
    struct buf b = buf_new(c->arena);
    struct json_out j = json_out(&b);

    json_words(&j, NULL, words);
    return buf_done(&b, array_r);
}

/* Seconds from now_us to the absolute end, at most `most`, at least 1. */
static int64_t token_mint_life(const struct token_mint *m, int64_t most)
{
    int64_t left = (m->row->absolute_us - m->now_us) / CLOCK_SECOND;

    if (m->row->absolute_us == 0 || left >= most)
        return most;
    return left > 1 ? left : 1;
}

static enum err token_mint_access(struct ctx *c, const struct token_mint *m,
                                  const struct refresh_token *refresh,
                                  struct tokens *t)
{
    const struct store_session *row = m->row;
    const struct key *key;
    struct jwt_claims claims = {
        .iss = str_of(config_issuer(c->config)),
        .aud = str_of(config_audience(c->config)),
        .sub = row->subject,
        .acr = row->acr,
        .client_id = STR(TOKEN_MINT_CLIENT),
        .sid = row->id,
        .iat = clock_s(&c->clock),
        .exp = clock_s(&c->clock) + t->access_lifetime_s,
        .auth_time = row->auth_time_s,
        .amr = row->amr,
        .ver = m->account_version,
        .rth = refresh->hash,
        .rti = refresh->lineage.issued_us,
        .custom = row->claims,
    };
    enum err e = id_new(clock_us(&c->clock), &claims.jti);

    memcpy(claims.prh.b, refresh->lineage.parent, DIGEST_LEN);
    if (e == ERR_OK)
        e = token_mint_array(c, m->roles, &claims.roles);
    if (e == ERR_OK)
        e = token_mint_array(c, m->groups, &claims.groups);
    if (e == ERR_OK)
        e = keyring_signer(c, &key);
    return e != ERR_OK ? e : jwt_make(c->arena, key, &claims, &t->access);
}

enum err token_mint(struct ctx *c, const struct token_mint *m,
                    struct tokens *tokens_r, struct refresh_token *refresh_r)
{
    struct tokens t = {.session_id = m->row->id, .subject = m->row->subject};
    struct refresh_token refresh;

    t.access_lifetime_s = token_mint_life(m, c->config->tokens_access_lifetime);
    /* The first use of the child slides the end, so the cookie may live for the
     * whole span from now; only the absolute end cuts it. */
    t.refresh_lifetime_s =
        token_mint_life(m, c->config->tokens_refresh_lifetime);
    enum err e = refresh_token_make(c, &m->row->id, m->parent, m->now_us,
                                    &t.refresh, &refresh);

    if (e == ERR_OK)
        e = token_mint_access(c, m, &refresh, &t);
    if (e != ERR_OK)
        return e;
    *tokens_r = t;
    *refresh_r = refresh;
    return ERR_OK;
}
