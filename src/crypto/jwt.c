/* SPDX-License-Identifier: MIT */
/* The outer form and the signature. Checks run in the order of RFC 8725: form,
 * header against the key, signature, and only then what the token claims. */
#include "crypto/jwt.h"

#include "base/buf.h"
#include "base/enc.h"
#include "crypto/jws.h"
#include "crypto/jwt_claims.h"
#include "crypto/secret.h"

bool jwt_reserved(struct str name)
{
    return jwt_claims_reserved(name);
}

/* A stranger's text of another form is a token that is not ours. */
static enum err split(struct arena *a, struct str token, struct jws *p_r)
{
    enum err e = jws_split(a, token, JWT_MAX, p_r);

    return e == ERR_VALIDATION ? ERR_ACCESS_TOKEN_INVALID : e;
}

static bool is_kid(struct str kid)
{
    uint8_t thumbprint[DIGEST_LEN];
    size_t n = 0;

    return kid.n == KEY_ID_LEN &&
           enc_unb64url(kid, thumbprint, sizeof(thumbprint), &n);
}

static enum err open_header(struct arena *a, struct str token, struct jws *p_r,
                            struct jwt_claims_header *h_r)
{
    struct jwt_claims_header h;
    struct jws p;
    enum err e = split(a, token, &p);

    if (e == ERR_OK)
        e = jwt_claims_header(a, p.header, &h);
    if (e != ERR_OK)
        return e;
    if (!str_eq(h.typ, STR(JWT_TYP_ACCESS)) || !is_kid(h.kid))
        return ERR_ACCESS_TOKEN_INVALID;
    *p_r = p;
    *h_r = h;
    return ERR_OK;
}

enum err jwt_kid(struct arena *a, struct str token, struct str *kid_r)
{
    struct jwt_claims_header h;
    struct jws p;
    enum err e = open_header(a, token, &p, &h);

    if (e == ERR_OK)
        *kid_r = h.kid;
    return e;
}

/* libjwt could do this too, but it writes "JWT" over every other typ. */
static enum err sign_hmac(const struct key *k, struct str input,
                          struct digest *mac_r)
{
    struct str secret = key_hmac_secret(k);

    return digest_hmac((const uint8_t *)secret.p, secret.n, input, mac_r);
}

static enum err verify_hmac(const struct key *k, struct str input,
                            const uint8_t *signature, size_t n)
{
    struct digest mac;
    enum err e = sign_hmac(k, input, &mac);

    if (e != ERR_OK)
        return e;
    if (n != sizeof(mac.b) || !secret_eq(mac.b, signature, n))
        return ERR_ACCESS_TOKEN_INVALID;
    return ERR_OK;
}

static enum err verify_signature(const struct jws *p, const struct key *k)
{
    const uint8_t *signature = (const uint8_t *)p->signature.p;

    if (key_alg(k) == KEY_HS256)
        return verify_hmac(k, p->signed_text, signature, p->signature.n);
    return key_verify(k, p->signed_text, signature, p->signature.n);
}

/* exp comes last, so that "expired" is said of tokens that are ours only; it
 * has no leeway, being our own clock's word. */
static enum err judge(const struct jwt_claims *c, int64_t nbf,
                      const struct jwt_rules *rules)
{
    int64_t latest = rules->now + rules->leeway;

    if (!str_eq(c->iss, rules->iss) || !str_eq(c->aud, rules->aud) ||
        c->iat > latest || nbf > latest)
        return ERR_ACCESS_TOKEN_INVALID;
    return rules->now < c->exp ? ERR_OK : ERR_ACCESS_TOKEN_EXPIRED;
}

enum err jwt_verify(struct arena *a, struct str token, const struct key *k,
                    const struct jwt_rules *rules, struct jwt_claims *claims_r)
{
    struct jwt_claims_header h;
    struct jwt_claims c;
    struct jws p;
    int64_t nbf = 0;
    enum err e = open_header(a, token, &p, &h);

    if (e != ERR_OK)
        return e;
    if (!str_eq(h.alg, str_of(key_alg_name(key_alg(k)))) ||
        !str_eq(h.kid, str_of(key_id(k))))
        return ERR_ACCESS_TOKEN_INVALID;
    e = verify_signature(&p, k);
    if (e == ERR_OK)
        e = jwt_claims_read(a, p.payload, &c, &nbf);
    if (e == ERR_OK)
        e = judge(&c, nbf, rules);
    if (e == ERR_OK)
        *claims_r = c;
    return e;
}

static enum err sign(const struct key *k, struct str input,
                     uint8_t out[KEY_SIGNATURE_MAX], size_t *n_r)
{
    struct digest mac;
    enum err e = ERR_OK;

    if (key_alg(k) != KEY_HS256)
        return key_sign(k, input, out, n_r);
    e = sign_hmac(k, input, &mac);
    if (e != ERR_OK)
        return e;
    for (size_t i = 0; i < sizeof(mac.b); i++)
        out[i] = mac.b[i];
    *n_r = sizeof(mac.b);
    return ERR_OK;
}

/* Names and kids are ours and need no escape. */
static enum err header_json(struct arena *a, const struct key *k,
                            struct str *json_r)
{
    struct buf b = buf_new(a);

    buf_fmt(&b,
            "{\"alg\":\"%s\",\"kid\":\"%s\",\"typ\":\"" JWT_TYP_ACCESS "\"}",
            key_alg_name(key_alg(k)), key_id(k));
    return buf_done(&b, json_r);
}

static size_t put_part(char *out, const void *bytes, size_t n)
{
    return enc_b64url(bytes, n, out);
}

enum err jwt_make(struct arena *a, const struct key *k,
                  const struct jwt_claims *claims, struct str *token_r)
{
    uint8_t signature[KEY_SIGNATURE_MAX];
    struct str header;
    struct str payload;
    size_t signature_n = 0;
    size_t n = 0;
    char *out = NULL;
    enum err e = header_json(a, k, &header);

    if (e == ERR_OK)
        e = jwt_claims_write(a, claims, &payload);
    if (e != ERR_OK)
        return e;
    n = ENC_B64_LEN(header.n) + ENC_B64_LEN(payload.n) +
        ENC_B64_LEN(KEY_SIGNATURE_MAX) + 3;
    out = arena_alloc(a, n);
    if (out == NULL)
        return ERR_NO_MEMORY;
    n = put_part(out, header.p, header.n);
    out[n++] = '.';
    n += put_part(out + n, payload.p, payload.n);
    e = sign(k, (struct str){out, n}, signature, &signature_n);
    if (e != ERR_OK)
        return e;
    out[n++] = '.';
    n += put_part(out + n, signature, signature_n);
    if (n > JWT_MAX)
        return ERR_VALIDATION;
    *token_r = (struct str){out, n};
    return ERR_OK;
}
