/* SPDX-License-Identifier: MIT */
/* Refresh with rotation and reuse detection (RFC 9700 section 4.14): one read,
 * at most one conditional write, tokens signed outside any transaction.
 * `refresh_overlap` is the only knob: 0 is strict one-time use after the child
 * has been used, as SuperTokens does it; larger values forgive parallel tabs.
 */
#include "domain/event.h"
#include "domain/keyring.h"
#include "domain/lineage.h"
#include "domain/refresh_token.h"
#include "domain/session.h"
#include "domain/session_state.h"
#include "domain/token_mint.h"
#include "domain/watch.h"

/* Each lost race means another child of the same token was used meanwhile. */
#define SESSION_REFRESH_TRIES 3

#define SESSION_REASON_REUSE "reuse"

struct session_theft {
    struct ctx *c;
    const struct store_session *row;
};

static enum err session_theft_end(void *data)
{
    const struct session_theft *theft = data;
    struct ctx *c = theft->c;
    const struct store_session *row = theft->row;
    uint64_t count = 0;
    enum err e = store_session_revoke(c->db, c->realm_id, row->subject,
                                      &row->id, SESSION_REASON_REUSE, &count);

    /* 0: another worker has caught it and stored the event. */
    if (e != ERR_OK || count == 0)
        return e;
    e = event_record(c, EVENT_TOKEN_REUSE, row->subject, &row->id,
                     (struct str){NULL, 0});
    return e != ERR_OK ? e : watch_reuse(c, &row->account_id);
}

/* Only a session that is durably over may be called stolen: else the thief's
 * next try would find it open. */
static enum err session_theft(struct ctx *c, const struct store_session *row)
{
    struct session_theft theft = {c, row};
    enum err e = db_transact(c->db, session_theft_end, &theft);

    return e == ERR_OK ? ERR_TOKEN_THEFT : ERR_UNAVAILABLE;
}

/* Reads, judges and promotes once; *settled_r false: lost a race. */
static enum err session_refresh_settle(struct ctx *c,
                                       const struct refresh_token *token,
                                       struct store_session_state *state,
                                       enum lineage_verdict *verdict_r,
                                       bool *settled_r)
{
    int64_t overlap = c->config->tokens_refresh_overlap * CLOCK_SECOND;
    bool done = true;
    enum err e = session_state_live(c, &token->session_id, state);

    if (e != ERR_OK)
        return e;
    enum lineage_verdict verdict = lineage_judge(
        &state->row.lineage, &token->lineage, overlap, state->now_us);

    if (verdict == LINEAGE_THEFT)
        return session_theft(c, &state->row);
    /* Before activity is stamped: how long ago the last use was counts. */
    e = watch_look(c, state, state->row.active_us, true);
    if (e != ERR_OK)
        return e;
    if (verdict == LINEAGE_PROMOTE)
        e = session_state_promote(c, state, &token->lineage, &done);
    if (e == ERR_OK) {
        *verdict_r = verdict;
        *settled_r = done;
    }
    return e;
}

enum err session_refresh(struct ctx *c, struct str refresh_token,
                         struct tokens *tokens_r,
                         struct store_session_state *state_r)
{
    struct refresh_token token, child;
    struct store_session_state state;
    enum lineage_verdict verdict = LINEAGE_THEFT;
    bool settled = false;
    enum err e = refresh_token_open(c, refresh_token, &token);

    for (unsigned i = 0; i < SESSION_REFRESH_TRIES && e == ERR_OK && !settled;
         i++)
        e = session_refresh_settle(c, &token, &state, &verdict, &settled);
    if (e == ERR_OK && !settled)
        e = ERR_UNAVAILABLE;
    if (e == ERR_OK)
        e = keyring_sync(c, state.key_generation);
    if (e != ERR_OK)
        return e;
    const struct token_mint mint = {
        .row = &state.row,
        .roles = state.roles,
        .groups = state.groups,
        .account_version = state.account_version,
        .parent = lineage_parent(&state.row.lineage, verdict),
        .now_us = state.now_us};

    e = token_mint(c, &mint, tokens_r, &child);
    if (e == ERR_OK)
        tokens_r->waiting = state.row.step_up_required_us != 0;
    if (e == ERR_OK && state_r != NULL)
        *state_r = state;
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
