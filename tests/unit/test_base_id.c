/* SPDX-License-Identifier: MIT */
/* Ids, with a getrandom that fails on demand, and the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/id.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

ssize_t __real_getrandom(void *p, size_t n, unsigned flags);
ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags);

/* Next answers of getrandom; an empty queue means the real one. */
static struct {
    int error; /* 0: at most `most` bytes */
    size_t most;
} plan[4];
static size_t planned;
static size_t calls;

ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags)
{
    calls++;
    if (planned == 0)
        return __real_getrandom(p, n, flags);
    planned--;
    if (plan[planned].error != 0) {
        errno = plan[planned].error;
        return -1;
    }
    if (n > plan[planned].most)
        n = plan[planned].most;
    return n == 0 ? 0 : __real_getrandom(p, n, flags);
}

static void A_11_5_1_random_part_comes_from_the_kernel(void **state)
{
    struct id a;
    struct id b;

    (void)state;
    calls = 0;
    assert_int_equal(id_new(1, &a), ERR_OK);
    assert_int_equal(id_new(1, &b), ERR_OK);
    assert_int_equal(calls, 2);
    assert_false(id_eq(&a, &b));
    assert_memory_equal(a.b, b.b, 8);
}

static void
R9562_5_4_a_random_id_has_its_version_and_122_random_bits(void **state)
{
    uint8_t ones[16] = {0}, zeros[16] = {0};
    struct id id;

    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(id_random(&id), ERR_OK);
        assert_int_equal(id.b[6] >> 4, 4);
        assert_int_equal(id.b[8] >> 6, 2);
        for (unsigned k = 0; k < 16; k++) {
            ones[k] |= id.b[k];
            zeros[k] |= (uint8_t)~id.b[k];
        }
    }
    for (unsigned k = 0; k < 16; k++) {
        assert_int_equal(ones[k], k == 6 ? 0x4f : k == 8 ? 0xbf : 0xff);
        assert_int_equal(zeros[k], k == 6 ? 0xbf : k == 8 ? 0x7f : 0xff);
    }
    planned = 1;
    plan[0].error = EIO;
    assert_int_equal(id_random(&id), ERR_NO_RANDOM);
    planned = 0;
}

static void random_is_taken_again_after_eintr_and_short_reads(void **state)
{
    struct id id;

    (void)state;
    calls = 0;
    plan[2].error = EINTR;
    plan[1].error = 0;
    plan[1].most = 3;
    plan[0].error = EINTR;
    planned = 3;
    assert_int_equal(id_new(1, &id), ERR_OK);
    assert_int_equal(calls, 4);
}

static void no_random_gives_no_id(void **state)
{
    static const int errors[] = {ENOSYS, EFAULT, EAGAIN, 0};
    struct id id;
    struct id before;

    (void)state;
    memset(&id, 0xa5, sizeof(id));
    before = id;
    for (size_t i = 0; i < COUNT(errors); i++) {
        plan[0].error = errors[i];
        plan[0].most = 0;
        planned = 1;
        assert_int_equal(id_new(1, &id), ERR_NO_RANDOM);
        assert_true(id_eq(&id, &before));
    }
}

static void R9562_5_7_time_version_and_variant(void **state)
{
    struct id id;
    char text[ID_TEXT_LEN + 1];

    (void)state;
    /* The example of RFC 9562, appendix A.6: 2022-02-22T19:22:22Z. */
    assert_int_equal(id_new(INT64_C(1645557742000000), &id), ERR_OK);
    id_text(&id, text);
    assert_int_equal(strncmp(text, "017f22e2-79b0-7000-", 19), 0);
    assert_true(strchr("89ab", text[19]) != NULL);
    assert_int_equal(id_new(INT64_C(1645557742000999), &id), ERR_OK);
    id_text(&id, text);
    assert_int_equal(strncmp(text, "017f22e2-79b0-7ffb-", 19), 0);
}

static void later_ids_sort_behind(void **state)
{
    struct id last = {{0}};
    struct id id;

    (void)state;
    for (int64_t us = 1000; us < 9000; us += 7) {
        assert_int_equal(id_new(us, &id), ERR_OK);
        assert_true(memcmp(id.b, last.b, sizeof(id.b)) > 0);
        last = id;
    }
}

static void times_outside_48_bits_are_refused(void **state)
{
    static const int64_t cases[] = {-1, INT64_MIN, INT64_MAX,
                                    (INT64_C(1) << 48) * 1000};
    struct id id;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(id_new(cases[i], &id), ERR_INTERNAL);
    assert_int_equal(id_new((INT64_C(1) << 48) * 1000 - 1, &id), ERR_OK);
}

