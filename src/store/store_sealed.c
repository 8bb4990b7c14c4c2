/* SPDX-License-Identifier: MIT */
/* Rows of resealing, and the sealed columns of the other tables. */
#include "store/store_sealed.h"

#include "store/stmt.h"

/* A primary key of text needs a parameter of text to be found by its index. */
static const struct {
    const char *name;
    enum stmt_id list, put;
    bool text_key;
} columns[] = {
    [STORE_SEALED_ACCOUNT_EMAIL] = {"account.email",
                                    STMT_SEALED_LIST_ACCOUNT_EMAIL,
                                    STMT_SEALED_PUT_ACCOUNT_EMAIL, false},
    [STORE_SEALED_ACCOUNT_NAME] = {"account.name",
                                   STMT_SEALED_LIST_ACCOUNT_NAME,
                                   STMT_SEALED_PUT_ACCOUNT_NAME, false},
    [STORE_SEALED_ACCOUNT_PHONE] = {"account.phone",
                                    STMT_SEALED_LIST_ACCOUNT_PHONE,
                                    STMT_SEALED_PUT_ACCOUNT_PHONE, false},
    [STORE_SEALED_CHALLENGE] = {"challenge.payload", STMT_SEALED_LIST_CHALLENGE,
                                STMT_SEALED_PUT_CHALLENGE, false},
    [STORE_SEALED_OUTBOX_RECIPIENT] = {"outbox.recipient",
                                       STMT_SEALED_LIST_OUTBOX_RECIPIENT,
                                       STMT_SEALED_PUT_OUTBOX_RECIPIENT, false},
    [STORE_SEALED_OUTBOX_VALUES] = {"outbox.values",
                                    STMT_SEALED_LIST_OUTBOX_VALUES,
                                    STMT_SEALED_PUT_OUTBOX_VALUES, false},
    [STORE_SEALED_SIGNING_KEY] = {"signing_key", STMT_SEALED_LIST_SIGNING_KEY,
                                  STMT_SEALED_PUT_SIGNING_KEY, true},
    [STORE_SEALED_APP_TOTP] = {"app_totp", STMT_SEALED_LIST_APP_TOTP,
                               STMT_SEALED_PUT_APP_TOTP, false},
    [STORE_SEALED_APP_SECRET] = {"app_secret", STMT_SEALED_LIST_APP_SECRET,
                                 STMT_SEALED_PUT_APP_SECRET, true},
    [STORE_SEALED_APP_TOKEN] = {"app_token.email", STMT_SEALED_LIST_APP_TOKEN,
                                STMT_SEALED_PUT_APP_TOKEN, false},
    [STORE_SEALED_REALM_PROVIDERS] = {"realm.providers",
                                      STMT_SEALED_LIST_REALM_PROVIDERS,
                                      STMT_SEALED_PUT_REALM_PROVIDERS, true},
    [STORE_SEALED_TOTP] = {"totp", STMT_SEALED_LIST_TOTP, STMT_SEALED_PUT_TOTP,
                           false},
    [STORE_SEALED_IDENTITY_SUBJECT] = {"identity.subject",
                                       STMT_SEALED_LIST_IDENTITY_SUBJECT,
                                       STMT_SEALED_PUT_IDENTITY_SUBJECT, false},
    [STORE_SEALED_IDENTITY_TOKENS] = {"identity.tokens",
                                      STMT_SEALED_LIST_IDENTITY_TOKENS,
                                      STMT_SEALED_PUT_IDENTITY_TOKENS, false},
};
_Static_assert(sizeof(columns) / sizeof(columns[0]) == STORE_SEALED_COUNT,
               "statements per column");

const char *store_sealed_name(enum store_sealed column)
{
    return columns[column].name;
}

static struct cell key_cell(enum store_sealed column, struct str key)
{
    if (columns[column].text_key)
        return CELL_S(key.p != NULL ? key : STR(""));
    return CELL_B(key.p != NULL ? key.p : "", key.n);
}

