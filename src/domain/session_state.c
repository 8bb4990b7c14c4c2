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

enum err session_state_ended(const struct ctx *c,
                             const struct store_session_state *state)
{
    const struct store_session *row = &state->row;

    if (row->realm_id != c->realm_id || row->revoked_us != 0 ||
        row->created_us < state->sessions_valid_from_us)
        return ERR_SESSION_INVALID;
    if (!id_is_nil(&row->account_id) &&
        (!state->account_found || !state->account_active))
        return ERR_SESSION_INVALID;
    return ERR_OK;
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

enum err session_state_own(struct ctx *c, struct str subject,
                           const struct id *id)
{
    struct store_session_state state;
    enum err e = session_state_live(c, id, &state);

    if (e == ERR_OK && (subject.n == 0 || !str_eq(state.row.subject, subject)))
        e = ERR_NOT_FOUND;
    return err_status(e) == 401 ? ERR_NOT_FOUND : e;
}

int64_t session_state_slide(const struct config *config, int64_t absolute_us,
                            int64_t now_us)
{
    int64_t expires = now_us + config->tokens_refresh_lifetime * CLOCK_SECOND;

    return absolute_us != 0 && absolute_us < expires ? absolute_us : expires;
}

enum err session_state_promote(struct ctx *c, struct store_session_state *state,
                               const struct lineage_token *token, bool *done_r)
{
    struct store_session *row = &state->row;
    const struct store_promotion to = {
        lineage_promoted(&row->lineage, token),
        session_state_slide(c->config, row->absolute_us, state->now_us),
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
