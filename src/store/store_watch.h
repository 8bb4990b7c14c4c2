/* SPDX-License-Identifier: MIT */
/* By what and from where sessions and accounts are used, without rules. */
#ifndef GATEHOUSE_STORE_STORE_WATCH_H
#define GATEHOUSE_STORE_STORE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "store/store_session.h"

/* Reads revoked_us, step_up_required_us, browser, os, user_agent, device_type,
 * place and place_us of a session; the rest stays empty. ERR_NO_ROW. */
enum err store_watch_read(struct db *db, struct arena *a, const struct id *id,
                          struct store_session *row_r);

/* Writes those of `to`, and its ip, if the session is not revoked and still
 * used as in `from`; demand: from now on it waits for a fresh proof. *done_r.
 */
enum err store_watch_move(struct db *db, const struct store_session *from,
                          const struct store_session *to, bool demand,
                          bool *done_r);

/* The session waits no longer. What was proved now is what its next tokens
 * tell; amr NULL: nothing was, and they tell what they did. */
enum err store_watch_proved(struct db *db, const struct id *id, const char *amr,
                            const char *acr);

/* Countries an account has been used from. */
struct store_countries {
    int64_t all, named; /* named: without the one that stands for unknown */
    bool here;          /* the one asked about is among them */
};

#define STORE_COUNTRY_UNKNOWN "ZZ" /* user-assigned in ISO 3166 */

/* Counts them. */
enum err store_watch_countries(struct db *db, const struct id *account,
                               struct str country,
                               struct store_countries *countries_r);

/* Adds one; *added_r is false when it was there. */
enum err store_watch_country_add(struct db *db, const struct id *account,
                                 struct str country, bool *added_r);

/* Demands a new password of an account that has one, and raises its version. */
enum err store_watch_force_reset(struct db *db, const struct id *account);

#endif
