/* SPDX-License-Identifier: MIT */
/* Rows of session, session_data and token_revocation, without rules. */
#ifndef GATEHOUSE_STORE_STORE_SESSION_H
#define GATEHOUSE_STORE_STORE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/ip.h"
#include "base/str.h"
#include "store/db.h"

#define STORE_HASH_LEN 32
#define STORE_REALM_DEFAULT 1

enum store_device_type {
    STORE_DESKTOP,
    STORE_MOBILE,
    STORE_TABLET,
    STORE_PWA,
    STORE_OTHER,
    STORE_DEVICE_TYPE_COUNT
};

/* Positions in the ENUM column; 0 is NULL. */
enum store_factor { STORE_FACTOR_NONE, STORE_FACTOR_TOTP, STORE_FACTOR_EMAIL };

/* The generations of refresh tokens (see domain/lineage.h). All-zero keys and
 * 0 times stand for NULL. */
struct store_lineage {
    uint8_t cur[STORE_HASH_LEN], prev[STORE_HASH_LEN], grand[STORE_HASH_LEN];
    int64_t cur_issued_us, prev_issued_us;
};

/* Where an address is. */
struct store_place {
    struct str country; /* two letters; {NULL, 0}: nothing is known */
    struct str city;    /* {NULL, 0}: not known */
    bool measured;      /* the next two are known */
    int64_t latitude_e6, longitude_e6; /* millionths of a degree */
};

/* A session row. Texts live in the arena they were read into. */
struct store_session {
    struct id id;
    int64_t realm_id;
    bool app;   /* made for an application, by its rules of life */
    bool fixed; /* of those: its access tokens are signed by a static key */
    struct str subject;
    struct id account_id; /* nil: none */
    struct store_lineage lineage;
    int64_t created_us, active_us, expires_us, absolute_us, revoked_us;
    int64_t auth_time_s;
    struct str amr, acr;
    struct id device_id; /* nil: none */
    struct str label, browser, os, user_agent;
    enum store_device_type device_type;
    struct ip ip;
    struct str claims;           /* JSON object or {NULL, 0} */
    struct store_place place;    /* where it was last seen */
    int64_t place_us;            /* since when; 0: never anywhere */
    int64_t step_up_required_us; /* 0: not asked for */
};

/* What one look at a session answers, all from one statement by primary key. */
struct store_session_state {
    struct store_session row;
    bool account_found; /* the account row exists */
    bool account_active;
    int64_t account_version;
    bool email_verified, email_factor, totp; /* of the account */
    enum store_factor preferred;
    bool token_revoked; /* the jti asked about is in token_revocation */
    int64_t sessions_valid_from_us;
    int64_t key_generation;
    int64_t now_us;           /* the database's clock */
    struct str roles, groups; /* blank-separated, sorted; of the account */
    struct str email_sealed, name_sealed; /* of the account */
    int64_t account_created_us;
};

/* The state of session id with all that minting tokens needs; where it was
 * begun (device, label) and last seen (place) stays empty. ERR_NO_ROW. */
enum err store_session_state(struct db *db, struct arena *a,
                             const struct id *id,
                             struct store_session_state *state_r);

/* What a check of an access token asks, at half the cost: whether jti is
 * revoked, and of the row the times, subject, account, current generation, and
 * by whom and from which address it was last used; the rest stays empty.
 * ERR_NO_ROW. */
enum err store_session_check(struct db *db, struct arena *a,
                             const struct id *id, const struct id *jti,
                             struct store_session_state *state_r);

/* Inserts a session. With an account id only while that account is active and
 * still has account_version (-1: any), else *inserted_r is false. */
enum err store_session_insert(struct db *db, const struct store_session *s,
                              int64_t account_version, bool *inserted_r);

/* What a promotion writes. */
struct store_promotion {
    struct store_lineage next;
    int64_t expires_us, active_us; /* active_us never goes back */
};

/* Moves the lineage on: only while refresh_cur is expected_cur and the session
 * is not revoked; else *done_r is false. */
enum err store_session_promote(struct db *db, const struct id *id,
                               const uint8_t expected_cur[STORE_HASH_LEN],
                               const struct store_promotion *to, bool *done_r);

/* Revokes one session of subject in realm (subject {NULL, 0}: whoever's) if it
 * is not yet; *count_r 0 or 1. */
enum err store_session_revoke(struct db *db, int64_t realm_id,
                              struct str subject, const struct id *id,
                              const char *reason, uint64_t *count_r);

/* Revokes the live sessions of subject but keep (nil: none is kept); those that
 * had expired already are not counted. */
enum err store_session_revoke_all(struct db *db, int64_t realm_id,
                                  struct str subject, const struct id *keep,
                                  const char *reason, uint64_t *count_r);

/* Revokes those of subject's live sessions in which no second factor has been
 * proved (acr below "2"). */
enum err store_session_revoke_plain(struct db *db, int64_t realm_id,
                                    struct str subject, const char *reason,
                                    uint64_t *count_r);

/* Revokes the live sessions last seen from ip. */
enum err store_session_revoke_ip(struct db *db, int64_t realm_id,
                                 const struct ip *ip, const char *reason,
                                 uint64_t *count_r);

/* Ends every session of the realm made before before_us (one row written). */
enum err store_session_valid_from(struct db *db, int64_t realm_id,
                                  int64_t before_us);

/* Who gets the sessions of a list; now_us is the database's clock. */
struct store_session_sink {
    enum err (*each)(void *data, const struct store_session *s, int64_t now_us);
    void *data;
};

/* Calls sink for the sessions of the account whose id the subject is, or else
 * for those that bear the subject, that neither were revoked nor begun before
 * their realm's epoch, newest activity first; of more than limit those begun
 * last. Expiry is the caller's to judge; lineage, subject and claims stay
 * empty. */
enum err store_session_list(struct db *db, struct arena *a, int64_t realm_id,
                            struct str subject, int64_t limit,
                            const struct store_session_sink *sink);

/* Sets active_us and ip if active_us is older than before_us and the session
 * is not revoked. */
enum err store_session_touch(struct db *db, const struct id *id,
                             const struct ip *ip, int64_t now_us,
                             int64_t before_us);

/* Sets the label (text.n 0: NULL) of subject's live session; *found_r. */
enum err store_session_label(struct db *db, int64_t realm_id,
                             struct str subject, const struct id *id,
                             struct str label, bool *found_r);

/* The data kept with a session; ERR_NO_ROW when none was ever put. */
enum err store_session_data_get(struct db *db, struct arena *a,
                                const struct id *id, struct str *data_r);

/* Puts (replaces) the data of a session that is not revoked; *done_r. */
enum err store_session_data_put(struct db *db, const struct id *id,
                                struct str data, bool *done_r);

/* Locks the account row for the rest of the transaction (session limit).
 * ERR_NO_ROW. */
enum err store_session_lock_subject(struct db *db, const struct id *account_id);

/* Live sessions of a subject. */
struct store_session_count {
    uint64_t live;    /* not revoked, not expired, within the epoch */
    struct id oldest; /* the least recently active of them; nil: none */
};

/* Counts subject's live sessions that were active since inactive_before_us. */
enum err store_session_count(struct db *db, struct arena *a, int64_t realm_id,
                             struct str subject, int64_t inactive_before_us,
                             struct store_session_count *count_r);

/* Puts jti on the table of token revocations until expires_us; repeating it is
 * no error. */
enum err store_token_revoke(struct db *db, const struct id *jti,
                            int64_t expires_us);

#endif
