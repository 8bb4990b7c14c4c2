/* SPDX-License-Identifier: MIT */
/* What the guard lets through to libfcgi, and what it does not. */
#include "fcgi_wire.h"

#include <stdlib.h>
#include <string.h>

#include "fcgi/guard.h"

#define MAX 4096u

/* Judges a copy: the guard moves bytes about. */
static enum guard_verdict judge_up_to(const struct wire *w, size_t n,
                                      size_t max)
{
    uint8_t *copy = malloc(n + 1);

    assert_non_null(copy);
    memcpy(copy, w->p, n);
    enum guard_verdict v = guard_judge(copy, n, max);
    free(copy);
    return v;
}

static enum guard_verdict judge(const struct wire *w, size_t n)
{
    return judge_up_to(w, n, MAX);
}

static void a_whole_request_is_sound_and_each_prefix_is_not_yet(void **state)
{
    struct wire *w = wire_new();

    (void)state;
    wire_begin(w, WIRE_RESPONDER);
    wire_param(w, STR("A"), STR("b"));
    wire_param(w, STR("LONG"),
               STR("0123456789012345678901234567890123456789"
                   "0123456789012345678901234567890123456789"
                   "0123456789012345678901234567890123456789"
                   "0123456789"));
    wire_record(w, WIRE_PARAMS, 1, STR(""));
    size_t params = w->n;
    wire_record(w, WIRE_STDIN, 1, STR("body"));
    wire_record(w, WIRE_STDIN, 1, STR(""));
    for (size_t n = 0; n < params; n++)
        assert_int_equal(judge(w, n), GUARD_MORE);
    for (size_t n = params; n <= w->n; n++)
        assert_int_equal(judge(w, n), GUARD_SOUND);
    free(w);
}

static void whole_is_what_holds_the_end_of_stdin(void **state)
{
    struct wire *w = wire_new();

    (void)state;
    wire_get(w, WIRE_RESPONDER, "/healthz");
    for (size_t n = 0; n < w->n; n++)
        assert_false(guard_whole(w->p, n));
    assert_true(guard_whole(w->p, w->n));
    w->p[w->n - 8] = 2; /* the version */
    assert_false(guard_whole(w->p, w->n));
    w->p[w->n - 8] = 1;
    w->p[w->n - 3] = 1; /* a length */
    assert_false(guard_whole(w->p, w->n));
    free(w);
}

static void a_pair_may_be_spread_over_records(void **state)
{
    struct wire *w = wire_new();
    uint8_t pair[64];
    size_t n = wire_pair(pair, sizeof(pair), STR("NAME"), STR("value"));

    (void)state;
    wire_begin(w, WIRE_RESPONDER);
    for (size_t i = 0; i < n; i++)
        wire_record(w, WIRE_PARAMS, 1, (struct str){(char *)pair + i, 1});
    wire_body(w, STR(""));
    assert_int_equal(judge(w, w->n), GUARD_SOUND);
    free(w);
}

/* A record in the place of each part of a good request. */
static void foreign_records_are_refused_FCGI_6(void **state)
{
    static const struct {
        const char *name;
        enum wire_type type;
        unsigned id;
        size_t n;
    } cases[] = {
        {"management", WIRE_GET_VALUES, 0, 8},
        {"unknown management", (enum wire_type)77, 0, 8},
        {"abort", WIRE_ABORT, 1, 0},
        {"a second request", WIRE_BEGIN, 2, 8},
        {"the same request again", WIRE_BEGIN, 1, 8},
        {"parameters of another", WIRE_PARAMS, 2, 8},
        {"body of another", WIRE_STDIN, 2, 8},
        {"data", WIRE_DATA, 1, 8},
        {"unknown type", (enum wire_type)200, 1, 8},
        {"empty type", (enum wire_type)0, 1, 8},
    };
    static const char content[8] = {0, 1};
    struct wire *w = wire_new();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (unsigned place = 0; place < 4; place++) {
            bool opens = place == 0 && cases[i].type == WIRE_BEGIN;
            print_message("%s at %u\n", cases[i].name, place);
            w->n = 0;
            if (place > 0)
                wire_begin(w, WIRE_RESPONDER);
            if (place > 1)
                wire_param(w, STR("A"), STR("b"));
            if (place > 2)
                wire_record(w, WIRE_PARAMS, 1, STR(""));
            wire_record(w, cases[i].type, cases[i].id,
                        (struct str){content, cases[i].n});
            assert_int_equal(judge(w, w->n), opens ? GUARD_MORE : GUARD_REFUSE);
        }
    }
    free(w);
}

