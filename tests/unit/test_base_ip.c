/* SPDX-License-Identifier: MIT */
/* IP addresses, networks, and the error list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/log.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct ip ip_of(const char *text)
{
    struct ip ip = {{0}};

    assert_true(ip_parse(str_of(text), &ip));
    return ip;
}

static void text_is_the_shortest_form(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::FFFF:c000:201", "192.0.2.1"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"::1", "::1"},
        {"0.0.0.0", "0.0.0.0"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {"::", ""},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[IP_TEXT_LEN + 1];
        struct ip ip = ip_of(cases[i].in);

        ip_text(&ip, text);
        assert_string_equal(text, cases[i].out);
    }
}

static void parse_refuses_all_but_an_address(void **state)
{
    static const struct str cases[] = {
        STR_INIT(""),
        {NULL, 0},
        STR_INIT("[]"),
        STR_INIT("["),
        STR_INIT("[192.0.2.1]"),
        STR_INIT("[[::1]]"),
        STR_INIT("[::1"),
        STR_INIT("::1]"),
        STR_INIT("[::1]:80"),
        STR_INIT("192.0.2.1:80"),
        STR_INIT("192.0.2"),
        STR_INIT("192.0.2.256"),
        STR_INIT("192.0.2.01"),
        STR_INIT("0xc0.0.2.1"),
        STR_INIT("3221225985"),
        STR_INIT(" 192.0.2.1"),
        STR_INIT("192.0.2.1 "),
        STR_INIT("192.0.2.1\0"),
        STR_INIT("192.0.2.1\0x"),
        STR_INIT("192.0.2.1,192.0.2.2"),
        STR_INIT("fe80::1%eth0"),
        STR_INIT("1::2::3"),
        STR_INIT("12345::"),
        STR_INIT("1:2:3:4:5:6:7:8:9"),
        STR_INIT("localhost"),
        STR_INIT("unknown"),
        STR_INIT("192.0.2.1/32"),
        STR_INIT("0000:0000:0000:0000:0000:0000:255.255.255.255:"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ip ip;

        assert_false(ip_parse(cases[i], &ip));
    }
}

static void net_refuses_host_bits_and_other_texts(void **state)
{
    static const struct {
        struct str text;
        int bits; /* -1: refused */
    } cases[] = {
        {STR_INIT("10.0.0.0/8"), 104},
        {STR_INIT("0.0.0.0/0"), 96},
        {STR_INIT("192.0.2.1"), 128},
        {STR_INIT("192.0.2.1/32"), 128},
        {STR_INIT("192.0.2.128/25"), 121},
        {STR_INIT("fd00::/8"), 8},
        {STR_INIT("::/0"), 0},
        {STR_INIT("2001:db8::1"), 128},
        {STR_INIT("::ffff:10.0.0.0/104"), 104},
        {STR_INIT("10.0.0.1/8"), -1},
        {STR_INIT("192.0.2.129/25"), -1},
        {STR_INIT("192.0.2.64/25"), -1},
        {STR_INIT("fd00::1/8"), -1},
        {STR_INIT("fd80::/8"), -1},
        {STR_INIT("8000::/0"), -1},
        {STR_INIT("10.0.0.0/33"), -1},
        {STR_INIT("fd00::/129"), -1},
        {STR_INIT("10.0.0.0/"), -1},
        {STR_INIT("10.0.0.0/08"), -1},
        {STR_INIT("10.0.0.0/-1"), -1},
        {STR_INIT("10.0.0.0/ 8"), -1},
        {STR_INIT("10.0.0.0/8/8"), -1},
        {STR_INIT("10.0.0.0/255.0.0.0"), -1},
        {STR_INIT("/8"), -1},
        {STR_INIT(""), -1},
        {STR_INIT("[fd00::]/8"), -1},
        {STR_INIT("[::1]"), -1},
        {STR_INIT("10/8"), -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ip_net net = {.bits = 999};
        bool good = ip_net_parse(cases[i].text, &net);

        assert_int_equal(good, cases[i].bits >= 0);
        assert_int_equal(net.bits, good ? (unsigned)cases[i].bits : 999);
    }
}

