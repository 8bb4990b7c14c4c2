/* SPDX-License-Identifier: MIT */
/* Rows of account and account_role, without rules. */
#include "store/store_account.h"

#include <string.h>

#include "store/stmt.h"
#include "store/store_rows.h"

enum { ACCOUNT_COLUMNS = 19 };

/* Positions in the ENUM column. */
enum { STATUS_ACTIVE = 1, STATUS_DISABLED = 2 };

static enum err read_account(const struct cell *c, struct store_account *acc)
{
    memset(acc, 0, sizeof(*acc));
    enum err e = rows_read_bytes(&c[0], acc->id.b, sizeof(acc->id.b));
    if (e == ERR_OK)
        e = rows_read_bytes(&c[2], acc->email_hash, STORE_HASH_LEN);
    acc->realm_id = c[1].number;
    acc->email_sealed = c[3].bytes;
    acc->name_sealed = c[4].bytes;
    acc->password_hash = c[5].bytes.p; /* the fetch put a NUL behind it */
    acc->active = c[6].number == 1;
    acc->version = c[7].number;
    acc->created_us = c[8].number;
    acc->email_verified_us = c[9].number;
    acc->phone_sealed = c[10].bytes;
    acc->locale = c[11].bytes;
    acc->email_factor_us = c[12].number;
    acc->preferred = (enum store_factor)c[13].number;
    acc->reset_required_us = c[14].number;
    acc->has_totp = c[15].number == 1;
    acc->roles = c[16].bytes;
    acc->groups = c[17].bytes;
    acc->providers = c[18].bytes;
    return e;
}

static enum err one_account(struct db *db, struct arena *a, enum stmt_id which,
                            const struct cell *params,
                            struct store_account *account_r)
{
    struct cell row[ACCOUNT_COLUMNS];
    struct store_account acc;
    enum err e = stmt_one(db, which, params, a, row);
    if (e == ERR_OK)
        e = read_account(row, &acc);
    if (e == ERR_OK)
        *account_r = acc;
    return e;
}

enum err store_account_by_email(struct db *db, struct arena *a,
                                int64_t realm_id,
                                const uint8_t email_hash[STORE_HASH_LEN],
                                struct store_account *account_r)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_HASH(email_hash)};
    return one_account(db, a, STMT_ACCOUNT_BY_EMAIL, params, account_r);
}

enum err store_account_by_phone(struct db *db, struct arena *a,
                                int64_t realm_id,
                                const uint8_t phone_hash[STORE_HASH_LEN],
                                struct store_account *account_r)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_HASH(phone_hash)};
    return one_account(db, a, STMT_ACCOUNT_BY_PHONE, params, account_r);
}

enum err store_account_by_id(struct db *db, struct arena *a,
                             const struct id *id,
                             struct store_account *account_r)
{
    const struct cell params[] = {CELL_ID(id)};
    return one_account(db, a, STMT_ACCOUNT_BY_ID, params, account_r);
}

/* Sealed bytes, or NULL when there are none. */
static struct cell sealed(struct str s)
{
    return s.p == NULL ? CELL_NIL : CELL_B(s.p, s.n);
}

enum err store_account_insert(struct db *db, const struct store_account *acc)
{
    const struct cell params[] = {
        CELL_ID(&acc->id),
        CELL_N(acc->realm_id),
        rows_bytes(acc->email_hash, STORE_HASH_LEN),
        sealed(acc->email_sealed),
        sealed(acc->name_sealed),
        acc->password_hash == NULL ? CELL_NIL
                                   : CELL_S(str_of(acc->password_hash)),
        CELL_N(acc->active ? STATUS_ACTIVE : STATUS_DISABLED),
        CELL_N(acc->version),
        CELL_N(acc->created_us),
        CELL_N(acc->created_us),
        CELL_N(acc->email_factor_us),
    };
    return stmt_exec(db, STMT_ACCOUNT_INSERT, params, NULL);
}

enum err store_account_role_add(struct db *db, const struct id *id,
                                struct str role)
{
    const struct cell params[] = {CELL_ID(id), CELL_S(role)};
    return stmt_exec(db, STMT_ACCOUNT_ROLE_ADD, params, NULL);
}

enum err store_account_role_drop(struct db *db, const struct id *id,
                                 struct str role, uint64_t *count_r)
{
    const struct cell params[] = {CELL_ID(id), CELL_S(role)};
    return stmt_exec(db, STMT_ACCOUNT_ROLE_DROP, params, count_r);
}

enum err store_account_raise(struct db *db, const struct id *id)
{
    const struct cell params[] = {CELL_ID(id)};
    return stmt_exec(db, STMT_ACCOUNT_RAISE, params, NULL);
}

enum err store_account_delete(struct db *db, const struct id *id,
                              uint64_t *count_r)
{
    const struct cell params[] = {CELL_ID(id)};
    return stmt_exec(db, STMT_ACCOUNT_DELETE, params, count_r);
}

enum err store_admin_lock(struct db *db, int64_t realm_id)
{
    const struct cell params[] = {CELL_N(realm_id)};
    return stmt_exec(db, STMT_ADMIN_LOCK, params, NULL);
}

