/* SPDX-License-Identifier: MIT */
/* Tries per account, device and network, counted in the store so that workers
 * and hosts share them; taken before the work, given back on success. */
#ifndef GATEHOUSE_DOMAIN_THROTTLE_H
#define GATEHOUSE_DOMAIN_THROTTLE_H

#include "base/err.h"
#include "domain/ctx.h"

/* The buckets a try was taken from. */
struct throttle_hold {
    uint8_t bucket[2][STORE_HASH_LEN];
    unsigned count;
};

/* Takes a sign-in try: from the lane of the account's known device when
 * known_device (its id) is not nil, else from the account's lane of unknown
 * devices, and from the client's network. ERR_TOO_MANY_REQUESTS with
 * c->retry_after_s set when a limit is passed; the first such try of a window
 * is an event, the others only log lines. */
enum err throttle_login(struct ctx *c, struct str email_normal,
                        const struct id *known_device,
                        struct throttle_hold *hold_r);

/* Takes a try at an account's second factor: from the lane of its known device
 * when device (its id) is not nil, else from the lane of unknown devices; by
 * the same limits. ERR_TOO_MANY_REQUESTS as above. */
enum err throttle_factor(struct ctx *c, const struct id *account,
                         const struct id *device, struct throttle_hold *hold_r);

/* Takes a registration from the client's network. */
enum err throttle_register(struct ctx *c);

/* Takes one of `limit` per window_s seconds for value under label (a name for
 * what is limited). ERR_TOO_MANY_REQUESTS with c->retry_after_s. */
enum err throttle_limit(struct ctx *c, const char *label, struct str value,
                        int64_t limit, int64_t window_s);

/* The same from the client's network. */
enum err throttle_limit_network(struct ctx *c, const char *label, int64_t limit,
                                int64_t window_s);

/* How much of a rate is left. */
struct throttle_rate {
    int64_t limit, left; /* requests; limit 0: not counted */
    int64_t full_s;      /* Unix time at which all of it is there again */
};

/* Takes a request of the client's network from throttle.request_limit, which
 * must not be 0. ERR_IP_RATE_LIMIT with c->retry_after_s; *rate_r is set then,
 * too. */
enum err throttle_request(struct ctx *c, struct throttle_rate *rate_r);

/* The same of a person's throttle.account_request_limit: ERR_USER_RATE_LIMIT.
 */
enum err throttle_account_request(struct ctx *c, struct str subject,
                                  struct throttle_rate *rate_r);

/* Begins mail.cooldown for messages of a kind (label) to an address (value).
 * ERR_MAIL_COOLDOWN with c->retry_after_s while one runs. */
enum err throttle_cooldown(struct ctx *c, const char *label, struct str value);

/* Seconds of it that are left; 0: none runs. */
enum err throttle_cooldown_left(struct ctx *c, const char *label,
                                struct str value, int64_t *left_s_r);

/* After a success: empties the account's or device's lane and gives the
 * network's unit back. Part of the caller's transaction. */
enum err throttle_release(struct ctx *c, const struct throttle_hold *hold);

/* Gives the try back when it could not be judged (overload, session limit);
 * best effort. */
void throttle_return(struct ctx *c, const struct throttle_hold *hold);

#endif
