/* SPDX-License-Identifier: MIT */
/* Origins are taken only in the one form in which browsers send them. */
#include "config/origin.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_what_browsers_send_is_taken(void **state)
{
    static const char *const good[] = {"https://id.example.org",
                                       "http://localhost:8080",
                                       "https://example.org:8443",
                                       "http://127.0.0.1:3000",
                                       "http://[::1]:3000",
                                       "https://[2001:db8::1]",
                                       "https://xn--bcher-kva.example",
                                       "https://a-b.example",
                                       "http://example.org:443",
                                       "https://example.org:80"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        const char *why = origin_problem(str_of(good[i]));
        if (why != NULL)
            print_error("%s: %s\n", good[i], why);
        assert_null(why);
    }
}

static void test_everything_else_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "*",
                                      "null",
                                      "example.org",
                                      "//example.org",
                                      "https:",
                                      "https://",
                                      "ftp://example.org",
                                      "HTTPS://example.org",
                                      "https://Example.org",
                                      "https://example.org/",
                                      "https://example.org/path",
                                      "https://example.org?q",
                                      "https://example.org#f",
                                      "https://user@example.org",
                                      "https://user:secret@example.org",
                                      "https://example.org:443",
                                      "http://example.org:80",
                                      "https://example.org:",
                                      "https://example.org:0",
                                      "https://example.org:65536",
                                      "https://example.org:08443",
                                      "https://example.org:8443:1",
                                      "https://:8443",
                                      "https://.example.org",
                                      "https://example.org.",
                                      "https://a..example",
                                      "https://-a.example",
                                      "https://a-.example",
                                      "https://*.example.org",
                                      "https://b\303\274cher.example",
                                      "https://[::1",
                                      "https://[0:0::1]",
                                      "https://[2001:DB8::1]",
                                      "https://[::1]x",
                                      "https://::1",
                                      "https://[]",
                                      "https://a b"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct str origin = str_of(bad[i]);

        if (origin_problem(origin) == NULL)
            print_error("taken: %.*s\n", STR_FMT(origin));
        assert_non_null(origin_problem(origin));
    }
}

static void test_a_label_has_at_most_63_letters(void **state)
{
    static const char text[] = "https://"
                               "abcdefghijklmnopabcdefghijklmnop"
                               "abcdefghijklmnopabcdefghijklmnop";
    struct str url = {text, sizeof text - 1};
    (void)state;
    assert_non_null(origin_problem(url));
    url.n--;
    assert_null(origin_problem(url));
}

static void test_the_host_is_cut_out(void **state)
{
    static const struct {
        const char *url;
        const char *host;
    } cases[] = {
        {"https://id.example.org", "id.example.org"},
        {"http://localhost:8080", "localhost"},
        {"https://[::1]:8443", "[::1]"},
        {"id.example.org", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str host = origin_host(str_of(cases[i].url));
        assert_true(str_eq(host, str_of(cases[i].host)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_browsers_send_is_taken),
        cmocka_unit_test(test_everything_else_is_refused),
        cmocka_unit_test(test_a_label_has_at_most_63_letters),
        cmocka_unit_test(test_the_host_is_cut_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
