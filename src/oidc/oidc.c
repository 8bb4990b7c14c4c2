/* SPDX-License-Identifier: MIT */
/* The relying party of one process: what is kept between requests, and in which
 * order a provider is asked and believed. */
#include "oidc/oidc.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/enc.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "oidc/oidc_form.h"
#include "oidc/oidc_id_token.h"
#include "oidc/oidc_job.h"
#include "oidc/oidc_logout.h"
#include "oidc/oidc_metadata.h"
#include "oidc/oidc_shelf.h"
#include "oidc/oidc_token.h"
#include "oidc/oidc_user_info.h"

#define REQUEST_RANDOM 32 /* 256 bits: 43 characters (RFC 7636 section 4.1) */
#define CODE_MAX 4096
/* For all requests of one question: far below server.request_timeout. */
#define BUDGET_MS 15000

enum err oidc_new(const struct config *config, struct oidc **o_r)
{
    struct oidc *o = calloc(1, sizeof(*o));
    enum err e = o == NULL ? ERR_NO_MEMORY : fetch_new(&o->fetch);

    if (e != ERR_OK) {
        free(o);
        return e;
    }
    o->config = config;
    o->sites = calloc(config->provider_count + 1, sizeof(*o->sites));
    if (o->sites == NULL) {
        oidc_free(&o);
        return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < config->provider_count; i++)
        o->sites[i].provider = &config->providers[i];
    *o_r = o;
    return ERR_OK;
}

