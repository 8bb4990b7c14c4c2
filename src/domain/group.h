/* SPDX-License-Identifier: MIT */
/* Groups of people, named in several languages. A change of membership ends the
 * member's access tokens at once. */
#ifndef GATEHOUSE_DOMAIN_GROUP_H
#define GATEHOUSE_DOMAIN_GROUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/ctx.h"

#define GROUP_TEXTS_MAX 32 /* languages of one group */

/* A group's name and description in one language. */
struct group_text {
    struct str locale, name, description;
};

/* A group. Texts in the arena, by locale. */
struct group {
    struct str key;
    int64_t created_us;
    struct group_text texts[GROUP_TEXTS_MAX];
    size_t count;
};

/* What a change asks for: texts to write, and locales to delete before. */
struct group_change {
    struct group_text texts[GROUP_TEXTS_MAX];
    size_t count;
    struct str drop[GROUP_TEXTS_MAX];
    size_t drop_count;
};

/* Makes a group. ERR_VALIDATION for a key that is not of 1 to 64 letters,
 * digits, '.', '-' and '_'; ERR_GROUP_TRANSLATION when mail.default_locale is
 * missing or a text is not fit (a locale that is none; a name not of 1 to 200
 * characters, a description of over 1000, control characters);
 * ERR_GROUP_EXISTS. by: for the audit. */
enum err group_create(struct ctx *c, struct str key,
                      const struct group_change *change, const char *by);

/* One group. ERR_GROUP_NOT_FOUND. */
enum err group_read(struct ctx *c, struct str key, struct group *group_r);

/* Calls each for a page of groups by key; *total_r of all groups. */
enum err group_list(struct ctx *c, int64_t limit, int64_t offset,
                    enum err (*each)(void *data, const struct group *group),
                    void *data, int64_t *total_r);

/* Deletes and writes texts. ERR_GROUP_NOT_FOUND, ERR_GROUP_TRANSLATION (as
 * above, of what would be left). */
enum err group_update(struct ctx *c, struct str key,
                      const struct group_change *change, const char *by);

/* Deletes a group; its members' access tokens are over. ERR_GROUP_NOT_FOUND. */
enum err group_delete(struct ctx *c, struct str key, const char *by);

/* Adds a member; one already is no error. ERR_GROUP_NOT_FOUND,
 * ERR_USER_NOT_FOUND, ERR_GUEST_CANNOT, ERR_GROUP_LIMIT when the keys of the
 * member's groups would not fit a token. */
enum err group_add(struct ctx *c, struct str key, const struct id *id,
                   const char *by);
/* Takes a member out; none is no error. ERR_GROUP_NOT_FOUND,
 * ERR_USER_NOT_FOUND. */
enum err group_remove(struct ctx *c, struct str key, const struct id *id,
                      const char *by);

/* The text of a group (which has one at least) that fits a wanted locale best:
 * the same, its language, fallback, any. */
const struct group_text *group_pick(const struct group *group,
                                    struct str locale, struct str fallback);

#endif
