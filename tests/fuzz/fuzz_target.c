/* SPDX-License-Identifier: MIT */
/* Request targets: a path that is taken has one reading, and goes to one route.
 */
#include "fuzz.h"

#include "base/buf.h"
#include "http/request.h"
#include "http/router.h"

static const struct http_limits limits = {.url = 65536};

static void check_path(struct str path)
{
    struct str rest = path;

    FUZZ_CHECK(path.n > 0 && path.p[0] == '/');
    FUZZ_CHECK(fuzz_free_of(path, "\\") && str_utf8(path));
    FUZZ_CHECK(!str_has_control(path));
    (void)str_cut(&rest, '/');
    while (rest.p != NULL) {
        struct str segment = str_cut(&rest, '/');

        FUZZ_CHECK(!str_eq(segment, STR(".")) && !str_eq(segment, STR("..")));
        FUZZ_CHECK(segment.n > 0 || rest.p == NULL);
    }
}

/* Written with every byte escaped it is the same path. */
static void check_again(struct arena *a, struct str path)
{
    struct buf b = buf_new(a);
    struct http_request r = {.method = METHOD_GET};

    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '/')
            buf_char(&b, '/');
        else
            buf_fmt(&b, "%%%02x", (unsigned)(unsigned char)path.p[i]);
    }
    FUZZ_CHECK(buf_done(&b, &r.target) == ERR_OK);
    FUZZ_CHECK(http_target_parse(a, &r, &limits) == ERR_OK);
    FUZZ_CHECK(str_eq(r.path, path) && r.query.p == NULL);
}

static void check_route(struct str path)
{
    struct str params[ROUTER_PARAMS_MAX] = {{NULL, 0}, {NULL, 0}};

    if (!router_match("/api/{realm}/sessions/{id}", path, params))
        return;
    for (size_t i = 0; i < ROUTER_PARAMS_MAX; i++) {
        FUZZ_CHECK(params[i].n > 0 && fuzz_is_slice(params[i], path));
        FUZZ_CHECK(fuzz_free_of(params[i], "/"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena();
    struct http_request r = {.target = fuzz_text(data, size)};
    enum err e = http_target_parse(a, &r, &limits);

    FUZZ_CHECK(e == ERR_OK || e == ERR_BAD_REQUEST || e == ERR_URL_TOO_LONG);
    if (e != ERR_OK) {
        FUZZ_CHECK(r.path.p == NULL && r.query.p == NULL);
        return 0;
    }
    FUZZ_CHECK(fuzz_is_slice(r.query, r.target));
    FUZZ_CHECK(fuzz_free_of(r.query, "\r\n\t #\\"));
    check_path(r.path);
    check_again(a, r.path);
    check_route(r.path);
    return 0;
}
