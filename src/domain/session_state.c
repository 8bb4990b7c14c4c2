/* SPDX-License-Identifier: MIT */
/* The rules of life and death, the same for check, refresh and look-up. */
#include "domain/session_state.h"

#include "domain/session.h"

enum err session_state_read(struct ctx *c, const struct id *id,
                            struct store_session_state *state_r)
{
    enum err e = store_session_state(c->db, c->arena, id, state_r);

    return e == ERR_NO_ROW ? ERR_SESSION_INVALID : e;
}

enum err session_state_cut(const struct store_session_state *state)
{
    const struct store_session *row = &state->row;

    if (row->revoked_us != 0 || row->created_us < state->sessions_valid_from_us)
        return ERR_SESSION_INVALID;
    if (!id_is_nil(&row->account_id) &&
        (!state->account_found || !state->account_active))
        return ERR_SESSION_INVALID;
    return ERR_OK;
}

enum err session_state_ended(const struct ctx *c,
                             const struct store_session_state *state)
{
    return state->row.realm_id != c->realm_id ? ERR_SESSION_INVALID
                                              : session_state_cut(state);
}

enum err session_state_over(const struct ctx *c,
                            const struct store_session_state *state)
{
    return session_ends_us(c->config, &state->row) <= state->now_us
               ? ERR_SESSION_EXPIRED
               : ERR_OK;
}

enum err session_state_live(struct ctx *c, const struct id *id,
                            struct store_session_state *state_r)
{
    struct store_session_state state;
    enum err e = session_state_read(c, id, &state);

    if (e == ERR_OK)
        e = session_state_ended(c, &state);
    if (e == ERR_OK)
        e = session_state_over(c, &state);
    if (e == ERR_OK)
        *state_r = state;
    return e;
}

/* Applications call their users as they like, in tenants of their own. */
static bool session_state_of(const struct ctx *c,
                             const struct store_session *row,
                             struct str subject)
{
    struct id account;

    if (row->realm_id == c->realm_id && str_eq(row->subject, subject))
        return true;
    return row->app && id_parse(subject, &account) && !id_is_nil(&account) &&
           id_eq(&row->account_id, &account);
}

enum err session_state_own(struct ctx *c, struct str subject,
                           const struct id *id, struct store_session *row_r)
{
    struct store_session_state state;
    enum err e = session_state_read(c, id, &state);

    if (e == ERR_OK)
        e = session_state_cut(&state);
    if (e == ERR_OK)
        e = session_state_over(c, &state);
    if (e == ERR_OK &&
        (subject.n == 0 || !session_state_of(c, &state.row, subject)))
        e = ERR_NOT_FOUND;
    if (e == ERR_OK)
        *row_r = state.row;
    return err_status(e) == 401 ? ERR_NOT_FOUND : e;
}

int64_t session_state_lifetime(const struct config *config)
{
    return config->tokens_refresh_lifetime * CLOCK_SECOND;
}

int64_t session_state_slide(int64_t lifetime_us, int64_t absolute_us,
                            int64_t now_us)
{
    int64_t expires = now_us + lifetime_us;

    return absolute_us != 0 && absolute_us < expires ? absolute_us : expires;
}

enum err session_state_move(struct ctx *c, struct store_session_state *state,
                            const struct store_lineage *next,
                            int64_t lifetime_us, bool *done_r)
{
    struct store_session *row = &state->row;
    const struct store_promotion to = {
        *next,
        session_state_slide(lifetime_us, row->absolute_us, state->now_us),
        state->now_us};
    bool done = false;
    enum err e =
        store_session_promote(c->db, &row->id, row->lineage.cur, &to, &done);

    if (e != ERR_OK)
        return e;
    if (done) {
        row->lineage = to.next;
        row->expires_us = to.expires_us;
        row->active_us = to.active_us;
    }
    *done_r = done;
    return ERR_OK;
}

enum err session_state_promote(struct ctx *c, struct store_session_state *state,
                               const struct lineage_token *token,
                               int64_t lifetime_us, bool *done_r)
{
    const struct store_lineage next =
        lineage_promoted(&state->row.lineage, token);

    return session_state_move(c, state, &next, lifetime_us, done_r);
}
