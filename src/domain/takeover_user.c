/* SPDX-License-Identifier: MIT */
/* Accounts under their old ids, with the hashes of their passwords as they
 * are. */
#include <string.h>

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/address.h"
#include "domain/app_thirdparty.h"
#include "domain/takeover_work.h"

#define RECIPE_PASSWORD "emailpassword"
#define RECIPE_PROVIDER "thirdparty"
#define ROLE "USER"   /* here, as every account has it */
#define INFO_MAX 1024 /* characters; bytes are counted */

/* A user of the source on its way. */
struct user_new {
    const struct app *app; /* the first of its tenants */
    struct store_put_account acc;
    struct str provider;            /* {NULL, 0}: a password opens it */
    struct app_thirdparty_person p; /* of the provider's */
    struct store_identity identity;
};

/* Address and its hash by the realm at work. */
static enum err user_address(struct takeover_work *w,
                             const struct store_source_row *row,
                             struct store_put_account *acc)
{
    struct ctx *c = w->c;
    struct store_account made = {.id = acc->id};
    struct str normal, text;
    enum err e = normal_email(c->arena, row->text, &normal);

    if (e == ERR_EMAIL_INVALID || e == ERR_BAD_REQUEST) {
        w->reason = "its address is none";
        return ERR_OK;
    }
    if (e == ERR_OK)
        e = account_address(c, row->text, normal, &made, &text);
    if (e != ERR_OK)
        return e;
    /* Who is nobody's member signs in nowhere. */
    if (acc->member)
        memcpy(acc->email_hash, made.email_hash, STORE_HASH_LEN);
    acc->email_sealed = made.email_sealed;
    return ERR_OK;
}

/* What a provider vouches for: an address that may be anybody's, and a person
 * who is nobody else here. */
static enum err user_person(struct takeover_work *w, struct user_new *u)
{
    struct ctx *c = w->c;
    struct store_identity there;
    struct digest contact;
    struct str email;
    enum err e = app_user_email(c, u->p.email, &email);

    if (e == ERR_EMAIL_INVALID || e == ERR_BAD_REQUEST) {
        w->reason = "its address is none";
        return ERR_OK;
    }
    if (e == ERR_OK)
        e = app_user_email_hash(c, u->app->app_id, email, &contact);
    if (e == ERR_OK)
        e = account_seal(c, &u->acc.id, ACCOUNT_EMAIL, email,
                         &u->acc.email_sealed);
    if (e != ERR_OK)
        return e;
    memcpy(u->acc.contact_hash, contact.b, STORE_HASH_LEN);
    e = app_thirdparty_key(c, u->app, &u->p, &u->identity);
    if (e == ERR_SUB_CLAIM_MISSING) {
        w->reason = "its provider, or its id there, is none";
        return ERR_OK;
    }
    if (e == ERR_OK)
        e = store_identity_by_hash(c->db, c->arena, u->identity.hash, &there);
    if (e == ERR_OK && !id_eq(&there.account_id, &u->acc.id))
        w->reason = "its provider knows another user here by that id";
    return e == ERR_NO_ROW ? ERR_OK : e;
}

static enum err user_make(struct takeover_work *w, struct user_new *u)
{
    struct ctx *c = w->c;
    enum err e = store_put_account(c->db, &u->acc);

    if (e == ERR_OK)
        e = store_account_role_add(c->db, &u->acc.id, STR(ROLE));
    if (e != ERR_OK || u->provider.p == NULL)
        return e;
    e = app_thirdparty_row(c, u->app, &u->p, &u->acc.id, &u->identity);
    return e == ERR_OK ? store_identity_insert(c->db, &u->identity) : e;
}

static enum err user_put(struct takeover_work *w, struct user_new *u)
{
    const struct store_put_account *acc = &u->acc;
    struct db *db = w->c->db;
    int64_t realm;
    enum err e = store_put_account_realm(db, &acc->id, &realm);

    if (e == ERR_NO_ROW) {
        e = user_make(w, u);
        w->done = STORE_PUT_ADDED;
    } else if (e == ERR_OK && realm != acc->realm_id) {
        w->reason = "its id has an owner in another tenant here";
    } else if (e == ERR_OK && w->options->replace) {
        e = store_put_account_change(db, acc, &w->done);
    }
    if (e != ERR_DUPLICATE_ROW)
        return e;
    w->reason = "its address has another owner here";
    return ERR_OK;
}

