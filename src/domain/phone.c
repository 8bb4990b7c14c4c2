/* SPDX-License-Identifier: MIT */
/* One person must not become two by the way a number is written. */
#include "domain/phone.h"

#include <string.h>

enum { PHONE_MIN = 8, PHONE_MAX = 15 }; /* digits (E.164 section 6.2.1) */

/* Copies digits; false for what does not belong into a number. */
static bool phone_digits(struct str text, char digits[PHONE_MAX + 3],
                         size_t *n_r)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];

        if (strchr(" -.()", c) != NULL && c != '\0')
            continue;
        if (c < '0' || c > '9' || n == PHONE_MAX + 2)
            return false;
        digits[n++] = c;
    }
    *n_r = n;
    return true;
}

enum err phone_normal(struct arena *a, struct str text, struct str *normal_r)
{
    char digits[PHONE_MAX + 3]; /* "00" before the number */
    struct str rest = str_trim(text);
    bool plus = rest.n > 0 && rest.p[0] == '+';
    size_t n, skip = 0;

    if (plus)
        rest = (struct str){rest.p + 1, rest.n - 1};
    if (!phone_digits(rest, digits, &n))
        return ERR_OTP_PHONE;
    if (!plus && n > 2 && digits[0] == '0' && digits[1] == '0')
        skip = 2;
    if (n - skip < PHONE_MIN || n - skip > PHONE_MAX || digits[skip] == '0')
        return ERR_OTP_PHONE;
    char *normal = arena_alloc(a, n - skip + 2);

    if (normal == NULL)
        return ERR_NO_MEMORY;
    normal[0] = '+';
    memcpy(normal + 1, digits + skip, n - skip);
    normal[n - skip + 1] = '\0';
    *normal_r = (struct str){normal, n - skip + 1};
    return ERR_OK;
}
