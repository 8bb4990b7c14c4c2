/* SPDX-License-Identifier: MIT */
/* The check of an access token: signature by memory, life by one statement. */
#include "domain/session.h"

#include <string.h>

#include "base/log.h"
#include "domain/keyring.h"
#include "domain/refresh_token.h"
#include "domain/session_state.h"
#include "domain/token_cache.h"

static struct jwt_rules session_rules(const struct ctx *c)
{
    return (struct jwt_rules){.iss = str_of(config_issuer(c->config)),
                              .aud = str_of(config_audience(c->config)),
                              .now = clock_s(&c->clock),
                              .leeway = c->config->tokens_leeway};
}

/* A configuration reload may have changed whom we answer for meanwhile. */
static bool session_recalled(struct ctx *c, const struct digest *hash,
                             const struct jwt_rules *rules,
                             struct jwt_claims *claims)
{
    return c->cache != NULL &&
           token_cache_get(c->cache, hash, keyring_generation(c->keyring),
                           rules->now, c->arena, claims) &&
           str_eq(claims->iss, rules->iss) && str_eq(claims->aud, rules->aud);
}

/* What was refused a moment ago. */
static enum err session_refused(struct ctx *c, const struct digest *hash,
                                const struct jwt_rules *rules)
{
    if (c->cache == NULL)
        return ERR_OK;
    return token_cache_refused(c->cache, hash, keyring_generation(c->keyring),
                               rules->now);
}

/* Remembers what the check of signature and claims said; lack of memory is no
 * verdict. */
static void session_remember(struct ctx *c, const struct digest *hash,
                             const struct jwt_rules *rules, enum err verdict,
                             const struct jwt_claims *claims)
{
    int64_t generation = keyring_generation(c->keyring);

    if (c->cache == NULL)
        return;
    if (verdict == ERR_OK)
        token_cache_put(c->cache, hash, generation, claims);
    else if (verdict == ERR_ACCESS_TOKEN_INVALID ||
             verdict == ERR_ACCESS_TOKEN_EXPIRED)
        token_cache_refuse(c->cache, hash, generation, rules->now, verdict);
}

/* Signature and claims under the keys as loaded. */
static enum err session_verify(struct ctx *c, struct str token,
                               const struct digest *hash,
                               struct jwt_claims *claims_r)
{
    struct jwt_rules rules = session_rules(c);
    struct jwt_claims claims;
    const struct key *key;
    struct str kid;

    if (session_recalled(c, hash, &rules, &claims)) {
        *claims_r = claims;
        return ERR_OK;
    }
    enum err e = session_refused(c, hash, &rules);

    if (e == ERR_OK)
        e = jwt_kid(c->arena, token, &kid);
    if (e == ERR_OK)
        e = keyring_verifier(c, kid, &key);
    if (e != ERR_OK)
        return e;
    /* The load of the keys may have been the first to tell the time. */
    rules.now = clock_s(&c->clock);
    e = jwt_verify(c->arena, token, key, &rules, &claims);
    session_remember(c, hash, &rules, e, &claims);
    if (e == ERR_OK)
        *claims_r = claims;
    return e;
}

/* Life of the session first, then of this token, then of time: a client is told
 * the reason that will not go away by itself. */
static enum err session_judge(struct ctx *c, const struct session_view *view)
{
    const struct store_session_state *state = &view->state;
    enum err e = session_state_ended(c, state);

    if (e != ERR_OK)
        return e;
    if (!str_eq(view->claims.sub, state->row.subject))
        return ERR_SESSION_INVALID;
    /* Only this token is dead: the browser keeps what it can refresh with. */
    if (state->token_revoked)
        return ERR_ACCESS_TOKEN_INVALID;
    /* Rights, password or status changed since: the client refreshes and gets
     * what holds now. */
    if (view->claims.ver != state->account_version)
        return ERR_ACCESS_TOKEN_EXPIRED;
    return session_state_over(c, state);
}

