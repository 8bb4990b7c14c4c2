/* SPDX-License-Identifier: MIT */
/* All that a provider sends: a line each of discovery document, keys, token
 * answer, user-info and logout token. Whoever comes out of it is bounded text
 * of the configured issuer. */
#include "fuzz.h"

#include <string.h>

#include "base/log.h"
#include "crypto/secret.h"
#include "http/fetch.h"
#include "oidc/oidc.h"

#define NOW 1700000000
#define ISSUER "https://op.example.org"

/* The lines of the input at hand, in the order of the addresses below. */
static struct str lines[4];
static const char *const urls[] = {ISSUER "/.well-known/openid-configuration",
                                   ISSUER "/keys", ISSUER "/token",
                                   ISSUER "/me"};

struct fetch {
    char unused;
};

enum err fetch_new(struct fetch **f_r)
{
    static struct fetch f;

    *f_r = &f;
    return ERR_OK;
}

void fetch_free(struct fetch **f)
{
    *f = NULL;
}

void fetch_budget(struct fetch *f, int64_t ms)
{
    FUZZ_CHECK(f != NULL && ms > 0);
}

bool fetch_may(struct str url)
{
    return url.n > 0;
}

/* Wherever a document sends us: nothing that could end a header field, and what
 * is none of the addresses above answers nothing. */
enum err fetch(struct fetch *f, struct arena *a, const struct fetch_ask *ask,
               struct fetch_answer *answer_r)
{
    (void)f;
    FUZZ_CHECK(fuzz_free_of(str_of(ask->url), "\r\n\t "));
    FUZZ_CHECK(fuzz_free_of(str_of(ask->authorization), "\r\n"));
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(ask->url, urls[i]) != 0 || lines[i].p == NULL)
            continue;
        *answer_r = (struct fetch_answer){
            .status = 200,
            .content_type = STR("application/json"),
            .max_age_s = -1,
            .body = arena_str(a, lines[i]),
        };
        return answer_r->body.p == NULL ? ERR_NO_MEMORY : ERR_OK;
    }
    return ERR_UNAVAILABLE;
}

static const struct config_provider provider = {
    .name = "op",
    .title = "op",
    .kind = PROVIDER_OIDC,
    .issuer = ISSUER,
    .client_id = "us",
    .client_auth = PROVIDER_AUTH_NONE,
    .client_key_id = "",
    .scope = "openid",
    .authorization_uri = "",
    .token_uri = "",
    .user_info_uri = "",
    .jwks_uri = "",
    .id_token_alg = PROVIDER_ALG_ES256,
    .subject_claim = "sub",
    .email_claim = "email",
    .email_verified_claim = "email_verified",
    .name_claim = "name",
    .ca_file = "",
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    FUZZ_CHECK(crypto_init() == ERR_OK);
    /* Useless answers are told the operator; not here. */
    FUZZ_CHECK(log_open(LOG_STDERR, LOG_LOGFMT, LOG_LEVEL_ERROR, NULL) == 0);
    return 0;
}

static void check_text(struct str text, size_t most)
{
    FUZZ_CHECK(text.n <= most);
    FUZZ_CHECK(text.n == 0 || (str_utf8(text) && !str_has_control(text)));
}

static void check_identity(const struct oidc_identity *who)
{
    FUZZ_CHECK(str_eq(who->issuer, STR(ISSUER)));
    FUZZ_CHECK(who->subject.n > 0);
    check_text(who->subject, 255);
    check_text(who->email, 320);
    check_text(who->name, 400);
    check_text(who->locale, 64);
    check_text(who->sid, 255);
    FUZZ_CHECK(who->auth_time_s >= 0 && who->auth_time_s <= NOW + 60);
    FUZZ_CHECK(!who->sufficient);
    FUZZ_CHECK(!who->email_verified || who->email.n > 0);
    FUZZ_CHECK(who->tokens.access.n > 0);
    FUZZ_CHECK(fuzz_free_of(who->tokens.access, "\r\n\t "));
}

static void redeem(struct oidc *o, struct arena *a)
{
    static const struct oidc_request request = {
        .state = STR_INIT("s"),
        .nonce = STR_INIT("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        .verifier = STR_INIT("BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"),
        .redirect_uri = STR_INIT("https://id.example.org/cb"),
    };
    struct oidc_answer answer = {
        .provider = &provider,
        .request = &request,
        .code = STR("c"),
        .iss = STR(ISSUER),
        .asked_s = NOW,
        .now_s = NOW,
    };
    struct oidc_identity who;
    const char *why = NULL;
    struct str url;
    enum err e = oidc_authorization_url(o, a, &provider, &request, NOW, &url);

    FUZZ_CHECK(e == ERR_OK || e == ERR_PROVIDER_UNAVAILABLE);
    if (e == ERR_OK)
        FUZZ_CHECK(fuzz_free_of(url, "\r\n\t <>\""));
    e = oidc_redeem(o, a, &answer, &who, &why);
    FUZZ_CHECK(e == ERR_OK || e == ERR_AUTHENTICATION_FAILED ||
               e == ERR_PROVIDER_UNAVAILABLE || e == ERR_SUB_CLAIM_MISSING);
    FUZZ_CHECK(e == ERR_OK || (why != NULL && fuzz_free_of(str_of(why), " ")));
    if (e == ERR_OK)
        check_identity(&who);
}

static void end(struct oidc *o, struct arena *a, struct str token)
{
    struct oidc_logout out;
    enum err e = oidc_logout_token(o, a, &provider, token, NOW, &out);

    FUZZ_CHECK(e == ERR_OK || e == ERR_VALIDATION ||
               e == ERR_PROVIDER_UNAVAILABLE);
    if (e != ERR_OK)
        return;
    FUZZ_CHECK(str_eq(out.issuer, STR(ISSUER)));
    FUZZ_CHECK(out.subject.n > 0 || out.sid.n > 0);
    check_text(out.subject, 255);
    check_text(out.sid, 255);
    FUZZ_CHECK(out.issued_s <= NOW + 60 && out.issued_s >= NOW - 360);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct config config = {.providers = &provider, .provider_count = 1};
    struct arena *a = fuzz_arena();
    struct str rest = fuzz_text(data, size);
    struct oidc *o = NULL;

    for (size_t i = 0; i < 4; i++)
        lines[i] = fuzz_line(&rest);
    FUZZ_CHECK(oidc_new(&config, &o) == ERR_OK);
    redeem(o, a);
    end(o, a, fuzz_line(&rest));
    oidc_free(&o);
    arena_reset(a);
    return 0;
}
