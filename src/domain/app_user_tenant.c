/* SPDX-License-Identifier: MIT */
/* Which tenants an account is a member of, and its end. */
#include "domain/account_read.h"
#include "domain/app_session.h"
#include "domain/app_user.h"
#include "domain/event.h"
#include "store/store_app_member.h"
#include "store/store_app_user.h"

/* A change of membership, as its transaction needs it. */
struct joining {
    struct ctx *c;
    const struct app *app;
    struct id account;
    struct digest hash; /* of its address by the tenant's key */
    bool email;         /* it has one of its own */
    bool already;
};

static enum err join_row(struct joining *j, const struct store_app_account *row)
{
    struct ctx *c = j->c;
    const uint8_t *hash = j->email ? j->hash.b : NULL;
    const int64_t realm = j->app->realm_id;
    bool taken = false;
    enum err e = row->realm_id == realm
                     ? store_app_tenant_home(c->db, &j->account, true, hash)
                     : store_app_tenant_join(c->db, &j->account, realm, hash,
                                             clock_us(&c->clock));

    if (e == ERR_OK && j->email)
        e = store_app_email_taken(c->db, realm, j->hash.b, &j->account, &taken);
    return e == ERR_OK && taken ? ERR_DUPLICATE_ROW : e;
}

static enum err join(void *data)
{
    struct joining *j = data;
    struct ctx *c = j->c;
    struct store_app_account row;
    enum err e =
        store_app_account(c->db, c->arena, &j->account, j->app->app_id, &row);

    if (e == ERR_OK)
        e = store_app_user_member(c->db, &j->account, j->app->realm_id,
                                  &j->already);
    if (e != ERR_OK)
        return e == ERR_NO_ROW ? ERR_USER_NOT_FOUND : e;
    return j->already ? ERR_OK : join_row(j, &row);
}

/* The account a user id names, and its login method. */
static enum err login_of(struct ctx *c, const struct app *app,
                         struct str user_id, struct app_user *user,
                         const struct app_login **login_r)
{
    struct app_user_ref ref;
    enum err e = app_user_ref(c, app, user_id, &ref);

    if (e == ERR_OK && !ref.account)
        return ERR_USER_NOT_FOUND;
    if (e == ERR_OK)
        e = app_user_load(c, app, &ref.account_id, user);
    if (e != ERR_OK)
        return e;
    *login_r = app_user_login(user, &ref.account_id);
    return *login_r == NULL ? ERR_USER_NOT_FOUND : ERR_OK;
}

enum err app_user_tenant_add(struct ctx *c, const struct app *app,
                             struct str user_id, bool *already_r)
{
    struct joining j = {.c = c, .app = app};
    const struct app_login *login = NULL;
    struct app_user user;
    enum err e = login_of(c, app, user_id, &user, &login);

    if (e != ERR_OK)
        return e;
    j.account = login->account_id;
    j.email = login->email.p != NULL && login->provider.p == NULL;
    if (j.email)
        e = app_user_email_hash(c, app->realm_id, login->email, &j.hash);
    if (e == ERR_OK)
        e = db_transact(c->db, join, &j);
    if (e == ERR_DUPLICATE_ROW)
        return ERR_EMAIL_REGISTERED;
    if (e == ERR_OK)
        *already_r = j.already;
    return e;
}

struct leaving {
    struct ctx *c;
    const struct app *app;
    const struct app_login *login;
    bool was;
};

static enum err leave(void *data)
{
    struct leaving *l = data;
    struct ctx *c = l->c;
    const struct id *account = &l->login->account_id;
    const int64_t realm = l->app->realm_id;
    struct store_app_account row;
    uint64_t count = 0;
    enum err e =
        store_app_account(c->db, c->arena, account, l->app->app_id, &row);

    if (e != ERR_OK)
        return e == ERR_NO_ROW ? ERR_USER_NOT_FOUND : e;
    l->was = row.realm_id == realm && row.member;
    if (l->was) {
        e = store_app_tenant_home(c->db, account, false, NULL);
    } else {
        e = store_app_tenant_leave(c->db, account, realm, &count);
        l->was = count == 1;
    }
    if (e == ERR_OK && l->was)
        e = store_app_tenant_roles(c->db, realm, l->login->user_id);
    return e;
}

