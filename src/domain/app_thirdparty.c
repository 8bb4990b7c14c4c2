/* SPDX-License-Identifier: MIT */
/* Sign-in by provider as back ends ask for it. The row of identity decides who
 * it is: its key is unique, so that one person has one account in a tenant. */
#include "domain/app_thirdparty.h"

#include <string.h>

#include "domain/account_read.h"
#include "domain/app_email.h"
#include "domain/event.h"
#include "domain/identity_key.h"
#include "store/store_app_link.h"
#include "store/store_app_member.h"
#include "store/store_app_user.h"

#define ACCOUNT_ROLE "USER"

/* One entry, as its transaction needs it. */
struct entering {
    struct ctx *c;
    const struct app *app;
    struct str email, own_id;
    struct digest contact; /* of the address by the application's key */
    struct store_account account;
    struct store_identity identity;
};

static bool provider_fits(struct str provider)
{
    for (size_t i = 0; i < provider.n; i++)
        if (provider.p[i] <= ' ' || provider.p[i] > '~')
            return false;
    return provider.n > 0 && provider.n <= APP_PROVIDER_MAX;
}

enum err app_thirdparty_key(struct ctx *c, const struct app *app,
                            const struct app_thirdparty_person *p,
                            struct store_identity *row)
{
    struct ctx there = *c;
    struct digest key;
    enum err e = ERR_SUB_CLAIM_MISSING;

    /* Persons are a tenant's. */
    there.realm_id = app->realm_id;
    if (provider_fits(p->provider))
        e = identity_key(&there, p->provider, p->subject, &key);
    if (e == ERR_OK)
        memcpy(row->hash, key.b, STORE_HASH_LEN);
    return e;
}

enum err app_thirdparty_row(struct ctx *c, const struct app *app,
                            const struct app_thirdparty_person *p,
                            const struct id *account,
                            struct store_identity *row)
{
    struct str place;
    enum err e = identity_place(c, row->hash, IDENTITY_SUBJECT, &place);

    if (e == ERR_OK)
        e = seal(c->sealer, c->arena, SEAL_IDENTITY, place, p->subject,
                 &row->subject_sealed);
    if (e != ERR_OK)
        return e;
    row->realm_id = app->realm_id;
    row->account_id = *account;
    row->provider = p->provider;
    row->created_us = row->used_us = clock_us(&c->clock);
    return ERR_OK;
}

static enum err entering_begin(struct entering *n,
                               const struct app_thirdparty_person *p)
{
    enum err e = app_thirdparty_key(n->c, n->app, p, &n->identity);

    if (e == ERR_OK)
        e = app_user_email(n->c, p->email, &n->email);
    if (e == ERR_OK)
        e = app_user_email_hash(n->c, n->app->app_id, n->email, &n->contact);
    return e;
}

static enum err make_rows(void *data)
{
    const struct entering *n = data;
    struct db *db = n->c->db;
    enum err e = store_account_insert(db, &n->account);

    if (e == ERR_OK)
        e = store_app_user_contact(db, &n->account.id, n->contact.b);
    if (e == ERR_OK)
        e = store_identity_insert(db, &n->identity);
    if (e == ERR_OK)
        e = store_account_role_add(db, &n->account.id, STR(ACCOUNT_ROLE));
    return e != ERR_OK ? e
                       : event_record(n->c, EVENT_REGISTERED, n->own_id, NULL,
                                      (struct str){NULL, 0});
}

/* ERR_DUPLICATE_ROW: somebody else was faster. */
static enum err make(struct entering *n, const struct app_thirdparty_person *p)
{
    struct ctx *c = n->c;
    const int64_t now_us = clock_us(&c->clock);
    enum err e;

    n->account = (struct store_account){.realm_id = n->app->realm_id,
                                        .active = true,
                                        .version = 1,
                                        .created_us = now_us};
    e = id_new(now_us, &n->account.id);
    if (e == ERR_OK)
        e = account_subject(c, &n->account.id, &n->own_id);
    if (e == ERR_OK)
        e = account_seal(c, &n->account.id, ACCOUNT_EMAIL, n->email,
                         &n->account.email_sealed);
    if (e == ERR_OK)
        e = app_thirdparty_row(c, n->app, p, &n->account.id, &n->identity);
    return e != ERR_OK ? e : db_transact(c->db, make_rows, n);
}

struct rival {
    const struct app_user *user;
    bool found;
};

static enum err rival_look(void *data, const struct app_user *other)
{
    struct rival *r = data;

    r->found |=
        other->primary && !id_eq(&other->primary_id, &r->user->primary_id);
    return ERR_OK;
}

