/* SPDX-License-Identifier: MIT */
/* Rows of accounts as users of applications. */
#include "store/store_app_user.h"

#include <string.h>

#include "store/stmt.h"
#include "store/store_rows.h"

enum err store_app_user_ref(struct db *db, struct arena *a, int64_t app_id,
                            const struct id *own, struct str external,
                            struct store_app_ref *ref_r)
{
    const struct cell params[] = {CELL_N(app_id), CELL_ID(own), CELL_N(app_id),
                                  CELL_N(app_id), CELL_S(external)};
    struct store_app_ref ref = {.account_id = {{0}}};
    struct cell c[4];
    enum err e = stmt_one(db, STMT_APP_USER_REF, params, a, c);

    if (e == ERR_OK)
        e = rows_read_bytes(&c[0], ref.account_id.b, sizeof(ref.account_id.b));
    if (e == ERR_OK)
        e = rows_read_bytes(&c[1], ref.primary_id.b, sizeof(ref.primary_id.b));
    if (e != ERR_OK)
        return e;
    ref.external = c[2].bytes;
    ref.primary_external = c[3].bytes;
    *ref_r = ref;
    return ERR_OK;
}

struct login_sink {
    enum err (*each)(void *data, const struct store_app_login *l);
    void *data;
};

static enum err login_row(void *data, const struct cell *c)
{
    const struct login_sink *sink = data;
    struct store_app_login l = {.linked = c[2].number == 1,
                                .created_us = c[3].number,
                                .email_sealed = c[4].bytes,
                                .verified = c[5].number == 1,
                                .external = c[6].bytes,
                                .primary_external = c[7].bytes,
                                .tenants = c[8].bytes,
                                .provider = c[9].bytes,
                                .subject_sealed = c[10].bytes};
    enum err e = rows_read_bytes(&c[0], l.id.b, sizeof(l.id.b));

    if (e == ERR_OK)
        e = rows_read_bytes(&c[1], l.primary_id.b, sizeof(l.primary_id.b));
    if (e == ERR_OK)
        e = rows_read_bytes(&c[11], l.identity, STORE_HASH_LEN);
    return e == ERR_OK ? sink->each(sink->data, &l) : e;
}

enum err store_app_user_rows(
    struct db *db, struct arena *a, int64_t app_id, const struct id *account,
    enum err (*each)(void *data, const struct store_app_login *l), void *data)
{
    const struct cell params[] = {
        CELL_N(app_id), CELL_ID(account), CELL_N(app_id),  CELL_ID(account),
        CELL_N(app_id), CELL_ID(account), CELL_ID(account)};
    struct login_sink sink = {each, data};

    return stmt_each(db, STMT_APP_USER_ROWS, params, a, login_row, &sink);
}

struct id_sink {
    enum err (*each)(void *data, const struct id *id);
    void *data;
};

static enum err id_row(void *data, const struct cell *c)
{
    const struct id_sink *sink = data;
    struct id id;
    enum err e = rows_read_bytes(&c[0], id.b, sizeof(id.b));

    return e == ERR_OK ? sink->each(sink->data, &id) : e;
}

enum err store_app_user_by_email(
    struct db *db, struct arena *a, const struct store_app_address *address,
    enum err (*each)(void *data, const struct id *id), void *data)
{
    const struct cell realm = CELL_N(address->realm_id);
    const struct cell hash = CELL_HASH(address->hash);
    const struct cell params[] = {
        realm, hash, realm, hash, CELL_HASH(address->contact), realm, realm};
    struct id_sink sink = {each, data};

    return stmt_each(db, STMT_APP_USER_BY_EMAIL, params, a, id_row, &sink);
}

enum err store_app_user_member(struct db *db, const struct id *account,
                               int64_t realm_id, bool *member_r)
{
    const struct cell params[] = {CELL_ID(account), CELL_N(realm_id),
                                  CELL_N(realm_id)};
    struct cell one;
    enum err e = stmt_one(db, STMT_APP_USER_IN_TENANT, params, NULL, &one);

    if (e != ERR_OK && e != ERR_NO_ROW)
        return e;
    *member_r = e == ERR_OK;
    return ERR_OK;
}

