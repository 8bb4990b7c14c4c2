/* SPDX-License-Identifier: MIT */
/* Judging what one look at a session's row has answered, and moving its lineage
 * on. All times here are the database's. */
#ifndef GATEHOUSE_DOMAIN_SESSION_STATE_H
#define GATEHOUSE_DOMAIN_SESSION_STATE_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/ctx.h"
#include "domain/lineage.h"
#include "store/store_session.h"

/* Everything minting needs to know of session id, whatever its state.
 * ERR_SESSION_INVALID when there is none. */
enum err session_state_read(struct ctx *c, const struct id *id,
                            struct store_session_state *state_r);

/* The same of one that lives; also ERR_SESSION_EXPIRED. */
enum err session_state_live(struct ctx *c, const struct id *id,
                            struct store_session_state *state_r);

/* ERR_SESSION_INVALID when it has been ended by somebody: revoked, its account
 * gone or disabled, older than its realm's epoch. */
enum err session_state_cut(const struct store_session_state *state);

/* The same, and for one of another realm. */
enum err session_state_ended(const struct ctx *c,
                             const struct store_session_state *state);

/* ERR_SESSION_EXPIRED when its time is over. */
enum err session_state_over(const struct ctx *c,
                            const struct store_session_state *state);

/* The row of a live session of subject, or of an application and the account
 * whose id that is. ERR_NOT_FOUND, the same for an unknown, a foreign and an
 * ended one. */
enum err session_state_own(struct ctx *c, struct str subject,
                           const struct id *id, struct store_session *row_r);

/* Until when a session used at now_us lives, within its absolute end (0: it has
 * none). */
int64_t session_state_slide(int64_t lifetime_us, int64_t absolute_us,
                            int64_t now_us);

/* How long a native session lives unless it is used. */
int64_t session_state_lifetime(const struct config *config);

/* Moves the lineage on to next by one conditional write, and the end to
 * lifetime_us from now; state follows when *done_r, else somebody was faster.
 */
enum err session_state_move(struct ctx *c, struct store_session_state *state,
                            const struct store_lineage *next,
                            int64_t lifetime_us, bool *done_r);

/* The same on to token, at its first use. */
enum err session_state_promote(struct ctx *c, struct store_session_state *state,
                               const struct lineage_token *token,
                               int64_t lifetime_us, bool *done_r);

#endif
