/* SPDX-License-Identifier: MIT */
/* Lengths and ranges are judged before OpenSSL sees a signature: a zero or
 * overlong number is where other implementations broke (RFC 8725 3.4). */
#include "crypto/keys_ecdsa.h"

#include <string.h>

#include <openssl/ecdsa.h>

#define HALF (KEYS_ECDSA_LEN / 2)

/* The order of P-256 (FIPS 186-4 D.1.2.3), big endian. */
static const uint8_t order[HALF] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
    0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

bool keys_ecdsa_raw(const uint8_t *der, size_t n, uint8_t out[KEYS_ECDSA_LEN])
{
    ECDSA_SIG *sig =
        n > KEYS_ECDSA_DER_MAX ? NULL : d2i_ECDSA_SIG(NULL, &der, (long)n);
    bool good = false;

    if (sig == NULL)
        return false;
    good = BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, HALF) == HALF &&
           BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + HALF, HALF) == HALF;
    ECDSA_SIG_free(sig);
    return good;
}

static bool in_range(const uint8_t number[HALF])
{
    static const uint8_t zero[HALF];

    return memcmp(number, zero, HALF) != 0 && memcmp(number, order, HALF) < 0;
}

bool keys_ecdsa_sound(const uint8_t *raw, size_t n)
{
    return n == KEYS_ECDSA_LEN && in_range(raw) && in_range(raw + HALF);
}

bool keys_ecdsa_der(const uint8_t raw[KEYS_ECDSA_LEN],
                    uint8_t out[KEYS_ECDSA_DER_MAX], size_t *n_r)
{
    ECDSA_SIG *sig = NULL;
    BIGNUM *r = NULL;
    BIGNUM *s = NULL;
    int length = -1;

    sig = ECDSA_SIG_new();
    r = BN_bin2bn(raw, HALF, NULL);
    s = BN_bin2bn(raw + HALF, HALF, NULL);
    if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s)) {
        r = NULL; /* both belong to sig now */
        s = NULL;
        length = i2d_ECDSA_SIG(sig, &out);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    if (length <= 0)
        return false;
    *n_r = (size_t)length;
    return true;
}
