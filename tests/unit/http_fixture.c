/* SPDX-License-Identifier: MIT */
/* Requests made of text, for the tests of src/http. */
#include "http_fixture.h"

struct arena *fixture_arena(size_t limit)
{
    struct arena *a = arena_new(limit);

    assert_non_null(a);
    return a;
}

struct http_request fixture_request(struct arena *a,
                                    const struct fixture_field *fields)
{
    struct http_request r = {.method = METHOD_GET};

    r.fields = arena_alloc(a, FIXTURE_FIELDS * sizeof(*r.fields));
    assert_non_null(r.fields);
    for (; fields->name != NULL; fields++) {
        assert_in_range(r.field_count, 0, FIXTURE_FIELDS - 1);
        r.fields[r.field_count++] =
            (struct http_pair){str_of(fields->name), str_of(fields->value)};
    }
    return r;
}

void fixture_same(struct str text, const char *want)
{
    if (want == NULL) {
        assert_null(text.p);
        assert_int_equal(text.n, 0);
        return;
    }
    assert_non_null(text.p);
    assert_int_equal(text.n, str_of(want).n);
    assert_memory_equal(text.p, want, text.n);
}

void fixture_starve(enum err (*work)(struct arena *a), enum err want)
{
    enum err e = ERR_NO_MEMORY;

    for (size_t limit = 0; e == ERR_NO_MEMORY; limit += 16) {
        struct arena *a = fixture_arena(limit);

        e = work(a);
        arena_free(&a);
        assert_in_range(limit, 0, (size_t)1 << 20);
    }
    assert_int_equal(e, want);
}
