/* SPDX-License-Identifier: MIT */
/* Logout tokens (OpenID Connect Back-Channel Logout 1.0, 2.6). They look like
 * ID tokens on purpose, hence the rules that no ID token fulfils. */
#include "oidc/oidc_logout.h"

#include "http/json.h"
#include "oidc/oidc_id_token.h"
#include "oidc/oidc_jose.h"
#include "oidc/oidc_person.h"

#define LEEWAY_S OIDC_ID_TOKEN_LEEWAY_S
#define TIME_MAX OIDC_ID_TOKEN_TIME_MAX
#define AGE_S 300
#define TEXT_MAX 2048
#define EVENT "http://schemas.openid.net/event/backchannel-logout"

enum {
    L_ISS,
    L_AUD,
    L_IAT,
    L_EXP,
    L_JTI,
    L_EVENTS,
    L_SUB,
    L_SID,
    L_NONCE,
    L_COUNT
};

static const struct json_field fields[L_COUNT] = {
    [L_ISS] = {"iss", JSON_STRING, true, 1, TEXT_MAX, NULL},
    [L_AUD] = {"aud", JSON_STRINGS, true, 0, 0, NULL},
    [L_IAT] = {"iat", JSON_INTEGER, true, 1, TIME_MAX, NULL},
    [L_EXP] = {"exp", JSON_INTEGER, false, 1, TIME_MAX, NULL},
    [L_JTI] = {"jti", JSON_STRING, true, 1, TEXT_MAX, NULL},
    [L_EVENTS] = {"events", JSON_OBJECT, true, 0, 0, NULL},
    [L_SUB] = {"sub", JSON_STRING, false, 0, OIDC_PERSON_SUBJECT,
               oidc_job_plain},
    [L_SID] = {"sid", JSON_STRING, false, 0, 255, oidc_job_plain},
    [L_NONCE] = {"nonce", JSON_ANY, false, 0, 0, NULL},
};

static const char *judge(const struct oidc_job *job,
                         const struct json_value v[L_COUNT])
{
    int64_t now_s = job->now_s;
    bool ours = false;

    for (size_t i = 0; i < v[L_AUD].item_count; i++)
        ours =
            ours || str_eq(v[L_AUD].items[i], str_of(job->provider->client_id));
    if (!str_eq(v[L_ISS].text, job->at.issuer))
        return "wrong_issuer";
    if (!ours)
        return "wrong_audience";
    if (v[L_IAT].integer > now_s + LEEWAY_S)
        return "token_of_the_future";
    if (now_s - v[L_IAT].integer > AGE_S + LEEWAY_S)
        return "token_too_old";
    if (v[L_EXP].present && now_s >= v[L_EXP].integer + LEEWAY_S)
        return "token_expired";
    if (v[L_NONCE].present)
        return "nonce_present";
    return v[L_SUB].text.n == 0 && v[L_SID].text.n == 0 ? "no_subject" : NULL;
}

static enum err check_event(struct oidc_job *job, struct str events)
{
    static const struct json_field event = {EVENT, JSON_OBJECT, true,
                                            0,     0,           NULL};
    struct json_value v;

    return oidc_job_blame(job, json_pick(job->arena, events, &event, 1, &v),
                          "no_logout_event");
}

enum err oidc_logout_read(struct oidc_job *job, struct str token,
                          struct oidc_logout *out_r)
{
    struct json_value v[L_COUNT];
    struct str payload;
    enum err e = oidc_jose_open(job, token, "logout+jwt", &payload);

    if (e != ERR_OK)
        return e;
    e = json_pick(job->arena, payload, fields, L_COUNT, v);
    if (e != ERR_OK)
        return oidc_job_blame(job, e, "claims_malformed");
    const char *why = judge(job, v);

    e = why == NULL ? check_event(job, v[L_EVENTS].text)
                    : oidc_job_refuse(job, why);
    if (e == ERR_OK)
        *out_r = (struct oidc_logout){
            .issuer = job->at.issuer,
            .subject = v[L_SUB].text,
            .sid = v[L_SID].text,
            .issued_s = v[L_IAT].integer,
        };
    return e;
}
