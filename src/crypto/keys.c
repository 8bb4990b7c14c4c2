/* SPDX-License-Identifier: MIT */
/* Signing by OpenSSL's EVP with contexts that are made once: parsing a PEM
 * costs six times what checking a signature does. */
#include "crypto/keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/enc.h"
#include "crypto/digest.h"
#include "crypto/keys_ecdsa.h"
#include "crypto/secret.h"

#define HMAC_LEN 32
#define RSA_BITS 3072
#define RSA_BITS_APP 2048 /* what readers of an application's tokens expect */
#define RSA_BITS_MAX (KEY_SIGNATURE_MAX * 8)
#define PUBLIC_MAX 768 /* the public members of RSA 4096 as JSON */

_Static_assert(KEY_ID_LEN == ENC_B64_LEN(DIGEST_LEN), "thumbprint");

struct key {
    enum key_alg alg;
    bool app;               /* of an application: weaker, named by others */
    EVP_PKEY *pair;         /* not for HS256 */
    EVP_PKEY_CTX *signer;   /* ready for EVP_PKEY_sign of a digest */
    EVP_PKEY_CTX *verifier; /* and EVP_PKEY_verify */
    struct secret hmac;     /* HS256 only */
    char id[KEY_ID_LEN + 1];
    char public[PUBLIC_MAX]; /* required JWK members, RFC 7638 order, inside {}
                              */
};

static const char *const alg_names[] = {
    [KEY_ES256] = "ES256",
    [KEY_RS256] = "RS256",
    [KEY_HS256] = "HS256",
};
_Static_assert(sizeof(alg_names) / sizeof(alg_names[0]) == KEY_ALG_COUNT,
               "a name each");

const char *key_alg_name(enum key_alg alg)
{
    return (size_t)alg < KEY_ALG_COUNT ? alg_names[alg] : "";
}

const char *key_id(const struct key *k)
{
    return k->id;
}

enum key_alg key_alg(const struct key *k)
{
    return k->alg;
}

struct str key_hmac_secret(const struct key *k)
{
    return (struct str){(const char *)(void *)k->hmac.p, k->hmac.n};
}

void key_free(struct key **k)
{
    struct key *old = *k;

    if (old == NULL)
        return;
    EVP_PKEY_CTX_free(old->signer);
    EVP_PKEY_CTX_free(old->verifier);
    EVP_PKEY_free(old->pair);
    secret_free(&old->hmac);
    free(old);
    *k = NULL;
}

/* A public number as base64url: width bytes, or as few as it needs when width
 * is 0 (RFC 7518 sections 6.2.1.2 and 6.3.1.1). */
static bool public_number(const EVP_PKEY *pair, const char *name, int width,
                          char out[ENC_B64_LEN(KEY_SIGNATURE_MAX) + 1])
{
    uint8_t bytes[KEY_SIGNATURE_MAX];
    BIGNUM *number = NULL;
    int n = -1;

    if (EVP_PKEY_get_bn_param(pair, name, &number) == 1) {
        int need = width > 0 ? width : BN_num_bytes(number);

        if (need <= (int)sizeof(bytes))
            n = BN_bn2binpad(number, bytes, need);
    }
    BN_free(number);
    if (n <= 0)
        return false;
    (void)enc_b64url(bytes, (size_t)n, out);
    return true;
}

/* The members RFC 7638 section 3.2 asks for, in its order. */
static enum err describe(struct key *k)
{
    char a[ENC_B64_LEN(KEY_SIGNATURE_MAX) + 1];
    char b[ENC_B64_LEN(KEY_SIGNATURE_MAX) + 1];
    bool found = false;
    int n = 0;

    if (k->alg == KEY_ES256) {
        found = public_number(k->pair, OSSL_PKEY_PARAM_EC_PUB_X, 32, a) &&
                public_number(k->pair, OSSL_PKEY_PARAM_EC_PUB_Y, 32, b);
        n = snprintf(k->public, sizeof(k->public),
                     "\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":"
                     "\"%s\"",
                     found ? a : "", found ? b : "");
    } else {
        found = public_number(k->pair, OSSL_PKEY_PARAM_RSA_E, 0, a) &&
                public_number(k->pair, OSSL_PKEY_PARAM_RSA_N, 0, b);
        n = snprintf(k->public, sizeof(k->public),
                     "\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"",
                     found ? a : "", found ? b : "");
    }
    if (!found || n < 0 || (size_t)n >= sizeof(k->public))
        return ERR_INTERNAL;
    return ERR_OK;
}

