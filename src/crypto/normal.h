/* SPDX-License-Identifier: MIT */
/* One form for one text: Unicode normalisation before hashing and look-up. */
#ifndef GATEHOUSE_CRYPTO_NORMAL_H
#define GATEHOUSE_CRYPTO_NORMAL_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* text in NFC, in arena memory. ERR_BAD_REQUEST when it is not UTF-8. */
enum err normal_nfc(struct arena *a, struct str text, struct str *out_r);

/* text in NFC, case-folded: for comparing addresses and words. */
enum err normal_fold(struct arena *a, struct str text, struct str *out_r);

/* The number of characters (code points) of UTF-8 text. */
size_t normal_length(struct str text);

/* The comparable form of an e-mail address: trimmed, NFC, case-folded.
 * ERR_EMAIL_INVALID unless it is local@domain with a sane domain and at most
 * 254 bytes (RFC 5321), without control characters, quotes or blanks. */
enum err normal_email(struct arena *a, struct str email, struct str *out_r);

#endif
