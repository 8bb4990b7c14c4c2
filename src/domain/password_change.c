/* SPDX-License-Identifier: MIT */
/* The version that was read decides: a sign-in with the old password that has
 * not ended by then fails, and one that has is ended here. */
#include "domain/password_change.h"

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/challenge.h"
#include "domain/event.h"
#include "domain/mail.h"
#include "domain/password_policy.h"
#include "domain/throttle.h"
#include "store/store_factor.h"
#include "store/store_person.h"

#define CHANGE_HASH_WAIT_MS 3000

/* One change, as its transaction needs it. */
struct password_changing {
    struct ctx *c;
    const struct password_change *change;
    struct store_account row;
    struct account account;
    struct str subject;
    struct throttle_hold hold;
    char hash[PASSWORD_HASH_MAX];
};

static enum err password_change_work(void *data)
{
    static const struct id nobody;
    struct password_changing *x = data;
    struct ctx *c = x->c;
    bool done = false;
    uint64_t ended;
    enum err e = store_person_password(c->db, &x->row.id, x->row.version,
                                       x->hash, &done);

    if (e == ERR_OK && !done)
        e = ERR_INVALID_CREDENTIALS;
    if (e == ERR_OK)
        e = store_session_revoke_all(c->db, c->realm_id, x->subject,
                                     &x->change->session_id, "password",
                                     &ended);
    if (e == ERR_OK)
        e = store_factor_distrust_all(c->db, &x->row.id, &nobody);
    /* A link that a thief had sent to a mailbox of his own. */
    if (e == ERR_OK)
        e = challenge_drop(c, CHALLENGE_CHANGE_EMAIL, &x->row.id);
    if (e == ERR_OK)
        e = challenge_drop(c, CHALLENGE_RESET, &x->row.id);
    if (e == ERR_OK)
        e = challenge_drop(c, CHALLENGE_SIGN_IN, &x->row.id);
    if (e == ERR_OK)
        e = event_record(c, EVENT_PASSWORD_CHANGED, x->subject,
                         &x->change->session_id, (struct str){NULL, 0});
    if (e == ERR_OK)
        e = mail_alert(c, MAIL_PASSWORD_CHANGED, &x->row.id, NULL, 0);
    return e != ERR_OK ? e : throttle_release(c, &x->hold);
}

/* Is the old password right? Tries count by session: a stranger's failures at
 * the sign-in do not keep the owner from it. */
static enum err password_change_verify(struct password_changing *x,
                                       struct str normal)
{
    struct ctx *c = x->c;
    struct str old;
    bool rehash;
    enum err e = throttle_login(c, normal, &x->change->session_id, &x->hold);

    if (e != ERR_OK)
        return e;
    e = normal_nfc(c->arena, x->change->old_password, &old);
    if (e == ERR_BAD_REQUEST || (e == ERR_OK && old.n > PASSWORD_MAX_BYTES))
        e = ERR_INVALID_CREDENTIALS;
    if (e == ERR_OK)
        e = password_verify(c->hasher, old, x->row.password_hash,
                            CHANGE_HASH_WAIT_MS, &rehash);
    if (e == ERR_INVALID_CREDENTIALS)
        (void)event_record(c, EVENT_PASSWORD_REFUSED, x->subject,
                           &x->change->session_id, (struct str){NULL, 0});
    else if (e != ERR_OK)
        throttle_return(c, &x->hold);
    return e;
}

static enum err password_change_open(struct password_changing *x)
{
    struct ctx *c = x->c;
    enum err e = account_row(c, &x->change->account_id, &x->row);

    if (e == ERR_OK)
        e = account_read(c, &x->row, &x->account);
    if (e == ERR_OK)
        e = account_subject(c, &x->row.id, &x->subject);
    if (e == ERR_OK && x->row.password_hash == NULL)
        e = ERR_NO_PASSWORD;
    return e;
}

enum err password_change(struct ctx *c, const struct password_change *change,
                         struct account *account_r)
{
    struct password_changing x = {.c = c, .change = change};
    struct str normal = STR(""), fresh;
    enum err e = password_change_open(&x);

    if (e == ERR_OK && x.account.email.n > 0)
        e = normal_email(c->arena, x.account.email, &normal);
    if (e == ERR_OK)
        e = password_policy(c, change->new_password, normal, x.account.name,
                            &fresh);
    if (e == ERR_OK)
        e = password_change_verify(&x, normal);
    if (e != ERR_OK)
        return e;
    e = password_hash(c->hasher, fresh, CHANGE_HASH_WAIT_MS, x.hash);
    if (e == ERR_OK)
        e = db_transact(c->db, password_change_work, &x);
    /* The old password was right: what failed was ours. */
    if (e != ERR_OK)
        throttle_return(c, &x.hold);
    if (e == ERR_OK)
        e = account_row(c, &x.row.id, &x.row);
    return e != ERR_OK ? e : account_read(c, &x.row, account_r);
}
