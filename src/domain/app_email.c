/* SPDX-License-Identifier: MIT */
/* What is proved stands under the account's own id, whichever id a back end
 * uses, and the account's row says the same of its present address. */
#include "domain/app_email.h"

#include <string.h>

#include "domain/app_once.h"
#include "domain/app_user.h"
#include "store/store_app_member.h"

/* An address of somebody's. */
struct owned {
    struct ctx *c;
    const struct app *app;
    struct id account; /* nil: none */
    struct str own_id, email;
    struct store_app_verified row;
    bool current; /* it is the account's own */
};

static enum err owned_hash(struct owned *o)
{
    struct digest hash;
    enum err e = app_user_email_hash(o->c, o->app->app_id, o->email, &hash);

    if (e != ERR_OK)
        return e;
    o->row = (struct store_app_verified){.app_id = o->app->app_id,
                                         .user_id = o->own_id};
    memcpy(o->row.email_hash, hash.b, STORE_HASH_LEN);
    return ERR_OK;
}

static enum err owned_find(struct owned *o, struct str user_id,
                           struct str email)
{
    enum err e =
        user_id.n > APP_USER_ID_MAX
            ? ERR_VALIDATION
            : app_once_user(o->c, o->app, user_id, &o->own_id, &o->account);

    if (e == ERR_OK)
        e = app_user_email(o->c, email, &o->email);
    return e != ERR_OK ? e : owned_hash(o);
}

/* Is it the address of the account's row? */
static enum err owned_current(struct owned *o)
{
    const struct app_login *login = NULL;
    struct app_user user;

    if (id_is_nil(&o->account))
        return ERR_OK;
    enum err e = app_user_load(o->c, o->app, &o->account, &user);

    if (e == ERR_USER_NOT_FOUND)
        return ERR_OK;
    if (e == ERR_OK)
        login = app_user_login(&user, &o->account);
    o->current = login != NULL && login->email.p != NULL &&
                 str_eq(login->email, o->email);
    return e;
}

static enum err owned_set(struct owned *o, bool verified)
{
    struct ctx *c = o->c;
    enum err e = store_app_verified_set(c->db, &o->row, verified);

    if (e == ERR_OK && o->current)
        e = store_app_email_proved(c->db, &o->account, verified);
    return e;
}

static enum err owned_verified(struct owned *o, bool *verified_r)
{
    const struct app_login *login;
    struct app_user user;
    enum err e = store_app_verified(o->c->db, &o->row, verified_r);

    if (e != ERR_OK || *verified_r || id_is_nil(&o->account))
        return e;
    /* Proved by another face. */
    e = app_user_load(o->c, o->app, &o->account, &user);
    if (e != ERR_OK)
        return e == ERR_USER_NOT_FOUND ? ERR_OK : e;
    login = app_user_login(&user, &o->account);
    *verified_r = login != NULL && login->email.p != NULL && login->verified &&
                  str_eq(login->email, o->email);
    return ERR_OK;
}

enum err app_email_verified(struct ctx *c, const struct app *app,
                            struct str user_id, struct str email,
                            bool *verified_r)
{
    struct owned o = {.c = c, .app = app};
    enum err e = owned_find(&o, user_id, email);

    return e != ERR_OK ? e : owned_verified(&o, verified_r);
}

enum err app_email_token_make(struct ctx *c, const struct app *app,
                              struct str user_id, struct str email,
                              struct str *token_r, bool *already_r)
{
    struct owned o = {.c = c, .app = app};
    bool already = false;
    enum err e = owned_find(&o, user_id, email);

    if (e == ERR_OK)
        e = owned_verified(&o, &already);
    if (e == ERR_OK && !already) {
        const struct app_once once = {STORE_APP_VERIFY, o.own_id, o.email};

        e = app_once_make(c, app, &once, app->settings.verify_lifetime_us,
                          token_r);
    }
    if (e == ERR_OK)
        *already_r = already;
    return e;
}

/* A token's use, as its transaction needs it. */
struct proving {
    struct owned o;
    struct str token;
    struct app_once once;
    bool good;
};

static enum err prove_rows(void *data)
{
    struct proving *p = data;
    struct owned *o = &p->o;
    struct app_user_ref ref;
    enum err e = app_once_take(o->c, o->app, p->token, &p->once, &p->good);

    if (e != ERR_OK || !p->good)
        return e;
    o->own_id = p->once.user_id;
    o->email = p->once.email;
    e = app_user_ref(o->c, o->app, o->own_id, &ref);
    o->account = ref.account ? ref.account_id : (struct id){{0}};
    if (e == ERR_OK)
        e = owned_hash(o);
    if (e == ERR_OK)
        e = owned_current(o);
    return e != ERR_OK ? e : owned_set(o, true);
}

enum err app_email_token_consume(struct ctx *c, const struct app *app,
                                 struct str token, struct str *user_id_r,
                                 struct str *email_r)
{
    struct proving p = {.o = {.c = c, .app = app},
                        .token = token,
                        .once = {.purpose = STORE_APP_VERIFY}};
    struct app_user_ref ref;
    enum err e = db_transact(c->db, prove_rows, &p);

    if (e == ERR_NO_ROW || (e == ERR_OK && !p.good))
        return ERR_VERIFICATION_INVALID;
    if (e == ERR_OK)
        e = app_user_ref(c, app, p.o.own_id, &ref);
    if (e != ERR_OK)
        return e;
    *user_id_r = ref.user_id;
    *email_r = p.o.email;
    return ERR_OK;
}

enum err app_email_token_drop(struct ctx *c, const struct app *app,
                              struct str user_id, struct str email)
{
    struct owned o = {.c = c, .app = app};
    enum err e = owned_find(&o, user_id, email);
    struct store_app_token row = {.app_id = app->app_id,
                                  .purpose = STORE_APP_VERIFY};

    if (e != ERR_OK)
        return e;
    row.user_id = o.own_id;
    memcpy(row.email_hash, o.row.email_hash, STORE_HASH_LEN);
    return store_app_token_drop(c->db, &row, true);
}

struct setting {
    struct owned *o;
    bool verified;
};

static enum err set_rows(void *data)
{
    const struct setting *s = data;

    return owned_set(s->o, s->verified);
}

enum err app_email_set(struct ctx *c, const struct app *app, struct str user_id,
                       struct str email, bool verified)
{
    struct owned o = {.c = c, .app = app};
    enum err e = owned_find(&o, user_id, email);

    if (e == ERR_OK)
        e = owned_current(&o);
    return e != ERR_OK
               ? e
               : db_transact(c->db, set_rows, &(struct setting){&o, verified});
}
