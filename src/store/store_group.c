/* SPDX-License-Identifier: MIT */
/* Rows of user_group, user_group_text and account_group, without rules. */
#include "store/store_group.h"

#include "store/stmt.h"
#include "store/store_rows.h"

enum err store_group_insert(struct db *db, int64_t realm_id, struct str name)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_S(name)};
    return stmt_exec(db, STMT_GROUP_INSERT, params, NULL);
}

enum err store_group_lock(struct db *db, int64_t realm_id, struct str name)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_S(name)};
    struct cell one;
    return stmt_one(db, STMT_GROUP_LOCK, params, NULL, &one);
}

enum err store_group_text_put(struct db *db, int64_t realm_id,
                              const struct store_group_text *text)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_S(text->name),
                                  CELL_S(text->locale), CELL_S(text->title),
                                  CELL_S(text->description)};
    return stmt_exec(db, STMT_GROUP_TEXT_PUT, params, NULL);
}

enum err store_group_text_drop(struct db *db, int64_t realm_id, struct str name,
                               struct str locale)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_S(name),
                                  CELL_S(locale)};
    return stmt_exec(db, STMT_GROUP_TEXT_DROP, params, NULL);
}

static enum err text_row(void *data, const struct cell *row)
{
    const struct store_group_sink *sink = data;
    const struct store_group_text text = {.name = row[0].bytes,
                                          .created_us = row[1].number,
                                          .locale = row[2].bytes,
                                          .title = row[3].bytes,
                                          .description = row[4].bytes};
    return sink->each(sink->data, &text);
}

enum err store_group_read(struct db *db, struct arena *a, int64_t realm_id,
                          struct str name, const struct store_group_sink *sink)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_S(name)};
    struct store_group_sink mine = *sink;
    return stmt_each(db, STMT_GROUP_READ, params, a, text_row, &mine);
}

enum err store_group_list(struct db *db, struct arena *a, int64_t realm_id,
                          int64_t limit, int64_t offset,
                          const struct store_group_sink *sink)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_N(limit),
                                  CELL_N(offset)};
    struct store_group_sink mine = *sink;
    return stmt_each(db, STMT_GROUP_LIST, params, a, text_row, &mine);
}

enum err store_group_count(struct db *db, int64_t realm_id, int64_t *count_r)
{
    const struct cell params[] = {CELL_N(realm_id)};
    struct cell one;
    enum err e = stmt_one(db, STMT_GROUP_COUNT, params, NULL, &one);
    if (e == ERR_OK)
        *count_r = one.number;
    return e;
}

enum err store_group_raise(struct db *db, int64_t realm_id, struct str name)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_S(name)};
    return stmt_exec(db, STMT_GROUP_RAISE, params, NULL);
}

enum err store_group_delete(struct db *db, int64_t realm_id, struct str name)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_S(name)};
    return stmt_exec(db, STMT_GROUP_DELETE, params, NULL);
}

enum err store_group_join(struct db *db, int64_t realm_id, struct str name,
                          const struct id *account_id, uint64_t *count_r)
{
    const struct cell params[] = {CELL_ID(account_id), CELL_N(realm_id),
                                  CELL_S(name)};
    return stmt_exec(db, STMT_GROUP_JOIN, params, count_r);
}

enum err store_group_leave(struct db *db, int64_t realm_id, struct str name,
                           const struct id *account_id, uint64_t *count_r)
{
    const struct cell params[] = {CELL_ID(account_id), CELL_N(realm_id),
                                  CELL_S(name)};
    return stmt_exec(db, STMT_GROUP_LEAVE, params, count_r);
}
