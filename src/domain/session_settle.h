/* SPDX-License-Identifier: MIT */
/* What a presented refresh token comes to: read, judge, write at most once, and
 * again when somebody was faster. The same for every face. */
#ifndef GATEHOUSE_DOMAIN_SESSION_SETTLE_H
#define GATEHOUSE_DOMAIN_SESSION_SETTLE_H

#include "base/err.h"
#include "domain/ctx.h"
#include "domain/lineage.h"
#include "store/store_session.h"

/* What differs from face to face. */
struct session_settle_face {
    /* Reads the session into the settling's state. An error ends it. */
    enum err (*look)(void *data);
    /* Called before anything is written; NULL: nothing is to be done. */
    enum err (*before)(void *data);
    /* The token is somebody's who should not have it; tells the error. */
    enum err (*theft)(void *data);
};

struct session_settle {
    struct lineage_rules rules;
    int64_t lifetime_us; /* of the session, from a move of its lineage on */
    const struct lineage_token *token;
    const struct lineage_token *child; /* what a lineage that rotates moves to
                                        * instead; else NULL */
    struct store_session_state *state; /* as written in the end */
    const struct session_settle_face *face;
    void *data;
};

/* Settles it; *verdict_r is never LINEAGE_THEFT on ERR_OK. ERR_UNAVAILABLE when
 * others were faster again and again, and what the face's functions answer. */
enum err session_settle(struct ctx *c, const struct session_settle *s,
                        enum lineage_verdict *verdict_r);

/* Ends a session whose token was used again, with the event; nothing when it
 * has ended already. For a transaction. */
enum err session_settle_end(struct ctx *c, const struct store_session *row);

#endif
