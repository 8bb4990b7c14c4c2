/* SPDX-License-Identifier: MIT */
/* Rows of a database of supertokens-mysql 10.1, read page by page through a
 * DB_SOURCE handle, without rules. */
#ifndef GATEHOUSE_STORE_STORE_SOURCE_H
#define GATEHOUSE_STORE_STORE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "store/db.h"

/* What is read, and which members of a row say what (others are empty). */
enum store_source {
    STORE_SOURCE_TENANTS,      /* name: first factors, text: settings, more:
                                * second factors, flag: all first factors */
    STORE_SOURCE_SECRETS,      /* text: what refresh tokens are encrypted by */
    STORE_SOURCE_KEYS_DYNAMIC, /* id: kid, text: the pair */
    STORE_SOURCE_KEYS_STATIC,  /* the same, name: algorithm */
    STORE_SOURCE_MAPS,         /* id, name: external id, text: info (flag) */
    STORE_SOURCE_USERS,        /* tenant: all of them, by blanks; name: recipe
                                * and, behind a blank, provider; text: address,
                                * more: hash or the provider's id, link: primary
                                */
    STORE_SOURCE_VERIFIED,     /* id: user, name: address */
    STORE_SOURCE_RESETS,      /* id: user, name: hash, text: address, more: hash
                               * of the password */
    STORE_SOURCE_PROOFS,      /* the same, but for the password */
    STORE_SOURCE_METADATA,    /* id: user, text */
    STORE_SOURCE_ROLES,       /* id: role */
    STORE_SOURCE_PERMISSIONS, /* id: role, name: permission */
    STORE_SOURCE_USER_ROLES,  /* id: user, name: role */
    STORE_SOURCE_DEVICES,     /* id: user, name, text: secret, flag: verified,
                               * period, skew */
    STORE_SOURCE_SESSIONS,    /* id: handle, name: user, text: payload, more:
                               * data, link: hash, flag: static key */
    STORE_SOURCE_COUNT
};

/* One of them, whichever it is. Texts in the arena; times in milliseconds. */
struct store_source_row {
    struct str app, tenant, id, name, text, more, link;
    int64_t at_ms, until_ms, flag, period, skew;
};

/* Who gets the rows of a page. */
struct store_source_sink {
    enum err (*each)(void *data, const struct store_source_row *row);
    void *data;
};

/* Calls each for at most limit rows behind `after` (all empty: from the first),
 * in the order of keys. What is few comes at once, and nothing is behind it.
 */
enum err store_source_page(struct db *db, struct arena *a,
                           enum store_source what,
                           const struct store_source_row *after, int64_t limit,
                           const struct store_source_sink *sink);

/* Does it come at once? */
bool store_source_whole(enum store_source what);

/* Name of its table, for the operator. Static text. */
const char *store_source_name(enum store_source what);

#endif
