/* SPDX-License-Identifier: MIT */
/* Whoever links holds the row of the application's realm, so that two who link
 * see each other's work: addresses of primary users have no key that would
 * decide. */
#include "domain/app_link.h"

#include "base/buf.h"
#include "store/store_app_link.h"
#include "store/store_key.h"

/* One change, as its transaction needs it. */
struct link_work {
    struct ctx *c;
    const struct app *app;
    struct str user_id, primary;
    bool only_ask;
    struct app_user user;          /* that user_id stands for */
    const struct app_login *login; /* user_id's own */
    struct app_link_outcome out;
    bool deletes;
};

static enum err link_lock(const struct link_work *w)
{
    int64_t generation, now_us;

    return w->only_ask ? ERR_OK
                       : store_key_lock(w->c->db, w->c->arena, w->app->app_id,
                                        &generation, &now_us);
}

/* The account a user id names, among all of its user. */
static enum err link_user(struct link_work *w)
{
    struct app_user_ref ref;
    enum err e = app_user_ref(w->c, w->app, w->user_id, &ref);

    if (e == ERR_OK && !ref.account)
        return ERR_USER_NOT_FOUND;
    if (e == ERR_OK)
        e = app_user_load(w->c, w->app, &ref.account_id, &w->user);
    if (e != ERR_OK)
        return e;
    w->login = app_user_login(&w->user, &ref.account_id);
    return w->login == NULL ? ERR_USER_NOT_FOUND : ERR_OK;
}

/* A primary user beside mine who has the address. */
struct rival {
    const struct id *mine;
    struct str id;
};

static enum err rival_look(void *data, const struct app_user *user)
{
    struct rival *r = data;

    if (user->primary && !id_eq(&user->primary_id, r->mine))
        r->id = user->id;
    return ERR_OK;
}

/* No other primary user of these tenants has the login's address? */
static enum err address_free(struct link_work *w, const struct id *mine,
                             struct str tenants)
{
    const struct app_user_query query = {.email = w->login->email};
    struct rival r = {.mine = mine, .id = {NULL, 0}};
    enum err e = ERR_OK;

    while (e == ERR_OK && tenants.n > 0 && query.email.p != NULL) {
        struct app tenant;

        e = app_tenant(w->c, w->app, str_cut(&tenants, ' '), &tenant);
        if (e == ERR_OK)
            e = app_user_find(w->c, &tenant, &query, rival_look, &r);
        if (e == ERR_APP_UNKNOWN)
            e = ERR_OK;
    }
    if (e != ERR_OK || r.id.p == NULL)
        return e;
    w->out.other = r.id;
    return ERR_APP_LINK_ADDRESS;
}

/* A row another has changed meanwhile cannot be: the realm's row is held. */
static enum err link_write(struct link_work *w, const struct id *primary)
{
    const struct id account = w->login->account_id;
    bool done = false;
    enum err e;

    if (w->only_ask)
        return ERR_OK;
    e = store_app_link_set(w->c->db, &account, primary, &done);
    if (e == ERR_OK && !done)
        e = ERR_RETRY;
    return e != ERR_OK ? e
                       : app_user_load(w->c, w->app, &account, &w->out.user);
}

static enum err primary_work(void *data)
{
    struct link_work *w = data;
    enum err e = link_lock(w);

    if (e == ERR_OK)
        e = link_user(w);
    if (e != ERR_OK)
        return e;
    if (w->user.primary) {
        w->out.user = w->user;
        w->out.other = w->user.id;
        w->out.already = id_eq(&w->user.primary_id, &w->login->account_id);
        return w->out.already ? ERR_OK : ERR_APP_LINKED;
    }
    e = address_free(w, &w->login->account_id, w->login->tenants);
    return e != ERR_OK ? e : link_write(w, &w->login->account_id);
}

static enum err link_run(struct link_work *w, enum err (*work)(void *data),
                         struct app_link_outcome *out_r)
{
    enum err e = w->only_ask ? work(w) : db_transact(w->c->db, work, w);

    *out_r = w->out;
    return e;
}

enum err app_link_primary(struct ctx *c, const struct app *app,
                          struct str user_id, bool only_ask,
                          struct app_link_outcome *out_r)
{
    struct link_work w = {
        .c = c, .app = app, .user_id = user_id, .only_ask = only_ask};

    return link_run(&w, primary_work, out_r);
}

/* The tenants of all of a user's accounts; one may come twice. */
static enum err all_tenants(struct ctx *c, const struct app_user *user,
                            struct str more, struct str *tenants_r)
{
    struct buf b = buf_new(c->arena);

    buf_str(&b, more);
    for (size_t i = 0; i < user->login_count; i++) {
        buf_char(&b, ' ');
        buf_str(&b, user->logins[i].tenants);
    }
    return buf_done(&b, tenants_r);
}

static enum err join_check(struct link_work *w, const struct app_user *to)
{
    struct str tenants;
    enum err e;

    if (w->user.primary) {
        w->out.user = w->user;
        w->out.other = w->user.id;
        w->out.already = id_eq(&w->user.primary_id, &to->primary_id);
        return w->out.already ? ERR_OK : ERR_APP_LINKED;
    }
    e = all_tenants(w->c, to, w->login->tenants, &tenants);
    return e != ERR_OK ? e : address_free(w, &to->primary_id, tenants);
}

static enum err join_work(void *data)
{
    struct link_work *w = data;
    struct app_user to = {.primary = false};
    enum err e = link_lock(w);

    if (e == ERR_OK)
        e = app_user_get(w->c, w->app, w->primary, &to);
    if (e == ERR_OK)
        e = link_user(w);
    if (e == ERR_OK && !to.primary)
        e = ERR_APP_NOT_PRIMARY;
    if (e == ERR_OK)
        e = join_check(w, &to);
    return e != ERR_OK || w->out.already ? e : link_write(w, &to.primary_id);
}

enum err app_link_join(struct ctx *c, const struct app *app, struct str user_id,
                       struct str primary, bool only_ask,
                       struct app_link_outcome *out_r)
{
    struct link_work w = {.c = c,
                          .app = app,
                          .user_id = user_id,
                          .primary = primary,
                          .only_ask = only_ask};

    return link_run(&w, join_work, out_r);
}

static enum err part_work(void *data)
{
    struct link_work *w = data;
    enum err e = link_lock(w);

    if (e == ERR_OK)
        e = link_user(w);
    if (e != ERR_OK || !w->user.primary)
        return e;
    w->deletes = w->user.login_count > 1 &&
                 id_eq(&w->user.primary_id, &w->login->account_id);
    w->out.already = true;
    return w->deletes ? ERR_OK
                      : store_app_link_clear(w->c->db, &w->login->account_id,
                                             &w->out.already);
}

enum err app_link_part(struct ctx *c, const struct app *app, struct str user_id,
                       bool *was_r, bool *deleted_r)
{
    struct link_work w = {.c = c, .app = app, .user_id = user_id};
    enum err e = db_transact(c->db, part_work, &w);

    if (e == ERR_OK && w.deletes)
        e = app_user_remove(c, app, w.login->user_id, false);
    if (e != ERR_OK)
        return e;
    *was_r = w.out.already;
    *deleted_r = w.deletes;
    return ERR_OK;
}
