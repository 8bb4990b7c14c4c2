/* SPDX-License-Identifier: MIT */
/* New addresses and passwords of users. An address is unique in every tenant
 * its account is a member of; the keys and a look into the other table decide.
 */
#include <string.h>

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/app_password.h"
#include "domain/event.h"
#include "store/store_app_member.h"
#include "store/store_app_token.h"

#define HASH_WAIT_MS 3000
#define TENANTS_MAX 256

/* A change, as its transaction needs it. */
struct changing {
    struct ctx *c;
    const struct app *app;
    struct id account;
    struct str own_id;
    struct str email; /* {NULL, 0}: stays */
    struct str hash;  /* of the password; {NULL, 0}: stays */
    int64_t tenants[TENANTS_MAX];
    size_t tenant_count; /* further ones in which the address counts */
};

static enum err changing_tenant(void *data, int64_t realm_id, bool email)
{
    struct changing *g = data;

    if (!email)
        return ERR_OK;
    if (g->tenant_count == TENANTS_MAX)
        return ERR_INTERNAL;
    g->tenants[g->tenant_count++] = realm_id;
    return ERR_OK;
}

static enum err free_in(struct changing *g, int64_t realm_id,
                        const struct digest *hash)
{
    bool taken = false;
    enum err e =
        store_app_email_taken(g->c->db, realm_id, hash->b, &g->account, &taken);

    return e == ERR_OK && taken ? ERR_DUPLICATE_ROW : e;
}

static enum err email_further(struct changing *g)
{
    struct ctx *c = g->c;
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < g->tenant_count; i++) {
        struct digest hash;

        e = app_user_email_hash(c, g->tenants[i], g->email, &hash);
        if (e == ERR_OK)
            e = store_app_email_tenant(c->db, &g->account, g->tenants[i],
                                       hash.b);
        if (e == ERR_OK)
            e = free_in(g, g->tenants[i], &hash);
    }
    return e;
}

/* An address that was proved once is so again. */
static enum err email_row(struct changing *g, struct store_app_email *row)
{
    struct ctx *c = g->c;
    struct store_app_verified v = {.app_id = g->app->app_id,
                                   .user_id = g->own_id};

    memcpy(v.email_hash, row->contact, STORE_HASH_LEN);
    enum err e =
        account_seal(c, &g->account, ACCOUNT_EMAIL, g->email, &row->sealed);

    return e != ERR_OK ? e : store_app_verified(c->db, &v, &row->verified);
}

static enum err change_email(struct changing *g,
                             const struct store_app_account *account)
{
    struct ctx *c = g->c;
    struct store_app_email row = {.verified = false};
    struct digest hash, contact;
    enum err e = app_user_email_hash(c, account->realm_id, g->email, &hash);

    if (e == ERR_OK)
        e = app_user_email_hash(c, g->app->app_id, g->email, &contact);
    if (e != ERR_OK)
        return e;
    memcpy(row.hash, hash.b, STORE_HASH_LEN);
    memcpy(row.contact, contact.b, STORE_HASH_LEN);
    e = email_row(g, &row);
    if (e == ERR_OK)
        e = store_app_email_set(c->db, &g->account, &row);
    if (e == ERR_OK && account->member)
        e = free_in(g, account->realm_id, &hash);
    g->tenant_count = 0;
    if (e == ERR_OK)
        e = store_app_tenants(c->db, &g->account, changing_tenant, g);
    return e != ERR_OK ? e : email_further(g);
}

static enum err change_rows(void *data)
{
    struct changing *g = data;
    struct ctx *c = g->c;
    struct store_app_account account;
    enum err e = store_app_account(c->db, c->arena, &g->account, g->app->app_id,
                                   &account);

    if (e == ERR_NO_ROW)
        return ERR_USER_NOT_FOUND;
    if (e == ERR_OK && g->email.p != NULL)
        e = change_email(g, &account);
    if (e == ERR_OK && g->hash.p != NULL)
        e = store_app_password_set(c->db, &g->account, g->hash);
    if (e == ERR_OK && g->hash.p != NULL)
        e = event_record(c, EVENT_PASSWORD_CHANGED, g->own_id, NULL,
                         (struct str){NULL, 0});
    return e;
}

/* Another primary user that has the address and shares a tenant? */
static enum err other_primary(void *data, const struct app_user *user)
{
    const struct id *mine = data;

    return user->primary && !id_eq(&user->primary_id, mine) ? ERR_CONFLICT
                                                            : ERR_OK;
}

static enum err email_allowed(struct changing *g, const struct app_user *user)
{
    const struct app_user_query query = {.email = g->email, .any = true};
    const struct app_login *login = app_user_login(user, &g->account);
    struct str rest = login == NULL ? STR("") : login->tenants;
    struct id mine = user->primary_id;
    enum err e = ERR_OK;

    while (user->primary && e == ERR_OK && rest.n > 0) {
        struct app tenant;

        e = app_tenant(g->c, g->app, str_cut(&rest, ' '), &tenant);
        if (e == ERR_OK)
            e = app_user_find(g->c, &tenant, &query, other_primary, &mine);
    }
    return e;
}

static enum err new_hash(struct ctx *c, const struct app *app,
                         struct str password, struct str *hash_r)
{
    const struct password_form form = {
        .kind = app->settings.password_hash == PASSWORD_HASH_ARGON2
                    ? PASSWORD_ARGON2
                    : PASSWORD_BCRYPT,
        .rounds = (unsigned)app->settings.bcrypt_rounds};
    char hash[PASSWORD_HASH_MAX];
    struct str text;
    enum err e = password.n == 0 ? ERR_VALIDATION
                                 : normal_nfc(c->arena, password, &text);

    if (e == ERR_OK)
        e = password_hash_as(c->hasher, &form, text, HASH_WAIT_MS, hash);
    if (e != ERR_OK)
        return e;
    *hash_r = arena_str(c->arena, str_of(hash));
    return hash_r->p == NULL ? ERR_NO_MEMORY : ERR_OK;
}

enum err app_password_change(struct ctx *c, const struct app *app,
                             const struct app_password_change *change)
{
    struct changing g = {.c = c, .app = app};
    struct app_user_ref ref;
    struct app_user user;
    enum err e = app_user_ref(c, app, change->user_id, &ref);

    if (e == ERR_OK && !ref.account)
        return ERR_USER_NOT_FOUND;
    if (e == ERR_OK)
        e = app_user_load(c, app, &ref.account_id, &user);
    if (e != ERR_OK)
        return e;
    g.account = ref.account_id;
    if (change->email.p != NULL)
        e = app_user_email(c, change->email, &g.email);
    if (e == ERR_OK && change->email.p != NULL)
        e = email_allowed(&g, &user);
    if (e == ERR_OK)
        e = account_subject(c, &g.account, &g.own_id);
    if (e == ERR_OK && change->password.p != NULL)
        e = new_hash(c, app, change->password, &g.hash);
    if (e == ERR_OK)
        e = db_transact(c->db, change_rows, &g);
    return e == ERR_DUPLICATE_ROW ? ERR_EMAIL_REGISTERED : e;
}
