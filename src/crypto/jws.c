/* SPDX-License-Identifier: MIT */
/* The outer form is strict, so that one text has one reading: no padding, no
 * fourth part, no blank (RFC 7515 section 5.2). */
#include "crypto/jws.h"

#include <limits.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/json_write.h"
#include "crypto/keys_ecdsa.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192
#define SIGNATURE_MAX (RSA_BITS_MAX / 8)

static enum err decode(struct arena *a, struct str part, struct str *bytes_r)
{
    uint8_t *out = arena_alloc(a, part.n + 1);
    size_t n = 0;

    if (out == NULL)
        return ERR_NO_MEMORY;
    if (part.n == 0 || !enc_unb64url(part, out, part.n, &n))
        return ERR_VALIDATION;
    *bytes_r = (struct str){(const char *)(void *)out, n};
    return ERR_OK;
}

/* A fourth part would be in the signature's text, where its dot is no
 * base64url. */
enum err jws_split(struct arena *a, struct str token, size_t max,
                   struct jws *j_r)
{
    struct str rest = token;
    struct str header = str_cut(&rest, '.');
    struct str payload = str_cut(&rest, '.');
    struct jws j;
    enum err e = ERR_VALIDATION;

    if (token.n > max || rest.p == NULL)
        return ERR_VALIDATION;
    j.signed_text = (struct str){token.p, token.n - rest.n - 1};
    e = decode(a, header, &j.header);
    if (e == ERR_OK)
        e = decode(a, payload, &j.payload);
    if (e == ERR_OK)
        e = decode(a, rest, &j.signature);
    if (e == ERR_OK)
        *j_r = j;
    return e;
}

/* A key that asks for a password must not make a server wait for one. */
static int no_password(char *buf, int size, int rwflag, void *data)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)data;
    return -1;
}

static EVP_PKEY *read_pem(struct str pem)
{
    BIO *bio = pem.n <= INT_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    EVP_PKEY *pkey = NULL;

    if (bio != NULL)
        pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    BIO_free(bio);
    ERR_clear_error();
    return pkey;
}

/* NULL: it signs nothing here. */
static const char *alg_of(const EVP_PKEY *pkey)
{
    char group[32] = "";
    int bits = EVP_PKEY_get_bits(pkey);

    if (EVP_PKEY_is_a(pkey, "RSA"))
        return bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX ? "RS256" : NULL;
    if (EVP_PKEY_is_a(pkey, "EC") &&
        EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
        strcmp(group, "prime256v1") == 0)
        return "ES256";
    return NULL;
}

static enum err signature_of(EVP_PKEY *pkey, struct str input,
                             uint8_t out[SIGNATURE_MAX], size_t *n_r)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    uint8_t raw[SIGNATURE_MAX];
    size_t n = sizeof(raw);
    bool good =
        md != NULL &&
        EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, pkey) == 1 &&
        EVP_DigestSign(md, raw, &n, (const uint8_t *)input.p, input.n) == 1;

    if (good && EVP_PKEY_is_a(pkey, "EC")) {
        good = keys_ecdsa_raw(raw, n, out);
        n = KEYS_ECDSA_LEN;
    } else if (good) {
        memcpy(out, raw, n);
    }
    EVP_MD_CTX_free(md);
    ERR_clear_error();
    if (!good)
        return ERR_INTERNAL;
    *n_r = n;
    return ERR_OK;
}

static enum err header_of(struct arena *a, const char *alg, struct str kid,
                          struct str *json_r)
{
    struct buf b = buf_new(a);
    struct json_out j = json_out(&b);

    json_open(&j, NULL, '{');
    json_str(&j, "alg", str_of(alg));
    if (kid.n > 0)
        json_str(&j, "kid", kid);
    json_str(&j, "typ", STR("JWT"));
    json_close(&j, '}');
    return buf_done(&b, json_r);
}

static enum err put_part(struct buf *b, struct arena *a, struct str bytes)
{
    char *text = arena_alloc(a, ENC_B64_LEN(bytes.n) + 1);

    if (text == NULL)
        return ERR_NO_MEMORY;
    buf_put(b, text, enc_b64url((const uint8_t *)bytes.p, bytes.n, text));
    return ERR_OK;
}

/* header.payload, ready to be signed. */
static enum err put_text(struct buf *b, struct arena *a, struct str header,
                         struct str payload, struct str *text_r)
{
    enum err e = put_part(b, a, header);

    buf_char(b, '.');
    if (e == ERR_OK)
        e = put_part(b, a, payload);
    return e == ERR_OK ? buf_done(b, text_r) : e;
}

static enum err put_signature(struct buf *b, struct arena *a,
                              const uint8_t *signature, size_t n,
                              struct str *token_r)
{
    buf_char(b, '.');
    enum err e =
        put_part(b, a, (struct str){(const char *)(const void *)signature, n});

    return e == ERR_OK ? buf_done(b, token_r) : e;
}

static enum err sign_with(struct arena *a, EVP_PKEY *pkey, struct str kid,
                          struct str payload, struct str *token_r)
{
    uint8_t signature[SIGNATURE_MAX];
    const char *alg = alg_of(pkey);
    struct buf b = buf_new(a);
    struct str header;
    struct str text;
    size_t n = 0;
    enum err e = alg == NULL ? ERR_VALIDATION : header_of(a, alg, kid, &header);

    if (e == ERR_OK)
        e = put_text(&b, a, header, payload, &text);
    if (e == ERR_OK)
        e = signature_of(pkey, text, signature, &n);
    return e == ERR_OK ? put_signature(&b, a, signature, n, token_r) : e;
}

enum err jws_by(struct arena *a, const struct key *k, struct str header,
                struct str payload, struct str *token_r)
{
    uint8_t signature[KEY_SIGNATURE_MAX];
    struct buf b = buf_new(a);
    struct str text;
    size_t n = 0;
    enum err e = put_text(&b, a, header, payload, &text);

    if (e == ERR_OK)
        e = key_sign(k, text, signature, &n);
    return e == ERR_OK ? put_signature(&b, a, signature, n, token_r) : e;
}

enum err jws_sign(struct arena *a, struct str pem, struct str kid,
                  struct str payload, struct str *token_r)
{
    EVP_PKEY *pkey = read_pem(pem);
    enum err e = ERR_VALIDATION;

    if (pkey != NULL)
        e = sign_with(a, pkey, kid, payload, token_r);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return e;
}
