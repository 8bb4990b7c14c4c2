/* SPDX-License-Identifier: MIT */
/* Cookies, one Cookie field a line: none is believed that could be the tail of
 * another one's value, and none that came twice. */
#include "fuzz.h"

#include "http/request.h"

#define FIELDS_MAX 8

static const struct http_limits limits = {.cookies = 16};

/* Separators of RFC 9110 section 5.6.2 are no part of a name. */
static void check_name(struct str name)
{
    FUZZ_CHECK(name.n > 0 && fuzz_free_of(name, "()<>@,;:\\\"/[]?={} \t\x7f"));
    for (size_t i = 0; i < name.n; i++)
        FUZZ_CHECK(name.p[i] > 0x20);
}

/* A believed pair begins its field or stands behind a ';'. */
static void check_before(struct str name, struct str text)
{
    const char *p = name.p;

    while (p > text.p && (p[-1] == ' ' || p[-1] == '\t'))
        p--;
    FUZZ_CHECK(p == text.p || p[-1] == ';' || p[-1] == '\n');
}

static void check_cookie(const struct http_request *r,
                         const struct http_pair *pair, struct str text)
{
    struct str value = STR("untouched");
    size_t count = 0;

    check_name(pair->name);
    FUZZ_CHECK(fuzz_is_slice(pair->name, text));
    FUZZ_CHECK(fuzz_is_slice(pair->value, text));
    for (size_t i = 0; i < pair->value.n; i++)
        FUZZ_CHECK(!fuzz_among(pair->value.p[i], ";,\n"));
    FUZZ_CHECK(str_trim(pair->value).n == pair->value.n);
    if (pair->value.p != NULL)
        check_before(pair->name, text);
    for (size_t i = 0; i < r->cookie_count; i++)
        count += str_eq(r->cookies[i].name, pair->name);
    enum err e = http_cookie(r, pair->name, &value);

    FUZZ_CHECK(e == (count == 1 ? ERR_OK : ERR_DUPLICATE_CREDENTIALS));
    FUZZ_CHECK(e != ERR_OK || value.p == pair->value.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_pair fields[FIELDS_MAX];
    struct http_request r = {.fields = fields};
    struct str text = fuzz_text(data, size);
    struct str rest = text;

    while (rest.p != NULL && r.field_count < FIELDS_MAX)
        fields[r.field_count++] =
            (struct http_pair){STR("COOKIE"), str_cut(&rest, '\n')};
    enum err e = http_cookies_parse(fuzz_arena(), &r, &limits);

    FUZZ_CHECK(e == ERR_OK || e == ERR_HEADER_TOO_LARGE);
    FUZZ_CHECK(r.cookie_count <= limits.cookies);
    for (size_t i = 0; i < r.cookie_count; i++)
        check_cookie(&r, &r.cookies[i], text);
    return 0;
}
