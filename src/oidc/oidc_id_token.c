/* SPDX-License-Identifier: MIT */
/* Whom it is from, whom it is for, what it answers, when it was made, and only
 * then who it tells of. What is absent counts as the weakest it could say. */
#include "oidc/oidc_id_token.h"

#include <string.h>

#include "base/enc.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "http/json.h"
#include "oidc/oidc_jose.h"
#include "oidc/oidc_person.h"

#define LEEWAY_S OIDC_ID_TOKEN_LEEWAY_S
#define TIME_MAX OIDC_ID_TOKEN_TIME_MAX
#define AGE_S 600 /* one that is older was not made for this sign-in */
#define TEXT_MAX 2048

enum {
    C_ISS,
    C_SUB,
    C_AUD,
    C_AZP,
    C_NONCE,
    C_EXP,
    C_IAT,
    C_NBF,
    C_AUTH_TIME,
    C_AT_HASH,
    C_ACR,
    C_AMR,
    C_SID,
    C_PERSON,
    C_COUNT = C_PERSON + OIDC_PERSON_FIELDS
};

static const struct json_field fields[C_PERSON] = {
    [C_ISS] = {"iss", JSON_STRING, true, 1, TEXT_MAX, NULL},
    [C_SUB] = {"sub", JSON_STRING, false, 0, OIDC_PERSON_SUBJECT,
               oidc_job_plain},
    [C_AUD] = {"aud", JSON_STRINGS, true, 0, 0, NULL},
    [C_AZP] = {"azp", JSON_STRING, false, 0, TEXT_MAX, NULL},
    [C_NONCE] = {"nonce", JSON_STRING, false, 0, TEXT_MAX, NULL},
    [C_EXP] = {"exp", JSON_INTEGER, true, 1, TIME_MAX, NULL},
    [C_IAT] = {"iat", JSON_INTEGER, true, 1, TIME_MAX, NULL},
    [C_NBF] = {"nbf", JSON_INTEGER, false, 0, TIME_MAX, NULL},
    [C_AUTH_TIME] = {"auth_time", JSON_INTEGER, false, 0, TIME_MAX, NULL},
    [C_AT_HASH] = {"at_hash", JSON_STRING, false, 0, 128, NULL},
    [C_ACR] = {"acr", JSON_STRING, false, 0, TEXT_MAX, NULL},
    [C_AMR] = {"amr", JSON_STRINGS, false, 0, 0, NULL},
    [C_SID] = {"sid", JSON_STRING, false, 0, 255, oidc_job_plain},
};

/* One claim's judge: NULL, or what is wrong. */
typedef const char *check(const struct oidc_job *job,
                          const struct oidc_id_token_rules *rules,
                          const struct json_value v[C_COUNT]);

static const char *check_issuer(const struct oidc_job *job,
                                const struct oidc_id_token_rules *rules,
                                const struct json_value v[C_COUNT])
{
    (void)rules;
    return str_eq(v[C_ISS].text, job->at.issuer) ? NULL : "wrong_issuer";
}

bool oidc_id_token_audience(const struct config_provider *p,
                            const struct str *aud, size_t count,
                            const struct str *azp)
{
    struct str ours = str_of(p->client_id);
    bool found = false;

    for (size_t i = 0; i < count; i++)
        found = found || str_eq(aud[i], ours);
    if (azp != NULL && !str_eq(*azp, ours))
        return false;
    return found && (count == 1 || azp != NULL);
}

static const char *check_audience(const struct oidc_job *job,
                                  const struct oidc_id_token_rules *rules,
                                  const struct json_value v[C_COUNT])
{
    const struct str *azp = v[C_AZP].present ? &v[C_AZP].text : NULL;

    (void)rules;
    return oidc_id_token_audience(job->provider, v[C_AUD].items,
                                  v[C_AUD].item_count, azp)
               ? NULL
               : "wrong_audience";
}

static bool same_secret(struct str a, struct str b)
{
    return a.n == b.n && a.n > 0 && secret_eq(a.p, b.p, a.n);
}

static const char *check_nonce(const struct oidc_job *job,
                               const struct oidc_id_token_rules *rules,
                               const struct json_value v[C_COUNT])
{
    (void)job;
    return same_secret(v[C_NONCE].text, rules->nonce) ? NULL : "wrong_nonce";
}

