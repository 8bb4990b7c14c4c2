/* SPDX-License-Identifier: MIT */
/* Hex and base64 without tables or branches on the value: keys and tokens
 * pass through here, and a cache line must not tell their bytes. */
#include "base/enc.h"

/* 1 when low <= c <= high, else 0; all below 2^31. */
static unsigned enc_in(unsigned c, unsigned low, unsigned high)
{
    return 1u ^ (((c - low) | (high - c)) >> 31);
}

static char enc_digit(unsigned v)
{
    return (char)(v + '0' + enc_in(v, 10, 15) * ('a' - '0' - 10));
}

void enc_hex(const uint8_t *in, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++) {
        *out++ = enc_digit(in[i] >> 4);
        *out++ = enc_digit(in[i] & 15u);
    }
    *out = '\0';
}

/* The digit's value plus one, or 0 for a foreign character. */
static unsigned enc_undigit(char c)
{
    unsigned u = (unsigned char)c;

    return enc_in(u, '0', '9') * (u - '0' + 1) +
           enc_in(u, 'a', 'f') * (u - 'a' + 11) +
           enc_in(u, 'A', 'F') * (u - 'A' + 11);
}

bool enc_unhex(struct str s, uint8_t *out, size_t n)
{
    bool good = true;

    if (s.n % 2 != 0 || s.n / 2 != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned high = enc_undigit(s.p[2 * i]);
        unsigned low = enc_undigit(s.p[2 * i + 1]);

        good &= high != 0 && low != 0;
        out[i] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    return good;
}

/* The two characters in which the alphabets differ. */
struct enc_alphabet {
    char c62, c63;
};

static const struct enc_alphabet enc_url = {'-', '_'}, enc_plain = {'+', '/'};

/* step if v > most, else 0; without a branch. */
static unsigned enc_step(unsigned v, unsigned most, unsigned step)
{
    return (most - v) >> 8 & step;
}

/* From 'A' on, with a step where each of the next ranges begins: tokens are a
 * thousand characters, and a product for every range costs four times this. */
static char enc_char64(unsigned v, struct enc_alphabet a)
{
    const unsigned to_62 = '9' + 1U - (unsigned)a.c62;
    const unsigned to_63 = (unsigned)a.c63 - (unsigned)a.c62 - 1U;

    return (char)(v + 'A' + enc_step(v, 25, 'a' - 'Z' - 1) -
                  enc_step(v, 51, 'z' + 1 - '0') - enc_step(v, 61, to_62) +
                  enc_step(v, 62, to_63));
}

static size_t enc_to64(const uint8_t *in, size_t n, char *out,
                       struct enc_alphabet a)
{
    const char *start = out;
    uint32_t bits = 0;
    unsigned have = 0;

    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | in[i];
        for (have += 8; have >= 6; have -= 6)
            *out++ = enc_char64(bits >> (have - 6) & 63, a);
    }
    if (have > 0)
        *out++ = enc_char64(bits << (6 - have) & 63, a);
    *out = '\0';
    return (size_t)(out - start);
}

size_t enc_b64url(const uint8_t *in, size_t n, char *out)
{
    return enc_to64(in, n, out, enc_url);
}

size_t enc_b64(const uint8_t *in, size_t n, char *out)
{
    size_t length = enc_to64(in, n, out, enc_plain);

    while (length % 4 != 0)
        out[length++] = '=';
    out[length] = '\0';
    return length;
}

/* The character's value plus one, or 0 for a foreign character. */
static unsigned enc_unchar64(char c, struct enc_alphabet a)
{
    unsigned u = (unsigned char)c;
    unsigned c62 = (unsigned char)a.c62, c63 = (unsigned char)a.c63;

    return enc_in(u, 'A', 'Z') * (u - 'A' + 1) +
           enc_in(u, 'a', 'z') * (u - 'a' + 27) +
           enc_in(u, '0', '9') * (u - '0' + 53) + enc_in(u, c62, c62) * 63 +
           enc_in(u, c63, c63) * 64;
}

static bool enc_from64(struct str s, struct enc_alphabet a, uint8_t *out,
                       size_t cap, size_t *n_r)
{
    size_t want = s.n / 4 * 3 + s.n % 4 * 3 / 4;
    size_t n = 0;
    uint32_t bits = 0;
    unsigned have = 0;

    if (s.n % 4 == 1 || want > cap)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned v = enc_unchar64(s.p[i], a);

        if (v == 0)
            return false;
        bits = bits << 6 | (v - 1);
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (uint8_t)(bits >> have);
        }
    }
    /* RFC 4648 section 3.5: spare bits would give one token many texts. */
    if ((bits & ((1u << have) - 1)) != 0)
        return false;
    *n_r = n;
    return true;
}

bool enc_unb64url(struct str s, uint8_t *out, size_t cap, size_t *n_r)
{
    return enc_from64(s, enc_url, out, cap, n_r);
}

bool enc_unb64(struct str s, uint8_t *out, size_t cap, size_t *n_r)
{
    size_t padding = 0;

    if (s.n % 4 != 0)
        return false;
    while (padding < 2 && padding < s.n && s.p[s.n - 1 - padding] == '=')
        padding++;
    s.n -= padding;
    return enc_from64(s, enc_plain, out, cap, n_r);
}
