/* SPDX-License-Identifier: MIT */
/* Statements that add or replace. */
#include "store/store_takeover.h"

#include "store/stmt.h"
#include "store/store_rows.h"

/* The server counts 1 for a new row, 2 for one it has changed and 0 for one
 * that was the same. */
static enum err put(struct db *db, enum stmt_id which,
                    const struct cell *params, enum store_put *put_r)
{
    uint64_t rows = 0;
    enum err e = stmt_exec(db, which, params, &rows);
    if (e == ERR_OK)
        *put_r = rows == 0   ? STORE_PUT_KEPT
                 : rows == 1 ? STORE_PUT_ADDED
                             : STORE_PUT_CHANGED;
    return e;
}

static enum err change(struct db *db, enum stmt_id which,
                       const struct cell *params, enum store_put *put_r)
{
    uint64_t rows = 0;
    enum err e = stmt_exec(db, which, params, &rows);
    if (e == ERR_OK)
        *put_r = rows == 0 ? STORE_PUT_KEPT : STORE_PUT_CHANGED;
    return e;
}

enum err store_put_tenant(struct db *db, const struct store_put_tenant *t)
{
    const struct cell params[] = {CELL_S(t->app),
                                  CELL_S(t->tenant),
                                  CELL_N(t->app_id),
                                  CELL_S(t->core_config),
                                  rows_text(t->first_factors),
                                  rows_text(t->second_factors),
                                  CELL_N(t->created_us)};
    return stmt_exec(db, STMT_PUT_TENANT, params, NULL);
}

enum err store_put_tenant_change(struct db *db, int64_t realm_id,
                                 const struct store_put_tenant *t,
                                 enum store_put *put_r)
{
    const struct cell params[] = {
        CELL_S(t->core_config), rows_text(t->first_factors),
        rows_text(t->second_factors), CELL_N(realm_id)};
    return change(db, STMT_PUT_TENANT_CHANGE, params, put_r);
}

enum err store_put_account(struct db *db, const struct store_put_account *acc)
{
    const struct cell params[] = {
        CELL_ID(&acc->id),
        CELL_N(acc->realm_id),
        rows_bytes(acc->email_hash, STORE_HASH_LEN),
        acc->email_sealed.p != NULL
            ? CELL_B(acc->email_sealed.p, acc->email_sealed.n)
            : CELL_NIL,
        rows_text(acc->password_hash),
        CELL_N(acc->created_us),
        CELL_N(acc->member ? 1 : 0),
        rows_id(&acc->primary),
        rows_bytes(acc->contact_hash, STORE_HASH_LEN),
    };
    return stmt_exec(db, STMT_PUT_ACCOUNT, params, NULL);
}

enum err store_put_account_change(struct db *db,
                                  const struct store_put_account *acc,
                                  enum store_put *put_r)
{
    const struct cell hash = rows_bytes(acc->email_hash, STORE_HASH_LEN);
    const struct cell contact = rows_bytes(acc->contact_hash, STORE_HASH_LEN);
    const struct cell params[] = {
        hash,
        acc->email_sealed.p != NULL
            ? CELL_B(acc->email_sealed.p, acc->email_sealed.n)
            : CELL_NIL,
        rows_text(acc->password_hash),
        rows_id(&acc->primary),
        contact,
        CELL_ID(&acc->id),
        CELL_N(acc->realm_id),
        hash,
        rows_text(acc->password_hash),
        rows_id(&acc->primary),
        contact,
    };
    return change(db, STMT_PUT_ACCOUNT_CHANGE, params, put_r);
}

enum err store_put_account_realm(struct db *db, const struct id *id,
                                 int64_t *realm_id_r)
{
    const struct cell params[] = {CELL_ID(id)};
    struct cell row;
    enum err e = stmt_one(db, STMT_PUT_ACCOUNT_REALM, params, NULL, &row);
    if (e == ERR_OK)
        *realm_id_r = row.number;
    return e;
}

enum err store_put_membership(struct db *db, int64_t realm_id,
                              const struct id *account,
                              const uint8_t email_hash[STORE_HASH_LEN],
                              int64_t created_us)
{
    const struct cell params[] = {CELL_N(realm_id), CELL_ID(account),
                                  rows_bytes(email_hash, STORE_HASH_LEN),
                                  CELL_N(created_us)};
    return stmt_exec(db, STMT_PUT_MEMBERSHIP, params, NULL);
}

enum err store_put_proved(struct db *db, const struct id *account,
                          const uint8_t email_hash[STORE_HASH_LEN],
                          const uint8_t contact[STORE_HASH_LEN], int64_t now_us)
{
    const struct cell params[] = {CELL_N(now_us), CELL_ID(account),
                                  CELL_HASH(email_hash), CELL_HASH(contact)};
    return stmt_exec(db, STMT_PUT_PROVED, params, NULL);
}

enum err store_put_map(struct db *db, const struct store_put_text *t,
                       enum store_put *put_r)
{
    const struct cell there[] = {CELL_N(t->realm_id), CELL_S(t->name),
                                 CELL_S(t->more)};
    struct cell row;
    enum err e = stmt_one(db, STMT_PUT_MAP_THERE, there, NULL, &row);
    if (e == ERR_NO_ROW) {
        const struct cell params[] = {CELL_N(t->realm_id), CELL_S(t->name),
                                      CELL_S(t->more), rows_text(t->text)};
        return put(db, STMT_PUT_MAP, params, put_r);
    }
    if (e != ERR_OK)
        return e;
    const struct cell params[] = {rows_text(t->text), CELL_N(t->realm_id),
                                  CELL_S(t->name), CELL_N(t->replace ? 1 : 0)};
    return change(db, STMT_PUT_MAP_CHANGE, params, put_r);
}

