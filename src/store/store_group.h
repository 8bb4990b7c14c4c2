/* SPDX-License-Identifier: MIT */
/* Rows of user_group, user_group_text and account_group, without rules. */
#ifndef GATEHOUSE_STORE_STORE_GROUP_H
#define GATEHOUSE_STORE_STORE_GROUP_H

#include <stdint.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"

/* A group in one language. A group without texts has one row without locale. */
struct store_group_text {
    struct str name; /* the group's */
    int64_t created_us;
    struct str locale, title, description;
};

/* Who gets the texts of groups; those of one group come together. */
struct store_group_sink {
    enum err (*each)(void *data, const struct store_group_text *text);
    void *data;
};

/* Inserts a group; ERR_DUPLICATE_ROW. */
enum err store_group_insert(struct db *db, int64_t realm_id, struct str name);

/* Locks a group until the transaction ends; ERR_NO_ROW. */
enum err store_group_lock(struct db *db, int64_t realm_id, struct str name);

/* Writes the group's text in text->locale, new or not. */
enum err store_group_text_put(struct db *db, int64_t realm_id,
                              const struct store_group_text *text);

/* Deletes the group's text in a locale, if there is one. */
enum err store_group_text_drop(struct db *db, int64_t realm_id, struct str name,
                               struct str locale);

/* The texts of one group; none at all when it is unknown. */
enum err store_group_read(struct db *db, struct arena *a, int64_t realm_id,
                          struct str name, const struct store_group_sink *sink);

/* The texts of a page of groups by name, and how many groups there are. */
enum err store_group_list(struct db *db, struct arena *a, int64_t realm_id,
                          int64_t limit, int64_t offset,
                          const struct store_group_sink *sink);
/* The number of groups. */
enum err store_group_count(struct db *db, int64_t realm_id, int64_t *count_r);

/* Raises the version of every member. */
enum err store_group_raise(struct db *db, int64_t realm_id, struct str name);

/* Deletes a group, its texts and memberships. */
enum err store_group_delete(struct db *db, int64_t realm_id, struct str name);

/* Adds a member; *count_r 0 when there is no such group. */
enum err store_group_join(struct db *db, int64_t realm_id, struct str name,
                          const struct id *account_id, uint64_t *count_r);

/* Takes a member out; *count_r 0 or 1. */
enum err store_group_leave(struct db *db, int64_t realm_id, struct str name,
                           const struct id *account_id, uint64_t *count_r);

#endif
