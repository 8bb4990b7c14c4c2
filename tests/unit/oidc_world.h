/* SPDX-License-Identifier: MIT */
/* A provider without a network: fetch() is played by this file with answers
 * that tests lay out, and whatever they want is truly signed. */
#ifndef GATEHOUSE_TESTS_OIDC_WORLD_H
#define GATEHOUSE_TESTS_OIDC_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "crypto/keys.h"
#include "http/fetch.h"
#include "oidc/oidc.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define WORLD_NOW 1700000000
#define WORLD_ISSUER "https://op.example.org/t"
#define WORLD_CLIENT "client-1"
#define WORLD_DISCOVERY WORLD_ISSUER "/.well-known/openid-configuration"
#define WORLD_TOKEN "https://op.example.org/token"
#define WORLD_JWKS "https://op.example.org/keys"
#define WORLD_USER_INFO "https://op.example.org/me"
#define WORLD_ACCESS "access-1"
#define WORLD_ASKS_MAX 16

/* What a path answers. */
struct world_page {
    const char *url;
    long status; /* 0: no answer at all */
    const char *type;
    int64_t max_age_s;
    struct str body;
    bool late;    /* with status 0: that was waited for */
    size_t asked; /* how often */
};

struct world {
    struct arena *arena;
    struct config_provider provider; /* a sound one; tests bend it */
    struct config config;
    struct oidc *oidc;
    struct key *key;   /* ES256, published with its thumbprint as kid */
    struct key *other; /* of the same kind, published nowhere */
    struct oidc_request request;
    int64_t now_s;
    struct world_page pages[WORLD_ASKS_MAX];
    size_t page_count;
    char last_body[20000], last_authorization[20000];
    const char *why;
};

/* cmocka's. */
int world_set_up(void **state);
int world_tear_down(void **state);

/* Lets url answer 200 with a JSON body from now on, and gives its page. */
struct world_page *world_answer(const char *url, struct str body);

/* How often url was asked. */
size_t world_asked(const char *url);

/* json with member name set to value; value NULL takes it out, name NULL
 * changes nothing. json has no nested object before that member. */
struct str world_with(struct arena *a, struct str json, const char *name,
                      const char *value);

/* header.payload.signature of k over both texts, whatever they say. */
struct str world_sign(struct arena *a, const struct key *k, struct str header,
                      struct str payload);

/* The header of the published key. */
struct str world_header(struct world *w);

/* Sound claims of an ID token. */
struct str world_claims(struct world *w);

/* The token endpoint's answer with that ID token; {NULL, 0}: without one. */
struct str world_tokens(struct arena *a, struct str id_token);

/* Lays out a sound provider: discovery, keys, tokens. */
void world_publish(struct world *w);

/* The sound discovery document. */
struct str world_document(void);

/* The keys as a JWKS. */
struct str world_key_set(struct arena *a, const struct key *const *keys,
                         size_t count);

/* oidc_redeem of a sound code with the answer's iss (NULL: not sent);
 * w->why says why not. */
enum err world_redeem(struct world *w, const char *iss,
                      struct oidc_identity *who_r);

/* Starts anew with the provider as it is bent now. */
void world_restart(struct world *w);

#endif
