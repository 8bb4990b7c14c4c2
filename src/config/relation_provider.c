/* SPDX-License-Identifier: MIT */
/* The rules that hold between the keys of one provider. */
#include "base/url.h"
#include "config/internal.h"
#include "config/provider.h"
#include "config/relation.h"

struct relation {
    const struct config_provider *p;
    const struct provider_section *section;
    struct report *r;
};

/* Told where the key stands, or else where the section begins. */
static void check(const struct relation *x, bool holds,
                  enum provider_key_id key, const char *text)
{
    struct key_slot slot = {.row = provider_section_row(key),
                            .section = x->section->section};
    const struct report_place *place = &x->section->place[key];

    if (holds)
        return;
    x->r->at = place->line == 0 ? x->section->begin : *place;
    report_key(x->r, &slot, "%s", text);
}

static void check_uri(const struct relation *x, const char *uri,
                      enum provider_key_id key)
{
    check(x, uri[0] == '\0' || url_may_be_asked(str_of(uri)), key,
          "must be https, or http to this machine, without fragment");
}

/* OpenID Connect Core, 3.1.2.1; Discovery, 4: an issuer has no query. */
static void check_oidc(const struct relation *x)
{
    struct str issuer = str_of(x->p->issuer);

    check(x, issuer.n > 0, PROVIDER_KEY_issuer, "must be set with kind = oidc");
    check_uri(x, x->p->issuer, PROVIDER_KEY_issuer);
    (void)str_cut(&issuer, '?');
    check(x, issuer.p == NULL, PROVIDER_KEY_issuer, "must have no query");
    check(x, str_has_word(str_of(x->p->scope), STR("openid")),
          PROVIDER_KEY_scope, "must have openid with kind = oidc");
}

/* Nothing is discovered, and no ID token vouches for how they signed in. */
static void check_plain(const struct relation *x)
{
    static const char needed[] = "must be set with kind = oauth2";
    static const char empty[] = "must be empty with kind = oauth2";
    const struct config_provider *p = x->p;

    check(x, p->authorization_uri[0] != '\0', PROVIDER_KEY_authorization_uri,
          needed);
    check(x, p->token_uri[0] != '\0', PROVIDER_KEY_token_uri, needed);
    check(x, p->user_info_uri[0] != '\0', PROVIDER_KEY_user_info_uri, needed);
    check(x, p->issuer[0] == '\0', PROVIDER_KEY_issuer, empty);
    check(x, p->sufficient_acr.count == 0, PROVIDER_KEY_sufficient_acr, empty);
    check(x, p->sufficient_amr.count == 0, PROVIDER_KEY_sufficient_amr, empty);
}

static void check_client(const struct relation *x)
{
    const struct config_provider *p = x->p;
    bool secret = p->client_auth == PROVIDER_AUTH_BASIC ||
                  p->client_auth == PROVIDER_AUTH_POST;

    check(x, p->client_id[0] != '\0', PROVIDER_KEY_client_id, "must be set");
    check(x, !secret || p->client_secret_file.path[0] != '\0',
          PROVIDER_KEY_client_secret_file,
          "must be set with a client_auth of client_secret_...");
    check(x,
          p->client_auth != PROVIDER_AUTH_KEY ||
              p->client_key_file.path[0] != '\0',
          PROVIDER_KEY_client_key_file,
          "must be set with client_auth = private_key_jwt");
}

static void check_provider(const struct relation *x)
{
    const struct config_provider *p = x->p;

    check_client(x);
    if (p->kind == PROVIDER_OIDC)
        check_oidc(x);
    else
        check_plain(x);
    check_uri(x, p->authorization_uri, PROVIDER_KEY_authorization_uri);
    check_uri(x, p->token_uri, PROVIDER_KEY_token_uri);
    check_uri(x, p->user_info_uri, PROVIDER_KEY_user_info_uri);
    check_uri(x, p->jwks_uri, PROVIDER_KEY_jwks_uri);
}

void relation_check_providers(const struct config *c, struct report *r)
{
    for (size_t i = 0; i < c->provider_count; i++) {
        struct relation x = {&c->providers[i], &c->store->sections[i], r};

        check_provider(&x);
    }
}
