/* SPDX-License-Identifier: MIT */
/* Watches by what and from where accounts and sessions are used: tells owners,
 * asks for a fresh proof or ends sessions. */
#ifndef GATEHOUSE_DOMAIN_WATCH_H
#define GATEHOUSE_DOMAIN_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/ctx.h"
#include "store/store_session.h"

/* Compares this use of a session with the last one, at used_us, and does what
 * the configuration says. Costs nothing while User-Agent and address are what
 * they were; refresh: looks again at a session that has no place yet.
 * state->row.step_up_required_us is that of afterwards, which the caller
 * judges. ERR_SESSION_INVALID: the session has been ended. */
enum err watch_look(struct ctx *c, struct store_session_state *state,
                    int64_t used_us, bool refresh);

/* Tells the owner of a sign-in from a device or country the account has not
 * been used from; of the first sign-in of all, nothing. Part of the caller's
 * transaction, in which row was inserted. */
enum err watch_sign_in(struct ctx *c, const struct store_session *row,
                       bool new_device);

/* Tells the owner that a used-up refresh token came back. Part of the caller's
 * transaction. */
enum err watch_reuse(struct ctx *c, const struct id *account);

/* A session has given a fresh proof, proved (SIGN_IN_*): it waits for none any
 * longer, and its next access tokens tell when and how it was (auth_time, amr,
 * acr), so that a resource server which asked for it is content (RFC 9470).
 * Part of the caller's transaction. */
enum err watch_step_up_done(struct ctx *c, const struct id *session,
                            unsigned proved);

/* "This was not me": by the token of a mailed link ends the session it is about
 * and the trust in every device, demands a new password and mails the link for
 * it. ERR_LINK_INVALID (also used already), ERR_LINK_EXPIRED. */
enum err watch_not_me(struct ctx *c, struct str token);

#endif
