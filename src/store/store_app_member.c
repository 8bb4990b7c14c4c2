/* SPDX-License-Identifier: MIT */
/* Addresses, passwords and tenants of accounts as users of applications. */
#include "store/store_app_member.h"

#include "store/stmt.h"
#include "store/store_rows.h"

enum err store_app_password(struct db *db, struct arena *a, int64_t realm_id,
                            const uint8_t hash[STORE_HASH_LEN],
                            struct store_app_password *row_r)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_HASH(hash),
                                  CELL_N(realm_id), CELL_HASH(hash)};
    struct store_app_password row = {.usable = false};
    struct cell c[3];
    enum err e = stmt_one(db, STMT_APP_PASSWORD_BY_EMAIL, params, a, c);

    if (e == ERR_OK)
        e = rows_read_bytes(&c[0], row.account_id.b, sizeof(row.account_id.b));
    if (e != ERR_OK)
        return e;
    row.hash = c[1].bytes.p;
    row.usable = c[2].number == 1;
    *row_r = row;
    return ERR_OK;
}

enum err store_app_password_set(struct db *db, const struct id *account,
                                struct str hash)
{
    const struct cell params[] = {CELL_S(hash), CELL_ID(account)};

    return stmt_exec(db, STMT_APP_PASSWORD_SET, params, NULL);
}

enum err store_app_email_taken(struct db *db, int64_t realm_id,
                               const uint8_t hash[STORE_HASH_LEN],
                               const struct id *account, bool *taken_r)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_HASH(hash),
                                  CELL_ID(account)};
    struct cell one;
    enum err e = stmt_one(db, STMT_APP_EMAIL_IN_TENANT, params, NULL, &one);

    if (e == ERR_NO_ROW)
        e = stmt_one(db, STMT_APP_EMAIL_IN_ACCOUNT, params, NULL, &one);
    if (e != ERR_OK && e != ERR_NO_ROW)
        return e;
    *taken_r = e == ERR_OK;
    return ERR_OK;
}

enum err store_app_account(struct db *db, struct arena *a,
                           const struct id *account, int64_t app_id,
                           struct store_app_account *row_r)
{
    const struct cell params[] = {CELL_ID(account), CELL_N(app_id)};
    struct store_app_account row = {.realm_id = 0};
    struct cell c[5];
    enum err e = stmt_one(db, STMT_APP_ACCOUNT, params, a, c);

    if (e == ERR_OK)
        e = rows_read_bytes(&c[4], row.primary_id.b, sizeof(row.primary_id.b));
    if (e != ERR_OK)
        return e;
    row.realm_id = c[0].number;
    row.member = c[1].number == 1;
    row.email_sealed = c[2].bytes;
    *row_r = row;
    return ERR_OK;
}

enum err store_app_email_set(struct db *db, const struct id *account,
                             const struct store_app_email *email)
{
    const struct cell params[] = {
        CELL_HASH(email->hash), CELL_B(email->sealed.p, email->sealed.n),
        CELL_HASH(email->contact), CELL_N(email->verified), CELL_ID(account)};

    return stmt_exec(db, STMT_APP_EMAIL_SET, params, NULL);
}

enum err store_app_email_tenant(struct db *db, const struct id *account,
                                int64_t realm_id,
                                const uint8_t hash[STORE_HASH_LEN])
{
    const struct cell params[] = {CELL_HASH(hash), CELL_ID(account),
                                  CELL_N(realm_id)};

    return stmt_exec(db, STMT_APP_EMAIL_TENANT, params, NULL);
}

enum err store_app_email_proved(struct db *db, const struct id *account,
                                bool verified)
{
    const struct cell params[] = {CELL_N(verified), CELL_ID(account)};

    return stmt_exec(db, STMT_APP_EMAIL_PROVED, params, NULL);
}

struct tenants_sink {
    enum err (*each)(void *data, int64_t realm_id, bool email);
    void *data;
};

static enum err tenants_row(void *data, const struct cell *c)
{
    const struct tenants_sink *sink = data;

    return sink->each(sink->data, c[0].number, c[1].number == 1);
}

enum err store_app_tenants(struct db *db, const struct id *account,
                           enum err (*each)(void *data, int64_t realm_id,
                                            bool email),
                           void *data)
{
    const struct cell params[] = {CELL_ID(account)};
    struct tenants_sink sink = {each, data};

    return stmt_each(db, STMT_APP_TENANTS_OF, params, NULL, tenants_row, &sink);
}

enum err store_app_tenant_home(struct db *db, const struct id *account,
                               bool member, const uint8_t *hash)
{
    const struct cell params[] = {CELL_N(member),
                                  hash == NULL ? CELL_NIL : CELL_HASH(hash),
                                  CELL_ID(account)};

    return stmt_exec(db, STMT_APP_TENANT_HOME, params, NULL);
}

enum err store_app_tenant_join(struct db *db, const struct id *account,
                               int64_t realm_id, const uint8_t *hash,
                               int64_t now_us)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_ID(account),
                                  hash == NULL ? CELL_NIL : CELL_HASH(hash),
                                  CELL_N(now_us)};

    return stmt_exec(db, STMT_APP_TENANT_JOIN, params, NULL);
}

enum err store_app_tenant_leave(struct db *db, const struct id *account,
                                int64_t realm_id, uint64_t *count_r)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_ID(account)};

    return stmt_exec(db, STMT_APP_TENANT_LEAVE, params, count_r);
}

enum err store_app_tenant_roles(struct db *db, int64_t realm_id,
                                struct str user_id)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_S(user_id)};

    return stmt_exec(db, STMT_APP_TENANT_ROLES, params, NULL);
}
