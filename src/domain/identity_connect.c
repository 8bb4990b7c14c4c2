/* SPDX-License-Identifier: MIT */
/* Connecting a provider to an account that is there: everything it changes is
 * one transaction behind the account's lock. */
#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/email_verify.h"
#include "domain/event.h"
#include "domain/identity.h"
#include "domain/mail.h"
#include "domain/rights.h"
#include "domain/session_state.h"
#include "store/store_guest.h"
#include "store/store_person.h"

/* One connection, as its transaction needs it. */
struct connecting {
    struct ctx *c;
    const struct identity_person *p;
    struct store_account row;
    struct str subject;
    bool guest;    /* becomes a user, with an address: */
    bool verified; /* the provider vouches for it */
    bool letter;   /* else a link goes to it */
    struct account account;
};

/* Address as the guest's row will have it. */
static enum err connecting_address(struct connecting *x, struct str *normal_r)
{
    struct ctx *c = x->c;
    enum err e = x->p->email.n == 0
                     ? ERR_EMAIL_CLAIM_MISSING
                     : normal_email(c->arena, x->p->email, normal_r);

    if (e == ERR_EMAIL_INVALID)
        return ERR_EMAIL_CLAIM_MISSING;
    return e != ERR_OK ? e
                       : account_address(c, x->p->email, *normal_r, &x->row,
                                         &x->account.email);
}

/* What must be known before the lock. */
static enum err connecting_open(struct connecting *x, const struct id *account,
                                const struct id *session)
{
    struct ctx *c = x->c;
    struct store_session held;
    struct str normal;
    enum err e = account_row(c, account, &x->row);

    if (e == ERR_OK)
        e = account_read(c, &x->row, &x->account);
    if (e == ERR_OK)
        e = account_subject(c, account, &x->subject);
    if (e == ERR_OK)
        e = session_state_own(c, x->subject, session, &held);
    if (e == ERR_NOT_FOUND || (e == ERR_OK && !x->row.active))
        return ERR_CONNECTION_TOKEN_INVALID;
    if (e != ERR_OK || !str_has_word(x->row.roles, STR(RIGHTS_GUEST)))
        return e;
    x->guest = true;
    x->verified = x->p->email_verified;
    e = connecting_address(x, &normal);
    return e != ERR_OK || x->verified ? e
                                      : email_verify_due(c, normal, &x->letter);
}

static enum err connecting_convert(struct connecting *x)
{
    struct ctx *c = x->c;
    const struct id *id = &x->row.id;
    uint64_t count;
    bool done;
    enum err e = store_guest_convert(c->db, &x->row);

    if (e == ERR_DUPLICATE_ROW)
        return ERR_EMAIL_REGISTERED;
    if (e == ERR_OK && x->verified)
        e = store_person_verified(c->db, id, x->row.email_hash, &done);
    if (e == ERR_OK)
        e = store_account_role_drop(c->db, id, STR(RIGHTS_GUEST), &count);
    if (e == ERR_OK)
        e = store_account_role_add(c->db, id, STR(RIGHTS_USER));
    if (e == ERR_OK && x->letter)
        e = email_verify_letter(c, &x->account);
    return e != ERR_OK ? e
                       : event_record(c, EVENT_GUEST_CONVERTED, x->subject,
                                      NULL, (struct str){NULL, 0});
}

/* A guest may have become a user since it was looked at. */
static enum err connecting_work(void *data)
{
    struct connecting *x = data;
    struct ctx *c = x->c;
    const struct mail_value title = {"provider", str_of(x->p->provider->title)};
    struct store_account row;
    enum err e = rights_lock(c, &x->row.id, &row);

    if (e == ERR_USER_NOT_FOUND || (e == ERR_OK && !row.active))
        return ERR_CONNECTION_TOKEN_INVALID;
    if (e == ERR_OK)
        e = identity_add(c, x->p, &x->row.id);
    if (e != ERR_OK)
        return e;
    x->guest = str_has_word(row.roles, STR(RIGHTS_GUEST));
    return x->guest
               ? connecting_convert(x)
               : mail_alert(c, MAIL_PROVIDER_CONNECTED, &x->row.id, &title, 1);
}

/* The owner of the address hears that somebody tried. */
static void connecting_known(const struct connecting *x)
{
    struct ctx *c = x->c;
    struct store_account owner;

    if (store_account_by_email(c->db, c->arena, c->realm_id, x->row.email_hash,
                               &owner) == ERR_OK)
        identity_tell(c, &owner.id);
}

enum err identity_connect(struct ctx *c, const struct identity_person *p,
                          const struct id *account, const struct id *session,
                          struct tokens *tokens_r, bool *converted_r)
{
    struct connecting x = {.c = c, .p = p};
    struct tokens tokens;
    enum err e = connecting_open(&x, account, session);

    /* The password of a guest: none. */
    x.row.password_hash = NULL;
    if (e == ERR_OK)
        e = db_transact(c->db, connecting_work, &x);
    if (e == ERR_EMAIL_REGISTERED)
        connecting_known(&x);
    if (e == ERR_OK)
        e = session_reissue(c, session, &tokens);
    if (e != ERR_OK)
        return e;
    *tokens_r = tokens;
    *converted_r = x.guest;
    return ERR_OK;
}
