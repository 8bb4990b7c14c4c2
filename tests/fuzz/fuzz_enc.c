/* SPDX-License-Identifier: MIT */
/* base64url, hex, ids and numbers: one text for each value. */
#include "fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/id.h"

/* Heap blocks of the exact size: a byte too many is seen. */
static void *block(size_t n)
{
    void *p = malloc(n > 0 ? n : 1);

    FUZZ_CHECK(p != NULL);
    return p;
}

static void check_b64(struct str text)
{
    size_t cap = text.n * 3 / 4;
    uint8_t *bytes = block(cap);
    char *again = block(ENC_B64_LEN(cap) + 1);
    size_t n = 0;

    if (enc_unb64url(text, bytes, cap, &n)) {
        FUZZ_CHECK(n == cap && ENC_B64_LEN(n) == text.n);
        FUZZ_CHECK(enc_b64url(bytes, n, again) == text.n);
        FUZZ_CHECK(text.n == 0 || memcmp(again, text.p, text.n) == 0);
        FUZZ_CHECK(n == 0 || !enc_unb64url(text, bytes, n - 1, &n));
    }
    free(bytes);
    free(again);
}

static void check_bytes(struct str text)
{
    char *b64 = block(ENC_B64_LEN(text.n) + 1);
    char *hex = block(2 * text.n + 1);
    uint8_t *bytes = block(text.n);
    size_t n = enc_b64url((const uint8_t *)text.p, text.n, b64);
    size_t got = 0;

    FUZZ_CHECK(n == ENC_B64_LEN(text.n) && b64[n] == '\0');
    FUZZ_CHECK(enc_unb64url((struct str){b64, n}, bytes, text.n, &got));
    FUZZ_CHECK(str_eq((struct str){(const char *)(void *)bytes, got}, text));
    enc_hex((const uint8_t *)text.p, text.n, hex);
    FUZZ_CHECK(strlen(hex) == 2 * text.n);
    FUZZ_CHECK(enc_unhex(str_of(hex), bytes, text.n));
    FUZZ_CHECK(str_eq((struct str){(const char *)(void *)bytes, got}, text));
    free(b64);
    free(hex);
    free(bytes);
}

static void check_hex(struct str text)
{
    size_t n = text.n / 2;
    uint8_t *bytes = block(n);
    char *again = block(2 * n + 1);

    if (enc_unhex(text, bytes, n)) {
        enc_hex(bytes, n, again);
        FUZZ_CHECK(str_eq_nocase(str_of(again), text));
    }
    free(bytes);
    free(again);
}

static void check_id(struct str text)
{
    char again[ID_TEXT_LEN + 1];
    struct id id;

    if (!id_parse(text, &id))
        return;
    id_text(&id, again);
    FUZZ_CHECK(str_eq_nocase(str_of(again), text));
}

static void check_number(struct str text)
{
    char again[32];
    uint64_t n = 0;

    if (!str_uint(text, UINT64_MAX, &n))
        return;
    (void)snprintf(again, sizeof(again), "%" PRIu64, n);
    FUZZ_CHECK(str_eq(str_of(again), text));
    FUZZ_CHECK(n == 0 || !str_uint(text, n - 1, &n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = fuzz_text(data, size);

    check_b64(text);
    check_bytes(text);
    check_hex(text);
    check_id(text);
    check_number(text);
    return 0;
}
