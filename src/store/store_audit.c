/* SPDX-License-Identifier: MIT */
/* Reading the audit trail and the sessions that are over. */
#include "store/store_audit.h"

#include "store/stmt.h"
#include "store/store_rows.h"

static enum err event_row(void *data, const struct cell *row)
{
    const struct store_audit_sink *sink = data;
    struct store_audit_event out = {
        .event = {.at_us = row[1].number,
                  .kind = row[2].bytes.p, /* the fetch put a NUL behind it */
                  .subject = row[3].bytes,
                  .user_agent = row[6].bytes,
                  .request_id = row[7].bytes,
                  .detail = row[8].bytes},
        .browser = row[9].bytes,
        .os = row[10].bytes};
    struct store_event *e = &out.event;
    enum err err = rows_read_bytes(&row[0], e->id.b, sizeof(e->id.b));
    if (err == ERR_OK)
        err =
            rows_read_bytes(&row[4], e->session_id.b, sizeof(e->session_id.b));
    if (err == ERR_OK)
        err = rows_read_bytes(&row[5], e->ip.b, sizeof(e->ip.b));
    return err == ERR_OK ? sink->each(sink->data, &out) : err;
}

enum err store_audit_list(struct db *db, struct arena *a,
                          const struct store_audit *what,
                          const struct store_audit_sink *sink)
{
    const struct cell subject = rows_text(what->subject);
    const struct cell kind = rows_text(what->kind);
    const struct cell session = rows_id(&what->session_id);
    const struct cell ip =
        what->ip == NULL ? CELL_NIL : CELL_B(what->ip->b, sizeof(what->ip->b));
    int64_t before = what->before_us > 0 ? what->before_us : INT64_MAX;
    int64_t to = what->to_us > 0 ? what->to_us - 1 : INT64_MAX;
    const struct cell params[] = {
        CELL_N(what->realm_id),
        subject,
        subject,
        kind,
        kind,
        session,
        session,
        ip,
        ip,
        CELL_N(what->from_us),
        CELL_N(to < before ? to : before),
        CELL_N(before),
        CELL_ID(&what->before),
        CELL_N(what->sign_in),
        CELL_N(what->limit),
    };
    struct store_audit_sink mine = *sink;
    return stmt_each(db, STMT_AUDIT_LIST, params, a, event_row, &mine);
}

static enum err past_row(void *data, const struct cell *row)
{
    const struct store_past_sink *sink = data;
    int64_t type = row[12].number;
    struct store_past past = {.now_us = row[0].number,
                              .valid_from_us = row[1].number,
                              .reason = row[8].bytes};
    struct store_session *s = &past.row;
    s->created_us = row[3].number;
    s->active_us = row[4].number;
    s->expires_us = row[5].number;
    s->absolute_us = row[6].number;
    s->revoked_us = row[7].number;
    s->app = row[14].number != 0;
    s->label = row[9].bytes;
    s->browser = row[10].bytes;
    s->os = row[11].bytes;
    s->device_type = type >= 1 && type <= STORE_DEVICE_TYPE_COUNT
                         ? (enum store_device_type)(type - 1)
                         : STORE_OTHER;
    enum err e = rows_read_bytes(&row[2], s->id.b, sizeof(s->id.b));
    if (e == ERR_OK)
        e = rows_read_bytes(&row[13], s->ip.b, sizeof(s->ip.b));
    return e == ERR_OK ? sink->each(sink->data, &past) : e;
}

enum err store_session_history(struct db *db, struct arena *a, int64_t realm_id,
                               struct str subject, int64_t limit,
                               const struct store_past_sink *sink)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_S(subject),
                                  CELL_N(limit)};
    struct store_past_sink mine = *sink;
    return stmt_each(db, STMT_SESSION_HISTORY, params, a, past_row, &mine);
}

enum err store_session_claims(struct db *db, const struct id *id,
                              struct str old_claims, struct str claims,
                              bool *done_r)
{
    const struct cell params[] = {CELL_S(claims), CELL_ID(id),
                                  rows_text(old_claims)};
    uint64_t rows = 0;
    enum err e = stmt_exec(db, STMT_SESSION_CLAIMS, params, &rows);
    if (e == ERR_OK)
        *done_r = rows == 1;
    return e;
}