static enum err name_by(struct key *k, struct str text)
{
    struct digest d;
    enum err e = digest_sha256(text, &d);

    if (e == ERR_OK)
        (void)enc_b64url(d.b, sizeof(d.b), k->id);
    return e;
}

static enum err name_pair(struct key *k)
{
    char json[PUBLIC_MAX + 2];
    enum err e = describe(k);
    int n = 0;

    if (e != ERR_OK)
        return e;
    n = snprintf(json, sizeof(json), "{%s}", k->public);
    return name_by(k, (struct str){json, (size_t)n});
}

/* Hashed twice, so that whoever reads a kid cannot try secrets against one
 * plain SHA-256 of them. */
static enum err name_hmac(struct key *k)
{
    struct digest d;
    enum err e = digest_hmac(k->hmac.p, k->hmac.n, STR("gatehouse kid"), &d);

    if (e != ERR_OK)
        return e;
    return name_by(k,
                   (struct str){(const char *)(const void *)d.b, sizeof(d.b)});
}

/* What OpenSSL says was wrong: e, which is about its input, unless it ran out
 * of memory or does not say; a lack of ours is no verdict about a key or a
 * signature. Nothing of it is left for whoever looks next. */
static enum err verdict(enum err e)
{
    enum err found = ERR_INTERNAL;
    unsigned long code;

    while ((code = ERR_get_error()) != 0) {
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
            found = ERR_NO_MEMORY;
        else if (found == ERR_INTERNAL)
            found = e;
    }
    /* Frees also the texts of what was read. */
    ERR_clear_error();
    return found;
}

/* One context for all signatures (or all checks) of a key. */
static EVP_PKEY_CTX *context(const struct key *k,
                             int (*start)(EVP_PKEY_CTX *ctx))
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pair, NULL);
    bool good = ctx != NULL && start(ctx) == 1 &&
                EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1;

    if (good && k->alg == KEY_RS256)
        good = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
    if (good)
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

/* The named curve and no other, with a point that lies on it: explicit curve
 * parameters and invalid points are old ways to a forged signature. */
static enum err check_p256(const struct key *k)
{
    char group[32] = "";
    EVP_PKEY_CTX *ctx = NULL;
    enum err e = ERR_OK;

    if (!EVP_PKEY_is_a(k->pair, "EC"))
        return ERR_VALIDATION;
    if (EVP_PKEY_get_group_name(k->pair, group, sizeof(group), NULL) != 1)
        return verdict(ERR_VALIDATION);
    if (strcmp(group, "prime256v1") != 0)
        return ERR_VALIDATION;
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->pair, NULL);
    if (ctx == NULL || EVP_PKEY_public_check(ctx) != 1)
        e = verdict(ERR_VALIDATION);
    EVP_PKEY_CTX_free(ctx);
    return e;
}

/* At least 128 bits of strength (ASVS 11.2.3) but for applications; at most
 * what a signature's buffer holds. */
static enum err check_rsa(const struct key *k)
{
    int bits = EVP_PKEY_is_a(k->pair, "RSA") ? EVP_PKEY_get_bits(k->pair) : 0;
    int least = k->app ? RSA_BITS_APP : RSA_BITS;
    bool strong = bits >= least && bits <= RSA_BITS_MAX;

    return strong ? ERR_OK : ERR_VALIDATION;
}

/* Does it sign what it verifies? A public half that belongs to another private
 * half would lock everybody out. */
static enum err check_pair(const struct key *k)
{
    uint8_t signature[KEY_SIGNATURE_MAX];
    size_t n = 0;
    enum err e = key_sign(k, STR("gatehouse"), signature, &n);

    if (e == ERR_OK)
        e = key_verify(k, STR("gatehouse"), signature, n);
    return e == ERR_ACCESS_TOKEN_INVALID ? ERR_VALIDATION : e;
}