static void a_bad_begin_is_refused_F42(void **state)
{
    static const struct {
        unsigned id;
        size_t n;
    } cases[] = {{0, 8}, {1, 0}, {1, 7}, {1, 9}, {1, 600}};
    static const char zero[600] = {0};
    struct wire *w = wire_new();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        w->n = 0;
        wire_record(w, WIRE_BEGIN, cases[i].id, (struct str){zero, cases[i].n});
        assert_int_equal(judge(w, w->n), GUARD_REFUSE);
        assert_int_equal(judge(w, 8), GUARD_REFUSE);
    }
    w->n = 0;
    wire_begin(w, WIRE_RESPONDER);
    w->p[0] = 2;
    assert_int_equal(judge(w, 1), GUARD_REFUSE);
    w->n = 0;
    wire_put(w, "GET / HTTP/1.0\r\n\r\n", 18);
    assert_int_equal(judge(w, w->n), GUARD_REFUSE);
    free(w);
}

/* The length matrix of CVE-2025-23016 and its neighbours. */
static void lengths_that_do_not_fit_are_refused_F42(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {
        {"\x01", 1},
        {"\x01\x01", 2},
        {"\x01\x01"
         "a",
         3},
        {"\x80", 1},
        {"\x80\x00\x00", 3},
        {"\x01\x80\x00\x00", 4},
        {"\x7f\x7f"
         "a",
         3},
        {"\x80\x00\x00\x80\x00"
         "a",
         6},
        {"\xff\xff\xff\xff\xff\xff\xff\xff"
         "ab",
         10},
        {"\xff\xff\xff\xff\x01"
         "ab",
         7},
        {"\x01\xff\xff\xff\xff"
         "ab",
         7},
        {"\x01\xff\xff\xff\xfe"
         "ab",
         7},
        {"\x00\x00\x01", 3},
    };
    struct wire *w = wire_new();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        w->n = 0;
        wire_begin(w, WIRE_RESPONDER);
        wire_record(w, WIRE_PARAMS, 1,
                    (struct str){cases[i].bytes, cases[i].n});
        wire_body(w, STR(""));
        assert_int_equal(judge(w, w->n), GUARD_REFUSE);
    }
    free(w);
}

static void a_nul_or_a_split_name_is_unclean_F44(void **state)
{
    static const struct {
        struct str name, value;
    } cases[] = {
        {{"REMOTE_ADDR\0X", 13}, {"1", 1}},
        {{"A", 1}, {"b\0c", 3}},
        {{"\0", 1}, {"", 0}},
        {{"A", 1}, {"\0", 1}},
        {{"HTTPS=on\nX", 10}, {"", 0}},
        {{"=", 1}, {"", 0}},
    };
    struct wire *w = wire_new();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        w->n = 0;
        wire_begin(w, WIRE_RESPONDER);
        wire_param(w, STR("A"), STR("b=c"));
        wire_param(w, cases[i].name, cases[i].value);
        wire_body(w, STR(""));
        assert_int_equal(judge(w, w->n), GUARD_UNCLEAN);
    }
    free(w);
}

