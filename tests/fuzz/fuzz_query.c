/* SPDX-License-Identifier: MIT */
/* Query parameters: one value or none, and decoded once. */
#include "fuzz.h"

#include "base/buf.h"
#include "http/request.h"

static enum err ask(struct arena *a, struct str query, struct str *value_r)
{
    struct http_request r = {.query = query};

    return http_query(a, &r, STR("a"), value_r);
}

/* The value with every byte escaped, alone and beside another of its name. */
static void check_again(struct arena *a, struct str value)
{
    struct buf b = buf_new(a);
    struct str query;
    struct str again;

    buf_text(&b, "b=1&%61=");
    for (size_t i = 0; i < value.n; i++)
        buf_fmt(&b, "%%%02X", (unsigned)(unsigned char)value.p[i]);
    FUZZ_CHECK(buf_done(&b, &query) == ERR_OK);
    FUZZ_CHECK(ask(a, query, &again) == ERR_OK && str_eq(again, value));
    buf_text(&b, "&a");
    FUZZ_CHECK(buf_done(&b, &query) == ERR_OK);
    FUZZ_CHECK(ask(a, query, &again) == ERR_BAD_REQUEST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena();
    struct str value = STR("untouched");
    const char *before = value.p;
    enum err e = ask(a, fuzz_text(data, size), &value);

    FUZZ_CHECK(e == ERR_OK || e == ERR_BAD_REQUEST);
    if (e != ERR_OK) {
        FUZZ_CHECK(value.p == before);
        return 0;
    }
    if (value.p == NULL)
        return 0;
    FUZZ_CHECK(value.n <= size && fuzz_free_of(value, "") && str_utf8(value));
    check_again(a, value);
    return 0;
}
