/* SPDX-License-Identifier: MIT */
/* Fixed keys and rules for the targets that read tokens. */
#include "fuzz_token.h"

#include "base/enc.h"
#include "crypto/secret.h"
#include "fuzz.h"

#define ECDSA_KEY                                                              \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgflUAr3GRLFfWDBnEqM3EVOOu" \
    "Pf3whb3Cdd2oh2y0qwGhRANCAAQVO4KoiWXB0kC5TI8CF9JmdOSxaIOWpBZhH9acnfyxqnMg" \
    "mGV9GJK-vOBlHg5fijyzGOv9W9O-d_uFX-NxlXz-"
#define HMAC_KEY "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
#define SEALING_KEYS                                                           \
    "k2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\n"                         \
    "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n"

const struct jwt_rules fuzz_rules = {STR_INIT("https://id.example"),
                                     STR_INIT("shop"), 1700000000, 60};

struct key *fuzz_key_hmac(void)
{
    struct key *k = NULL;

    FUZZ_CHECK(crypto_init() == ERR_OK);
    FUZZ_CHECK(key_import(KEY_HS256, STR(HMAC_KEY), &k) == ERR_OK);
    return k;
}

struct key *fuzz_key_ecdsa(void)
{
    uint8_t der[256];
    size_t n = 0;
    struct key *k = NULL;

    FUZZ_CHECK(crypto_init() == ERR_OK);
    FUZZ_CHECK(enc_unb64url(STR(ECDSA_KEY), der, sizeof(der), &n));
    FUZZ_CHECK(key_import(KEY_ES256, (struct str){(const char *)(void *)der, n},
                          &k) == ERR_OK);
    return k;
}

struct sealer *fuzz_sealer(void)
{
    struct sealer *s = NULL;

    FUZZ_CHECK(crypto_init() == ERR_OK);
    FUZZ_CHECK(sealer_new(STR(SEALING_KEYS), &s) == ERR_OK);
    return s;
}
