/* SPDX-License-Identifier: MIT */
/* Time-based one-time passwords (RFC 6238): secrets, codes and their steps. */
#ifndef GATEHOUSE_CRYPTO_TOTP_H
#define GATEHOUSE_CRYPTO_TOTP_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define TOTP_SECRET_LEN 20 /* bytes, as RFC 4226 recommends */
#define TOTP_STEP_S 30
#define TOTP_DIGITS 6
#define TOTP_DIGITS_MAX 8

enum totp_hash { TOTP_SHA1, TOTP_SHA256, TOTP_SHA512 };

/* A new secret. ERR_NO_RANDOM. */
enum err totp_secret_new(uint8_t secret_r[TOTP_SECRET_LEN]);

/* A secret as people type it: base32 (RFC 4648) without padding, in the arena.
 */
enum err totp_base32(struct arena *a, const uint8_t *secret, size_t n,
                     struct str *text_r);

/* The reverse, also of text with blanks, padding or small letters. In the
 * arena. ERR_VALIDATION for what is no base32, or nothing. */
enum err totp_unbase32(struct arena *a, struct str text, struct str *secret_r);

/* The code of a step, digits (6 to 8) long with a NUL. ERR_INTERNAL on anything
 * the library refuses. */
enum err totp_code(const uint8_t *secret, size_t n, int64_t step,
                   unsigned digits, enum totp_hash hash,
                   char code_r[TOTP_DIGITS_MAX + 1]);

/* The step, of now_s's and its two neighbours, whose code (SHA-1, 6 digits)
 * text is; all three are compared, in constant time. ERR_CODE_WRONG. */
enum err totp_verify(const uint8_t secret[TOTP_SECRET_LEN], int64_t now_s,
                     struct str text, int64_t *step_r);

#endif
