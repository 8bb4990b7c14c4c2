/* SPDX-License-Identifier: MIT */
/* Rows of session as back ends see them, across an application's tenants. */
#ifndef GATEHOUSE_STORE_STORE_APP_SESSION_H
#define GATEHOUSE_STORE_STORE_APP_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "store/store_session.h"

/* A session and where it belongs. Of the state, roles, groups and what is told
 * of the account stay empty, as does where it was begun. */
struct store_app_session {
    struct store_session_state state;
    int64_t app_id;
    struct str tenant;
};

/* The session of that id, of either kind and whatever its state. ERR_NO_ROW. */
enum err store_app_session(struct db *db, struct arena *a, const struct id *id,
                           struct store_app_session *s_r);

/* Who gets the sessions of a list. */
struct store_app_session_sink {
    enum err (*each)(void *data, const struct store_app_session *s);
    void *data;
};

/* Calls sink for subject's sessions of the application that are not revoked,
 * not past their expiry and within their realm's epoch, oldest first; realm_id
 * 0: of all tenants. Of the row only id, realm, times and kind are read. */
enum err store_app_session_list(struct db *db, struct arena *a, int64_t app_id,
                                int64_t realm_id, struct str subject,
                                const struct store_app_session_sink *sink);

/* Replaces the payload of an application's session that is not revoked. */
enum err store_app_session_payload(struct db *db, const struct id *id,
                                   struct str payload);

/* Revokes the live sessions of applications, whatever they call their user, of
 * an account of the realm, but keep (nil: none is kept). */
enum err store_app_session_revoke_account(struct db *db, int64_t realm_id,
                                          const struct id *account_id,
                                          const struct id *keep,
                                          const char *reason,
                                          uint64_t *count_r);

/* Says which kind of key signs a session's access tokens from now on. */
enum err store_app_session_key(struct db *db, const struct id *id, bool fixed);

/* Puts another in the place of the current generation, whichever that is: only
 * while the row has the parent and the time it was seen with, and the session
 * is not revoked; else *done_r is false. */
enum err store_app_session_branch(struct db *db, const struct id *id,
                                  const struct store_lineage *seen,
                                  const uint8_t cur[STORE_HASH_LEN],
                                  bool *done_r);

#endif
