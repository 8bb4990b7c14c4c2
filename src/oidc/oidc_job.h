/* SPDX-License-Identifier: MIT */
/* What the files of this folder share: the process's relying party, what it
 * keeps of each provider, and one question that is being worked on. */
#ifndef GATEHOUSE_OIDC_OIDC_JOB_H
#define GATEHOUSE_OIDC_OIDC_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "config/config.h"
#include "config/provider.h"
#include "http/fetch.h"

/* Something a provider publishes, kept with its own memory. */
struct oidc_shelf {
    struct arena *arena; /* of thing; NULL: nothing there yet */
    const void *thing;
    int64_t made_s;  /* when it came */
    int64_t renew_s; /* when it is asked for again */
    uint64_t times;  /* how often it came */
};

/* What is kept of one provider. */
struct oidc_site {
    const struct config_provider *provider;
    struct oidc_shelf metadata, jwks;
    int64_t jwks_forced_s; /* when an unknown key made us ask again */
    int64_t late_s;        /* when it last let us wait in vain; 0: never */
};

struct oidc {
    const struct config *config;
    struct fetch *fetch;
    struct oidc_site *sites; /* one per provider of config */
};

/* Where a provider is asked. NUL-terminated; {NULL, 0}: it has none. */
struct oidc_metadata {
    struct str issuer;
    struct str authorization, token, user_info, jwks;
    bool says_iss; /* its answers always name it (RFC 9207 section 3) */
};

/* One question to one provider. */
struct oidc_job {
    struct oidc *o;
    struct arena *arena; /* the caller's */
    struct oidc_site *site;
    const struct config_provider *provider;
    int64_t now_s;
    struct oidc_metadata at;
    const char *why; /* static word */
};

/* Notes why, and is ERR_AUTHENTICATION_FAILED. */
static inline enum err oidc_job_refuse(struct oidc_job *job, const char *why)
{
    job->why = why;
    return ERR_AUTHENTICATION_FAILED;
}

/* The same of e; a lack of ours stays one. */
static inline enum err oidc_job_blame(struct oidc_job *job, enum err e,
                                      const char *why)
{
    bool theirs = e == ERR_VALIDATION || e == ERR_MALFORMED_JSON;

    return theirs ? oidc_job_refuse(job, why) : e;
}

/* NULL, or the code json_field.check wants: texts of providers that come into
 * rows, logs and mails hold no control characters. */
static inline const char *oidc_job_plain(struct str text)
{
    return str_has_control(text) ? "CONTROL" : NULL;
}

/* NULL, or a code: visible ASCII only, as header fields and URLs take it. */
static inline const char *oidc_job_visible(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~')
            return "FOREIGN_CHARACTER";
    return NULL;
}

#endif
