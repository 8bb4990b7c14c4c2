/* SPDX-License-Identifier: MIT */
/* In the order of RFC 8725: form, header, key, signature. The header says which
 * of the provider's keys it was, and nothing else is taken from it. */
#include "oidc/oidc_jose.h"

#include "crypto/jws.h"
#include "http/json.h"
#include "oidc/oidc_jwks.h"

#define KID_MAX 255

/* From J_FIRST on: none is understood (RFC 7515 4.1.11), brings a key of its
 * own (RFC 8725 3.10) or means another form of the payload. */
enum {
    J_ALG,
    J_TYP,
    J_KID,
    J_FIRST,
    J_CRIT = J_FIRST,
    J_JKU,
    J_JWK,
    J_X5U,
    J_X5C,
    J_ZIP,
    J_B64,
    J_COUNT
};

static const struct json_field fields[J_COUNT] = {
    [J_ALG] = {"alg", JSON_STRING, true, 1, 16, NULL},
    [J_TYP] = {"typ", JSON_STRING, false, 0, 32, NULL},
    [J_KID] = {"kid", JSON_STRING, false, 1, KID_MAX, NULL},
    [J_CRIT] = {"crit", JSON_ANY, false, 0, 0, NULL},
    [J_JKU] = {"jku", JSON_ANY, false, 0, 0, NULL},
    [J_JWK] = {"jwk", JSON_ANY, false, 0, 0, NULL},
    [J_X5U] = {"x5u", JSON_ANY, false, 0, 0, NULL},
    [J_X5C] = {"x5c", JSON_ANY, false, 0, 0, NULL},
    [J_ZIP] = {"zip", JSON_ANY, false, 0, 0, NULL},
    [J_B64] = {"b64", JSON_ANY, false, 0, 0, NULL},
};

static const char *judge(const struct oidc_job *job, const char *typ,
                         const struct json_value v[J_COUNT])
{
    enum jwk_alg alg = oidc_jwks_alg(job->provider);
    struct str said = v[J_TYP].text;

    for (size_t i = J_FIRST; i < J_COUNT; i++)
        if (v[i].present)
            return "header_refused";
    if (!str_eq(v[J_ALG].text, str_of(jwk_alg_name(alg))))
        return "wrong_algorithm";
    if (v[J_TYP].present && !str_eq_nocase(said, STR("JWT")) &&
        (typ == NULL || !str_eq_nocase(said, str_of(typ))))
        return "wrong_type";
    return NULL;
}

enum err oidc_jose_open(struct oidc_job *job, struct str token, const char *typ,
                        struct str *payload_r)
{
    struct json_value v[J_COUNT];
    const struct jwk *key = NULL;
    struct jws jws;
    enum err e = jws_split(job->arena, token, OIDC_JOSE_MAX, &jws);

    if (e == ERR_OK)
        e = json_pick(job->arena, jws.header, fields, J_COUNT, v);
    if (e != ERR_OK)
        return oidc_job_blame(job, e, "token_malformed");
    const char *why = judge(job, typ, v);

    if (why != NULL)
        return oidc_job_refuse(job, why);
    e = oidc_jwks_find(job, v[J_KID].text, &key);
    if (e != ERR_OK)
        return e;
    e = jwk_verify(key, jws.signed_text, jws.signature);
    if (e != ERR_OK)
        return oidc_job_blame(job, e, "wrong_signature");
    *payload_r = jws.payload;
    return ERR_OK;
}
