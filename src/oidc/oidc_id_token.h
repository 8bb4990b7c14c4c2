/* SPDX-License-Identifier: MIT */
/* The ID token: everything a relying party must check (OpenID Connect Core 1.0,
 * 3.1.3.7). */
#ifndef GATEHOUSE_OIDC_OIDC_ID_TOKEN_H
#define GATEHOUSE_OIDC_OIDC_ID_TOKEN_H

#include "oidc/oidc.h"
#include "oidc/oidc_job.h"

#define OIDC_ID_TOKEN_LEEWAY_S 60
#define OIDC_ID_TOKEN_TIME_MAX INT64_C(253402300799) /* the year 9999 */

/* What an ID token has to answer. */
struct oidc_id_token_rules {
    struct str nonce;
    struct str access; /* the access token beside it, for at_hash */
    bool fresh;        /* asked to prove it again after asked_s */
    int64_t asked_s;
};

/* Is our client among aud, and azp ours where there is one, as there must be
 * when aud are several? */
bool oidc_id_token_audience(const struct config_provider *p,
                            const struct str *aud, size_t count,
                            const struct str *azp);

/* Verifies token and fills who but for its tokens; *sub_r is `sub`, verbatim.
 * ERR_AUTHENTICATION_FAILED, ERR_SUB_CLAIM_MISSING,
 * ERR_PROVIDER_UNAVAILABLE. */
enum err oidc_id_token_read(struct oidc_job *job, struct str token,
                            const struct oidc_id_token_rules *rules,
                            struct oidc_identity *who, struct str *sub_r);

#endif
