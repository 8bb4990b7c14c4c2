/* SPDX-License-Identifier: MIT */
/* Cross-site requests. Lines: Origin, Sec-Fetch-Site, Sec-Fetch-Dest, Referer;
 * the first is also read as a URL and as a configured origin. */
#include "fuzz.h"

#include "config/origin.h"
#include "http/origin.h"

#define OWN "https://id.example.org"
#define FRIEND "https://shop.example.org:8443"

static const struct str friends[] = {STR_INIT(FRIEND)};
static const struct origin_rules rules = {
    .own = STR_INIT(OWN), .allowed = friends, .allowed_count = 1};

static bool ends(struct str s, struct str tail)
{
    return s.n >= tail.n &&
           str_eq((struct str){s.p + s.n - tail.n, tail.n}, tail);
}

static void check_origin(struct arena *a, struct str url)
{
    struct str origin = origin_of_url(a, url);

    /* What the configuration takes must be equal to what browsers send. */
    if (origin_problem(url) == NULL)
        FUZZ_CHECK(str_eq(origin, url));
    if (origin.p == NULL)
        return;
    FUZZ_CHECK(origin.n <= url.n && fuzz_free_of(origin, " \t\r\n@\\?#%"));
    for (size_t i = 0; i < origin.n; i++)
        FUZZ_CHECK(origin.p[i] > 0x20 && origin.p[i] < 0x7f &&
                   (origin.p[i] < 'A' || origin.p[i] > 'Z'));
    struct str again = origin_of_url(a, origin);

    FUZZ_CHECK(str_eq(again, origin));
    FUZZ_CHECK(!str_starts(origin, STR("https://")) ||
               !ends(origin, STR(":443")));
    FUZZ_CHECK(!str_starts(origin, STR("http://")) ||
               !ends(origin, STR(":80")));
}

static void add(struct http_request *r, const char *name, struct str value)
{
    if (value.p != NULL)
        r->fields[r->field_count++] = (struct http_pair){str_of(name), value};
}

static bool is_known(struct str origin)
{
    return str_eq(origin, STR(OWN)) || str_eq(origin, STR(FRIEND));
}

/* The rule again, as a table of what must never pass. */
static void check_permitted(struct arena *a, const struct http_request *r)
{
    struct str origin = http_field(r, "ORIGIN");
    struct str site = http_field(r, "SEC_FETCH_SITE");
    struct str referer = http_field(r, "REFERER");

    FUZZ_CHECK(r->field_count > 0);
    FUZZ_CHECK(origin.p == NULL || is_known(origin));
    FUZZ_CHECK(!str_eq(site, STR("cross-site")) || str_eq(origin, STR(FRIEND)));
    if (origin.p != NULL)
        return;
    if (site.p != NULL)
        FUZZ_CHECK(str_eq(site, STR("same-origin")) ||
                   str_eq(site, STR("none")));
    else
        FUZZ_CHECK(is_known(origin_of_url(a, referer)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena();
    struct http_pair fields[4];
    struct http_request r = {.fields = fields};
    struct str rest = fuzz_text(data, size);
    struct str origin = fuzz_line(&rest);

    check_origin(a, origin);
    add(&r, "ORIGIN", origin);
    add(&r, "SEC_FETCH_SITE", fuzz_line(&rest));
    struct str dest = fuzz_line(&rest);

    add(&r, "SEC_FETCH_DEST", dest);
    add(&r, "REFERER", fuzz_line(&rest));
    bool permitted = origin_permits(a, &r, &rules);

    FUZZ_CHECK(!permitted || dest.p == NULL || str_eq(dest, STR("empty")));
    if (permitted)
        check_permitted(a, &r);
    return 0;
}
