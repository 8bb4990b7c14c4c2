/* SPDX-License-Identifier: MIT */
/* Every number of a key is judged before a library computes with it: weak and
 * malformed keys are how signatures of others were forged. */
#include "crypto/jwk.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "base/enc.h"
#include "crypto/keys_ecdsa.h"

#define RSA_MIN 256  /* bytes: 2048 bits */
#define RSA_MAX 1024 /* 8192 bits */
#define EXPONENT_MAX 4
#define COORDINATE 32
#define POINT_N (1 + 2 * COORDINATE)
#define POINT_PLAIN 0x04 /* both coordinates follow */

struct jwk {
    enum jwk_alg alg;
    EVP_PKEY *pkey; /* not for EdDSA */
    uint8_t point[crypto_sign_ed25519_PUBLICKEYBYTES];
};

static const char *const names[] = {
    [JWK_RS256] = "RS256",
    [JWK_PS256] = "PS256",
    [JWK_ES256] = "ES256",
    [JWK_EDDSA] = "EdDSA",
};
_Static_assert(sizeof(names) / sizeof(names[0]) == JWK_ALG_COUNT,
               "a name each");

const char *jwk_alg_name(enum jwk_alg alg)
{
    return (size_t)alg < JWK_ALG_COUNT ? names[alg] : "";
}

static void destroy(void *pkey)
{
    EVP_PKEY_free(pkey);
}

/* OpenSSL's "no": of its input, unless it had no memory for an answer. */
static enum err verdict(void)
{
    enum err e = ERR_VALIDATION;
    unsigned long code;

    while ((code = ERR_get_error()) != 0) {
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
            e = ERR_NO_MEMORY;
    }
    ERR_clear_error();
    return e;
}

/* A public key of kind ("RSA", "EC") from its parameters. */
static enum err from_parameters(const char *kind, OSSL_PARAM_BLD *build,
                                EVP_PKEY **pkey_r)
{
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    EVP_PKEY *pkey = NULL;
    enum err e = ERR_OK;

    if (parameters == NULL || ctx == NULL)
        e = ERR_NO_MEMORY;
    else if (EVP_PKEY_fromdata_init(ctx) != 1 ||
             EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, parameters) !=
                 1)
        e = verdict();
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(parameters);
    ERR_clear_error();
    if (e == ERR_OK)
        *pkey_r = pkey;
    return e;
}

/* A big-endian number without leading zeros (RFC 7518 section 6.3.1.1). */
static bool number(struct str text, uint8_t *out, size_t cap, size_t *n_r)
{
    return text.n > 0 && text.n <= ENC_B64_LEN(cap) &&
           enc_unb64url(text, out, cap, n_r) && *n_r > 0 && out[0] != 0;
}

static bool strong_exponent(const uint8_t *e, size_t n)
{
    uint32_t value = 0;

    for (size_t i = 0; i < n; i++)
        value = value << 8 | e[i];
    return value >= 65537 && value % 2 == 1;
}

static enum err rsa(const struct jwk_members *m, EVP_PKEY **pkey_r)
{
    uint8_t modulus[RSA_MAX];
    uint8_t exponent[EXPONENT_MAX];
    size_t n = 0;
    size_t e_n = 0;

    if (!str_eq(m->kty, STR("RSA")) ||
        !number(m->n, modulus, sizeof(modulus), &n) ||
        !number(m->e, exponent, sizeof(exponent), &e_n) ||
        !strong_exponent(exponent, e_n))
        return ERR_VALIDATION;
    /* The highest bit set: as many bits as bytes tell. */
    if (n < RSA_MIN || (n == RSA_MIN && modulus[0] < 0x80) ||
        modulus[n - 1] % 2 == 0)
        return ERR_VALIDATION;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *big_n = BN_bin2bn(modulus, (int)n, NULL);
    BIGNUM *big_e = BN_bin2bn(exponent, (int)e_n, NULL);
    enum err e = ERR_NO_MEMORY;

    if (build != NULL && big_n != NULL && big_e != NULL &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, big_n) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, big_e) == 1)
        e = from_parameters("RSA", build, pkey_r);
    BN_free(big_n);
    BN_free(big_e);
    OSSL_PARAM_BLD_free(build);
    return e;
}

/* Exactly so many bytes (RFC 7518 section 6.2.1.2). */
static bool coordinate(struct str text, uint8_t out[COORDINATE])
{
    size_t n = 0;

    return text.n == ENC_B64_LEN(COORDINATE) &&
           enc_unb64url(text, out, COORDINATE, &n) && n == COORDINATE;
}

