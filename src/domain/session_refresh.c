/* SPDX-License-Identifier: MIT */
/* Refresh with rotation and reuse detection (RFC 9700 section 4.14): one read,
 * at most one conditional write, tokens signed outside any transaction.
 * `refresh_overlap` is the only knob: 0 is strict one-time use after the child
 * has been used; larger values forgive parallel tabs. */
#include "domain/keyring.h"
#include "domain/lineage.h"
#include "domain/refresh_token.h"
#include "domain/session.h"
#include "domain/session_settle.h"
#include "domain/session_state.h"
#include "domain/token_mint.h"
#include "domain/watch.h"

/* What a settling of the service's own sessions needs. */
struct session_refreshing {
    struct ctx *c;
    const struct refresh_token *token;
    struct store_session_state state;
};

static enum err session_theft_end(void *data)
{
    const struct session_refreshing *r = data;

    return session_settle_end(r->c, &r->state.row);
}

/* Only a session that is durably over may be called stolen: else the thief's
 * next try would find it open. */
static enum err session_theft(void *data)
{
    struct session_refreshing *r = data;
    enum err e = db_transact(r->c->db, session_theft_end, r);

    return e == ERR_OK ? ERR_TOKEN_THEFT : ERR_UNAVAILABLE;
}

static enum err session_refresh_look(void *data)
{
    struct session_refreshing *r = data;

    return session_state_live(r->c, &r->token->session_id, &r->state);
}

/* Before activity is stamped: how long ago the last use was counts. */
static enum err session_refresh_watch(void *data)
{
    struct session_refreshing *r = data;

    return watch_look(r->c, &r->state, r->state.row.active_us, true);
}

static const struct session_settle_face session_refresh_face = {
    session_refresh_look, session_refresh_watch, session_theft};

enum err session_refresh(struct ctx *c, struct str refresh_token,
                         struct tokens *tokens_r,
                         struct store_session_state *state_r)
{
    struct refresh_token token, child;
    struct session_refreshing r = {.c = c, .token = &token};
    struct session_settle settle = {
        .rules = {.overlap_us =
                      c->config->tokens_refresh_overlap * CLOCK_SECOND},
        .lifetime_us = session_state_lifetime(c->config),
        .token = &token.lineage,
        .state = &r.state,
        .face = &session_refresh_face,
        .data = &r};
    const struct store_session_state *state = &r.state;
    enum lineage_verdict verdict = LINEAGE_THEFT;
    enum err e = refresh_token_open(c, refresh_token, &token);

    if (e == ERR_OK)
        e = session_settle(c, &settle, &verdict);
    if (e == ERR_OK)
        e = keyring_sync(c, state->key_generation);
    if (e != ERR_OK)
        return e;
    const struct token_mint mint = {
        .row = &state->row,
        .roles = state->roles,
        .groups = state->groups,
        .account_version = state->account_version,
        .parent = lineage_parent(&state->row.lineage, verdict),
        .now_us = state->now_us};

    e = token_mint(c, &mint, tokens_r, &child);
    if (e == ERR_OK)
        tokens_r->waiting = state->row.step_up_required_us != 0;
    if (e == ERR_OK && state_r != NULL)
        *state_r = *state;
    return e;
}

enum err session_reissue(struct ctx *c, const struct id *id,
                         struct tokens *tokens_r)
{
    struct store_session_state state;
    struct refresh_token child;
    enum err e = session_state_live(c, id, &state);

    if (e == ERR_OK)
        e = keyring_sync(c, state.key_generation);
    if (e != ERR_OK)
        return e;
    const struct token_mint mint = {.row = &state.row,
                                    .roles = state.roles,
                                    .groups = state.groups,
                                    .account_version = state.account_version,
                                    .parent = state.row.lineage.cur,
                                    .now_us = state.now_us};

    return token_mint(c, &mint, tokens_r, &child);
}
