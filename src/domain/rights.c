/* SPDX-License-Identifier: MIT */
/* A change locks the account first and, when it may take the last administrator
 * away, a row of the realm after it: one order, so nobody waits in a circle. */
#include "domain/rights.h"

#include "domain/account_read.h"
#include "domain/event.h"
#include "domain/sign_in.h"

enum err rights_lock(struct ctx *c, const struct id *id,
                     struct store_account *row_r)
{
    struct store_account row;
    enum err e = store_session_lock_subject(c->db, id);

    if (e == ERR_OK)
        e = store_account_by_id(c->db, c->arena, id, &row);
    if (e == ERR_NO_ROW || (e == ERR_OK && row.realm_id != c->realm_id))
        return ERR_USER_NOT_FOUND;
    if (e == ERR_OK)
        *row_r = row;
    return e;
}

enum err rights_keep_admin(struct ctx *c, const struct store_account *row)
{
    bool others = false;

    if (!str_has_word(row->roles, STR(RIGHTS_ADMIN)))
        return ERR_OK;
    enum err e = store_admin_lock(c->db, c->realm_id);

    if (e == ERR_OK)
        e = store_admin_others(c->db, c->realm_id, &row->id, &others);
    return e == ERR_OK && !others ? ERR_LAST_ADMIN : e;
}

enum err rights_detail(struct ctx *c, const char *what, struct str name,
                       const char *by, struct str *detail_r)
{
    struct log_field fields[3] = {LOG_END, LOG_END, LOG_END};
    unsigned n = 0;

    if (what != NULL)
        fields[n++] = LOG_TEXT(what, name);
    fields[n] = LOG_TEXT("by", str_of(by));
    return event_detail(c, fields, detail_r);
}

/* One change, as its transaction needs it. */
struct rights_change {
    struct ctx *c;
    const struct id *id;
    struct str role;
    const char *by;
    bool grant;
};

/* What a role that wants a second factor opens is not for sessions that were
 * begun without one. */
static enum err rights_add(const struct rights_change *r, struct str subject)
{
    struct ctx *c = r->c;
    uint64_t ended = 0;
    enum err e = store_account_role_add(c->db, r->id, r->role);

    if (e != ERR_OK || !sign_in_obliged(c->config, r->role))
        return e;
    e = store_session_revoke_plain(c->db, c->realm_id, subject, "factor-wanted",
                                   &ended);
    return e != ERR_OK || ended == 0
               ? e
               : event_record(c, EVENT_SESSIONS_REVOKED, subject, NULL,
                              STR("{\"reason\":\"factor-wanted\"}"));
}

static enum err rights_write(const struct rights_change *r,
                             const struct store_account *row,
                             struct str subject)
{
    struct ctx *c = r->c;
    uint64_t count = 0;
    enum err e = ERR_OK;

    if (r->grant)
        return rights_add(r, subject);
    if (str_eq(r->role, STR(RIGHTS_ADMIN)))
        e = rights_keep_admin(c, row);
    return e != ERR_OK ? e
                       : store_account_role_drop(c->db, r->id, r->role, &count);
}

static enum err rights_change(void *data)
{
    const struct rights_change *r = data;
    struct ctx *c = r->c;
    struct store_account row;
    struct str subject, detail;
    enum err e = rights_lock(c, r->id, &row);

    if (e != ERR_OK)
        return e;
    if (str_has_word(row.roles, STR(RIGHTS_GUEST)))
        return ERR_GUEST_CANNOT;
    if (str_has_word(row.roles, r->role) == r->grant)
        return ERR_OK;
    e = account_subject(c, r->id, &subject);
    if (e == ERR_OK)
        e = rights_write(r, &row, subject);
    if (e == ERR_OK)
        e = store_account_raise(c->db, r->id);
    if (e == ERR_OK)
        e = rights_detail(c, "role", r->role, r->by, &detail);
    if (e != ERR_OK)
        return e;
    return event_record(c, r->grant ? EVENT_ROLE_GRANTED : EVENT_ROLE_REVOKED,
                        subject, NULL, detail);
}

static bool rights_known(const struct ctx *c, struct str role)
{
    const struct config_list *own = &c->config->accounts_roles;

    for (size_t i = 0; i < own->count; i++)
        if (str_eq(own->items[i], role))
            return true;
    return str_eq(role, STR(RIGHTS_ADMIN));
}

static bool rights_fixed(struct str role)
{
    return str_eq(role, STR(RIGHTS_USER)) || str_eq(role, STR(RIGHTS_GUEST));
}

enum err rights_grant(struct ctx *c, const struct id *id, struct str role,
                      const char *by)
{
    struct rights_change r = {c, id, role, by, true};

    if (rights_fixed(role))
        return ERR_ROLE_FIXED;
    if (!rights_known(c, role))
        return ERR_ROLE_NOT_FOUND;
    return db_transact(c->db, rights_change, &r);
}

/* A role that is no longer configured can still be taken from who has it. */
enum err rights_revoke(struct ctx *c, const struct id *id, struct str role,
                       const char *by)
{
    struct rights_change r = {c, id, role, by, false};

    return rights_fixed(role) ? ERR_ROLE_FIXED
                              : db_transact(c->db, rights_change, &r);
}