static enum err check_point(EVP_PKEY *pkey)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    enum err e = ERR_NO_MEMORY;

    if (ctx != NULL)
        e = EVP_PKEY_public_check(ctx) == 1 ? ERR_OK : verdict();
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return e;
}

static enum err ec(const struct jwk_members *m, EVP_PKEY **pkey_r)
{
    uint8_t point[POINT_N] = {POINT_PLAIN};
    EVP_PKEY *pkey = NULL;

    if (!str_eq(m->kty, STR("EC")) || !str_eq(m->crv, STR("P-256")) ||
        !coordinate(m->x, point + 1) ||
        !coordinate(m->y, point + 1 + COORDINATE))
        return ERR_VALIDATION;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    enum err e = ERR_NO_MEMORY;

    if (build != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
                                        "prime256v1", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
                                         sizeof(point)) == 1)
        e = from_parameters("EC", build, &pkey);
    OSSL_PARAM_BLD_free(build);
    if (e == ERR_OK)
        e = check_point(pkey);
    if (e == ERR_OK)
        *pkey_r = pkey;
    else
        EVP_PKEY_free(pkey);
    return e;
}

/* A point of small order would take one signature for every text. */
static enum err okp(const struct jwk_members *m, struct jwk *k)
{
    bool good = str_eq(m->kty, STR("OKP")) && str_eq(m->crv, STR("Ed25519")) &&
                coordinate(m->x, k->point) &&
                crypto_core_ed25519_is_valid_point(k->point) == 1;

    return good ? ERR_OK : ERR_VALIDATION;
}

enum err jwk_public(struct arena *a, enum jwk_alg alg,
                    const struct jwk_members *m, struct jwk **k_r)
{
    struct jwk *k = arena_alloc(a, sizeof(*k));
    enum err e = ERR_VALIDATION;

    if (k == NULL)
        return ERR_NO_MEMORY;
    k->alg = alg;
    if (alg == JWK_RS256 || alg == JWK_PS256)
        e = rsa(m, &k->pkey);
    else if (alg == JWK_ES256)
        e = ec(m, &k->pkey);
    else if (alg == JWK_EDDSA)
        e = okp(m, k);
    if (e == ERR_OK && k->pkey != NULL && arena_defer(a, destroy, k->pkey) != 0)
        e = ERR_NO_MEMORY;
    if (e == ERR_OK)
        *k_r = k;
    return e;
}

/* PSS with a salt as long as the hash and nothing else (RFC 7518 3.5). */
static bool padding(EVP_PKEY_CTX *ctx, enum jwk_alg alg)
{
    if (alg == JWK_RS256)
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    if (alg == JWK_PS256)
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) ==
                   1;
    return true;
}

static enum err verify(const struct jwk *k, struct str input,
                       const uint8_t *signature, size_t n)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = NULL; /* md's */
    enum err e = ERR_NO_MEMORY;

    if (md != NULL &&
        EVP_DigestVerifyInit(md, &ctx, EVP_sha256(), NULL, k->pkey) == 1 &&
        padding(ctx, k->alg))
        e = EVP_DigestVerify(md, signature, n, (const uint8_t *)input.p,
                             input.n) == 1
                ? ERR_OK
                : verdict();
    EVP_MD_CTX_free(md);
    ERR_clear_error();
    return e;
}

enum err jwk_verify(const struct jwk *k, struct str input, struct str signature)
{
    const uint8_t *bytes = (const uint8_t *)signature.p;
    uint8_t der[KEYS_ECDSA_DER_MAX];
    size_t n = 0;

    switch (k->alg) {
    case JWK_RS256:
    case JWK_PS256:
        return signature.n == (size_t)EVP_PKEY_get_size(k->pkey)
                   ? verify(k, input, bytes, signature.n)
                   : ERR_VALIDATION;
    case JWK_ES256:
        if (!keys_ecdsa_sound(bytes, signature.n))
            return ERR_VALIDATION;
        return keys_ecdsa_der(bytes, der, &n) ? verify(k, input, der, n)
                                              : ERR_NO_MEMORY;
    case JWK_EDDSA:
        return signature.n == crypto_sign_ed25519_BYTES &&
                       crypto_sign_ed25519_verify_detached(
                           bytes, (const uint8_t *)input.p, input.n,
                           k->point) == 0
                   ? ERR_OK
                   : ERR_VALIDATION;
    case JWK_ALG_COUNT:
    default:
        return ERR_VALIDATION;
    }
}
