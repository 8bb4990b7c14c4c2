/* SPDX-License-Identifier: MIT */
/* Unicode forms by libunistring. ASCII, which is nearly everything, is done
 * here, so that a password in ASCII leaves no copy in a library's heap. */
#include "crypto/normal.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include "crypto/secret.h"

#define EMAIL_MAX 254 /* RFC 5321 section 4.5.3.1, less the brackets */
#define LOCAL_MAX 64
#define LABEL_MAX 63

static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] >= 0x80)
            return false;
    }
    return true;
}

/* Moves a library's malloc'ed text into the arena and wipes the original. */
static enum err adopt(struct arena *a, uint8_t *text, size_t n,
                      struct str *out_r)
{
    struct str out;

    if (text == NULL)
        return ERR_NO_MEMORY;
    out = arena_str(a, (struct str){(const char *)(void *)text, n});
    secret_wipe(text, n);
    free(text);
    if (out.p == NULL)
        return ERR_NO_MEMORY;
    *out_r = out;
    return ERR_OK;
}

enum err normal_nfc(struct arena *a, struct str text, struct str *out_r)
{
    uint8_t *composed = NULL;
    size_t n = 0;

    if (is_ascii(text)) {
        struct str copy = arena_str(a, text);

        if (copy.p == NULL)
            return ERR_NO_MEMORY;
        *out_r = copy;
        return ERR_OK;
    }
    if (!str_utf8(text))
        return ERR_BAD_REQUEST;
    composed =
        u8_normalize(UNINORM_NFC, (const uint8_t *)text.p, text.n, NULL, &n);
    return adopt(a, composed, n, out_r);
}

static enum err fold_ascii(struct arena *a, struct str text, struct str *out_r)
{
    char *out = arena_strdup(a, text);

    if (out == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < text.n; i++) {
        if (out[i] >= 'A' && out[i] <= 'Z')
            out[i] = (char)(out[i] - 'A' + 'a');
    }
    *out_r = (struct str){out, text.n};
    return ERR_OK;
}

enum err normal_fold(struct arena *a, struct str text, struct str *out_r)
{
    uint8_t *folded = NULL;
    size_t n = 0;

    if (is_ascii(text))
        return fold_ascii(a, text, out_r);
    if (!str_utf8(text))
        return ERR_BAD_REQUEST;
    /* No language: the Turkish dotless i must not make two accounts of one. */
    folded = u8_casefold((const uint8_t *)text.p, text.n, NULL, UNINORM_NFC,
                         NULL, &n);
    return adopt(a, folded, n, out_r);
}

size_t normal_length(struct str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        n += ((unsigned char)text.p[i] & 0xC0) != 0x80;
    return n;
}

static bool is_alnum(ucs4_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

/* A letter, mark or digit beyond ASCII: no blank, format or control
 * character and no look-alike of the dot or the at sign. */
static bool is_word(ucs4_t c)
{
    return c >= 0x80 &&
           uc_is_general_category_withtable(
               c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N);
}

/* RFC 5322 atext, extended by RFC 6532. */
static bool is_atext(ucs4_t c)
{
    return is_alnum(c) || is_word(c) ||
           (c != 0 && c < 0x80 && strchr("!#$%&'*+-/=?^_`{|}~", (int)c));
}

static bool is_label_char(ucs4_t c)
{
    return is_alnum(c) || is_word(c) || c == '-';
}

/* Every character of non-empty, valid UTF-8 text passes? */
static bool all(struct str text, bool (*passes)(ucs4_t))
{
    const uint8_t *p = (const uint8_t *)text.p;
    size_t left = text.n;

    while (left > 0) {
        ucs4_t c = 0;
        int n = u8_mbtouc(&c, p, left);

        if (n <= 0 || !passes(c))
            return false;
        p += n;
        left -= (size_t)n;
    }
    return text.n > 0;
}

/* RFC 5321 dot-string: atoms joined by single dots. */
static bool is_local(struct str local)
{
    if (local.n > LOCAL_MAX)
        return false;
    do {
        if (!all(str_cut(&local, '.'), is_atext))
            return false;
    } while (local.p != NULL);
    return true;
}

/* LDH labels or their Unicode form; "localhost" for trials on one machine.
 * Address literals are refused: nobody signs up from one. */
static bool is_domain(struct str domain)
{
    size_t labels = 0;

    if (str_eq(domain, STR("localhost")))
        return true;
    do {
        struct str label = str_cut(&domain, '.');

        if (label.n > LABEL_MAX || !all(label, is_label_char) ||
            label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        labels++;
    } while (domain.p != NULL);
    return labels > 1;
}

/* Judged after folding: folding can lengthen text and change characters. */
enum err normal_email(struct arena *a, struct str email, struct str *out_r)
{
    struct str folded;
    struct str domain;
    struct str local;
    enum err e = ERR_OK;

    email = str_trim(email);
    if (email.n > EMAIL_MAX || !str_utf8(email))
        return ERR_EMAIL_INVALID;
    e = normal_fold(a, email, &folded);
    if (e != ERR_OK)
        return e;
    domain = folded;
    local = str_cut(&domain, '@');
    if (folded.n > EMAIL_MAX || domain.p == NULL || !is_local(local) ||
        !is_domain(domain))
        return ERR_EMAIL_INVALID;
    *out_r = folded;
    return ERR_OK;
}
