/* SPDX-License-Identifier: MIT */
/* Sessions: begun at sign-in, checked at every request, refreshed, listed and
 * cut off. */
#ifndef GATEHOUSE_DOMAIN_SESSION_H
#define GATEHOUSE_DOMAIN_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/jwt.h"
#include "domain/ctx.h"
#include "domain/throttle.h"
#include "store/store_session.h"

struct identity_person; /* domain/identity.h */

#define SESSION_DATA_MAX 65536 /* bytes of JSON kept with a session */

/* What a sign-in or refresh hands out. Texts in the arena. */
struct tokens {
    struct str access, refresh;
    int64_t access_lifetime_s, refresh_lifetime_s; /* from now */
    struct id session_id;
    struct str subject;
    bool waiting; /* they open only step-up and sign-out until a fresh proof */
};

/* Who begins a session. */
struct session_start {
    struct str subject;
    struct id account_id; /* nil: none */
    int64_t account_version;
    struct str roles, groups; /* blank-separated */
    const char *amr;          /* JSON array: ["pwd"] */
    const char *acr;
    struct id device_id; /* nil: none */
    bool device_new;     /* the account has not been used from it before */
    struct str claims;   /* custom payload, JSON object or empty */
    struct id replaces;  /* nil, or the session of the same browser that ends */
    const struct identity_person *person; /* whose provider may end it; NULL */
    const struct throttle_hold *hold;     /* NULL, or released with the start */
    /* Further work of the same transaction, or NULL; its error ends it. */
    enum err (*with)(void *data);
    void *with_data;
};

/* A session seen through a good access token. */
struct session_view {
    struct store_session_state state;
    struct jwt_claims claims;
    int64_t used_us; /* activity as it was before this check */
};

/* Begins a session within the account's limit and mints its tokens.
 * ERR_INVALID_CREDENTIALS when the account changed meanwhile,
 * ERR_SESSION_LIMIT. Runs in its own transaction, with the event. */
enum err session_start(struct ctx *c, const struct session_start *s,
                       struct tokens *tokens_r);

/* Fills in by what client, from where, a session is begun; row->created_us is
 * set. ERR_NO_MEMORY. */
enum err session_client(struct ctx *c, struct store_session *row);

/* The one question everyone asks: does this access token open anything now?
 * Signature and claims first (no database for a bad token), then the state by
 * one statement. Promotes the lineage when it is the first use of a refreshed
 * token. ERR_ACCESS_TOKEN_INVALID, ERR_ACCESS_TOKEN_EXPIRED,
 * ERR_SESSION_INVALID, ERR_SESSION_EXPIRED, ERR_UNAVAILABLE. */
enum err session_check(struct ctx *c, struct str access_token,
                       struct session_view *view_r);

/* New tokens for a refresh token, and the state they were made from (NULL: not
 * asked). Also for a session that waits for a fresh proof: it must not end only
 * because giving one took longer than an access token lives.
 * ERR_REFRESH_TOKEN_INVALID, ERR_SESSION_INVALID, ERR_SESSION_EXPIRED,
 * ERR_TOKEN_THEFT (the session has been ended). */
enum err session_refresh(struct ctx *c, struct str refresh_token,
                         struct tokens *tokens_r,
                         struct store_session_state *state_r);

/* New tokens for a live session, as its current refresh token would give: after
 * a change of rights that its owner has made. ERR_SESSION_INVALID,
 * ERR_SESSION_EXPIRED. */
enum err session_reissue(struct ctx *c, const struct id *id,
                         struct tokens *tokens_r);

/* The live session a refresh token belongs to (for logout, introspection and
 * revocation), however old a generation it is of. ERR_REFRESH_TOKEN_INVALID,
 * ERR_SESSION_INVALID. */
enum err session_of_refresh(struct ctx *c, struct str refresh_token,
                            struct store_session_state *state_r);

/* Stamps activity if the last stamp is old enough; call after the answer. */
enum err session_touch(struct ctx *c, const struct session_view *view);

/* Calls each for the subject's live sessions, newest activity first. */
enum err session_list(struct ctx *c, struct str subject,
                      enum err (*each)(void *data,
                                       const struct store_session *s),
                      void *data);

/* Ends one session of subject. ERR_NOT_FOUND for an unknown, foreign or ended
 * one, the same for all. reason "logout" is a sign-out in the audit. */
enum err session_revoke(struct ctx *c, struct str subject, const struct id *id,
                        const char *reason);

/* Ends subject's sessions but keep (nil: all); *count_r live ones ended. */
enum err session_revoke_all(struct ctx *c, struct str subject,
                            const struct id *keep, const char *reason,
                            uint64_t *count_r);

/* Ends by address, or everything made before a time (microseconds). */
enum err session_revoke_ip(struct ctx *c, const struct ip *ip,
                           uint64_t *count_r);

/* Ends every session begun before before_us, or before now if that is sooner
 * (INT64_MAX: all there are). */
enum err session_revoke_before(struct ctx *c, int64_t before_us);

/* Puts one access token on the table of token revocations. */
enum err session_revoke_token(struct ctx *c, const struct jwt_claims *claims);

/* Names a device; empty text takes the name away. ERR_NOT_FOUND;
 * ERR_VALIDATION for control characters or more than 64 characters. */
enum err session_label(struct ctx *c, struct str subject, const struct id *id,
                       struct str label);

/* JSON kept with the session: "{}" when none. */
enum err session_data_get(struct ctx *c, const struct id *id,
                          struct str *data_r);

/* Replaces it (a JSON object, already scanned). ERR_SESSION_INVALID,
 * ERR_BODY_TOO_LARGE above SESSION_DATA_MAX. */
enum err session_data_put(struct ctx *c, const struct id *id, struct str data);

/* Times at which the session ends unless used: the soonest of expiry, absolute
 * end and inactivity, microseconds. */
int64_t session_ends_us(const struct config *config,
                        const struct store_session *s);

#endif
