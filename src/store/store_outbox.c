/* SPDX-License-Identifier: MIT */
/* Rows of outbox. */
#include "store/store_outbox.h"

#include "store/stmt.h"
#include "store/store_rows.h"

enum {
    OUTBOX_ID,
    OUTBOX_REALM,
    OUTBOX_ACCOUNT,
    OUTBOX_CHANNEL,
    OUTBOX_KIND,
    OUTBOX_LOCALE,
    OUTBOX_CREATED,
    OUTBOX_DUE,
    OUTBOX_EXPIRES,
    OUTBOX_ATTEMPTS,
    OUTBOX_DEAD,
    OUTBOX_ERROR,
    OUTBOX_NOW,
    OUTBOX_LISTED, /* columns of a listed row; a due one has two more */
    OUTBOX_RECIPIENT = OUTBOX_LISTED,
    OUTBOX_VALUES,
    OUTBOX_COLUMNS
};

enum err store_outbox_insert(struct db *db, const struct store_outbox *m,
                             int64_t lifetime_us)
{
    const struct cell params[] = {
        CELL_ID(&m->id),
        CELL_N(m->realm_id),
        rows_id(&m->account_id),
        CELL_N(m->channel),
        CELL_S(m->kind),
        CELL_S(m->locale),
        CELL_B(m->recipient_sealed.p, m->recipient_sealed.n),
        CELL_B(m->values_sealed.p, m->values_sealed.n),
        CELL_N(lifetime_us),
    };
    return stmt_exec(db, STMT_OUTBOX_INSERT, params, NULL);
}

enum err store_outbox_is_due(struct db *db, bool mail, bool sms, bool *due_r)
{
    const struct cell params[] = {CELL_N(mail), CELL_N(sms)};
    struct cell row;
    enum err e = stmt_one(db, STMT_OUTBOX_IS_DUE, params, NULL, &row);
    if (e == ERR_OK)
        *due_r = row.number != 0;
    return e;
}

static enum err read_row(const struct cell *row, struct store_outbox *m_r)
{
    struct store_outbox m = {
        .realm_id = row[OUTBOX_REALM].number,
        .channel = (enum store_channel)row[OUTBOX_CHANNEL].number,
        .kind = row[OUTBOX_KIND].bytes,
        .locale = row[OUTBOX_LOCALE].bytes,
        .created_us = row[OUTBOX_CREATED].number,
        .due_us = row[OUTBOX_DUE].number,
        .expires_us = row[OUTBOX_EXPIRES].number,
        .attempts = row[OUTBOX_ATTEMPTS].number,
        .dead_us = row[OUTBOX_DEAD].number,
        .error = row[OUTBOX_ERROR].bytes,
        .now_us = row[OUTBOX_NOW].number,
    };
    enum err e = rows_read_bytes(&row[OUTBOX_ID], m.id.b, sizeof(m.id.b));
    if (e == ERR_OK)
        e = rows_read_bytes(&row[OUTBOX_ACCOUNT], m.account_id.b,
                            sizeof(m.account_id.b));
    if (e == ERR_OK)
        *m_r = m;
    return e;
}

struct each {
    struct db *db;
    store_outbox_row *call;
    void *data;
};

static enum err each_listed(void *data, const struct cell *row)
{
    const struct each *each = data;
    struct store_outbox m;
    enum err e = read_row(row, &m);
    return e != ERR_OK ? e : each->call(each->data, &m);
}

static enum err each_due(void *data, const struct cell *row)
{
    const struct each *each = data;
    struct store_outbox m;
    enum err e = read_row(row, &m);
    if (e != ERR_OK)
        return e;
    db_heard(each->db, m.now_us);
    m.recipient_sealed = row[OUTBOX_RECIPIENT].bytes;
    m.values_sealed = row[OUTBOX_VALUES].bytes;
    return each->call(each->data, &m);
}

enum err store_outbox_due(struct db *db, struct arena *a,
                          enum store_channel channel, int64_t limit,
                          store_outbox_row *each, void *data)
{
    /* As text: compared with a number the column would not use its index. */
    const struct cell params[] = {
        CELL_S(channel == STORE_CHANNEL_SMS ? STR("sms") : STR("mail")),
        CELL_N(limit)};
    struct each e = {db, each, data};
    return stmt_each(db, STMT_OUTBOX_DUE, params, a, each_due, &e);
}

enum err store_outbox_claim(struct db *db, const struct store_outbox *m,
                            int64_t hold_us, bool *mine_r)
{
    const struct cell params[] = {CELL_N(hold_us), CELL_ID(&m->id),
                                  CELL_N(m->due_us)};
    uint64_t rows = 0;
    enum err e = stmt_exec(db, STMT_OUTBOX_CLAIM, params, &rows);
    if (e == ERR_OK)
        *mine_r = rows == 1;
    return e;
}

enum err store_outbox_done(struct db *db, const struct id *id)
{
    const struct cell params[] = {CELL_ID(id)};
    return stmt_exec(db, STMT_OUTBOX_DONE, params, NULL);
}

enum err store_outbox_later(struct db *db, const struct id *id,
                            int64_t delay_us, struct str error)
{
    const struct cell params[] = {CELL_N(delay_us), CELL_S(error), CELL_ID(id)};
    return stmt_exec(db, STMT_OUTBOX_LATER, params, NULL);
}

enum err store_outbox_dead(struct db *db, const struct id *id, struct str error)
{
    const struct cell params[] = {CELL_S(error), CELL_ID(id)};
    return stmt_exec(db, STMT_OUTBOX_DEAD, params, NULL);
}

enum err store_outbox_by_id(struct db *db, struct arena *a, const struct id *id,
                            struct store_outbox *m_r)
{
    const struct cell params[] = {CELL_ID(id)};
    struct cell row[OUTBOX_LISTED];
    enum err e = stmt_one(db, STMT_OUTBOX_BY_ID, params, a, row);
    return e != ERR_OK ? e : read_row(row, m_r);
}

enum err store_outbox_list(struct db *db, struct arena *a,
                           store_outbox_row *each, void *data)
{
    struct each e = {db, each, data};
    return stmt_each(db, STMT_OUTBOX_LIST, NULL, a, each_listed, &e);
}

enum err store_outbox_retry(struct db *db, const struct id *id,
                            uint64_t *rows_r)
{
    const struct cell params[] = {rows_id(id)};
    return stmt_exec(db, STMT_OUTBOX_RETRY, params, rows_r);
}

enum err store_outbox_drop_dead(struct db *db, uint64_t *rows_r)
{
    return stmt_exec(db, STMT_OUTBOX_DROP_DEAD, NULL, rows_r);
}
