/* SPDX-License-Identifier: MIT */
/* Percent-encoding: the same for addresses, bodies and client ids. */
#include "oidc/oidc_form.h"

#include <string.h>

void oidc_form_escape(struct buf *b, struct str text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if (memchr(plain, c, sizeof(plain) - 1) != NULL) {
            buf_char(b, (char)c);
            continue;
        }
        buf_char(b, '%');
        buf_char(b, digits[c >> 4]);
        buf_char(b, digits[c & 15]);
    }
}

void oidc_form_put(struct buf *b, const char *name, struct str value)
{
    if (b->n > 0)
        buf_char(b, '&');
    buf_text(b, name);
    buf_char(b, '=');
    oidc_form_escape(b, value);
}
