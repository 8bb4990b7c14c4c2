/* SPDX-License-Identifier: MIT */
/* One conditional write decides every race: who loses it reads what the winner
 * has made of the session and is judged by that. */
#include "domain/session_settle.h"

#include <string.h>

#include "domain/event.h"
#include "domain/session_state.h"
#include "domain/watch.h"
#include "store/store_app_session.h"

/* Each lost race means another child of the same token was used meanwhile. */
#define SESSION_SETTLE_TRIES 3

#define SESSION_REASON_REUSE "reuse"

/* Another answer to the parent takes the place of the one before. Neither its
 * time nor the session's end moves, or the overlap would have none. */
static enum err settle_branch(struct ctx *c, const struct session_settle *s,
                              bool *done_r)
{
    struct store_session *row = &s->state->row;
    bool done = false;
    enum err e = store_app_session_branch(c->db, &row->id, &row->lineage,
                                          s->child->key, &done);

    if (e != ERR_OK)
        return e;
    if (done)
        memcpy(row->lineage.cur, s->child->key, STORE_HASH_LEN);
    *done_r = done;
    return ERR_OK;
}

static enum err settle_write(struct ctx *c, const struct session_settle *s,
                             enum lineage_verdict verdict, bool *done_r)
{
    struct store_session_state *state = s->state;

    if (!s->rules.rotates && verdict == LINEAGE_PROMOTE)
        return session_state_promote(c, state, s->token, s->lifetime_us,
                                     done_r);
    if (!s->rules.rotates) {
        *done_r = true;
        return ERR_OK;
    }
    if (verdict == LINEAGE_OVERLAP)
        return settle_branch(c, s, done_r);
    const struct store_lineage next =
        lineage_rotated(&state->row.lineage, s->token, s->child, state->now_us);

    return session_state_move(c, state, &next, s->lifetime_us, done_r);
}

/* *settled_r false: lost a race. */
static enum err settle_once(struct ctx *c, const struct session_settle *s,
                            enum lineage_verdict *verdict_r, bool *settled_r)
{
    const struct session_settle_face *face = s->face;
    enum err e = face->look(s->data);

    if (e != ERR_OK)
        return e;
    enum lineage_verdict verdict = lineage_judge(
        &s->state->row.lineage, s->token, &s->rules, s->state->now_us);

    if (verdict == LINEAGE_THEFT)
        return face->theft(s->data);
    if (face->before != NULL)
        e = face->before(s->data);
    if (e == ERR_OK)
        e = settle_write(c, s, verdict, settled_r);
    if (e == ERR_OK)
        *verdict_r = verdict;
    return e;
}

enum err session_settle(struct ctx *c, const struct session_settle *s,
                        enum lineage_verdict *verdict_r)
{
    bool settled = false;
    enum err e = ERR_OK;

    for (unsigned i = 0; i < SESSION_SETTLE_TRIES && e == ERR_OK && !settled;
         i++)
        e = settle_once(c, s, verdict_r, &settled);
    return e == ERR_OK && !settled ? ERR_UNAVAILABLE : e;
}

enum err session_settle_end(struct ctx *c, const struct store_session *row)
{
    uint64_t count = 0;
    enum err e = store_session_revoke(c->db, row->realm_id, row->subject,
                                      &row->id, SESSION_REASON_REUSE, &count);

    /* 0: another worker has caught it and stored the event. */
    if (e != ERR_OK || count == 0)
        return e;
    e = event_record(c, EVENT_TOKEN_REUSE, row->subject, &row->id,
                     (struct str){NULL, 0});
    return e != ERR_OK ? e : watch_reuse(c, &row->account_id);
}
