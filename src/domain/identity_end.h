/* SPDX-License-Identifier: MIT */
/* Sessions that end because the sign-in at a provider has. */
#ifndef GATEHOUSE_DOMAIN_IDENTITY_END_H
#define GATEHOUSE_DOMAIN_IDENTITY_END_H

#include "base/err.h"
#include "config/provider.h"
#include "domain/ctx.h"
#include "store/store_identity.h"

/* What a provider says has ended. */
struct identity_logout {
    const struct config_provider *provider;
    struct str issuer, subject, sid; /* one of the last two may be empty */
    int64_t issued_s;                /* by the provider's clock */
};

/* Ends the sessions it means (OpenID Connect Back-Channel Logout 1.0): those of
 * the provider's session when it names one, and beside them the person's that
 * are bound to none; else all the person's that began before. *count_r; to end
 * none is no error. */
enum err identity_logout(struct ctx *c, const struct identity_logout *out,
                         uint64_t *count_r);

/* Ends all sessions that began with an identity but keep. Part of the caller's
 * transaction. */
enum err identity_end_row(struct ctx *c, const struct store_identity *row,
                          const struct id *keep);

#endif