/* Makes a key of a parsed pair usable, or says that it is not sound. */
static enum err prepare(struct key *k)
{
    enum err e = k->alg == KEY_ES256 ? check_p256(k) : check_rsa(k);

    if (e != ERR_OK)
        return e;
    k->signer = context(k, EVP_PKEY_sign_init);
    k->verifier = context(k, EVP_PKEY_verify_init);
    if (k->signer == NULL || k->verifier == NULL)
        return ERR_INTERNAL;
    e = check_pair(k);
    if (e == ERR_OK && k->app)
        return describe(k);
    return e == ERR_OK ? name_pair(k) : e;
}

/* A fresh pair that fails its own check is a fault of ours, not of input. */
static enum err generate(struct key *k)
{
    enum err e = ERR_OK;

    if (k->alg == KEY_HS256) {
        e = secret_new(HMAC_LEN, &k->hmac);
        if (e == ERR_OK)
            e = random_bytes(k->hmac.p, k->hmac.n);
        return e == ERR_OK ? name_hmac(k) : e;
    }
    k->pair = k->alg == KEY_ES256
                  ? EVP_EC_gen("P-256")
                  : EVP_RSA_gen(k->app ? RSA_BITS_APP : RSA_BITS);
    if (k->pair == NULL)
        return RAND_status() == 1 ? ERR_INTERNAL : ERR_NO_RANDOM;
    e = prepare(k);
    return e == ERR_VALIDATION ? ERR_INTERNAL : e;
}

/* PKCS#8 and nothing behind it. */
static enum err parse(struct str der, EVP_PKEY **pair_r)
{
    const unsigned char *at = (const unsigned char *)der.p;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.n);
    EVP_PKEY *pair = NULL;
    enum err e = ERR_OK;

    if (info != NULL && at != (const unsigned char *)der.p + der.n)
        e = ERR_VALIDATION;
    else if (info == NULL || (pair = EVP_PKCS82PKEY(info)) == NULL)
        e = verdict(ERR_VALIDATION);
    PKCS8_PRIV_KEY_INFO_free(info);
    if (e == ERR_OK)
        *pair_r = pair;
    return e;
}

static enum err import(struct key *k, struct str der)
{
    enum err e = ERR_OK;

    if (k->alg == KEY_HS256) {
        if (der.n != HMAC_LEN)
            return ERR_VALIDATION;
        e = secret_new(HMAC_LEN, &k->hmac);
        if (e != ERR_OK)
            return e;
        memcpy(k->hmac.p, der.p, HMAC_LEN);
        return name_hmac(k);
    }
    if (der.n == 0 || der.n > INT32_MAX)
        return ERR_VALIDATION;
    e = parse(der, &k->pair);
    return e == ERR_OK ? prepare(k) : e;
}

/* der NULL: a fresh key. */
static enum err make(enum key_alg alg, bool app, const struct str *der,
                     struct key **k_r)
{
    struct key *k = NULL;
    enum err e = ERR_OK;

    if ((size_t)alg >= KEY_ALG_COUNT)
        return ERR_INTERNAL;
    k = calloc(1, sizeof(*k));
    if (k == NULL)
        return ERR_NO_MEMORY;
    k->alg = alg;
    k->app = app;
    e = der == NULL ? generate(k) : import(k, *der);
    if (e != ERR_OK) {
        ERR_clear_error();
        key_free(&k);
        return e;
    }
    *k_r = k;
    return ERR_OK;
}

enum err key_generate(enum key_alg alg, struct key **k_r)
{
    return make(alg, false, NULL, k_r);
}

enum err key_import(enum key_alg alg, struct str der, struct key **k_r)
{
    return make(alg, false, &der, k_r);
}

enum err key_generate_app(struct key **k_r)
{
    return make(KEY_RS256, true, NULL, k_r);
}

enum err key_import_app(struct str der, struct key **k_r)
{
    return make(KEY_RS256, true, &der, k_r);
}

static bool is_kid(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '_' && s.p[i] != '-')
            return false;
    return s.n > 0 && s.n <= KEY_ID_LEN;
}

