/* SPDX-License-Identifier: MIT */
/* Who a provider's person is here. Known by issuer and subject and by nothing
 * else: an address may change hands, and a provider may invent one. */
#ifndef GATEHOUSE_DOMAIN_IDENTITY_H
#define GATEHOUSE_DOMAIN_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "config/provider.h"
#include "domain/ctx.h"
#include "domain/session.h"

/* Begin this cooldown for an address (throttle_cooldown) before an
 * identity_letter to its owner. */
#define IDENTITY_LETTER_COOLDOWN "mail-identity-provider-info"

/* Somebody a provider has told us of; borrowed. Only provider, issuer and
 * subject are always there. */
struct identity_person {
    const struct config_provider *provider;
    struct str issuer, subject; /* verbatim */
    struct str email, name, locale;
    struct str sid;        /* the provider's session */
    struct str tokens;     /* identity_tokens_pack; empty: none */
    int64_t tokens_end_us; /* 0: not told */
    bool email_verified;
    bool sufficient; /* needs no second factor here */
};

/* The account of a person. ERR_NOT_FOUND, ERR_SUB_CLAIM_MISSING. */
enum err identity_find(struct ctx *c, const struct identity_person *p,
                       struct id *account_r);

/* Makes the person account's, with the event. Part of the caller's transaction.
 * ERR_OTHER_PRINCIPAL when it is somebody's already (its own, too),
 * ERR_PROVIDER_CONNECTED when the account has another of that provider; the
 * unique keys decide. ERR_SUB_CLAIM_MISSING. */
enum err identity_add(struct ctx *c, const struct identity_person *p,
                      const struct id *account);

/* Stamps a sign-in and keeps the tokens, where that is configured. Part of the
 * caller's transaction. */
enum err identity_used(struct ctx *c, const struct identity_person *p);

/* Notes that session began with that person, so that the provider can end it.
 * Part of the caller's transaction, behind the session's row. */
enum err identity_session(struct ctx *c, const struct identity_person *p,
                          const struct id *session);

/* Connects a person to the account of a session (which must live), or makes a
 * guest's account a user's of the person's address; new tokens for the same
 * session, *converted_r: it was a guest's. A guest's older access tokens are
 * over. ERR_CONNECTION_TOKEN_INVALID when session or account is over;
 * ERR_OTHER_PRINCIPAL, ERR_PROVIDER_CONNECTED; of guests
 * ERR_EMAIL_CLAIM_MISSING, ERR_EMAIL_REGISTERED (its owner is told). */
enum err identity_connect(struct ctx *c, const struct identity_person *p,
                          const struct id *account, const struct id *session,
                          struct tokens *tokens_r, bool *converted_r);

/* Tells an account's owner by which ways it opens. Part of the caller's
 * transaction. ERR_OK also when mail is off or there is no address. */
enum err identity_letter(struct ctx *c, const struct id *account);

/* The same with its cooldown and transaction; what fails is only logged. */
void identity_tell(struct ctx *c, const struct id *account);

/* Takes every person from an account whose address has found its real owner:
 * who had made it may have been a stranger. Part of the caller's transaction.
 */
enum err identity_forget(struct ctx *c, const struct id *account);

#endif
