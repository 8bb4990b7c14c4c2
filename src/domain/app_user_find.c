/* SPDX-License-Identifier: MIT */
/* Users looked for by what they sign in with. */
#include <stdlib.h>
#include <string.h>

#include "domain/app_user.h"
#include "domain/identity_key.h"
#include "store/store_app_user.h"
#include "store/store_identity.h"

#define FOUND_MAX 256

/* Accounts that fit, and the users they are of. */
struct finding {
    struct ctx *c;
    const struct app *app;
    struct id accounts[FOUND_MAX];
    size_t account_count;
    struct app_user *users;
    size_t user_count;
};

static enum err found_account(void *data, const struct id *id)
{
    struct finding *f = data;

    if (f->account_count < FOUND_MAX)
        f->accounts[f->account_count++] = *id;
    return ERR_OK;
}

static enum err find_email(struct finding *f, struct str email)
{
    struct ctx *c = f->c;
    struct store_app_address address = {.realm_id = f->app->realm_id};
    struct digest hash, contact;
    enum err e = app_user_email_hash(c, address.realm_id, email, &hash);

    if (e == ERR_OK)
        e = app_user_email_hash(c, f->app->app_id, email, &contact);
    if (e == ERR_EMAIL_INVALID)
        return ERR_OK;
    if (e != ERR_OK)
        return e;
    memcpy(address.hash, hash.b, STORE_HASH_LEN);
    memcpy(address.contact, contact.b, STORE_HASH_LEN);
    return store_app_user_by_email(c->db, c->arena, &address, found_account, f);
}

static enum err find_provider(struct finding *f, struct str provider,
                              struct str subject)
{
    struct ctx *c = f->c;
    struct ctx there = *c;
    struct store_identity row;
    struct digest key;
    bool member = false;
    enum err e;

    there.realm_id = f->app->realm_id;
    e = identity_key(&there, provider, subject, &key);

    if (e == ERR_OK)
        e = store_identity_by_hash(c->db, c->arena, key.b, &row);
    if (e == ERR_OK)
        e = store_app_user_member(c->db, &row.account_id, f->app->realm_id,
                                  &member);
    if (e == ERR_OK && member)
        e = found_account(f, &row.account_id);
    return e == ERR_NO_ROW || e == ERR_SUB_CLAIM_MISSING ? ERR_OK : e;
}

static bool user_known(const struct finding *f, const struct app_user *user)
{
    for (size_t i = 0; i < f->user_count; i++) {
        if (id_eq(&f->users[i].primary_id, &user->primary_id))
            return true;
    }
    return false;
}

static enum err find_users(struct finding *f)
{
    enum err e = ERR_OK;

    f->users = arena_alloc(f->c->arena,
                           (f->account_count + 1) * sizeof(struct app_user));
    if (f->users == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; e == ERR_OK && i < f->account_count; i++) {
        struct app_user user;

        e = app_user_load(f->c, f->app, &f->accounts[i], &user);
        if (e == ERR_OK && !user_known(f, &user))
            f->users[f->user_count++] = user;
        if (e == ERR_USER_NOT_FOUND)
            e = ERR_OK;
    }
    return e;
}

static bool has_email(struct ctx *c, const struct app_user *user,
                      struct str email)
{
    struct str folded;

    if (app_user_email(c, email, &folded) != ERR_OK)
        return false;
    for (size_t i = 0; i < user->login_count; i++) {
        if (user->logins[i].email.p != NULL &&
            str_eq(user->logins[i].email, folded))
            return true;
    }
    return false;
}

static bool has_provider(const struct app_user *user,
                         const struct app_user_query *q)
{
    for (size_t i = 0; i < user->login_count; i++) {
        const struct app_login *l = &user->logins[i];

        if (l->provider.p != NULL && str_eq(l->provider, q->provider) &&
            str_eq(l->provider_user, q->provider_user))
            return true;
    }
    return false;
}

/* All that is asked for may stand with different accounts of the user. */
static bool fits(struct ctx *c, const struct app_user *user,
                 const struct app_user_query *q)
{
    if (q->any)
        return true;
    return q->phone.p == NULL &&
           (q->email.p == NULL || has_email(c, user, q->email)) &&
           (q->provider.p == NULL || has_provider(user, q));
}

static int by_joining(const void *a, const void *b)
{
    const struct app_user *one = a, *other = b;

    if (one->joined_ms != other->joined_ms)
        return one->joined_ms < other->joined_ms ? -1 : 1;
    return memcmp(one->primary_id.b, other->primary_id.b,
                  sizeof(one->primary_id.b));
}

enum err app_user_find(
    struct ctx *c, const struct app *app, const struct app_user_query *query,
    enum err (*each)(void *data, const struct app_user *user), void *data)
{
    struct finding f = {.c = c, .app = app};
    enum err e = ERR_OK;

    if (query->email.p != NULL)
        e = find_email(&f, query->email);
    if (e == ERR_OK && query->provider.p != NULL)
        e = find_provider(&f, query->provider, query->provider_user);
    if (e == ERR_OK)
        e = find_users(&f);
    if (e != ERR_OK)
        return e;
    qsort(f.users, f.user_count, sizeof(f.users[0]), by_joining);
    for (size_t i = 0; e == ERR_OK && i < f.user_count; i++) {
        if (fits(c, &f.users[i], query))
            e = each(data, &f.users[i]);
    }
    return e;
}