static enum err sealed_row(void *data, const struct cell *c)
{
    const struct store_sealed_sink *l = data;
    const struct store_sealed_row row = {c[0].bytes, c[1].bytes, c[2].bytes};
    return l->each(l->data, &row);
}

enum err store_sealed_list(struct db *db, struct arena *a,
                           enum store_sealed column, struct str after,
                           int64_t limit, const struct store_sealed_sink *sink)
{
    const struct cell params[] = {key_cell(column, after), CELL_N(limit)};
    struct store_sealed_sink mine = *sink;
    return stmt_each(db, columns[column].list, params, a, sealed_row, &mine);
}

enum err store_sealed_put(struct db *db, enum store_sealed column,
                          const struct store_sealed_row *row, struct str fresh,
                          bool *done_r)
{
    const struct cell params[] = {CELL_B(fresh.p, fresh.n),
                                  key_cell(column, row->key),
                                  CELL_B(row->sealed.p, row->sealed.n)};
    uint64_t rows = 0;
    enum err e = stmt_exec(db, columns[column].put, params, &rows);
    if (e == ERR_OK)
        *done_r = rows == 1;
    return e;
}

struct resealing_listing {
    enum err (*each)(void *data, const struct store_resealing *r);
    void *data;
};

static enum err resealing_row(void *data, const struct cell *c)
{
    const struct resealing_listing *l = data;
    const struct store_resealing r = {.name = c[0].bytes,
                                      .key_id = c[1].bytes,
                                      .reached = c[2].bytes,
                                      .done = c[3].number,
                                      .broken = c[4].number,
                                      .started_us = c[5].number,
                                      .finished_us = c[6].number,
                                      .last_us = c[7].number,
                                      .error = c[8].bytes};
    return l->each(l->data, &r);
}

enum err store_resealing_list(struct db *db, struct arena *a,
                              enum err (*each)(void *data,
                                               const struct store_resealing *r),
                              void *data)
{
    struct resealing_listing l = {each, data};
    return stmt_each(db, STMT_RESEALING_LIST, NULL, a, resealing_row, &l);
}

enum err store_resealing_open(struct db *db, int64_t *count_r)
{
    struct cell row;
    enum err e = stmt_one(db, STMT_RESEALING_OPEN, NULL, NULL, &row);
    if (e == ERR_OK)
        *count_r = row.number;
    return e;
}

enum err store_resealing_start(struct db *db, const char *name,
                               struct str key_id)
{
    const struct cell params[] = {CELL_S(str_of(name)), CELL_S(key_id)};
    return stmt_exec(db, STMT_RESEALING_START, params, NULL);
}

static struct cell reached_cell(struct str reached)
{
    return CELL_B(reached.p != NULL ? reached.p : "", reached.n);
}

static enum err resealing_change(struct db *db, enum stmt_id which,
                                 const struct cell *params, bool *done_r)
{
    uint64_t rows = 0;
    enum err e = stmt_exec(db, which, params, &rows);
    if (e == ERR_OK)
        *done_r = rows == 1;
    return e;
}

enum err store_resealing_step(struct db *db, struct str from,
                              const struct store_resealing *to, bool *done_r)
{
    const struct cell params[] = {reached_cell(to->reached), CELL_N(to->done),
                                  CELL_N(to->broken), CELL_S(to->name),
                                  reached_cell(from)};
    return resealing_change(db, STMT_RESEALING_STEP, params, done_r);
}

enum err store_resealing_finish(struct db *db, const struct store_resealing *r,
                                bool *done_r)
{
    const struct cell params[] = {CELL_S(r->name), reached_cell(r->reached)};
    return resealing_change(db, STMT_RESEALING_FINISH, params, done_r);
}

enum err store_resealing_fail(struct db *db, struct str name, struct str error)
{
    const struct cell params[] = {CELL_S(error), CELL_S(name)};
    return stmt_exec(db, STMT_RESEALING_FAIL, params, NULL);
}
