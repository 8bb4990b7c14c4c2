/* SPDX-License-Identifier: MIT */
/* Password sign-in. Whether the account exists, is enabled or must have its
 * password reset first changes neither the answer nor the work: look-up, hash
 * and event happen every time. */
#include "base/log.h"
#include "crypto/normal.h"
#include "domain/account.h"
#include "domain/account_read.h"
#include "domain/address.h"
#include "domain/device.h"
#include "domain/event.h"
#include "domain/password_policy.h"
#include "domain/sign_in.h"
#include "domain/throttle.h"

#define LOGIN_HASH_WAIT_MS 3000

/* One try, from the door to the tokens. */
struct login {
    struct str normal;   /* the address, or what was typed for one */
    struct str password; /* NFC */
    struct id device;    /* nil: unknown to this account */
    struct throttle_hold hold;
    struct store_account row;
    bool found;
    struct str subject;
    bool rehash;
};

/* Text that is no address goes the whole way too: no row will have its hash. */
static enum err login_normal(struct ctx *c, const struct account_login *in,
                             struct login *l)
{
    enum err e = normal_email(c->arena, in->email, &l->normal);

    if (e == ERR_EMAIL_INVALID) {
        l->normal = in->email;
        e = ERR_OK;
    }
    if (e != ERR_OK)
        return e;
    return normal_nfc(c->arena, in->password, &l->password);
}

static enum err login_find(struct ctx *c, struct login *l)
{
    struct digest address;
    enum err e = address_lookup(c, ACCOUNT_LOOKUP, l->normal, &address);

    if (e == ERR_OK)
        e = store_account_by_email(c->db, c->arena, c->realm_id, address.b,
                                   &l->row);
    if (e == ERR_NO_ROW)
        return ERR_OK;
    if (e != ERR_OK)
        return e;
    l->found = true;
    return account_subject(c, &l->row.id, &l->subject);
}

/* A password no account can have is cut and compared with nothing's hash, so
 * that its length cannot be used to make us work. */
static enum err login_verify(struct ctx *c, struct login *l)
{
    const bool usable =
        l->found && l->row.active && l->row.reset_required_us == 0;
    const char *hash = usable ? l->row.password_hash : NULL;
    struct str password = l->password;

    if (password.n > PASSWORD_MAX_BYTES) {
        password.n = PASSWORD_MAX_BYTES;
        hash = NULL;
    }
    return password_verify(c->hasher, password, hash, LOGIN_HASH_WAIT_MS,
                           &l->rehash);
}

/* Best effort: the sign-in has succeeded, and the next one tries again. */
static void login_rehash(struct ctx *c, const struct login *l)
{
    char fresh[PASSWORD_HASH_MAX];
    enum err e =
        password_hash(c->hasher, l->password, LOGIN_HASH_WAIT_MS, fresh);

    if (e == ERR_OK)
        e = store_account_rehash(c->db, &l->row.id, l->row.password_hash,
                                 fresh);
    if (e != ERR_OK)
        log_msg(LOG_LEVEL_WARNING, "account.not_rehashed", "%s", err_name(e));
}

static enum err login_finish(struct ctx *c, const struct account_login *in,
                             const struct login *l, struct signed_in *out)
{
    const struct sign_in s = {.row = &l->row,
                              .normal = l->normal,
                              .proved = SIGN_IN_PASSWORD,
                              .device = l->device,
                              .present_refresh = in->present_refresh,
                              .hold = &l->hold};

    return sign_in_finish(c, &s, out);
}

/* Hash and session of a try that was let in. */
static enum err login_try(struct ctx *c, const struct account_login *in,
                          struct login *l, struct signed_in *out)
{
    enum err e = login_find(c, l);

    if (e == ERR_OK)
        e = login_verify(c, l);
    return e != ERR_OK ? e : login_finish(c, in, l, out);
}

/* Who has no password may have forgotten that. */
static void login_tell(struct ctx *c, const struct login *l)
{
    if (l->found && l->row.active && l->row.password_hash == NULL &&
        l->row.providers.n > 0 && c->config->oauth2_enabled)
        c->tell_account = l->row.id;
}

enum err account_login(struct ctx *c, const struct account_login *login,
                       struct signed_in *in_r)
{
    struct login l = {.found = false};
    struct signed_in out;
    enum err e = login_normal(c, login, &l);

    if (e == ERR_OK)
        e = device_known(c, l.normal, &l.device);
    if (e == ERR_OK)
        e = throttle_login(c, l.normal, &l.device, &l.hold);
    if (e != ERR_OK)
        return e;
    e = login_try(c, login, &l, &out);
    if (e == ERR_INVALID_CREDENTIALS) {
        login_tell(c, &l);
        /* An event that cannot be stored must not turn into a tell-tale. */
        (void)event_record(c, EVENT_SIGN_IN_FAILED, l.subject, NULL,
                           (struct str){NULL, 0});
        return e;
    }
    if (e != ERR_OK) {
        throttle_return(c, &l.hold);
        return e;
    }
    if (l.rehash)
        login_rehash(c, &l);
    *in_r = out;
    return ERR_OK;
}
