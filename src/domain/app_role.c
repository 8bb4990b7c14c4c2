/* SPDX-License-Identifier: MIT */
/* Roles of applications: rows, and the one rule that a role must be there. */
#include "domain/app_role.h"

#include "store/store_app_role.h"

/* One piece of work on a role, as its transaction needs it. */
struct role_work {
    struct ctx *c;
    const struct app *app;
    const struct app_role_change *change;
    bool made;
};

static enum err known(enum err e)
{
    return e == ERR_NO_ROW ? ERR_APP_ROLE_UNKNOWN : e;
}

static enum err put_work(void *data)
{
    struct role_work *w = data;
    struct db *db = w->c->db;
    const struct app_role_change *change = w->change;
    enum err e = store_app_role_add(db, w->app->app_id, change->role, &w->made);

    for (size_t i = 0; i < change->count && e == ERR_OK; i++)
        e = store_app_permission_add(db, w->app->app_id, change->role,
                                     change->permissions[i]);
    return e;
}

enum err app_role_put(struct ctx *c, const struct app *app,
                      const struct app_role_change *change, bool *made_r)
{
    struct role_work w = {.c = c, .app = app, .change = change};
    enum err e = db_transact(c->db, put_work, &w);

    if (e == ERR_OK)
        *made_r = w.made;
    return e;
}

static enum err permissions_remove_work(void *data)
{
    struct role_work *w = data;
    struct db *db = w->c->db;
    const struct app_role_change *change = w->change;
    enum err e = known(store_app_role_lock(db, w->app->app_id, change->role));

    if (e == ERR_OK && change->permissions == NULL)
        e = store_app_permission_remove(db, w->app->app_id, change->role,
                                        (struct str){NULL, 0});
    for (size_t i = 0;
         change->permissions != NULL && i < change->count && e == ERR_OK; i++)
        e = store_app_permission_remove(db, w->app->app_id, change->role,
                                        change->permissions[i]);
    return e;
}

enum err app_role_permissions_remove(struct ctx *c, const struct app *app,
                                     const struct app_role_change *change)
{
    struct role_work w = {.c = c, .app = app, .change = change};

    return db_transact(c->db, permissions_remove_work, &w);
}

enum err app_role_remove(struct ctx *c, const struct app *app, struct str role,
                         bool *done_r)
{
    return store_app_role_remove(c->db, app->app_id, role, done_r);
}

enum err app_role_list(struct ctx *c, const struct app *app,
                       const struct app_role_names *names)
{
    const struct store_app_names sink = {names->each, names->data};

    return store_app_role_list(c->db, c->arena, app->app_id, &sink);
}

/* Passes on the names of what hangs on a role; no row at all: no role. */
struct hanging {
    const struct app_role_names *names;
    bool any;
};

static enum err hanging_row(void *data, struct str name)
{
    struct hanging *h = data;

    h->any = true;
    return name.p == NULL ? ERR_OK : h->names->each(h->names->data, name);
}

static enum err hanging_done(const struct hanging *h, enum err e)
{
    return e == ERR_OK && !h->any ? ERR_APP_ROLE_UNKNOWN : e;
}

enum err app_role_permissions(struct ctx *c, const struct app *app,
                              struct str role,
                              const struct app_role_names *names)
{
    struct hanging h = {.names = names};
    const struct store_app_names sink = {hanging_row, &h};

    return hanging_done(&h, store_app_permission_list(
                                c->db, c->arena, app->app_id, role, &sink));
}

enum err app_role_by_permission(struct ctx *c, const struct app *app,
                                struct str permission,
                                const struct app_role_names *names)
{
    const struct store_app_names sink = {names->each, names->data};

    return store_app_permission_roles(c->db, c->arena, app->app_id, permission,
                                      &sink);
}

enum err app_role_give(struct ctx *c, const struct app *app, struct str user_id,
                       struct str role, bool *made_r)
{
    const struct store_app_user_role row = {app->realm_id, app->app_id, user_id,
                                            role};
    bool made = false;
    enum err e = store_app_user_role_add(c->db, &row, &made);

    if (e == ERR_OK && !made)
        e = known(store_app_role_there(c->db, app->app_id, role));
    if (e == ERR_OK)
        *made_r = made;
    return e;
}

enum err app_role_take(struct ctx *c, const struct app *app, struct str user_id,
                       struct str role, bool *done_r)
{
    const struct store_app_user_role row = {app->realm_id, app->app_id, user_id,
                                            role};
    bool done = false;
    enum err e = store_app_user_role_remove(c->db, &row, &done);

    if (e == ERR_OK && !done)
        e = known(store_app_role_there(c->db, app->app_id, role));
    if (e == ERR_OK)
        *done_r = done;
    return e;
}

enum err app_role_of_user(struct ctx *c, const struct app *app,
                          struct str user_id,
                          const struct app_role_names *names)
{
    const struct store_app_names sink = {names->each, names->data};

    return store_app_user_role_list(c->db, c->arena, app->realm_id, user_id,
                                    &sink);
}

enum err app_role_permissions_of_user(struct ctx *c, const struct app *app,
                                      struct str user_id,
                                      const struct app_role_names *names)
{
    const struct store_app_names sink = {names->each, names->data};

    return store_app_user_permission_list(c->db, c->arena, app->realm_id,
                                          user_id, &sink);
}

enum err app_role_users(struct ctx *c, const struct app *app, struct str role,
                        const struct app_role_names *names)
{
    struct hanging h = {.names = names};
    const struct store_app_names sink = {hanging_row, &h};
    const struct store_app_user_role row = {
        .realm_id = app->realm_id, .app_id = app->app_id, .role = role};

    return hanging_done(&h, store_app_role_users(c->db, c->arena, &row, &sink));
}
