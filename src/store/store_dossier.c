/* SPDX-License-Identifier: MIT */
/* Rows of many tables, read by whose they are. */
#include "store/store_dossier.h"

#include <string.h>

#include "store/stmt.h"
#include "store/store_rows.h"

struct session_listing {
    enum err (*each)(void *data, const struct store_dossier_session *s);
    void *data;
};

static enum err session_row(void *data, const struct cell *c)
{
    const struct session_listing *l = data;
    struct store_dossier_session s = {.row = {.created_us = c[1].number,
                                              .active_us = c[2].number,
                                              .expires_us = c[3].number,
                                              .revoked_us = c[4].number,
                                              .amr = c[6].bytes,
                                              .label = c[7].bytes,
                                              .browser = c[8].bytes,
                                              .os = c[9].bytes,
                                              .user_agent = c[10].bytes,
                                              .claims = c[16].bytes},
                                      .revoked_reason = c[5].bytes,
                                      .device_word = c[11].bytes,
                                      .country = c[13].bytes,
                                      .city = c[14].bytes,
                                      .data = c[15].bytes};
    enum err e = rows_read_bytes(&c[0], s.row.id.b, sizeof(s.row.id.b));
    if (e == ERR_OK)
        e = rows_read_bytes(&c[12], s.row.ip.b, sizeof(s.row.ip.b));
    return e == ERR_OK ? l->each(l->data, &s) : e;
}

enum err store_dossier_sessions(
    struct db *db, struct arena *a, const struct id *account,
    enum err (*each)(void *data, const struct store_dossier_session *s),
    void *data)
{
    const struct cell params[] = {CELL_ID(account)};
    struct session_listing l = {each, data};
    return stmt_each(db, STMT_DOSSIER_SESSIONS, params, a, session_row, &l);
}

struct fact_listing {
    enum err (*each)(void *data, const struct store_dossier_fact *fact);
    void *data;
};

static enum err fact_row(void *data, const struct cell *c)
{
    const struct fact_listing *l = data;
    const struct store_dossier_fact fact = {c[0].bytes, c[1].number,
                                            c[2].number};
    return l->each(l->data, &fact);
}

enum err store_dossier_facts(
    struct db *db, struct arena *a, enum store_dossier_facts which,
    const struct id *account,
    enum err (*each)(void *data, const struct store_dossier_fact *fact),
    void *data)
{
    static const enum stmt_id statements[STORE_DOSSIER_COUNT] = {
        [STORE_DOSSIER_DEVICES] = STMT_DOSSIER_DEVICES,
        [STORE_DOSSIER_COUNTRIES] = STMT_DOSSIER_COUNTRIES,
        [STORE_DOSSIER_FACTORS] = STMT_DOSSIER_FACTORS,
        [STORE_DOSSIER_PROVIDERS] = STMT_DOSSIER_PROVIDERS,
        [STORE_DOSSIER_TENANTS] = STMT_DOSSIER_TENANTS,
        [STORE_DOSSIER_EXTERNAL] = STMT_DOSSIER_EXTERNAL,
        [STORE_DOSSIER_ROLES] = STMT_DOSSIER_APP_ROLES,
        [STORE_DOSSIER_CODES] = STMT_DOSSIER_APP_DEVICES,
        [STORE_DOSSIER_METADATA] = STMT_DOSSIER_METADATA};
    const struct cell params[] = {CELL_ID(account)};
    struct fact_listing l = {each, data};
    return stmt_each(db, statements[which], params, a, fact_row, &l);
}

enum err store_dossier_names(struct db *db, struct arena *a,
                             const struct id *account, int64_t *app_id_r,
                             struct str *external_r)
{
    const struct cell params[] = {CELL_ID(account)};
    struct cell row[2];
    enum err e = stmt_one(db, STMT_DOSSIER_NAMES, params, a, row);
    if (e != ERR_OK)
        return e;
    *app_id_r = row[0].number;
    *external_r = row[1].bytes;
    return ERR_OK;
}

struct event_listing {
    enum err (*each)(void *data, const struct store_event *e);
    void *data;
};

static enum err event_row(void *data, const struct cell *c)
{
    const struct event_listing *l = data;
    struct store_event event = {.at_us = c[1].number,
                                .kind = c[2].bytes.p,
                                .user_agent = c[5].bytes,
                                .request_id = c[6].bytes,
                                .detail = c[7].bytes};
    enum err e = rows_read_bytes(&c[0], event.id.b, sizeof(event.id.b));
    if (e == ERR_OK)
        e = rows_read_bytes(&c[3], event.session_id.b,
                            sizeof(event.session_id.b));
    if (e == ERR_OK)
        e = rows_read_bytes(&c[4], event.ip.b, sizeof(event.ip.b));
    return e == ERR_OK ? l->each(l->data, &event) : e;
}

enum err store_dossier_events(struct db *db, struct arena *a,
                              const struct store_event *after, int64_t limit,
                              enum err (*each)(void *data,
                                               const struct store_event *e),
                              void *data)
{
    const struct cell params[] = {CELL_N(after->realm_id),
                                  CELL_S(after->subject), CELL_ID(&after->id),
                                  CELL_N(limit)};
    struct event_listing l = {each, data};
    return stmt_each(db, STMT_DOSSIER_EVENTS, params, a, event_row, &l);
}

enum err store_dossier_rename(struct db *db, int64_t realm_id,
                              struct str subject, struct str other,
                              uint64_t *count_r)
{
    const struct cell params[] = {CELL_S(other), CELL_N(realm_id),
                                  CELL_S(subject)};
    uint64_t rows = 0;
    enum err e = stmt_exec(db, STMT_DOSSIER_RENAME, params, &rows);
    if (e == ERR_OK)
        *count_r = rows / 2; /* one deleted, one inserted */
    return e;
}
