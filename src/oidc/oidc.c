/* SPDX-License-Identifier: MIT */
/* The relying party of one process: what is kept between requests. */
#include "oidc/oidc.h"

#include <stdlib.h>

#include "base/enc.h"
#include "crypto/secret.h"

#define REQUEST_RANDOM 32 /* 256 bits: 43 characters (RFC 7636 section 4.1) */

struct oidc {
    const struct config *config;
};

enum err oidc_new(const struct config *config, struct oidc **o_r)
{
    struct oidc *o = calloc(1, sizeof(*o));

    if (o == NULL)
        return ERR_NO_MEMORY;
    o->config = config;
    *o_r = o;
    return ERR_OK;
}

void oidc_free(struct oidc **o)
{
    if (*o == NULL)
        return;
    free(*o);
    *o = NULL;
}

static enum err random_text(struct arena *a, struct str *text_r)
{
    uint8_t bytes[REQUEST_RANDOM];
    char *text = arena_alloc(a, ENC_B64_LEN(REQUEST_RANDOM) + 1);
    enum err e = text == NULL ? ERR_NO_MEMORY : ERR_OK;

    if (e == ERR_OK)
        e = random_bytes(bytes, sizeof(bytes));
    if (e != ERR_OK)
        return e;
    size_t n = enc_b64url(bytes, sizeof(bytes), text);

    secret_wipe(bytes, sizeof(bytes));
    *text_r = (struct str){text, n};
    return ERR_OK;
}

enum err oidc_request_new(struct arena *a, struct oidc_request *r_r)
{
    struct oidc_request r = {0};
    enum err e = random_text(a, &r.nonce);

    if (e == ERR_OK)
        e = random_text(a, &r.verifier);
    if (e == ERR_OK)
        *r_r = r;
    return e;
}

enum err oidc_authorization_url(struct oidc *o, struct arena *a,
                                const struct config_provider *p,
                                const struct oidc_request *r, int64_t now_s,
                                struct str *url_r)
{
    (void)o;
    (void)a;
    (void)p;
    (void)r;
    (void)now_s;
    (void)url_r;
    return ERR_PROVIDER_UNAVAILABLE;
}

enum err oidc_redeem(struct oidc *o, struct arena *a,
                     const struct oidc_answer *answer,
                     struct oidc_identity *identity_r, const char **why_r)
{
    (void)o;
    (void)a;
    (void)answer;
    (void)identity_r;
    *why_r = "not_asked";
    return ERR_PROVIDER_UNAVAILABLE;
}

enum err oidc_renew(struct oidc *o, struct arena *a,
                    const struct config_provider *p, struct str refresh,
                    int64_t now_s, struct oidc_tokens *tokens_r)
{
    (void)o;
    (void)a;
    (void)p;
    (void)refresh;
    (void)now_s;
    (void)tokens_r;
    return ERR_PROVIDER_UNAVAILABLE;
}

enum err oidc_logout_token(struct oidc *o, struct arena *a,
                           const struct config_provider *p, struct str token,
                           int64_t now_s, struct oidc_logout *out_r)
{
    (void)o;
    (void)a;
    (void)p;
    (void)token;
    (void)now_s;
    (void)out_r;
    return ERR_PROVIDER_UNAVAILABLE;
}
