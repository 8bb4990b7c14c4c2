/* SPDX-License-Identifier: MIT */
/* Accounts and password sign-in. */
#ifndef GATEHOUSE_DOMAIN_ACCOUNT_H
#define GATEHOUSE_DOMAIN_ACCOUNT_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/ctx.h"
#include "domain/session.h"
#include "store/store_account.h"

struct signed_in; /* domain/sign_in.h */

/* An account as people see it. Texts in the arena. */
struct account {
    struct id id;
    struct str email, name;   /* empty: none (guests) */
    struct str phone;         /* E.164; empty: none */
    struct str locale;        /* empty: none */
    struct str roles, groups; /* blank-separated */
    struct str providers;     /* the same: names of connected providers */
    bool active;
    bool has_password;
    bool email_verified;
    bool totp, email_factor; /* second factors that are on */
    enum store_factor preferred;
    int64_t version;
    int64_t created_us;
};

/* What a sign-in brings. */
struct account_login {
    struct str email, password;
    struct str present_refresh; /* refresh token the browser holds, or empty */
};

/* Creates an account. ERR_OK for a taken address too, after the same work, and
 * *created_r (NULL: not asked) tells only operators. Where mail leaves, a new
 * address gets the link that verifies it, the owner of a taken one a word; not
 * from operators. ERR_EMAIL_INVALID, ERR_PASSWORD_*, ERR_TOO_MANY_REQUESTS. */
enum err account_register(struct ctx *c, struct str email, struct str password,
                          struct str name, bool *created_r);

/* The same without the link. */
enum err account_register_quiet(struct ctx *c, struct str email,
                                struct str password, struct str name);

/* Password sign-in: throttle, hash, then as sign_in_finish. The same answer and
 * the same time for an unknown address, a wrong password, a disabled account
 * and one whose password must be reset: ERR_INVALID_CREDENTIALS.
 * The owner of an account that opens by a provider alone is named in
 * c->tell_account. ERR_TOO_MANY_REQUESTS with c->retry_after_s. */
enum err account_login(struct ctx *c, const struct account_login *login,
                       struct signed_in *in_r);

/* New tokens for a refresh token (see session_refresh), and the account they
 * are for, read with the session's state; all zeros when there is none. */
enum err account_refresh(struct ctx *c, struct str refresh_token,
                         struct tokens *tokens_r, struct account *account_r);

/* The account with that address; ERR_NOT_FOUND. */
enum err account_by_email(struct ctx *c, struct str email,
                          struct account *account_r);

/* Enables or disables; disabling ends every session. *changed_r.
 * ERR_USER_NOT_FOUND; ERR_LAST_ADMIN when an administrator (c->actor) asks. */
enum err account_set_active(struct ctx *c, const struct id *id, bool active,
                            bool *changed_r);

/* Calls each in id order after `after` (nil: first), at most limit. */
enum err account_list(struct ctx *c, const struct id *after, int64_t limit,
                      enum err (*each)(void *data, const struct account *acc),
                      void *data);

#endif
