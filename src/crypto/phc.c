/* SPDX-License-Identifier: MIT */
/* Strict both ways, so that a stored hash has one text and a damaged one is
 * never taken for a weaker one. */
#include "crypto/phc.h"

#include <inttypes.h>
#include <stdio.h>

#include <argon2.h>
#include <sodium.h>

#define SALT_MIN 8
#define HASH_MIN 16 /* a cut-off hash must not match by its first byte */
#define MEMORY_MAX (UINT32_C(4) * 1024 * 1024)
#define PASSES_MAX 1000
#define B64_VARIANT sodium_base64_VARIANT_ORIGINAL_NO_PADDING

_Static_assert(ARGON2_VERSION_13 == 19, "v=19");

/* What stands before sep is exactly expected? */
static bool skip(struct str *rest, char sep, struct str expected)
{
    return str_eq(str_cut(rest, sep), expected);
}

/* "m=19456" with name "m=". */
static bool number(struct str field, struct str name, uint64_t max,
                   uint32_t *value_r)
{
    uint64_t value = 0;

    if (!str_starts(field, name) ||
        !str_uint((struct str){field.p + name.n, field.n - name.n}, max,
                  &value) ||
        value == 0)
        return false;
    *value_r = (uint32_t)value;
    return true;
}

static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] >= 0x80)
            return false;
    }
    return true;
}

/* libsodium takes some bytes beyond ASCII for digits of base64. */
static bool bytes(struct str text, uint8_t *out, size_t cap, size_t *n_r)
{
    const char *end = NULL;

    return text.n > 0 && is_ascii(text) &&
           sodium_base642bin(out, cap, text.p, text.n, NULL, n_r, &end,
                             B64_VARIANT) == 0 &&
           end == text.p + text.n;
}

/* In this order only: what nobody writes we do not read. */
static bool params(struct str text, struct phc *phc)
{
    struct password_params *p = &phc->params;

    return number(str_cut(&text, ','), STR("m="), MEMORY_MAX, &p->memory_kib) &&
           p->memory_kib >= ARGON2_MIN_MEMORY &&
           number(str_cut(&text, ','), STR("t="), PASSES_MAX, &p->passes) &&
           number(text, STR("p="), PHC_LANES_MAX, &phc->lanes) &&
           p->memory_kib >= ARGON2_MIN_MEMORY * phc->lanes;
}

static bool kind(struct str word, enum phc_kind *kind_r)
{
    static const struct str words[] = {[PHC_ID] = STR_INIT("argon2id"),
                                       [PHC_I] = STR_INIT("argon2i"),
                                       [PHC_D] = STR_INIT("argon2d")};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!str_eq(word, words[i]))
            continue;
        *kind_r = (enum phc_kind)i;
        return true;
    }
    return false;
}

enum err phc_parse_foreign(struct str text, struct phc *phc_r)
{
    struct phc phc = {.lanes = 0};

    if (!skip(&text, '$', STR("")) || !kind(str_cut(&text, '$'), &phc.kind) ||
        !skip(&text, '$', STR("v=19")) || !params(str_cut(&text, '$'), &phc) ||
        !bytes(str_cut(&text, '$'), phc.salt, sizeof(phc.salt), &phc.salt_n) ||
        !bytes(text, phc.hash, sizeof(phc.hash), &phc.hash_n) ||
        phc.salt_n < SALT_MIN || phc.hash_n < HASH_MIN)
        return ERR_VALIDATION;
    *phc_r = phc;
    return ERR_OK;
}

enum err phc_parse(struct str text, struct phc *phc_r)
{
    struct phc phc;
    enum err e = phc_parse_foreign(text, &phc);

    if (e != ERR_OK || phc.kind != PHC_ID || phc.lanes != 1)
        return ERR_VALIDATION;
    *phc_r = phc;
    return ERR_OK;
}

enum err phc_write(const struct phc *phc, char out[PASSWORD_HASH_MAX])
{
    char salt[sodium_base64_ENCODED_LEN(PHC_SALT_MAX, B64_VARIANT)];
    char hash[sodium_base64_ENCODED_LEN(PHC_HASH_MAX, B64_VARIANT)];
    char text[PASSWORD_HASH_MAX];
    int n = 0;

    (void)sodium_bin2base64(salt, sizeof(salt), phc->salt, phc->salt_n,
                            B64_VARIANT);
    (void)sodium_bin2base64(hash, sizeof(hash), phc->hash, phc->hash_n,
                            B64_VARIANT);
    n = snprintf(text, sizeof(text),
                 "$argon2id$v=19$m=%" PRIu32 ",t=%" PRIu32 ",p=1$%s$%s",
                 phc->params.memory_kib, phc->params.passes, salt, hash);
    if (n < 0 || (size_t)n >= sizeof(text))
        return ERR_INTERNAL;
    for (size_t i = 0; i <= (size_t)n; i++)
        out[i] = text[i];
    return ERR_OK;
}