enum err store_put_metadata(struct db *db, const struct store_put_text *t,
                            enum store_put *put_r)
{
    const struct cell params[] = {CELL_N(t->realm_id), CELL_S(t->name),
                                  CELL_S(t->text), CELL_N(t->replace ? 1 : 0)};
    return put(db, STMT_PUT_METADATA, params, put_r);
}

enum err store_put_role(struct db *db, const struct store_put_text *t,
                        enum store_put *put_r)
{
    const struct cell params[] = {CELL_N(t->realm_id), CELL_S(t->name)};
    return put(db, STMT_PUT_ROLE, params, put_r);
}

enum err store_put_permission(struct db *db, const struct store_put_text *t,
                              enum store_put *put_r)
{
    const struct cell params[] = {CELL_N(t->realm_id), CELL_S(t->name),
                                  CELL_S(t->more)};
    return put(db, STMT_PUT_PERMISSION, params, put_r);
}

enum err store_put_user_role(struct db *db, const struct store_put_text *t,
                             enum store_put *put_r)
{
    const struct cell params[] = {CELL_N(t->realm_id), CELL_S(t->name),
                                  CELL_S(t->more), CELL_N(t->app_id)};
    return put(db, STMT_PUT_USER_ROLE, params, put_r);
}

enum err store_put_verified(struct db *db, int64_t app_id, struct str user,
                            const uint8_t email_hash[STORE_HASH_LEN],
                            enum store_put *put_r)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(user),
                                  CELL_HASH(email_hash)};
    return put(db, STMT_PUT_VERIFIED, params, put_r);
}

enum err store_put_device(struct db *db, const struct store_put_device *d,
                          enum store_put *put_r)
{
    const struct cell replace = CELL_N(d->replace ? 1 : 0);
    const struct cell params[] = {
        CELL_N(d->app_id),
        CELL_S(d->user),
        CELL_S(d->name),
        CELL_ID(&d->id),
        CELL_B(d->secret_sealed.p, d->secret_sealed.n),
        CELL_N(d->period_s),
        CELL_N(d->skew),
        CELL_N(d->verified ? 1 : 0),
        CELL_N(d->created_us),
        replace,
        replace,
        replace,
        replace,
        replace,
    };
    return put(db, STMT_PUT_DEVICE, params, put_r);
}

static enum err session_moved(struct db *db, const struct store_put_session *s,
                              enum store_put *put_r)
{
    const struct cell replace = CELL_N(s->replace ? 1 : 0);
    const struct cell cur = CELL_HASH(s->refresh_cur);
    const struct cell params[] = {
        cur,
        CELL_N(s->created_us),
        CELL_N(s->expires_us),
        CELL_S(s->payload),
        CELL_N(s->fixed ? 1 : 0),
        CELL_ID(&s->id),
        CELL_N(s->realm_id),
        replace,
        cur,
    };
    return change(db, STMT_PUT_SESSION_MOVED, params, put_r);
}

enum err store_put_session(struct db *db, const struct store_put_session *s,
                           enum store_put *put_r)
{
    const struct cell id = CELL_ID(&s->id);
    const struct cell params[] = {
        id,
        CELL_N(s->realm_id),
        CELL_S(s->user),
        rows_id(&s->account),
        CELL_HASH(s->refresh_cur),
        CELL_N(s->created_us),
        CELL_N(s->created_us),
        CELL_N(s->created_us),
        CELL_N(s->expires_us),
        CELL_N(s->created_us / CLOCK_SECOND),
        CELL_S(s->payload),
        CELL_N(s->fixed ? 1 : 0),
    };
    const struct cell data[] = {CELL_S(s->data), id};
    enum store_put done = STORE_PUT_ADDED;
    struct cell row;
    enum err e = stmt_one(db, STMT_PUT_SESSION_THERE, &id, NULL, &row);
    if (e == ERR_OK)
        e = session_moved(db, s, &done);
    else if (e == ERR_NO_ROW)
        e = stmt_exec(db, STMT_PUT_SESSION, params, NULL);
    if (e == ERR_OK && done != STORE_PUT_KEPT)
        e = stmt_exec(db, STMT_SESSION_DATA_PUT, data, NULL);
    if (e == ERR_OK)
        *put_r = done;
    return e;
}

enum err store_put_sessions(struct db *db, int64_t app_id, bool *any_r)
{
    const struct cell params[] = {CELL_N(app_id)};
    struct cell row;
    enum err e = stmt_one(db, STMT_PUT_SESSIONS, params, NULL, &row);
    if (e == ERR_OK)
        *any_r = row.number > 0;
    return e;
}

enum err store_put_secret(struct db *db, int64_t app_id, struct str name,
                          struct str sealed, int64_t now_us)
{
    const struct cell params[] = {CELL_N(app_id), CELL_S(name),
                                  CELL_B(sealed.p, sealed.n), CELL_N(now_us)};
    return stmt_exec(db, STMT_PUT_SECRET, params, NULL);
}