/* The tenants behind the first. */
static enum err user_join(struct takeover_work *w,
                          const struct store_source_row *row,
                          const struct user_new *u, struct str rest)
{
    const struct store_put_account *acc = &u->acc;
    enum err e = ERR_OK;

    while (rest.p != NULL && e == ERR_OK && w->reason == NULL) {
        const struct app *app = takeover_app(w, row->app, str_cut(&rest, ' '));
        struct store_put_account other = *acc;

        if (app == NULL)
            return ERR_OK;
        if (u->provider.p == NULL)
            e = user_address(w, row, &other);
        if (e == ERR_OK)
            e = store_put_membership(w->c->db, app->realm_id, &acc->id,
                                     other.email_hash, acc->created_us);
        if (e != ERR_DUPLICATE_ROW)
            continue;
        e = ERR_OK;
        if (w->done == STORE_PUT_ADDED)
            w->reason = "its address has another owner in one of its tenants";
    }
    return e;
}

/* What can be told before anything is looked up. */
static void user_sound(struct takeover_work *w,
                       const struct store_source_row *row, struct user_new *u)
{
    struct str provider = row->name;
    const struct str recipe = str_cut(&provider, ' ');

    if (!id_parse(row->id, &u->acc.id))
        w->reason = "its id is no UUID";
    else if (row->link.n > 0 && !id_parse(row->link, &u->acc.primary))
        w->reason = "its primary user's id is no UUID";
    else if (str_eq(recipe, STR(RECIPE_PASSWORD)))
        u->acc.password_hash = row->more;
    else if (!str_eq(recipe, STR(RECIPE_PROVIDER)))
        w->reason = "it signs in by neither password nor provider";
    else if (provider.p == NULL)
        w->reason = "its provider is not told";
    else if (!u->acc.member)
        w->reason = "its provider opens no tenant to it any more";
    u->provider = provider;
    u->p =
        (struct app_thirdparty_person){provider, row->more, row->text, false};
}

enum err takeover_take_user(struct takeover_work *w,
                            const struct store_source_row *row)
{
    struct user_new u = {
        .acc = {.member = row->tenant.n > 0, .created_us = row->at_ms * 1000}};
    struct str rest = row->tenant;

    u.app = takeover_app(w, row->app, str_cut(&rest, ' '));
    if (u.app == NULL)
        return ERR_OK;
    u.acc.realm_id = u.app->realm_id;
    user_sound(w, row, &u);
    if (w->reason != NULL)
        return ERR_OK;
    enum err e = u.provider.p != NULL ? user_person(w, &u)
                                      : user_address(w, row, &u.acc);

    if (e == ERR_OK && w->reason == NULL)
        e = user_put(w, &u);
    if (e == ERR_OK && w->reason == NULL && w->done != STORE_PUT_KEPT)
        e = user_join(w, row, &u, rest);
    return e;
}

enum err takeover_take_map(struct takeover_work *w,
                           const struct store_source_row *row)
{
    const struct app *app = takeover_app(w, row->app, STR(""));
    struct store_put_text t = {
        .name = row->id, .more = row->name, .replace = w->options->replace};
    enum err e;

    if (app == NULL || !takeover_user_fits(w, row->name))
        return ERR_OK;
    if (row->text.n > INFO_MAX) {
        w->reason = "what is noted beside it is too long";
        return ERR_OK;
    }
    t.realm_id = app->app_id;
    if (row->flag != 0)
        t.text = row->text;
    if ((e = store_put_map(w->c->db, &t, &w->done)) != ERR_DUPLICATE_ROW)
        return e;
    w->reason = "one of its ids is mapped to another here";
    return ERR_OK;
}

/* An account stands under its own id, whatever back ends call it, and is told
 * that its address is proved if it has that one. */
static enum err verified_user(struct takeover_work *w, const struct app *app,
                              struct str email, const struct digest *contact,
                              struct str *user)
{
    struct ctx *c = w->c;
    struct app_user_ref ref;
    struct digest hash;
    int64_t realm;
    enum err e = app_user_ref(c, app, *user, &ref);

    if (e != ERR_OK || !ref.account)
        return e;
    e = store_put_account_realm(c->db, &ref.account_id, &realm);
    if (e == ERR_OK)
        e = app_user_email_hash(c, realm, email, &hash);
    if (e == ERR_OK)
        e = store_put_proved(c->db, &ref.account_id, hash.b, contact->b,
                             clock_us(&c->clock));
    return e == ERR_OK ? account_subject(c, &ref.account_id, user) : e;
}

enum err takeover_take_verified(struct takeover_work *w,
                                const struct store_source_row *row)
{
    const struct app *app = takeover_app(w, row->app, STR(""));
    struct str user = row->id;
    struct digest hash;
    enum err e;

    if (app == NULL || !takeover_user_fits(w, row->id))
        return ERR_OK;
    e = app_user_email_hash(w->c, app->app_id, row->name, &hash);
    if (e == ERR_EMAIL_INVALID || e == ERR_BAD_REQUEST) {
        w->reason = "its address is none";
        return ERR_OK;
    }
    if (e == ERR_OK)
        e = verified_user(w, app, row->name, &hash, &user);
    if (e == ERR_OK)
        e = store_put_verified(w->c->db, app->app_id, user, hash.b, &w->done);
    return e;
}
