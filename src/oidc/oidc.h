/* SPDX-License-Identifier: MIT */
/* The relying party: speaks OAuth 2.0 and OpenID Connect with a provider and
 * says who signed in there. It knows no accounts and no sessions. */
#ifndef GATEHOUSE_OIDC_OIDC_H
#define GATEHOUSE_OIDC_OIDC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "config/config.h"
#include "config/provider.h"

struct oidc; /* one process's: connections and what providers publish */

/* Makes one for config (borrowed); nobody is asked yet. ERR_NO_MEMORY.
 * Release with oidc_free. */
enum err oidc_new(const struct config *config, struct oidc **o_r);

/* Closes, frees and NULLs *o; safe on NULL. */
void oidc_free(struct oidc **o);

/* What one sign-in is bound to; kept between the way out and the way back. */
struct oidc_request {
    struct str state;        /* opaque, base64url */
    struct str nonce;        /* base64url of 256 random bits */
    struct str verifier;     /* RFC 7636 section 4.1: 43 characters */
    struct str redirect_uri; /* ours at the provider */
    bool fresh; /* prompt=login and max_age=0: sign in again, now */
};

/* New nonce and verifier in the arena; the rest is the caller's.
 * ERR_NO_RANDOM. */
enum err oidc_request_new(struct arena *a, struct oidc_request *r_r);

/* Where the browser is sent (RFC 6749 section 4.1.1, PKCE S256 always).
 * ERR_PROVIDER_UNAVAILABLE when its metadata cannot be had or do not fit (the
 * issuer is another, S256 is not among its methods). Asks over the network
 * when nothing is cached. */
enum err oidc_authorization_url(struct oidc *o, struct arena *a,
                                const struct config_provider *p,
                                const struct oidc_request *r, int64_t now_s,
                                struct str *url_r);

/* What came back in the browser's query, and what it answers. Borrowed. */
struct oidc_answer {
    const struct config_provider *provider;
    const struct oidc_request *request;
    struct str code, iss; /* {NULL, 0}: not sent */
    int64_t asked_s;      /* when the browser was sent there */
    int64_t now_s;
};

/* A provider's tokens. */
struct oidc_tokens {
    struct str access, refresh; /* refresh may be empty */
    struct str scope;           /* may be empty */
    int64_t expires_s;          /* when access ends, since 1970; 0: not told */
};

/* Who signed in. Texts in the arena. */
struct oidc_identity {
    struct str issuer;  /* of PROVIDER_OAUTH2 "provider:" and its name */
    struct str subject; /* never empty; verbatim */
    struct str email;   /* may be empty */
    bool email_verified;
    struct str name, locale; /* may be empty */
    struct str sid;          /* the provider's session; may be empty */
    int64_t auth_time_s;     /* when it says they proved it; 0: not told */
    bool sufficient;         /* acr or amr is configured to be enough */
    struct oidc_tokens tokens;
};

/* Redeems the code and verifies everything: iss of the answer (RFC 9207), the
 * ID token (signature by the issuer's keys with the configured alg only, iss,
 * aud and azp, exp, iat, nonce, at_hash when there, auth_time when fresh was
 * asked), user-info matched by sub.
 * ERR_AUTHENTICATION_FAILED: any of them did not hold, *why_r is static text
 * for the log and `details`; ERR_PROVIDER_UNAVAILABLE: it cannot be had;
 * ERR_SUB_CLAIM_MISSING. *why_r is set with every error. */
enum err oidc_redeem(struct oidc *o, struct arena *a,
                     const struct oidc_answer *answer,
                     struct oidc_identity *identity_r, const char **why_r);

/* New tokens for a refresh token (RFC 6749 section 6). An unchanged refresh
 * token is repeated in tokens_r. ERR_AUTHENTICATION_FAILED: the provider does
 * not take it any more; ERR_PROVIDER_UNAVAILABLE. */
enum err oidc_renew(struct oidc *o, struct arena *a,
                    const struct config_provider *p, struct str refresh,
                    int64_t now_s, struct oidc_tokens *tokens_r);

/* What a provider ends. Texts in the arena. */
struct oidc_logout {
    struct str issuer, subject, sid; /* one of the last two may be empty */
    int64_t issued_s;
};

/* Verifies a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6).
 * ERR_VALIDATION: it is none of this provider's; ERR_PROVIDER_UNAVAILABLE. */
enum err oidc_logout_token(struct oidc *o, struct arena *a,
                           const struct config_provider *p, struct str token,
                           int64_t now_s, struct oidc_logout *out_r);

#endif
