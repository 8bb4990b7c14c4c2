/* SPDX-License-Identifier: MIT */
/* Hashes by OpenSSL, which uses the processor's instructions (tokens are
 * hashed on every request), HMAC by libsodium, which allocates nothing. */
#include "crypto/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <sodium.h>

_Static_assert(DIGEST_LEN == crypto_auth_hmacsha256_BYTES, "HMAC-SHA-256");

enum err digest_sha256(struct str text, struct digest *d_r)
{
    struct digest d;
    unsigned n = 0;

    if (EVP_Digest(text.p, text.n, d.b, &n, EVP_sha256(), NULL) != 1 ||
        n != DIGEST_LEN) {
        ERR_clear_error();
        return ERR_INTERNAL;
    }
    *d_r = d;
    return ERR_OK;
}

enum err digest_sha512(struct str text, uint8_t out[DIGEST_512_LEN])
{
    unsigned n = 0;

    if (EVP_Digest(text.p, text.n, out, &n, EVP_sha512(), NULL) == 1 &&
        n == DIGEST_512_LEN)
        return ERR_OK;
    ERR_clear_error();
    return ERR_INTERNAL;
}

enum err digest_hmac(const uint8_t *key, size_t key_n, struct str text,
                     struct digest *d_r)
{
    crypto_auth_hmacsha256_state state;
    struct digest d;
    int bad = 0;

    bad |= crypto_auth_hmacsha256_init(&state, key, key_n);
    bad |= crypto_auth_hmacsha256_update(&state, (const unsigned char *)text.p,
                                         text.n);
    bad |= crypto_auth_hmacsha256_final(&state, d.b);
    sodium_memzero(&state, sizeof(state));
    if (bad != 0)
        return ERR_INTERNAL;
    *d_r = d;
    return ERR_OK;
}
