/* SPDX-License-Identifier: MIT */
/* The memory of verified tokens: what it gives back and when it forgets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "domain/token_cache.h"

#define EXP 1000

static const struct digest one = {{1}}, other = {{1, 0, 0, 0, 0, 0, 0, 0, 9}};

static const struct jwt_claims claims = {.iss = {"https://a", 9},
                                         .aud = {"", 0},
                                         .sub = {"ann", 3},
                                         .custom = {NULL, 0},
                                         .exp = EXP,
                                         .ver = 3};

struct fixture {
    struct token_cache *cache;
    struct arena *arena;
};

static int set_up(void **state)
{
    static struct fixture f;

    f.arena = arena_new(1 << 20);
    *state = &f;
    return f.arena != NULL && token_cache_new(4, &f.cache) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    token_cache_free(&f->cache);
    token_cache_free(&f->cache);
    arena_free(&f->arena);
    return 0;
}

static bool get(struct fixture *f, const struct digest *token,
                int64_t generation, int64_t now_s, struct jwt_claims *got)
{
    return token_cache_get(f->cache, token, generation, now_s, f->arena, got);
}

static void remembered_claims_come_back_as_they_were(void **state)
{
    struct fixture *f = *state;
    struct jwt_claims got;

    token_cache_put(f->cache, &one, 5, &claims);
    assert_true(get(f, &one, 5, EXP - 1, &got));
    assert_true(str_eq(got.iss, claims.iss));
    assert_true(str_eq(got.sub, claims.sub));
    assert_non_null(got.aud.p);
    assert_null(got.custom.p);
    assert_int_equal(got.ver, 3);
    assert_ptr_not_equal(got.sub.p, claims.sub.p);
}

static void it_forgets_at_exp_and_with_the_keys(void **state)
{
    struct fixture *f = *state;
    struct jwt_claims got;

    token_cache_put(f->cache, &one, 5, &claims);
    assert_false(get(f, &one, 5, EXP, &got));
    assert_false(get(f, &one, 4, 0, &got));
    assert_false(get(f, &one, 6, 0, &got));
    assert_false(get(f, &one, -1, 0, &got));
}

static void a_token_of_the_same_slot_is_another_token(void **state)
{
    struct fixture *f = *state;
    struct jwt_claims got;

    token_cache_put(f->cache, &one, 5, &claims);
    assert_false(get(f, &other, 5, 0, &got));
    token_cache_put(f->cache, &other, 5, &claims);
    assert_true(get(f, &other, 5, 0, &got));
    assert_false(get(f, &one, 5, 0, &got));
}

static void what_is_too_large_is_not_kept(void **state)
{
    struct fixture *f = *state;
    static char text[4096];
    struct jwt_claims large = claims, got;

    memset(text, 'x', sizeof(text));
    large.custom = (struct str){text, sizeof(text)};
    token_cache_put(f->cache, &one, 5, &large);
    assert_false(get(f, &one, 5, 0, &got));
}

static void without_memory_there_is_no_answer(void **state)
{
    struct fixture *f = *state;
    struct jwt_claims got;
    struct arena *small = arena_new(1);

    assert_non_null(small);
    token_cache_put(f->cache, &one, 5, &claims);
    while (arena_alloc(small, 1) != NULL)
        ;
    assert_false(token_cache_get(f->cache, &one, 5, 0, small, &got));
    arena_free(&small);
}

static void a_cache_of_no_entries_remembers_nothing(void **state)
{
    struct fixture *f = *state;
    struct token_cache *none = NULL;
    struct jwt_claims got;

    assert_int_equal(token_cache_new(0, &none), ERR_OK);
    token_cache_put(none, &one, 5, &claims);
    assert_false(token_cache_get(none, &one, 5, 0, f->arena, &got));
    token_cache_refuse(none, &one, 5, 0, ERR_ACCESS_TOKEN_INVALID);
    assert_int_equal(token_cache_refused(none, &one, 5, 0), ERR_OK);
    token_cache_free(&none);
}

static void a_refusal_holds_for_its_second_and_keys_only(void **state)
{
    struct fixture *f = *state;
    struct token_cache *c = f->cache;

    token_cache_refuse(c, &one, 5, 100, ERR_ACCESS_TOKEN_EXPIRED);
    assert_int_equal(token_cache_refused(c, &one, 5, 100),
                     ERR_ACCESS_TOKEN_EXPIRED);
    assert_int_equal(token_cache_refused(c, &one, 5, 101), ERR_OK);
    assert_int_equal(token_cache_refused(c, &one, 5, 99), ERR_OK);
    assert_int_equal(token_cache_refused(c, &one, 6, 100), ERR_OK);
    assert_int_equal(token_cache_refused(c, &other, 5, 100), ERR_OK);
}

static void refusals_push_out_no_verified_token(void **state)
{
    struct fixture *f = *state;
    struct jwt_claims got;
    struct digest token = {{0}};

    token_cache_put(f->cache, &one, 5, &claims);
    for (unsigned i = 0; i < 2000; i++) {
        memcpy(token.b, &i, sizeof(i));
        token_cache_refuse(f->cache, &token, 5, 0, ERR_ACCESS_TOKEN_INVALID);
    }
    assert_true(get(f, &one, 5, 0, &got));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(remembered_claims_come_back_as_they_were),
        TEST(it_forgets_at_exp_and_with_the_keys),
        TEST(a_token_of_the_same_slot_is_another_token),
        TEST(what_is_too_large_is_not_kept),
        TEST(without_memory_there_is_no_answer),
        TEST(a_refusal_holds_for_its_second_and_keys_only),
        TEST(refusals_push_out_no_verified_token),
        TEST(a_cache_of_no_entries_remembers_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