static void parse_takes_the_exact_form_only(void **state)
{
    static const struct str bad[] = {
        STR_INIT(""),
        STR_INIT("017f22e279b07cc398c4dc0c0c07398f"),
        STR_INIT("017f22e2-79b0-7cc3-98c4-dc0c0c07398"),
        STR_INIT("017f22e2-79b0-7cc3-98c4-dc0c0c07398f0"),
        STR_INIT("{017f22e2-79b0-7cc3-98c4-dc0c0c07398}"),
        STR_INIT("017f22e2_79b0-7cc3-98c4-dc0c0c07398f"),
        STR_INIT("017f22e27-9b0-7cc3-98c4-dc0c0c07398f"),
        STR_INIT("017f22e2-79b0-7cc3-98c4-dc0c0c07398g"),
        STR_INIT("017f22e2-79b0-7cc3-98c4+dc0c0c07398f"),
        STR_INIT(" 17f22e2-79b0-7cc3-98c4-dc0c0c07398f"),
        STR_INIT("017f22e2-79b0-7cc3-98c4-dc0c0c07398\0"),
        STR_INIT("------------------------------------"),
    };
    struct id id;
    char text[ID_TEXT_LEN + 1];

    (void)state;
    assert_true(id_parse(STR("017F22E2-79b0-7cc3-98C4-dc0c0c07398f"), &id));
    id_text(&id, text);
    assert_string_equal(text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct id before = id;

        assert_false(id_parse(bad[i], &id));
        assert_true(id_eq(&id, &before));
    }
}

static void nil_is_all_zero_only(void **state)
{
    struct id id = {{0}};

    (void)state;
    assert_true(id_is_nil(&id));
    for (size_t i = 0; i < sizeof(id.b); i++) {
        id = (struct id){{0}};
        id.b[i] = 1;
        assert_false(id_is_nil(&id));
    }
}

static int64_t fixed(void *data)
{
    return *(const int64_t *)data;
}

static void clock_is_what_is_injected(void **state)
{
    static const struct {
        int64_t us, s;
    } cases[] = {{0, 0},   {999999, 0},    {1000000, 1},
                 {-1, -1}, {-1000000, -1}, {-1000001, -2}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t now = cases[i].us;
        struct clock c = {fixed, &now};

        assert_true(clock_us(&c) == cases[i].us);
        assert_true(clock_s(&c) == cases[i].s);
    }
}

static void system_clock_is_past_2020_and_monotonic_never_back(void **state)
{
    struct clock c = clock_system();
    int64_t before = clock_monotonic_us();

    (void)state;
    assert_true(clock_s(&c) > INT64_C(1577836800));
    assert_true(clock_monotonic_us() >= before);
}

static void A_16_2_2_rfc3339_is_utc_with_microseconds(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {-1, "1969-12-31T23:59:59.999999Z"},
        {INT64_C(1795384140123456), "2026-11-22T21:49:00.123456Z"},
        {INT64_C(951782400000000), "2000-02-29T00:00:00.000000Z"},
        {INT64_C(951868800000000), "2000-03-01T00:00:00.000000Z"},
        {INT64_C(4107542399999999), "2100-02-28T23:59:59.999999Z"},
        {INT64_C(4107542400000000), "2100-03-01T00:00:00.000000Z"},
        {INT64_C(1735689599999999), "2024-12-31T23:59:59.999999Z"},
        {INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z"},
        {INT64_C(253402300800000000), "9999-12-31T23:59:59.999999Z"},
        {INT64_MAX, "9999-12-31T23:59:59.999999Z"},
        {INT64_C(-62167219200000000), "0000-01-01T00:00:00.000000Z"},
        {INT64_C(-62167219200000001), "0000-01-01T00:00:00.000000Z"},
        {INT64_MIN, "0000-01-01T00:00:00.000000Z"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CLOCK_RFC3339_LEN + 1];

        clock_rfc3339(cases[i].us, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void dates_of_fields_are_of_the_one_form(void **state)
{
    static const struct {
        int64_t s;
        const char *text;
    } cases[] = {
        {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
        {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
        {951782399, "Mon, 28 Feb 2000 23:59:59 GMT"},
        {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
        {1798761599, "Thu, 31 Dec 2026 23:59:59 GMT"},
        {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
        {INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT"},
        {INT64_MIN, "Sat, 01 Jan 0000 00:00:00 GMT"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[CLOCK_HTTP_LEN + 1];

        clock_http(cases[i].s, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(A_11_5_1_random_part_comes_from_the_kernel),
        cmocka_unit_test(
            R9562_5_4_a_random_id_has_its_version_and_122_random_bits),
        cmocka_unit_test(random_is_taken_again_after_eintr_and_short_reads),
        cmocka_unit_test(no_random_gives_no_id),
        cmocka_unit_test(R9562_5_7_time_version_and_variant),
        cmocka_unit_test(later_ids_sort_behind),
        cmocka_unit_test(times_outside_48_bits_are_refused),
        cmocka_unit_test(parse_takes_the_exact_form_only),
        cmocka_unit_test(nil_is_all_zero_only),
        cmocka_unit_test(clock_is_what_is_injected),
        cmocka_unit_test(system_clock_is_past_2020_and_monotonic_never_back),
        cmocka_unit_test(A_16_2_2_rfc3339_is_utc_with_microseconds),
        cmocka_unit_test(dates_of_fields_are_of_the_one_form),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