/* What app_link.h says of addresses holds for one that changes, too. */
static enum err address_allowed(const struct entering *n,
                                const struct app_user *user,
                                const struct app_login *login)
{
    const struct app_user_query query = {.email = n->email};
    struct rival r = {.user = user};
    struct str tenants = user->primary ? login->tenants : STR("");
    enum err e = ERR_OK;

    while (e == ERR_OK && tenants.n > 0) {
        struct app tenant;

        e = app_tenant(n->c, n->app, str_cut(&tenants, ' '), &tenant);
        if (e == ERR_OK)
            e = app_user_find(n->c, &tenant, &query, rival_look, &r);
    }
    return e == ERR_OK && r.found ? ERR_CONFLICT : e;
}

static enum err take_address(const struct entering *n,
                             const struct app_user *user,
                             const struct app_login *login)
{
    struct ctx *c = n->c;
    struct str sealed;
    bool done;
    enum err e;

    if (login->email.p != NULL && str_eq(login->email, n->email))
        return ERR_OK;
    e = address_allowed(n, user, login);
    if (e == ERR_OK)
        e = account_seal(c, &login->account_id, ACCOUNT_EMAIL, n->email,
                         &sealed);
    return e != ERR_OK ? e
                       : store_app_link_contact(c->db, &login->account_id,
                                                sealed, n->contact.b, &done);
}

static enum err sign_in(struct entering *n)
{
    struct ctx *c = n->c;
    const struct id *id = &n->identity.account_id;
    const struct app_login *login = NULL;
    struct app_user user;
    enum err e = store_account_by_id(c->db, c->arena, id, &n->account);

    if (e == ERR_OK && !n->account.active)
        return ERR_FORBIDDEN;
    if (e == ERR_OK)
        e = account_subject(c, id, &n->own_id);
    if (e == ERR_OK)
        e = app_user_load(c, n->app, id, &user);
    if (e == ERR_OK)
        login = app_user_login(&user, id);
    if (e == ERR_OK && login != NULL)
        e = take_address(n, &user, login);
    return e != ERR_OK ? e
                       : store_identity_used(c->db, n->identity.hash,
                                             clock_us(&c->clock), true);
}

/* Somebody of another tenant who is a member of this one, too, known by the
 * address. */
struct joined {
    const struct app_thirdparty_person *p;
    struct id account;
    bool found;
};

static enum err joined_look(void *data, const struct app_user *user)
{
    struct joined *j = data;

    for (size_t i = 0; i < user->login_count; i++) {
        const struct app_login *l = &user->logins[i];

        if (l->provider.p == NULL || !str_eq(l->provider, j->p->provider) ||
            !str_eq(l->provider_user, j->p->subject))
            continue;
        j->account = l->account_id;
        j->found = true;
    }
    return ERR_OK;
}

/* ERR_NO_ROW: there is none. */
static enum err find_joined(struct entering *n,
                            const struct app_thirdparty_person *p,
                            struct store_identity *row)
{
    const struct app_user_query query = {.email = n->email};
    struct ctx *c = n->c;
    struct joined j = {.p = p};
    bool member = false;
    enum err e = app_user_find(c, n->app, &query, joined_look, &j);

    if (e == ERR_OK && j.found)
        e = store_app_user_member(c->db, &j.account, n->app->realm_id, &member);
    if (e != ERR_OK)
        return e;
    return member ? store_identity_by_account(c->db, c->arena, &j.account,
                                              p->provider, row)
                  : ERR_NO_ROW;
}

static enum err find_or_make(struct entering *n,
                             const struct app_thirdparty_person *p,
                             bool *made_r)
{
    struct ctx *c = n->c;
    struct store_identity row;
    enum err e =
        store_identity_by_hash(c->db, c->arena, n->identity.hash, &row);

    if (e == ERR_NO_ROW)
        e = find_joined(n, p, &row);
    if (e == ERR_NO_ROW) {
        e = make(n, p);
        *made_r = e == ERR_OK;
        if (e != ERR_DUPLICATE_ROW)
            return e;
        e = store_identity_by_hash(c->db, c->arena, n->identity.hash, &row);
    }
    if (e != ERR_OK)
        return e;
    memcpy(n->identity.hash, row.hash, STORE_HASH_LEN);
    n->identity.account_id = row.account_id;
    return sign_in(n);
}

enum err app_thirdparty_enter(struct ctx *c, const struct app *app,
                              const struct app_thirdparty_person *p,
                              struct app_thirdparty_entry *entry_r)
{
    struct entering n = {.c = c, .app = app};
    struct app_thirdparty_entry entry = {.made = false};
    enum err e = entering_begin(&n, p);

    if (e == ERR_OK)
        e = find_or_make(&n, p, &entry.made);
    if (e == ERR_OK && p->verified)
        e = app_email_set(c, app, n.own_id, n.email, true);
    if (e == ERR_OK)
        e = app_user_load(c, app, &n.identity.account_id, &entry.user);
    if (e != ERR_OK)
        return e;
    entry.account = n.identity.account_id;
    *entry_r = entry;
    return ERR_OK;
}
