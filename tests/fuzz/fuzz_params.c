/* SPDX-License-Identifier: MIT */
/* CGI variables, parted by NUL as /proc shows an environment, into a request.
 */
#include "fuzz.h"

#include "fcgi/params.h"

#define LIST_MAX 600

static struct ip_net proxy;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    FUZZ_CHECK(ip_net_parse(STR("10.0.0.0/8"), &proxy));
    return 0;
}

/* The list as libfcgi shows it; how many there are. */
static size_t split(struct arena *a, struct str text, char **list)
{
    size_t n = 0;

    while (text.p != NULL && n < LIST_MAX) {
        list[n] = arena_strdup(a, str_cut(&text, '\0'));
        FUZZ_CHECK(list[n] != NULL);
        n++;
    }
    list[n] = NULL;
    return n;
}

static struct str name_of(const char *pair)
{
    struct str rest = str_of(pair);

    return str_cut(&rest, '=');
}

/* Does it come once, and say this? */
static void check_said(char *const *list, const char *name, struct str value)
{
    size_t count = 0;

    for (; *list != NULL; list++) {
        struct str rest = str_of(*list);

        if (!str_eq(str_cut(&rest, '='), str_of(name)))
            continue;
        count++;
        FUZZ_CHECK(str_eq(rest, value));
    }
    FUZZ_CHECK(count <= 1);
}

static void check_sound(char *const *list, const struct http_request *r)
{
    check_said(list, "REQUEST_METHOD", r->method_text);
    check_said(list, "REQUEST_URI", r->target);
    check_said(list, "HTTP_AUTHORIZATION", http_field(r, "AUTHORIZATION"));
    check_said(list, "HTTP_COOKIE", http_field(r, "COOKIE"));
    check_said(list, "HTTP_HOST", r->host);
    FUZZ_CHECK(r->path.n > 0 && r->path.p[0] == '/');
    FUZZ_CHECK(r->request_id.n == 36);
}

/* Every field stands behind the prefix in the list, or is the body's type. */
static void check_field(char *const *list, const struct http_pair *f)
{
    FUZZ_CHECK(!str_eq(f->name, STR("PROXY")));
    if (str_eq(f->name, STR("CONTENT_TYPE")))
        return;
    for (; *list != NULL; list++) {
        struct str name = name_of(*list);

        if (str_starts(name, STR("HTTP_")) &&
            str_eq((struct str){name.p + 5, name.n - 5}, f->name))
            return;
    }
    FUZZ_CHECK(*list != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fcgi_rules rules = {
        .limits = {.url = 256, .header = 4096, .body = 1024, .cookies = 4},
        .trusted = &proxy,
        .trusted_count = 1};
    static char *list[LIST_MAX + 1];
    struct arena *a = fuzz_arena();
    struct http_request r;
    size_t body = 9999;
    size_t count = split(a, fuzz_text(data, size), list);

    params_read(a, list, &rules, &r, &body);
    FUZZ_CHECK(body <= rules.limits.body);
    FUZZ_CHECK(r.target.n <= rules.limits.url || r.fault != ERR_OK);
    FUZZ_CHECK(r.field_count <= count && r.cookie_count <= 4);
    for (size_t i = 0; i < r.field_count; i++)
        check_field(list, &r.fields[i]);
    if (r.fault == ERR_OK)
        check_sound(list, &r);
    return 0;
}