enum { PAGE_COMMON = 9, PAGE_ALL = 14 };

static void page_params(const struct store_app_page *p,
                        struct cell params[PAGE_ALL])
{
    const struct cell email = p->by_email ? CELL_HASH(p->email_hash) : CELL_NIL;
    const struct cell cells[PAGE_ALL] = {
        CELL_N(p->app_id),
        CELL_N(p->realm_id),
        CELL_N(p->realm_id),
        CELL_N(p->realm_id),
        CELL_N(p->passwords),
        CELL_N(p->providers),
        email,
        email,
        p->by_email ? CELL_HASH(p->contact_hash) : CELL_NIL,
        CELL_N(p->from_us),
        CELL_N(p->from_us),
        CELL_N(p->from_us),
        CELL_ID(&p->from),
        CELL_N(p->limit)};

    memcpy(params, cells, sizeof(cells));
}

struct page_sink {
    enum err (*each)(void *data, const struct id *id, int64_t at_us);
    void *data;
};

static enum err page_row(void *data, const struct cell *c)
{
    const struct page_sink *sink = data;
    struct id id;
    enum err e = rows_read_bytes(&c[0], id.b, sizeof(id.b));

    return e == ERR_OK ? sink->each(sink->data, &id, c[1].number) : e;
}

enum err store_app_user_page(struct db *db, struct arena *a,
                             const struct store_app_page *page,
                             enum err (*each)(void *data, const struct id *id,
                                              int64_t at_us),
                             void *data)
{
    struct cell params[PAGE_ALL];
    struct page_sink sink = {each, data};

    page_params(page, params);
    return stmt_each(db,
                     page->newest_first ? STMT_APP_USER_PAGE_NEW
                                        : STMT_APP_USER_PAGE_OLD,
                     params, a, page_row, &sink);
}

enum err store_app_user_count(struct db *db, const struct store_app_page *page,
                              int64_t *count_r)
{
    struct cell params[PAGE_ALL];
    struct cell count;

    page_params(page, params);
    enum err e = stmt_one(db, STMT_APP_USER_COUNT, params, NULL, &count);

    if (e == ERR_OK)
        *count_r = count.number;
    return e;
}

enum err store_app_user_clear(struct db *db, int64_t app_id, struct str user_id)
{
    static const enum stmt_id each[] = {
        STMT_APP_USER_CLEAR_METADATA, STMT_APP_USER_CLEAR_ROLES,
        STMT_APP_USER_CLEAR_EMAILS,   STMT_APP_USER_CLEAR_TOKENS,
        STMT_APP_USER_CLEAR_DEVICES,  STMT_APP_USER_CLEAR_CODES,
        STMT_APP_USER_CLEAR_MAP};
    const struct cell params[] = {CELL_N(app_id), CELL_S(user_id)};
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < sizeof(each) / sizeof(each[0]); i++)
        e = stmt_exec(db, each[i], params, NULL);
    return e;
}

enum err store_app_user_used(struct db *db, int64_t app_id, struct str user_id,
                             enum store_app_use *use_r)
{
    const struct cell params[] = {
        CELL_N(app_id), CELL_S(user_id), CELL_N(app_id), CELL_S(user_id),
        CELL_N(app_id), CELL_S(user_id), CELL_N(app_id), CELL_S(user_id),
        CELL_N(app_id), CELL_S(user_id)};
    struct cell used;
    enum err e = stmt_one(db, STMT_APP_USER_USED, params, NULL, &used);

    if (e == ERR_OK)
        *use_r = (enum store_app_use)used.number;
    return e;
}

enum err store_app_user_contact(struct db *db, const struct id *account,
                                const uint8_t hash[STORE_HASH_LEN])
{
    const struct cell params[] = {CELL_HASH(hash), CELL_ID(account)};

    return stmt_exec(db, STMT_APP_CONTACT_SET, params, NULL);
}
