/* SPDX-License-Identifier: MIT */
/* A document that names another issuer than the configured one is how one
 * provider speaks in the name of another: compared byte for byte. */
#include "oidc/oidc_metadata.h"

#include "base/buf.h"
#include "base/url.h"
#include "http/json.h"
#include "oidc/oidc_net.h"
#include "oidc/oidc_shelf.h"

#define WHAT "discovery"
#define URL_MAX 2048

enum {
    M_ISSUER,
    M_AUTHORIZATION,
    M_TOKEN,
    M_USER_INFO,
    M_JWKS,
    M_METHODS,
    M_SAYS_ISS,
    M_COUNT
};

static const struct json_field fields[M_COUNT] = {
    [M_ISSUER] = {"issuer", JSON_STRING, true, 1, URL_MAX, NULL},
    [M_AUTHORIZATION] = {"authorization_endpoint", JSON_STRING, true, 1,
                         URL_MAX, oidc_job_visible},
    [M_TOKEN] = {"token_endpoint", JSON_STRING, true, 1, URL_MAX,
                 oidc_job_visible},
    [M_USER_INFO] = {"userinfo_endpoint", JSON_STRING, false, 1, URL_MAX,
                     oidc_job_visible},
    [M_JWKS] = {"jwks_uri", JSON_STRING, true, 1, URL_MAX, oidc_job_visible},
    [M_METHODS] = {"code_challenge_methods_supported", JSON_STRINGS, false, 0,
                   0, NULL},
    [M_SAYS_ISS] = {"authorization_response_iss_parameter_supported",
                    JSON_BOOLEAN, false, 0, 0, NULL},
};

/* A path's slash at the end goes (OpenID Connect Discovery 1.0, 4). */
static enum err document_url(struct oidc_job *job, struct arena *a,
                             struct str *url_r)
{
    struct str issuer = str_of(job->provider->issuer);
    struct buf b = buf_new(a);

    if (issuer.n > 0 && issuer.p[issuer.n - 1] == '/')
        issuer.n--;
    buf_str(&b, issuer);
    buf_text(&b, "/.well-known/openid-configuration");
    return buf_done(&b, url_r);
}

static bool knows_s256(const struct json_value *methods)
{
    for (size_t i = 0; i < methods->item_count; i++)
        if (str_eq(methods->items[i], STR("S256")))
            return true;
    return !methods->present;
}

/* NULL, or what is wrong. */
static const char *judge(const struct oidc_job *job,
                         const struct json_value v[M_COUNT])
{
    if (!str_eq(v[M_ISSUER].text, str_of(job->provider->issuer)))
        return "issuer_mismatch";
    for (size_t i = M_AUTHORIZATION; i <= M_JWKS; i++)
        if (v[i].present && !url_may_be_asked(v[i].text))
            return "endpoint_refused";
    return knows_s256(&v[M_METHODS]) ? NULL : "no_s256";
}

static enum err read_document(struct oidc_job *job, struct arena *a,
                              struct str body, const void **thing_r)
{
    struct oidc_metadata *m = arena_alloc(a, sizeof(*m));
    struct json_value v[M_COUNT];
    enum err e =
        m == NULL ? ERR_NO_MEMORY : json_pick(a, body, fields, M_COUNT, v);

    if (e == ERR_VALIDATION || e == ERR_MALFORMED_JSON)
        return oidc_net_useless(job, WHAT, "malformed");
    if (e != ERR_OK)
        return e;
    const char *why = judge(job, v);

    if (why != NULL)
        return oidc_net_useless(job, WHAT, why);
    *m = (struct oidc_metadata){
        .issuer = v[M_ISSUER].text,
        .authorization = v[M_AUTHORIZATION].text,
        .token = v[M_TOKEN].text,
        .user_info = v[M_USER_INFO].text,
        .jwks = v[M_JWKS].text,
        .says_iss = v[M_SAYS_ISS].boolean,
    };
    *thing_r = m;
    return ERR_OK;
}

static enum err load(struct oidc_job *job, struct arena *a,
                     const void **thing_r, int64_t *max_age_s_r)
{
    struct fetch_answer answer;
    struct fetch_ask ask = {0};
    struct str url;
    enum err e = document_url(job, a, &url);

    if (e != ERR_OK)
        return e;
    ask.url = url.p;
    e = oidc_net_ask(job, a, WHAT, &ask, &answer);
    if (e == ERR_OK && answer.status != 200)
        e = oidc_net_useless(job, WHAT, "status");
    if (e == ERR_OK)
        e = read_document(job, a, answer.body, thing_r);
    if (e == ERR_OK)
        *max_age_s_r = answer.max_age_s;
    return e;
}

/* What the operator wrote counts more than what a document says. */
static void override(struct oidc_metadata *at, const struct config_provider *p)
{
    const struct {
        struct str *url;
        const char *configured;
    } urls[] = {
        {&at->authorization, p->authorization_uri},
        {&at->token, p->token_uri},
        {&at->user_info, p->user_info_uri},
        {&at->jwks, p->jwks_uri},
    };

    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
        if (urls[i].configured[0] != '\0')
            *urls[i].url = str_of(urls[i].configured);
}

/* A provider of kind = oauth2 has no issuer; its name here stands for one. */
static enum err name_issuer(struct oidc_job *job)
{
    struct buf b = buf_new(job->arena);

    if (job->provider->kind == PROVIDER_OIDC) {
        job->at.issuer = str_of(job->provider->issuer);
        return ERR_OK;
    }
    buf_text(&b, "provider:");
    buf_text(&b, job->provider->name);
    return buf_done(&b, &job->at.issuer);
}

static bool needs_document(const struct config_provider *p)
{
    bool all = p->authorization_uri[0] != '\0' && p->token_uri[0] != '\0' &&
               p->jwks_uri[0] != '\0';

    return p->kind == PROVIDER_OIDC && !all;
}

enum err oidc_metadata_get(struct oidc_job *job)
{
    const void *thing = NULL;
    enum err e = ERR_OK;

    if (needs_document(job->provider)) {
        e = oidc_shelf_get(&job->site->metadata, load, job, &thing);
        if (e == ERR_OK)
            job->at = *(const struct oidc_metadata *)thing;
    } else {
        e = name_issuer(job);
    }
    if (e == ERR_OK)
        override(&job->at, job->provider);
    return e;
}
