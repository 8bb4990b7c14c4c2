/* SPDX-License-Identifier: MIT */
/* Rows of session as back ends see them. */
#include "store/store_app_session.h"

#include <string.h>

#include "store/stmt.h"
#include "store/store_rows.h"
#include "store/store_session_rows.h"

enum { APP_SESSION_COLUMNS = STORE_SESSION_STATE_COLUMNS + 8 };

enum err store_app_session(struct db *db, struct arena *a, const struct id *id,
                           struct store_app_session *s_r)
{
    const struct cell params[] = {CELL_ID(id)};
    struct cell row[APP_SESSION_COLUMNS];
    const struct cell *c = row + STORE_SESSION_STATE_COLUMNS;
    struct store_app_session s;
    struct store_lineage *l = &s.state.row.lineage;
    enum err e = stmt_one(db, STMT_APP_SESSION, params, a, row);

    if (e == ERR_OK)
        e = store_session_read(row, id, &s.state);
    if (e == ERR_OK)
        e = rows_read_bytes(&c[0], l->prev, STORE_HASH_LEN);
    if (e == ERR_OK)
        e = rows_read_bytes(&c[1], l->grand, STORE_HASH_LEN);
    if (e != ERR_OK)
        return e;
    l->cur_issued_us = c[2].number;
    l->prev_issued_us = c[3].number;
    s.state.row.claims = c[4].bytes;
    s.state.row.fixed = c[5].number != 0;
    s.app_id = c[6].number;
    s.tenant = c[7].bytes;
    db_heard(db, s.state.now_us);
    *s_r = s;
    return ERR_OK;
}

static enum err list_row(void *data, const struct cell *c)
{
    const struct store_app_session_sink *sink = data;
    struct store_app_session s;
    struct store_session *row = &s.state.row;

    memset(&s, 0, sizeof(s));
    s.state.now_us = c[0].number;
    row->realm_id = c[2].number;
    s.tenant = c[3].bytes;
    row->created_us = c[4].number;
    row->active_us = c[5].number;
    row->expires_us = c[6].number;
    row->absolute_us = c[7].number;
    row->app = c[8].number != 0;
    enum err e = rows_read_bytes(&c[1], row->id.b, sizeof(row->id.b));

    return e != ERR_OK ? e : sink->each(sink->data, &s);
}

enum err store_app_session_list(struct db *db, struct arena *a, int64_t app_id,
                                int64_t realm_id, struct str subject,
                                const struct store_app_session_sink *sink)
{
    const struct cell realm = realm_id == 0 ? CELL_NIL : CELL_N(realm_id);
    const struct cell params[] = {CELL_N(app_id), realm, realm,
                                  CELL_S(subject)};
    struct store_app_session_sink mine = *sink;

    return stmt_each(db, STMT_APP_SESSION_LIST, params, a, list_row, &mine);
}

enum err store_app_session_payload(struct db *db, const struct id *id,
                                   struct str payload)
{
    const struct cell params[] = {CELL_S(payload), CELL_ID(id)};

    return stmt_exec(db, STMT_APP_SESSION_PAYLOAD, params, NULL);
}

enum err store_app_session_revoke_account(struct db *db, int64_t realm_id,
                                          const struct id *account_id,
                                          const struct id *keep,
                                          const char *reason, uint64_t *count_r)
{
    const struct cell params[] = {CELL_S(str_of(reason)), CELL_ID(account_id),
                                  CELL_ID(keep), CELL_N(realm_id)};

    return stmt_exec(db, STMT_SESSION_REVOKE_ACCOUNT, params, count_r);
}

enum err store_app_session_key(struct db *db, const struct id *id, bool fixed)
{
    const struct cell params[] = {CELL_N(fixed), CELL_ID(id)};

    return stmt_exec(db, STMT_APP_SESSION_KEY, params, NULL);
}

enum err store_app_session_branch(struct db *db, const struct id *id,
                                  const struct store_lineage *seen,
                                  const uint8_t cur[STORE_HASH_LEN],
                                  bool *done_r)
{
    const struct cell params[] = {CELL_HASH(cur), CELL_ID(id),
                                  CELL_HASH(seen->prev),
                                  CELL_N(seen->cur_issued_us)};
    uint64_t rows = 0;
    enum err e = stmt_exec(db, STMT_SESSION_BRANCH, params, &rows);
    if (e == ERR_OK)
        *done_r = rows == 1;
    return e;
}
