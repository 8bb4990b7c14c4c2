/* SPDX-License-Identifier: MIT */
/* Accounts read as users: rows of one statement, opened. */
#include "domain/app_user.h"

#include <string.h>

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/address.h"
#include "domain/identity_key.h"
#include "store/store_app_user.h"
#include "store/store_identity.h"

#define MS_US 1000

enum err app_user_email(struct ctx *c, struct str email, struct str *email_r)
{
    const struct str text = str_trim(email);

    if (text.n == 0 || text.n > APP_EMAIL_MAX)
        return ERR_EMAIL_INVALID;
    return normal_fold(c->arena, text, email_r);
}

enum err app_user_email_hash(struct ctx *c, int64_t realm_id, struct str email,
                             struct digest *hash_r)
{
    struct ctx there = *c;
    struct str normal;
    enum err e = normal_email(c->arena, email, &normal);

    there.realm_id = realm_id;
    if (e == ERR_EMAIL_INVALID)
        e = app_user_email(c, email, &normal);
    return e != ERR_OK ? e
                       : address_lookup(&there, ACCOUNT_LOOKUP, normal, hash_r);
}

/* Rows of one user, gathered. */
struct loaded {
    struct store_app_login row;
    struct loaded *next;
};

struct loading {
    struct ctx *c;
    struct loaded *first; /* oldest first */
    size_t count;
};

static int by_age(const struct store_app_login *a,
                  const struct store_app_login *b)
{
    int order = a->created_us < b->created_us   ? -1
                : a->created_us > b->created_us ? 1
                                                : 0;

    if (order == 0)
        order = memcmp(a->id.b, b->id.b, sizeof(a->id.b));
    return order != 0 ? order
                      : memcmp(a->identity, b->identity, STORE_HASH_LEN);
}

static enum err loading_row(void *data, const struct store_app_login *row)
{
    struct loading *l = data;
    struct loaded *one = arena_alloc(l->c->arena, sizeof(*one));

    if (one == NULL)
        return ERR_NO_MEMORY;
    struct loaded **at = &l->first;

    while (*at != NULL && by_age(&(*at)->row, row) <= 0)
        at = &(*at)->next;
    *one = (struct loaded){*row, *at};
    *at = one;
    l->count++;
    return ERR_OK;
}

static enum err open_email(struct ctx *c, const struct store_app_login *row,
                           struct str *email_r)
{
    const struct store_account sealed = {.id = row->id,
                                         .email_sealed = row->email_sealed};
    struct account account;

    if (row->email_sealed.p == NULL)
        return ERR_OK;
    enum err e = account_read(c, &sealed, &account);

    return e != ERR_OK ? e : normal_fold(c->arena, account.email, email_r);
}

static enum err open_provider(struct ctx *c, const struct store_app_login *row,
                              struct app_login *login)
{
    struct str place;

    if (row->provider.p == NULL)
        return ERR_OK;
    login->provider = row->provider;
    enum err e = identity_place(c, row->identity, IDENTITY_SUBJECT, &place);

    return e != ERR_OK ? e
                       : seal_open(c->sealer, c->arena, SEAL_IDENTITY, place,
                                   row->subject_sealed, &login->provider_user);
}

static enum err open_login(struct ctx *c, const struct store_app_login *row,
                           struct app_login *login)
{
    enum err e = app_user_known_as(c, &row->id, row->external, &login->user_id);

    login->account_id = row->id;
    login->verified = row->verified;
    login->tenants = row->tenants;
    login->joined_ms = row->created_us / MS_US;
    if (e == ERR_OK)
        e = account_subject(c, &row->id, &login->own_id);
    if (e == ERR_OK)
        e = open_email(c, row, &login->email);
    return e != ERR_OK ? e : open_provider(c, row, login);
}

static enum err open_user(struct ctx *c, const struct loading *l,
                          struct app_user *user_r)
{
    const struct store_app_login *first = &l->first->row;
    struct app_login *logins =
        arena_alloc(c->arena, l->count * sizeof(struct app_login));
    struct app_user user = {.primary_id = first->primary_id,
                            .primary = first->linked,
                            .joined_ms = first->created_us / MS_US,
                            .logins = logins};
    enum err e = logins == NULL
                     ? ERR_NO_MEMORY
                     : app_user_known_as(c, &user.primary_id,
                                         first->primary_external, &user.id);

    for (const struct loaded *one = l->first; e == ERR_OK && one != NULL;
         one = one->next)
        e = open_login(c, &one->row, &logins[user.login_count++]);
    if (e == ERR_OK)
        *user_r = user;
    return e;
}

enum err app_user_load(struct ctx *c, const struct app *app,
                       const struct id *account, struct app_user *user_r)
{
    struct loading l = {.c = c};

    enum err e = store_app_user_rows(c->db, c->arena, app->app_id, account,
                                     loading_row, &l);

    if (e == ERR_OK && l.first == NULL)
        e = ERR_USER_NOT_FOUND;
    return e != ERR_OK ? e : open_user(c, &l, user_r);
}

enum err app_user_get(struct ctx *c, const struct app *app, struct str user_id,
                      struct app_user *user_r)
{
    struct app_user_ref ref;
    struct id id;
    enum err e = app_user_ref(c, app, user_id, &ref);

    if (e != ERR_OK)
        return e;
    if (ref.account)
        return app_user_load(c, app, &ref.account_id, user_r);
    /* The account that gave a group its id may be gone. */
    return id_parse(user_id, &id) ? app_user_load(c, app, &id, user_r)
                                  : ERR_USER_NOT_FOUND;
}

const struct app_login *app_user_login(const struct app_user *user,
                                       const struct id *account)
{
    for (size_t i = 0; i < user->login_count; i++) {
        if (id_eq(&user->logins[i].account_id, account))
            return &user->logins[i];
    }
    return NULL;
}