static void too_many_parameters_are_large_F40(void **state)
{
    static char value[0xfff0];
    struct wire *w = wire_new();

    (void)state;
    memset(value, 'v', sizeof(value));
    wire_begin(w, WIRE_RESPONDER);
    size_t before = w->n;
    wire_param(w, STR("BIG"), (struct str){value, sizeof(value)});
    /* libfcgi reads them to answer, so all are judged first. */
    assert_int_equal(judge(w, w->n), GUARD_MORE);
    wire_body(w, STR(""));
    assert_int_equal(judge(w, w->n), GUARD_LARGE);
    w->n = before;
    for (unsigned i = 0; i < MAX / 100 + 1; i++)
        wire_param(w, STR("NAME"), (struct str){value, 100});
    size_t pairs = w->n;
    wire_body(w, STR(""));
    assert_int_equal(judge(w, w->n), GUARD_LARGE);
    w->n = pairs;
    wire_record(w, WIRE_PARAMS, 1, STR("\xff\xff\xff\xff\xff\xff\xff\xff"));
    wire_body(w, STR(""));
    assert_int_equal(judge(w, w->n), GUARD_REFUSE);
    free(w);
}

static void padding_that_libfcgi_forgets_is_refused(void **state)
{
    static const uint8_t padded[] = {1, WIRE_BEGIN, 0, 1, 0, 8, 1, 0, 0,
                                     1, 0,          0, 0, 0, 0, 0, 0};
    static const uint8_t end[] = {1, WIRE_PARAMS, 0, 1, 0, 0, 1, 0, 0};
    struct wire *w = wire_new();

    (void)state;
    wire_put(w, padded, sizeof(padded));
    wire_body(w, STR(""));
    assert_int_equal(judge(w, w->n), GUARD_REFUSE);
    w->n = 0;
    wire_begin(w, WIRE_RESPONDER);
    wire_param(w, STR("NAME"), STR("value"));
    wire_put(w, end, sizeof(end));
    wire_record(w, WIRE_STDIN, 1, STR(""));
    assert_int_equal(judge(w, w->n), GUARD_REFUSE);
    free(w);
}

static void a_window_full_of_framing_is_refused(void **state)
{
    struct wire *w = wire_new();

    (void)state;
    wire_begin(w, WIRE_RESPONDER);
    while (w->n < GUARD_WINDOW)
        wire_record(w, WIRE_PARAMS, 1, STR("\x00"));
    assert_int_equal(judge_up_to(w, GUARD_WINDOW - 1, 65535), GUARD_MORE);
    assert_int_equal(judge_up_to(w, GUARD_WINDOW, 65535), GUARD_REFUSE);
    free(w);
}

/* Every single-byte change of a request: any verdict, no overrun (sanitizers
 * and valgrind watch). */
static void no_byte_makes_it_read_out_of_bounds(void **state)
{
    struct wire *w = wire_new();

    (void)state;
    wire_get(w, WIRE_RESPONDER, "/healthz");
    for (size_t i = 0; i < w->n; i++) {
        uint8_t old = w->p[i];
        for (unsigned b = 0; b < 256; b += 5) {
            w->p[i] = (uint8_t)b;
            (void)judge(w, w->n);
        }
        w->p[i] = old;
    }
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_request_is_sound_and_each_prefix_is_not_yet),
        cmocka_unit_test(whole_is_what_holds_the_end_of_stdin),
        cmocka_unit_test(a_pair_may_be_spread_over_records),
        cmocka_unit_test(foreign_records_are_refused_FCGI_6),
        cmocka_unit_test(a_bad_begin_is_refused_F42),
        cmocka_unit_test(lengths_that_do_not_fit_are_refused_F42),
        cmocka_unit_test(a_nul_or_a_split_name_is_unclean_F44),
        cmocka_unit_test(too_many_parameters_are_large_F40),
        cmocka_unit_test(padding_that_libfcgi_forgets_is_refused),
        cmocka_unit_test(a_window_full_of_framing_is_refused),
        cmocka_unit_test(no_byte_makes_it_read_out_of_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
