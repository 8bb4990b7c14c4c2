/* SPDX-License-Identifier: MIT */
/* The [provider NAME] sections: whom people may sign in with. */
#ifndef GATEHOUSE_CONFIG_PROVIDER_H
#define GATEHOUSE_CONFIG_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "config/config.h"

/* In the order of the words in provider_keys.def. */
enum config_provider_kind { PROVIDER_OIDC, PROVIDER_OAUTH2 };
enum config_provider_auth {
    PROVIDER_AUTH_BASIC, /* client_secret_basic */
    PROVIDER_AUTH_POST,  /* client_secret_post */
    PROVIDER_AUTH_KEY,   /* private_key_jwt (RFC 7523) */
    PROVIDER_AUTH_NONE   /* a public client: PKCE alone */
};
enum config_provider_alg {
    PROVIDER_ALG_RS256,
    PROVIDER_ALG_ES256,
    PROVIDER_ALG_PS256,
    PROVIDER_ALG_EDDSA
};

enum config_provider_preset {
    PROVIDER_PRESET_none,
    PROVIDER_PRESET_google,
    PROVIDER_PRESET_microsoft,
    PROVIDER_PRESET_apple,
    PROVIDER_PRESET_github,
    PROVIDER_PRESET_gitlab,
    PROVIDER_PRESET_facebook,
    PROVIDER_PRESET_discord,
    PROVIDER_PRESET_linkedin
};

/* One provider. Texts live with the configuration; "" is "not set". */
struct config_provider {
    const char *name;  /* [a-z0-9][a-z0-9-]{0,31}; stands in paths and rows */
    const char *title; /* for people; name when not set */
    enum config_provider_kind kind;
    const char *issuer; /* of PROVIDER_OIDC: exactly as ID tokens have it */
    const char *client_id;
    struct config_secret client_secret_file;
    enum config_provider_auth client_auth;
    struct config_secret
        client_key_file; /* PEM, PKCS#8; of PROVIDER_AUTH_KEY */
    const char *client_key_id;
    const char *scope; /* blank-separated */
    /* Empty with PROVIDER_OIDC: by discovery. */
    const char *authorization_uri, *token_uri, *user_info_uri, *jwks_uri;
    enum config_provider_alg id_token_alg; /* the only one taken */
    /* Members of user-info or ID token; of PROVIDER_OAUTH2 of user-info. */
    const char *subject_claim, *email_claim, *email_verified_claim, *name_claim;
    bool email_trusted; /* its addresses count as verified without the claim */
    bool registers;     /* its unknown persons may become accounts */
    /* A sign-in that shows any of these needs no second factor here. */
    struct config_list sufficient_acr, sufficient_amr;
    bool keep_tokens;
    const char *ca_file;
    enum config_provider_preset preset; /* nothing more than its origin */
};

/* The provider of that name; NULL. */
const struct config_provider *config_provider(const struct config *c,
                                              struct str name);

#endif