/* No other key's: a thumbprint tells which key it is. */
enum err key_name(struct key *k, struct str kid)
{
    if (!k->app || !is_kid(kid))
        return ERR_VALIDATION;
    memcpy(k->id, kid.p, kid.n);
    k->id[kid.n] = '\0';
    return ERR_OK;
}

/* Into the arena at once: no copy is left in a heap that nobody wipes. */
static enum err export_pair(const struct key *k, struct arena *a,
                            struct str *der_r)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(k->pair);
    int n = info == NULL ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
    unsigned char *der = NULL;
    unsigned char *at = NULL;
    enum err e = ERR_INTERNAL;

    if (n > 0) {
        der = arena_alloc(a, (size_t)n);
        at = der;
        e = der == NULL ? ERR_NO_MEMORY : ERR_OK;
    }
    if (e == ERR_OK && i2d_PKCS8_PRIV_KEY_INFO(info, &at) != n)
        e = ERR_INTERNAL;
    PKCS8_PRIV_KEY_INFO_free(info);
    if (e == ERR_OK)
        *der_r = (struct str){(const char *)(void *)der, (size_t)n};
    return e;
}

enum err key_export(const struct key *k, struct arena *a, struct str *der_r)
{
    struct str copy;

    if (k->alg != KEY_HS256)
        return export_pair(k, a, der_r);
    copy = arena_str(a, key_hmac_secret(k));
    if (copy.p == NULL)
        return ERR_NO_MEMORY;
    *der_r = copy;
    return ERR_OK;
}

enum err key_sign(const struct key *k, struct str input,
                  uint8_t out[KEY_SIGNATURE_MAX], size_t *n_r)
{
    uint8_t raw[KEY_SIGNATURE_MAX];
    struct digest d;
    size_t n = sizeof(raw);

    if (k->signer == NULL || digest_sha256(input, &d) != ERR_OK)
        return ERR_INTERNAL;
    int rc = EVP_PKEY_sign(k->signer, raw, &n, d.b, sizeof(d.b));

    /* Also after success: OpenSSL gets along without some of its memory, but
     * complains to whoever looks next. */
    ERR_clear_error();
    if (rc != 1)
        return ERR_INTERNAL;
    if (k->alg == KEY_ES256) {
        if (!keys_ecdsa_raw(raw, n, out)) {
            ERR_clear_error();
            return ERR_INTERNAL;
        }
        n = KEYS_ECDSA_LEN;
    } else {
        memcpy(out, raw, n);
    }
    *n_r = n;
    return ERR_OK;
}

enum err key_verify(const struct key *k, struct str input,
                    const uint8_t *signature, size_t n)
{
    uint8_t der[KEYS_ECDSA_DER_MAX];
    struct digest d;

    if (k->verifier == NULL || digest_sha256(input, &d) != ERR_OK)
        return ERR_INTERNAL;
    bool sound = k->alg == KEY_ES256 ? keys_ecdsa_sound(signature, n)
                                     : n == (size_t)EVP_PKEY_get_size(k->pair);

    if (!sound)
        return ERR_ACCESS_TOKEN_INVALID;
    if (k->alg == KEY_ES256) {
        if (!keys_ecdsa_der(signature, der, &n)) {
            ERR_clear_error();
            return ERR_NO_MEMORY;
        }
        signature = der;
    }
    int rc = EVP_PKEY_verify(k->verifier, signature, n, d.b, sizeof(d.b));

    /* A plain "no" comes without a word, for ECDSA. */
    enum err no = rc == 0 && ERR_peek_error() == 0
                      ? ERR_ACCESS_TOKEN_INVALID
                      : verdict(ERR_ACCESS_TOKEN_INVALID);

    return rc == 1 ? ERR_OK : no;
}

void key_jwk(const struct key *k, struct buf *out)
{
    if (k->alg == KEY_HS256)
        return;
    buf_char(out, '{');
    buf_text(out, k->public);
    buf_text(out, ",\"use\":\"sig\",\"alg\":\"");
    buf_text(out, key_alg_name(k->alg));
    buf_text(out, "\",\"kid\":\"");
    buf_text(out, k->id);
    buf_text(out, "\"}");
}