static const char *check_times(const struct oidc_job *job,
                               const struct oidc_id_token_rules *rules,
                               const struct json_value v[C_COUNT])
{
    int64_t now_s = job->now_s;

    (void)rules;
    if (now_s >= v[C_EXP].integer + LEEWAY_S)
        return "token_expired";
    if (v[C_IAT].integer > now_s + LEEWAY_S ||
        (v[C_NBF].present && v[C_NBF].integer > now_s + LEEWAY_S))
        return "token_of_the_future";
    return now_s - v[C_IAT].integer > AGE_S + LEEWAY_S ? "token_too_old" : NULL;
}

/* The left half of the hash that belongs to the algorithm (OpenID Connect Core
 * 1.0, 3.1.3.6); of Ed25519 that is SHA-512. */
static bool half_hash(const struct oidc_job *job, struct str access,
                      char text[ENC_B64_LEN(DIGEST_512_LEN / 2) + 1])
{
    uint8_t long_hash[DIGEST_512_LEN];
    struct digest d;

    if (job->provider->id_token_alg == PROVIDER_ALG_EDDSA) {
        if (digest_sha512(access, long_hash) != ERR_OK)
            return false;
        (void)enc_b64url(long_hash, DIGEST_512_LEN / 2, text);
        return true;
    }
    if (digest_sha256(access, &d) != ERR_OK)
        return false;
    (void)enc_b64url(d.b, DIGEST_LEN / 2, text);
    return true;
}

static const char *check_access(const struct oidc_job *job,
                                const struct oidc_id_token_rules *rules,
                                const struct json_value v[C_COUNT])
{
    char text[ENC_B64_LEN(DIGEST_512_LEN / 2) + 1];
    bool same =
        !v[C_AT_HASH].present || (half_hash(job, rules->access, text) &&
                                  same_secret(v[C_AT_HASH].text, str_of(text)));

    return same ? NULL : "wrong_access_token";
}

/* Without auth_time nobody says that it was proved again. */
static const char *check_fresh(const struct oidc_job *job,
                               const struct oidc_id_token_rules *rules,
                               const struct json_value v[C_COUNT])
{
    int64_t at_s = v[C_AUTH_TIME].integer;

    if (v[C_AUTH_TIME].present && at_s > job->now_s + LEEWAY_S)
        return "token_of_the_future";
    if (rules->fresh &&
        (!v[C_AUTH_TIME].present || at_s < rules->asked_s - LEEWAY_S))
        return "no_fresh_sign_in";
    return NULL;
}

static check *const checks[] = {check_issuer, check_audience, check_nonce,
                                check_times,  check_access,   check_fresh};

static bool among(const struct config_list *list, struct str text)
{
    for (size_t i = 0; i < list->count; i++)
        if (text.n > 0 && str_eq(list->items[i], text))
            return true;
    return false;
}

static bool is_sufficient(const struct config_provider *p,
                          const struct json_value v[C_COUNT])
{
    bool found = among(&p->sufficient_acr, v[C_ACR].text);

    for (size_t i = 0; i < v[C_AMR].item_count; i++)
        found = found || among(&p->sufficient_amr, v[C_AMR].items[i]);
    return found;
}

enum err oidc_id_token_read(struct oidc_job *job, struct str token,
                            const struct oidc_id_token_rules *rules,
                            struct oidc_identity *who, struct str *sub_r)
{
    struct json_field all[C_COUNT];
    struct json_value v[C_COUNT];
    struct str payload;
    const char *why = NULL;
    enum err e = oidc_jose_open(job, token, NULL, &payload);

    if (e != ERR_OK)
        return e;
    memcpy(all, fields, sizeof(fields));
    oidc_person_fields(job->provider, all + C_PERSON);
    e = json_pick(job->arena, payload, all, C_COUNT, v);
    if (e != ERR_OK)
        return oidc_job_blame(job, e, "claims_malformed");
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
        if ((why = checks[i](job, rules, v)) != NULL)
            return oidc_job_refuse(job, why);
    if (v[C_SUB].text.n == 0) {
        job->why = "no_subject";
        return ERR_SUB_CLAIM_MISSING;
    }
    who->issuer = job->at.issuer;
    who->sid = v[C_SID].text;
    who->auth_time_s = v[C_AUTH_TIME].integer;
    who->sufficient = is_sufficient(job->provider, v);
    *sub_r = v[C_SUB].text;
    return oidc_person_read(job, v + C_PERSON, who);
}
