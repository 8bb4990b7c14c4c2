/* SPDX-License-Identifier: MIT */
/* Users of applications: accounts, by the ids back ends know them by. An
 * account that signs in by password is an "emailpassword" login method, one of
 * a provider a "thirdparty" one; accounts that are linked are one user. */
#ifndef GATEHOUSE_DOMAIN_APP_USER_H
#define GATEHOUSE_DOMAIN_APP_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/app.h"
#include "domain/ctx.h"

#define APP_USER_ID_MAX 128 /* bytes of a user id, ours or foreign */
#define APP_EMAIL_MAX 254   /* bytes of an address */

/* Who a user id stands for. */
struct app_user_ref {
    bool account;         /* there is one */
    struct id account_id; /* when there is */
    struct id primary_id; /* of the account it is linked to, or its own */
    struct str user_id;   /* the recipe user's, as back ends know it: external
                           * where it is mapped */
    struct str primary;   /* the same of the primary user */
};

/* What back ends call an account: the id mapped to it, or its own ({NULL, 0}:
 * none is). */
enum err app_user_known_as(struct ctx *c, const struct id *id,
                           struct str mapped, struct str *name_r);

/* Looks a user id up, external or ours; one that is nobody's stands for itself
 * (account false), which is no error. One round trip. */
enum err app_user_ref(struct ctx *c, const struct app *app, struct str user_id,
                      struct app_user_ref *ref_r);

/* Calls each with the ids, as back ends know them, of every account linked to
 * user_id's, itself among them; with user_id alone when there is none. */
enum err app_user_linked(struct ctx *c, const struct app *app,
                         struct str user_id,
                         enum err (*each)(void *data, struct str user_id),
                         void *data);

/* One way to sign in: an account. Texts in the arena. */
struct app_login {
    struct id account_id;
    struct str user_id; /* as back ends know it */
    struct str own_id;  /* the account's */
    struct str email;   /* in lower case; {NULL, 0}: none */
    bool verified;
    struct str provider, provider_user; /* {NULL, 0}: by password */
    struct str tenants;                 /* blank-separated */
    int64_t joined_ms;
};

/* A user: an account, or all that are linked to each other, oldest first. */
struct app_user {
    struct id primary_id;
    struct str id; /* of the primary account, as back ends know it */
    bool primary;  /* may be linked to, or is */
    int64_t joined_ms;
    const struct app_login *logins;
    size_t login_count;
};

/* What users are looked for by within a tenant; {NULL, 0}: not asked for. */
struct app_user_query {
    struct str email;
    struct str phone; /* nobody of an application has one */
    struct str provider, provider_user;
    bool any; /* one of them is enough; else all that are given */
};

/* A place in the order of joining. */
struct app_user_mark {
    int64_t us; /* -1: none, or the start */
    struct id id;
};

/* A page of users, in order of their joining. */
struct app_user_page {
    int64_t limit;
    bool newest_first;
    bool tenant_only;           /* of app's tenant alone */
    bool passwords, providers;  /* which login methods count */
    struct str email, provider; /* {NULL, 0}: not asked for; else only those
                                 * whose address, or what follows its @, and
                                 * provider begin with one of these texts,
                                 * which ';' separates */
    struct str phone;           /* nobody of an application has one */
    struct app_user_mark from;  /* where the page begins */
};

/* The user an account belongs to. ERR_USER_NOT_FOUND when there is none in the
 * application. */
enum err app_user_load(struct ctx *c, const struct app *app,
                       const struct id *account, struct app_user *user_r);

/* The user a user id stands for, in whichever tenant. ERR_USER_NOT_FOUND. */
enum err app_user_get(struct ctx *c, const struct app *app, struct str user_id,
                      struct app_user *user_r);

/* The login method of a user that is that account; NULL: none. */
const struct app_login *app_user_login(const struct app_user *user,
                                       const struct id *account);

/* Calls each with the users of app's tenant that query finds, oldest first.
 * ERR_OK when nobody is found. */
enum err app_user_find(
    struct ctx *c, const struct app *app, const struct app_user_query *query,
    enum err (*each)(void *data, const struct app_user *user), void *data);

/* Calls each with a page of users; *next_r: where the next one begins. A search
 * looks at a bounded number of users: its page may be short, or empty, and
 * another one follow all the same. */
enum err app_user_list(struct ctx *c, const struct app *app,
                       const struct app_user_page *page,
                       enum err (*each)(void *data,
                                        const struct app_user *user),
                       void *data, struct app_user_mark *next_r);

/* How many users a page would go through without its limit. */
enum err app_user_count(struct ctx *c, const struct app *app,
                        const struct app_user_page *page, int64_t *count_r);

/* Deletes a user's account, or every account linked to it, with all that
 * stands of them here: sessions, metadata, roles, devices, tokens, maps. ERR_OK
 * when there is no such user: what stands of a foreign id goes, too. */
enum err app_user_remove(struct ctx *c, const struct app *app,
                         struct str user_id, bool linked);

/* An address as it is kept: trimmed, in lower case. ERR_EMAIL_INVALID when it
 * is empty or too long. Whether it is an address nobody judges here. */
enum err app_user_email(struct ctx *c, struct str email, struct str *email_r);

/* The keyed hash of an address as account.email_hash has it, by a realm's
 * key. */
enum err app_user_email_hash(struct ctx *c, int64_t realm_id, struct str email,
                             struct digest *hash_r);

/* Makes an account a member of app's tenant; *already_r: it was one.
 * ERR_USER_NOT_FOUND, ERR_EMAIL_REGISTERED when its address has another owner
 * there. */
enum err app_user_tenant_add(struct ctx *c, const struct app *app,
                             struct str user_id, bool *already_r);

/* Takes an account out of app's tenant, with its sessions and roles there;
 * *was_r: it was one. */
enum err app_user_tenant_drop(struct ctx *c, const struct app *app,
                              struct str user_id, bool *was_r);

#endif