static void in_holds_inside_only(void **state)
{
    static const struct {
        const char *ip, *net;
        bool in;
    } cases[] = {
        {"10.1.2.3", "10.0.0.0/8", true},
        {"::ffff:10.1.2.3", "10.0.0.0/8", true},
        {"fd12::1", "fd00::/8", true},
        {"192.0.2.255", "192.0.2.128/25", true},
        {"2001:db8::1", "::/0", true},
        {"192.0.2.1", "::/0", true},
        {"192.0.2.1", "192.0.2.1", true},
        {"11.0.0.0", "10.0.0.0/8", false},
        {"9.255.255.255", "10.0.0.0/8", false},
        {"192.0.2.127", "192.0.2.128/25", false},
        {"192.0.2.2", "192.0.2.1", false},
        {"fe00::1", "fd00::/8", false},
        {"2001:db8::1", "0.0.0.0/0", false},
        {"::a00:1", "10.0.0.0/8", false}, /* IPv4-compatible, not mapped */
        {"::", "::/0", false},            /* the unknown address */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ip ip = ip_of(cases[i].ip);
        struct ip_net net;

        assert_true(ip_net_parse(str_of(cases[i].net), &net));
        assert_int_equal(ip_in(&ip, &net), cases[i].in);
    }
}

static void customer_is_one_ipv4_or_a_64(void **state)
{
    static const struct {
        const char *ip, *customer;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
        {"2001:db8:1:2::", "2001:db8:1:2::"},
        {"2001:db8:1:3::1", "2001:db8:1:3::"},
        {"::1", "::1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ip ip = ip_of(cases[i].ip);
        char text[IP_TEXT_LEN + 1];

        ip = ip_customer(&ip);
        ip_text(&ip, text);
        assert_string_equal(text, cases[i].customer);
        assert_false(ip_is_unknown(&ip));
    }
}

static void err_row_is_that_of_the_list(void **state)
{
    (void)state;
    assert_int_equal(err_status(ERR_OK), 200);
    assert_int_equal(err_status(ERR_TOO_MANY_REQUESTS), 429);
    assert_string_equal(err_code(ERR_TOKEN_THEFT), "TOKEN_THEFT_DETECTED");
    assert_string_equal(err_title(ERR_NO_MEMORY), "Service unavailable");
    assert_string_equal(err_name(ERR_NO_MEMORY), "NO_MEMORY");
    assert_int_equal(err_level(ERR_TOKEN_THEFT), LOG_LEVEL_WARNING);
}

static void A_16_5_1_value_outside_the_list_is_an_internal_error(void **state)
{
    static const int cases[] = {ERR_COUNT, ERR_COUNT + 1, -1, INT32_MAX};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum err e = (enum err)cases[i];

        assert_int_equal(err_status(e), 500);
        assert_string_equal(err_code(e), "INTERNAL_ERROR");
        assert_string_equal(err_title(e), "Internal error");
        assert_int_equal(err_level(e), LOG_LEVEL_ERROR);
    }
}

static void A_16_5_1_every_row_is_fit_for_the_public(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT; i++) {
        enum err e = (enum err)i;

        assert_in_range(err_status(e), 200, 503);
        assert_true((err_status(e) == 200) == (e == ERR_OK));
        assert_in_range(err_level(e), LOG_LEVEL_DEBUG, LOG_LEVEL_ERROR);
        assert_int_equal(
            strspn(err_code(e), "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"),
            strlen(err_code(e)));
        assert_int_equal(
            strspn(err_name(e), "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"),
            strlen(err_name(e)));
        assert_in_range(strlen(err_title(e)), 2, 60);
        /* Our own trouble is never told apart outside. */
        if (err_status(e) == 500)
            assert_string_equal(err_title(e), "Internal error");
        if (strcmp(err_code(e), "SERVICE_UNAVAILABLE") == 0)
            assert_string_equal(err_title(e), "Service unavailable");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_the_shortest_form),
        cmocka_unit_test(parse_refuses_all_but_an_address),
        cmocka_unit_test(net_refuses_host_bits_and_other_texts),
        cmocka_unit_test(in_holds_inside_only),
        cmocka_unit_test(customer_is_one_ipv4_or_a_64),
        cmocka_unit_test(err_row_is_that_of_the_list),
        cmocka_unit_test(A_16_5_1_value_outside_the_list_is_an_internal_error),
        cmocka_unit_test(A_16_5_1_every_row_is_fit_for_the_public),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
