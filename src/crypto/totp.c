/* SPDX-License-Identifier: MIT */
/* liboath behind five lines each. The server's clock alone counts (ASVS 5.0,
 * 6.5.8): the step is passed in, and no time ever comes from a client. */
#include "crypto/totp.h"

#include <liboath/oath.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"

enum err totp_secret_new(uint8_t secret_r[TOTP_SECRET_LEN])
{
    return random_bytes(secret_r, TOTP_SECRET_LEN);
}

enum err totp_base32(struct arena *a, const uint8_t *secret, size_t n,
                     struct str *text_r)
{
    char *library = NULL;
    size_t length = 0;

    if (oath_base32_encode((const char *)secret, n, &library, &length) !=
        OATH_OK)
        return ERR_NO_MEMORY;
    while (length > 0 && library[length - 1] == '=')
        length--;
    struct str text = arena_str(a, (struct str){library, length});

    secret_wipe(library, length);
    free(library);
    if (text.p == NULL)
        return ERR_NO_MEMORY;
    *text_r = text;
    return ERR_OK;
}

enum err totp_unbase32(struct arena *a, struct str text, struct str *secret_r)
{
    char *library = NULL;
    size_t length = 0;
    int status = oath_base32_decode(text.p, text.n, &library, &length);

    if (status != OATH_OK)
        return status == OATH_MALLOC_ERROR ? ERR_NO_MEMORY : ERR_VALIDATION;
    struct str secret = arena_str(a, (struct str){library, length});

    secret_wipe(library, length);
    free(library);
    if (secret.p == NULL)
        return ERR_NO_MEMORY;
    if (length == 0)
        return ERR_VALIDATION;
    *secret_r = secret;
    return ERR_OK;
}

enum err totp_code(const uint8_t *secret, size_t n, int64_t step,
                   unsigned digits, enum totp_hash hash,
                   char code_r[TOTP_DIGITS_MAX + 1])
{
    static const int flags[] = {0, OATH_TOTP_HMAC_SHA256,
                                OATH_TOTP_HMAC_SHA512};

    if (digits < TOTP_DIGITS || digits > TOTP_DIGITS_MAX || step < 0)
        return ERR_INTERNAL;
    return oath_totp_generate2((const char *)secret, n,
                               (time_t)(step * TOTP_STEP_S), TOTP_STEP_S, 0,
                               digits, flags[hash], code_r) == OATH_OK
               ? ERR_OK
               : ERR_INTERNAL;
}

enum err totp_verify(const uint8_t secret[TOTP_SECRET_LEN], int64_t now_s,
                     struct str text, int64_t *step_r)
{
    char typed[TOTP_DIGITS] = {0}, code[TOTP_DIGITS_MAX + 1];
    const int64_t present = now_s / TOTP_STEP_S;
    int64_t found = -1;

    memcpy(typed, text.p, text.n < sizeof(typed) ? text.n : sizeof(typed));
    for (int64_t step = present - 1; step <= present + 1; step++) {
        enum err e = totp_code(secret, TOTP_SECRET_LEN, step, TOTP_DIGITS,
                               TOTP_SHA1, code);

        if (e != ERR_OK)
            return e;
        if (secret_eq(code, typed, TOTP_DIGITS) && text.n == TOTP_DIGITS)
            found = step;
    }
    secret_wipe(code, sizeof(code));
    if (found < 0)
        return ERR_CODE_WRONG;
    *step_r = found;
    return ERR_OK;
}