enum err store_admin_others(struct db *db, int64_t realm_id,
                            const struct id *id, bool *others_r)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_ID(id)};
    struct cell one;
    enum err e = stmt_one(db, STMT_ADMIN_OTHERS, params, NULL, &one);
    if (e == ERR_OK)
        *others_r = one.number != 0;
    return e;
}

/* The old hash in the condition: a password changed meanwhile must not be
 * undone by a rehash of the one before. */
enum err store_account_rehash(struct db *db, const struct id *id,
                              const char *old_hash, const char *new_hash)
{
    const struct cell params[] = {CELL_S(str_of(new_hash)), CELL_ID(id),
                                  CELL_S(str_of(old_hash))};
    return stmt_exec(db, STMT_ACCOUNT_REHASH, params, NULL);
}

enum err store_account_status(struct db *db, const struct id *id, bool active,
                              int64_t now_us, bool *changed_r)
{
    int64_t status = active ? STATUS_ACTIVE : STATUS_DISABLED;
    const struct cell params[] = {CELL_N(status), CELL_N(now_us), CELL_ID(id),
                                  CELL_N(status)};
    uint64_t rows = 0;
    enum err e = stmt_exec(db, STMT_ACCOUNT_STATUS, params, &rows);
    if (e == ERR_OK)
        *changed_r = rows == 1;
    return e;
}

static enum err list_row(void *data, const struct cell *row)
{
    const struct store_account_sink *sink = data;
    struct store_account acc;
    enum err e = read_account(row, &acc);
    return e == ERR_OK ? sink->each(sink->data, &acc) : e;
}

enum err store_account_list(struct db *db, struct arena *a, int64_t realm_id,
                            const struct id *after, int64_t limit,
                            const struct store_account_sink *sink)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_ID(after),
                                  CELL_N(limit)};
    struct store_account_sink mine = *sink;
    return stmt_each(db, STMT_ACCOUNT_LIST, params, a, list_row, &mine);
}

/* The parameters of a search in the order of SQL_SEARCH and what follows it. */
struct search_params {
    struct cell cells[32];
    size_t n;
};

static void search_put(struct search_params *p, struct cell cell)
{
    p->cells[p->n++] = cell;
}

/* The places that are left take the first word once more. */
static void search_words(struct search_params *p, const struct str *words,
                         size_t count)
{
    for (size_t i = 0; i < STORE_SEARCH_WORDS; i++)
        search_put(p, CELL_S(words[i < count ? i : 0]));
}

static void search_common(struct search_params *p, const struct store_search *s)
{
    const struct cell email = s->by_email ? CELL_HASH(s->email_hash) : CELL_NIL;
    search_put(p, CELL_N(s->realm_id));
    search_put(p, email);
    search_put(p, email);
    search_put(p, CELL_N(s->created_after_us));
    search_put(
        p, CELL_N(s->created_before_us > 0 ? s->created_before_us : INT64_MAX));
    search_put(p, CELL_N(s->status));
    search_put(p, CELL_N(s->status));
    search_put(p, CELL_N(s->active_after_us));
    search_put(p, CELL_N(s->active_after_us));
    search_put(p, CELL_N(s->active_before_us));
    search_put(p, CELL_N(s->active_before_us));
}

/* Three statements per leading index: oldest first, newest first, count. */
static enum stmt_id search_which(struct search_params *p,
                                 const struct store_search *s)
{
    const struct str none = STR("");
    search_common(p, s);
    if (s->role_count > 0) {
        search_words(p, s->roles, s->role_count);
        search_put(p, CELL_N(s->group_count));
        search_words(p, s->group_count > 0 ? s->groups : &none, s->group_count);
        return STMT_SEARCH_ROLE_OLD;
    }
    if (s->group_count > 0) {
        search_put(p, CELL_N(s->realm_id));
        search_words(p, s->groups, s->group_count);
        return STMT_SEARCH_GROUP_OLD;
    }
    return STMT_SEARCH_ALL_OLD;
}

static enum err search_row(void *data, const struct cell *row)
{
    const struct store_search_sink *sink = data;
    struct store_account acc;
    enum err e = read_account(row, &acc);
    return e == ERR_OK
               ? sink->each(sink->data, &acc, row[ACCOUNT_COLUMNS].number)
               : e;
}

enum err store_account_search(struct db *db, struct arena *a,
                              const struct store_search *search,
                              const struct store_search_sink *sink,
                              int64_t *total_r)
{
    struct search_params p = {.n = 0};
    enum stmt_id first = search_which(&p, search);
    struct store_search_sink mine = *sink;
    struct cell total;
    enum err e = stmt_one(db, (enum stmt_id)(first + 2), p.cells, NULL, &total);
    search_put(&p, CELL_N(search->limit));
    search_put(&p, CELL_N(search->offset));
    if (e == ERR_OK)
        e = stmt_each(db,
                      (enum stmt_id)(first + (search->newest_first ? 1 : 0)),
                      p.cells, a, search_row, &mine);
    if (e == ERR_OK)
        *total_r = total.number;
    return e;
}
