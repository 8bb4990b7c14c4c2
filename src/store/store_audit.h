/* SPDX-License-Identifier: MIT */
/* Reading the audit trail and the sessions that are over. */
#ifndef GATEHOUSE_STORE_STORE_AUDIT_H
#define GATEHOUSE_STORE_STORE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "store/db.h"
#include "store/store_event.h"

/* What is asked for; what is empty is not. */
struct store_audit {
    int64_t realm_id;
    struct str subject, kind;
    struct id session_id;
    const struct ip *ip;
    int64_t from_us, to_us; /* [from, to); 0: open */
    int64_t before_us;      /* older than that event; 0: any */
    struct id before;       /* and its id, for those of the same time */
    bool sign_in;           /* only kinds about signing in and sessions */
    int64_t limit;
};

/* An event, and the device of its session where that is still kept. */
struct store_audit_event {
    struct store_event event;
    struct str browser, os;
};

/* Who gets the events. */
struct store_audit_sink {
    enum err (*each)(void *data, const struct store_audit_event *event);
    void *data;
};

/* Newest first. */
enum err store_audit_list(struct db *db, struct arena *a,
                          const struct store_audit *what,
                          const struct store_audit_sink *sink);

/* A session with how it ended. */
struct store_past {
    struct store_session row; /* no lineage, no claims */
    struct str reason;        /* of its revocation; empty: none */
    int64_t now_us, valid_from_us;
};

/* Who gets the sessions. */
struct store_past_sink {
    enum err (*each)(void *data, const struct store_past *past);
    void *data;
};

/* The sessions of subject that are still kept, newest first. */
enum err store_session_history(struct db *db, struct arena *a, int64_t realm_id,
                               struct str subject, int64_t limit,
                               const struct store_past_sink *sink);

/* Replaces a session's claims if they are still old ({NULL, 0}: none) and the
 * session is not revoked; *done_r. */
enum err store_session_claims(struct db *db, const struct id *id,
                              struct str old_claims, struct str claims,
                              bool *done_r);

#endif