static enum err forget_handle(void *data, struct str handle)
{
    (void)data;
    (void)handle;
    return ERR_OK;
}

enum err app_user_tenant_drop(struct ctx *c, const struct app *app,
                              struct str user_id, bool *was_r)
{
    struct leaving l = {.c = c, .app = app};
    struct app_user user;
    enum err e = login_of(c, app, user_id, &user, &l.login);

    if (e == ERR_OK)
        e = db_transact(c->db, leave, &l);
    if (e == ERR_USER_NOT_FOUND) {
        *was_r = false;
        return ERR_OK;
    }
    if (e == ERR_OK && l.was)
        e = app_session_revoke_user(
            c, app, &(struct app_session_whose){.user_id = l.login->user_id},
            forget_handle, NULL);
    if (e == ERR_OK)
        *was_r = l.was;
    return e;
}

/* An end, as its transaction needs it. */
struct removal {
    struct ctx *c;
    const struct app *app;
    const struct app_user *user;
    const struct app_login *only; /* NULL: all of them */
};

static enum err remove_login(const struct removal *r,
                             const struct app_login *login)
{
    struct ctx *c = r->c;
    uint64_t count = 0;
    enum err e = store_account_delete(c->db, &login->account_id, &count);

    if (e != ERR_OK || count == 0)
        return e;
    return event_record(c, EVENT_ACCOUNT_DELETED, login->own_id, NULL,
                        STR("{\"by\":\"back end\"}"));
}

/* What stands under the id of a group stays as long as the group does. */
static enum err remove_rows(void *data)
{
    const struct removal *r = data;
    const struct app_user *u = r->user;
    struct ctx *c = r->c;
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < u->login_count; i++) {
        const struct app_login *l = &u->logins[i];

        if (r->only != NULL && l != r->only)
            continue;
        e = remove_login(r, l);
        if (r->only != NULL && u->login_count > 1 && str_eq(l->user_id, u->id))
            continue;
        if (e == ERR_OK)
            e = store_app_user_clear(c->db, r->app->app_id, l->user_id);
        if (e == ERR_OK && !str_eq(l->own_id, l->user_id))
            e = store_app_user_clear(c->db, r->app->app_id, l->own_id);
    }
    if (e == ERR_OK && r->only == NULL)
        e = store_app_user_clear(c->db, r->app->app_id, u->id);
    return e;
}

struct foreign {
    struct ctx *c;
    const struct app *app;
    struct str user_id;
};

static enum err remove_foreign(void *data)
{
    const struct foreign *f = data;

    return store_app_user_clear(f->c->db, f->app->app_id, f->user_id);
}

static enum err end_sessions(struct ctx *c, const struct app *app,
                             struct str user_id)
{
    const struct app_session_whose whose = {.user_id = user_id,
                                            .all_tenants = true};

    return app_session_revoke_user(c, app, &whose, forget_handle, NULL);
}

enum err app_user_remove(struct ctx *c, const struct app *app,
                         struct str user_id, bool linked)
{
    struct removal r = {.c = c, .app = app};
    struct app_user_ref ref = {.account = false};
    struct app_user user;
    enum err e = app_user_get(c, app, user_id, &user);

    if (e == ERR_USER_NOT_FOUND) {
        e = end_sessions(c, app, user_id);
        return e != ERR_OK ? e
                           : db_transact(c->db, remove_foreign,
                                         &(struct foreign){c, app, user_id});
    }
    if (e == ERR_OK)
        e = app_user_ref(c, app, user_id, &ref);
    r.user = &user;
    if (e == ERR_OK && !linked) {
        r.only = app_user_login(&user, &ref.account_id);
        /* A group's id that is nobody's own any more. */
        if (r.only == NULL)
            return ERR_OK;
    }
    for (size_t i = 0; e == ERR_OK && i < user.login_count; i++) {
        if (r.only == NULL || r.only == &user.logins[i])
            e = end_sessions(c, app, user.logins[i].user_id);
    }
    return e != ERR_OK ? e : db_transact(c->db, remove_rows, &r);
}
