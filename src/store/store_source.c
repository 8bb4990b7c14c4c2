/* SPDX-License-Identifier: MIT */
/* One shape for the rows of all tables, and one walk over their keys. */
#include "store/store_source.h"

#include "store/stmt.h"

#define KEYS_MAX 4
#define WHOLE_MAX 100000 /* rows of what comes at once */

/* keys: members that make up the primary key, a letter each. */
static const struct {
    const char *name, *keys;
    enum stmt_id list;
} tables[] = {
    [STORE_SOURCE_TENANTS] = {"tenants", "", STMT_SOURCE_TENANTS},
    [STORE_SOURCE_SECRETS] = {"key_value", "", STMT_SOURCE_SECRETS},
    [STORE_SOURCE_KEYS_DYNAMIC] = {"session_access_token_signing_keys", "",
                                   STMT_SOURCE_KEYS_DYNAMIC},
    [STORE_SOURCE_KEYS_STATIC] = {"jwt_signing_keys", "",
                                  STMT_SOURCE_KEYS_STATIC},
    [STORE_SOURCE_MAPS] = {"userid_mapping", "ai", STMT_SOURCE_MAPS},
    [STORE_SOURCE_USERS] = {"app_id_to_user_id", "ai", STMT_SOURCE_USERS},
    [STORE_SOURCE_VERIFIED] = {"emailverification_verified_emails", "ain",
                               STMT_SOURCE_VERIFIED},
    [STORE_SOURCE_RESETS] = {"emailpassword_pswd_reset_tokens", "ain",
                             STMT_SOURCE_RESETS},
    [STORE_SOURCE_PROOFS] = {"emailverification_tokens", "n",
                             STMT_SOURCE_PROOFS},
    [STORE_SOURCE_METADATA] = {"user_metadata", "ai", STMT_SOURCE_METADATA},
    [STORE_SOURCE_ROLES] = {"roles", "ai", STMT_SOURCE_ROLES},
    [STORE_SOURCE_PERMISSIONS] = {"role_permissions", "ain",
                                  STMT_SOURCE_PERMISSIONS},
    [STORE_SOURCE_USER_ROLES] = {"user_roles", "atin", STMT_SOURCE_USER_ROLES},
    [STORE_SOURCE_DEVICES] = {"totp_user_devices", "ain", STMT_SOURCE_DEVICES},
    [STORE_SOURCE_SESSIONS] = {"session_info", "ati", STMT_SOURCE_SESSIONS},
};
_Static_assert(sizeof(tables) / sizeof(tables[0]) == STORE_SOURCE_COUNT,
               "a statement per table");

bool store_source_whole(enum store_source what)
{
    return tables[what].keys[0] == '\0';
}

const char *store_source_name(enum store_source what)
{
    return tables[what].name;
}

static struct cell key_cell(const struct store_source_row *row, char member)
{
    const struct str s = member == 'a'   ? row->app
                         : member == 't' ? row->tenant
                         : member == 'i' ? row->id
                                         : row->name;
    return CELL_S(s.p != NULL ? s : STR(""));
}

static enum err source_row(void *data, const struct cell *c)
{
    const struct store_source_sink *sink = data;
    const struct store_source_row row = {.app = c[0].bytes,
                                         .tenant = c[1].bytes,
                                         .id = c[2].bytes,
                                         .name = c[3].bytes,
                                         .text = c[4].bytes,
                                         .more = c[5].bytes,
                                         .link = c[6].bytes,
                                         .at_ms = c[7].number,
                                         .until_ms = c[8].number,
                                         .flag = c[9].number,
                                         .period = c[10].number,
                                         .skew = c[11].number};
    return sink->each(sink->data, &row);
}

enum err store_source_page(struct db *db, struct arena *a,
                           enum store_source what,
                           const struct store_source_row *after, int64_t limit,
                           const struct store_source_sink *sink)
{
    const char *keys = tables[what].keys;
    struct store_source_sink mine = *sink;
    struct cell params[2 * KEYS_MAX];
    unsigned n = 0;
    /* Each but the last stands in a "behind it" and in a "the same". */
    for (const char *k = keys; *k != '\0'; k++) {
        params[n++] = key_cell(after, *k);
        if (k[1] != '\0')
            params[n++] = key_cell(after, *k);
    }
    params[n] = CELL_N(*keys == '\0' ? WHOLE_MAX : limit);
    return stmt_each(db, tables[what].list, params, a, source_row, &mine);
}