void oidc_free(struct oidc **o)
{
    struct oidc *old = *o;

    if (old == NULL)
        return;
    for (size_t i = 0; old->sites != NULL && i < old->config->provider_count;
         i++) {
        oidc_shelf_clear(&old->sites[i].metadata);
        oidc_shelf_clear(&old->sites[i].jwks);
    }
    free(old->sites);
    fetch_free(&old->fetch);
    free(old);
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

/* A question to p, whose addresses are known then. ERR_INTERNAL: it is none of
 * the configuration. */
static enum err begin(struct oidc *o, struct arena *a,
                      const struct config_provider *p, int64_t now_s,
                      struct oidc_job *job_r)
{
    struct oidc_job *job = job_r;

    *job = (struct oidc_job){.o = o,
                             .arena = a,
                             .provider = p,
                             .now_s = now_s,
                             .why = "internal_error"};
    for (size_t i = 0; i < o->config->provider_count; i++)
        if (o->sites[i].provider == p)
            job->site = &o->sites[i];
    if (job->site == NULL)
        return ERR_INTERNAL;
    fetch_budget(o->fetch, BUDGET_MS);
    return oidc_metadata_get(job);
}

/* RFC 7636 section 4.2. */
static enum err put_challenge(struct buf *b, struct str verifier)
{
    char text[ENC_B64_LEN(DIGEST_LEN) + 1];
    struct digest d;
    enum err e = digest_sha256(verifier, &d);

    if (e != ERR_OK)
        return e;
    (void)enc_b64url(d.b, sizeof(d.b), text);
    oidc_form_put(b, "code_challenge", str_of(text));
    oidc_form_put(b, "code_challenge_method", STR("S256"));
    return ERR_OK;
}

static enum err query(struct oidc_job *job, const struct oidc_request *r,
                      struct str *query_r)
{
    const struct config_provider *p = job->provider;
    struct buf b = buf_new(job->arena);

    oidc_form_put(&b, "response_type", STR("code"));
    oidc_form_put(&b, "client_id", str_of(p->client_id));
    oidc_form_put(&b, "redirect_uri", r->redirect_uri);
    if (str_of(p->scope).n > 0)
        oidc_form_put(&b, "scope", str_of(p->scope));
    oidc_form_put(&b, "state", r->state);
    if (p->kind == PROVIDER_OIDC)
        oidc_form_put(&b, "nonce", r->nonce);
    if (p->kind == PROVIDER_OIDC && r->fresh) {
        oidc_form_put(&b, "prompt", STR("login"));
        oidc_form_put(&b, "max_age", STR("0"));
    }
    enum err e = put_challenge(&b, r->verifier);

    return e == ERR_OK ? buf_done(&b, query_r) : e;
}

/* An endpoint may have a query of its own (RFC 6749 section 3.1). */
static const char *joint(struct str endpoint)
{
    for (size_t i = 0; i < endpoint.n; i++)
        if (endpoint.p[i] == '?')
            return "&";
    return "?";
}

enum err oidc_authorization_url(struct oidc *o, struct arena *a,
                                const struct config_provider *p,
                                const struct oidc_request *r, int64_t now_s,
                                struct str *url_r)
{
    struct buf b = buf_new(a);
    struct oidc_job job;
    struct str text;
    enum err e = begin(o, a, p, now_s, &job);

    if (e == ERR_OK)
        e = query(&job, r, &text);
    if (e != ERR_OK)
        return e;
    buf_str(&b, job.at.authorization);
    buf_text(&b, joint(job.at.authorization));
    buf_str(&b, text);
    return buf_done(&b, url_r);
}

/* Mixed-up providers (RFC 9207 section 2.4): what names an issuer names this
 * one, and who always does so does it now. */
static enum err check_answer(struct oidc_job *job,
                             const struct oidc_answer *answer)
{
    struct str issuer = str_of(job->provider->issuer);

    if (answer->iss.p != NULL && issuer.n > 0 && !str_eq(answer->iss, issuer))
        return oidc_job_refuse(job, "wrong_issuer");
    if (answer->iss.p == NULL && job->at.says_iss)
        return oidc_job_refuse(job, "no_issuer");
    if (answer->code.n == 0 || answer->code.n > CODE_MAX)
        return oidc_job_refuse(job, "no_code");
    if (job->provider->kind == PROVIDER_OAUTH2 && answer->request->fresh)
        return oidc_job_refuse(job, "no_fresh_sign_in");
    return ERR_OK;
}

/* Who it is by ID token, completed by user-info. */
static enum err identify(struct oidc_job *job, const struct oidc_answer *answer,
                         struct str id_token, struct oidc_identity *who)
{
    struct oidc_id_token_rules rules = {
        .nonce = answer->request->nonce,
        .access = who->tokens.access,
        .fresh = answer->request->fresh,
        .asked_s = answer->asked_s,
    };
    struct str sub;

    if (id_token.n == 0)
        return oidc_job_refuse(job, "no_id_token");
    enum err e = oidc_id_token_read(job, id_token, &rules, who, &sub);
    bool whole = who->email.n > 0 && who->name.n > 0;

    if (e != ERR_OK || whole || job->at.user_info.n == 0)
        return e;
    return oidc_user_info_read(job, who->tokens.access, sub, who);
}

static enum err redeem(struct oidc_job *job, const struct oidc_answer *answer,
                       struct oidc_identity *identity_r)
{
    struct oidc_identity who = {.issuer = job->at.issuer};
    struct str id_token;
    enum err e = check_answer(job, answer);

    if (e == ERR_OK)
        e = oidc_token_redeem(job, answer, &who.tokens, &id_token);
    if (e != ERR_OK)
        return e;
    if (job->provider->kind == PROVIDER_OIDC)
        e = identify(job, answer, id_token, &who);
    else
        e = oidc_user_info_read(job, who.tokens.access, (struct str){NULL, 0},
                                &who);
    if (e == ERR_OK)
        *identity_r = who;
    return e;
}

enum err oidc_redeem(struct oidc *o, struct arena *a,
                     const struct oidc_answer *answer,
                     struct oidc_identity *identity_r, const char **why_r)
{
    struct oidc_job job;
    enum err e = begin(o, a, answer->provider, answer->now_s, &job);

    if (e == ERR_OK)
        e = redeem(&job, answer, identity_r);
    if (e != ERR_OK)
        *why_r = job.why;
    return e;
}

enum err oidc_renew(struct oidc *o, struct arena *a,
                    const struct config_provider *p, struct str refresh,
                    int64_t now_s, struct oidc_tokens *tokens_r)
{
    struct oidc_job job;
    enum err e = begin(o, a, p, now_s, &job);

    return e == ERR_OK ? oidc_token_renew(&job, refresh, tokens_r) : e;
}

enum err oidc_logout_token(struct oidc *o, struct arena *a,
                           const struct config_provider *p, struct str token,
                           int64_t now_s, struct oidc_logout *out_r)
{
    struct oidc_job job;

    /* No such keys, no such tokens. */
    if (p->kind != PROVIDER_OIDC)
        return ERR_VALIDATION;
    enum err e = begin(o, a, p, now_s, &job);

    if (e == ERR_OK)
        e = oidc_logout_read(&job, token, out_r);
    return e == ERR_AUTHENTICATION_FAILED ? ERR_VALIDATION : e;
}
