/* SPDX-License-Identifier: MIT */
/* Replaces what a column would refuse, one character at a time. */
#include "domain/text.h"

#include <stdbool.h>

#include "base/buf.h"

static enum err text_copy(struct arena *a, struct str s, size_t max, bool ascii,
                          struct str *out_r)
{
    struct buf b = buf_new(a);

    for (size_t left = max; s.n > 0 && left > 0; left--) {
        uint32_t cp = 0;
        size_t n = str_utf8_next(s, &cp);
        struct str one = {s.p, n > 0 ? n : 1};

        if (n == 0 || (ascii && n > 1) || str_has_control(one))
            buf_char(&b, '?');
        else
            buf_str(&b, one);
        s.p += one.n;
        s.n -= one.n;
    }
    return buf_done(&b, out_r);
}

enum err text_clean(struct arena *a, struct str s, size_t max,
                    struct str *out_r)
{
    return text_copy(a, s, max, false, out_r);
}

enum err text_ascii(struct arena *a, struct str s, size_t max,
                    struct str *out_r)
{
    return text_copy(a, s, max, true, out_r);
}

bool text_locale(struct str s)
{
    size_t piece = 0;
    bool first = true;

    if (s.n < 2 || s.n > TEXT_LOCALE_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char low = (char)(s.p[i] | 0x20);
        bool letter = low >= 'a' && low <= 'z';
        bool digit = s.p[i] >= '0' && s.p[i] <= '9';

        if (s.p[i] == '-' && piece > 0) {
            first = false;
            piece = 0;
        } else if ((letter || (digit && !first)) && piece < 8) {
            piece++;
        } else {
            return false;
        }
    }
    return piece > 0;
}
