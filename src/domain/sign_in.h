/* SPDX-License-Identifier: MIT */
/* The second half of every sign-in: somebody has proved something; is that
 * enough for a session, or is a second factor wanted? */
#ifndef GATEHOUSE_DOMAIN_SIGN_IN_H
#define GATEHOUSE_DOMAIN_SIGN_IN_H

#include <stdbool.h>

#include "base/err.h"
#include "domain/account.h"
#include "domain/ctx.h"
#include "domain/identity.h"
#include "domain/session.h"
#include "domain/throttle.h"
#include "store/store_account.h"

/* What can be proved. A recovery code stands in for TOTP. */
enum {
    SIGN_IN_PASSWORD = 1,
    SIGN_IN_EMAIL_CODE = 2,
    SIGN_IN_SMS_CODE = 4,
    SIGN_IN_TOTP = 8,
    SIGN_IN_RECOVERY_CODE = 16,
    SIGN_IN_GUEST = 32,
    SIGN_IN_PROVIDER = 64,        /* signed in at a provider */
    SIGN_IN_PROVIDER_STRONG = 128 /* and in a way that is configured to do */
};

/* Somebody who has proved something. */
struct sign_in {
    const struct store_account *row;
    struct str normal; /* address the device token is for; empty: the subject */
    unsigned proved;   /* SIGN_IN_* */
    struct id device;  /* known device, or nil */
    struct str present_refresh; /* refresh token the browser holds, or empty */
    struct id replaces; /* its session, where that token cannot come along */
    const struct identity_person *person; /* who signed in at a provider, or
                                           * NULL */
    const struct throttle_hold *hold;     /* or NULL */
    /* Extra work of the same transaction (using a code up …), or NULL. */
    enum err (*with)(void *data);
    void *with_data;
};

/* What comes of it. */
struct signed_in {
    bool pending;    /* a second factor is wanted: only the account and the next
                      * three are set */
    unsigned wanted; /* SIGN_IN_*: any one of these would do */
    enum store_factor preferred; /* the one to ask for first */
    struct str two_factor_token;
    struct tokens tokens;
    struct account account;
    struct str device_token; /* for the device cookie */
};

/* Begins a session, or an attempt at the second factor when one is on (or the
 * account's role wants one) and was not proved, and the device is not trusted.
 * ERR_INVALID_CREDENTIALS when the account is disabled or changed meanwhile,
 * ERR_SESSION_LIMIT, ERR_TWO_FACTOR_SETUP when a factor is wanted and there is
 * no way to ask for one, what with answers. */
enum err sign_in_finish(struct ctx *c, const struct sign_in *s,
                        struct signed_in *in_r);

/* SIGN_IN_* of which one more is wanted from who has proved that much; 0: it is
 * enough. forced: codes by mail count as switched on. */
unsigned sign_in_wanted(const struct store_account *row, unsigned proved,
                        bool forced);

/* Is somebody of these roles (blank-separated) obliged to a second factor? */
bool sign_in_obliged(const struct config *config, struct str roles);

/* amr (a JSON array, RFC 8176) and acr of what was proved: "2" only for two
 * different kinds, something known and something held, or where a provider is
 * configured to have seen as much. Static text. */
const char *sign_in_amr(unsigned proved);
/* The acr beside it. */
const char *sign_in_acr(unsigned proved);

#endif
