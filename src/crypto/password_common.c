/* SPDX-License-Identifier: MIT */
/* Hashes rather than words: the table is small, sorted and of one width. */
#include "crypto/password.h"

#include "crypto/digest.h"
#include "crypto/secret.h"

#define LONGEST 64 /* script/make-common-passwords lists no longer one */

/* The first 8 bytes (big endian) of the SHA-256 of each password in lower
 * case, sorted. */
static const uint64_t table[] = {
#include "crypto/password_common.def"
};

static bool in_table(uint64_t wanted)
{
    size_t low = 0;
    size_t high = sizeof(table) / sizeof(table[0]);

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (table[middle] == wanted)
            return true;
        if (table[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* All entries are in lower case, so one look-up answers for both spellings. */
enum err password_common(struct str password)
{
    char lower[LONGEST];
    struct digest d;
    uint64_t prefix = 0;
    enum err e = ERR_OK;

    if (password.n > sizeof(lower))
        return ERR_OK;
    for (size_t i = 0; i < password.n; i++) {
        char c = password.p[i];

        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    e = digest_sha256((struct str){lower, password.n}, &d);
    secret_wipe(lower, sizeof(lower));
    if (e != ERR_OK)
        return e; /* cannot tell: refuse */
    for (size_t i = 0; i < sizeof(prefix); i++)
        prefix = prefix << 8 | d.b[i];
    return in_table(prefix) ? ERR_PASSWORD_COMMON : ERR_OK;
}