/* The first access token of a child proves that the answer with its refresh
 * token arrived, so its parent is used up. A store that cannot write must not
 * make the session unusable: the next use tries again. */
static void session_arrived(struct ctx *c, struct session_view *view)
{
    const struct jwt_claims *claims = &view->claims;
    struct lineage_token token = {.issued_us = claims->rti};
    struct store_session_state state;
    struct digest key;
    bool done = false;

    memcpy(token.parent, claims->prh.b, STORE_HASH_LEN);
    if (memcmp(token.parent, view->state.row.lineage.cur, STORE_HASH_LEN) != 0)
        return;
    enum err e = digest_sha256(
        (struct str){(const char *)claims->rth.b, DIGEST_LEN}, &key);

    /* The rest of the lineage, which a check does not read. */
    if (e == ERR_OK)
        e = session_state_read(c, &view->state.row.id, &state);
    if (e == ERR_OK &&
        memcmp(token.parent, state.row.lineage.cur, STORE_HASH_LEN) == 0) {
        memcpy(token.key, key.b, STORE_HASH_LEN);
        e = session_state_promote(c, &state, &token,
                                  session_state_lifetime(c->config), &done);
    }
    if (done) {
        view->state.row.expires_us = state.row.expires_us;
        view->state.row.active_us = state.row.active_us;
    }
    if (e != ERR_OK)
        log_msg(LOG_LEVEL_WARNING, "session.not_promoted", "%s", err_name(e));
}

/* The state of what a verified token names. */
static enum err session_look(struct ctx *c, const struct jwt_claims *claims,
                             struct store_session_state *state_r)
{
    struct store_session_state state;
    enum err e = store_session_check(c->db, c->arena, &claims->sid,
                                     &claims->jti, &state);

    if (e == ERR_OK)
        *state_r = state;
    return e == ERR_NO_ROW ? ERR_SESSION_INVALID : e;
}

enum err session_check(struct ctx *c, struct str access_token,
                       struct session_view *view_r)
{
    struct session_view view;
    struct digest hash;

    if (access_token.n == 0 || access_token.n > JWT_MAX)
        return ERR_ACCESS_TOKEN_INVALID;
    enum err e = digest_sha256(access_token, &hash);

    if (e == ERR_OK)
        e = session_verify(c, access_token, &hash, &view.claims);
    if (e == ERR_OK)
        e = session_look(c, &view.claims, &view.state);
    if (e != ERR_OK)
        return e;
    view.used_us = view.state.row.active_us;
    /* The keys have changed since the load: this one may have been revoked. */
    if (view.state.key_generation != keyring_generation(c->keyring)) {
        e = keyring_sync(c, view.state.key_generation);
        if (e == ERR_OK)
            e = session_verify(c, access_token, &hash, &view.claims);
        if (e != ERR_OK)
            return e;
    }
    e = session_judge(c, &view);
    if (e != ERR_OK)
        return e;
    session_arrived(c, &view);
    *view_r = view;
    return ERR_OK;
}

enum err session_of_refresh(struct ctx *c, struct str refresh_token,
                            struct store_session_state *state_r)
{
    struct refresh_token token;
    struct store_session_state state;
    enum err e = refresh_token_open(c, refresh_token, &token);

    if (e == ERR_OK)
        e = session_state_live(c, &token.session_id, &state);
    if (e == ERR_OK)
        *state_r = state;
    return e == ERR_SESSION_EXPIRED ? ERR_SESSION_INVALID : e;
}

/* Half of the inactivity limit at most, or a session in use would look idle. */
enum err session_touch(struct ctx *c, const struct session_view *view)
{
    const struct store_session *row = &view->state.row;
    int64_t interval = c->config->sessions_activity_interval * CLOCK_SECOND;
    int64_t half = c->config->sessions_inactivity * CLOCK_SECOND / 2;
    int64_t now = view->state.now_us;

    if (half > 0 && half < interval)
        interval = half;
    if (row->active_us > now - interval)
        return ERR_OK;
    return store_session_touch(c->db, &row->id, &c->client.ip, now,
                               now - interval);
}
