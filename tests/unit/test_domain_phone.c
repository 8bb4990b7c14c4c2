/* SPDX-License-Identifier: MIT */
/* Telephone numbers in one form, and links in messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "domain/link.h"
#include "domain/phone.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ARENA_LIMIT ((size_t)1 << 20)

static int arena_up(void **state)
{
    *state = arena_new(ARENA_LIMIT);
    return *state != NULL ? 0 : -1;
}

static int arena_down(void **state)
{
    struct arena *a = *state;

    arena_free(&a);
    return 0;
}

static void SA_14_a_number_has_one_form_however_it_is_written(void **state)
{
    static const struct {
        const char *text, *normal;
    } cases[] = {
        {"+4930123456", "+4930123456"},
        {"4930123456", "+4930123456"},
        {"004930123456", "+4930123456"},
        {"  +49 (30) 12-34.56  ", "+4930123456"},
        {"00 49 30 123456", "+4930123456"},
        {"+12345678", "+12345678"},
        {"+123456789012345", "+123456789012345"},
        {"00123456789012345", "+123456789012345"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str normal;

        assert_int_equal(phone_normal(*state, str_of(cases[i].text), &normal),
                         ERR_OK);
        assert_int_equal(normal.n, strlen(cases[i].normal));
        assert_string_equal(normal.p, cases[i].normal);
    }
}

static void SA_13_what_is_no_international_number_is_refused(void **state)
{
    static const struct str cases[] = {
        STR_INIT(""),
        STR_INIT("+"),
        STR_INIT("hello"),
        STR_INIT("+1234567"),
        STR_INIT("+1234567890123456"),
        STR_INIT("001234567890123456"),
        STR_INIT("030123456"),
        STR_INIT("+030123456"),
        STR_INIT("00030123456"),
        STR_INIT("++4930123456"),
        STR_INIT("49+30123456"),
        STR_INIT("+49 30 123456x"),
        STR_INIT("+49\t30123456"),
        STR_INIT("+49\0"
                 "30123456"),
        STR_INIT("+\xd9\xa4\xd9\xa9"
                 "30123456"),
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str normal = STR("untouched");

        assert_int_equal(phone_normal(*state, cases[i], &normal),
                         ERR_OTP_PHONE);
        assert_string_equal(normal.p, "untouched");
    }
}

static void PWR_6_a_link_is_the_page_with_the_token_behind_it(void **state)
{
    struct config config = {.http_public_url = "https://id.example.org",
                            .links_verify_email = "",
                            .links_reset_password = "https://a.example/reset",
                            .links_sign_out_device = "https://a.example/?p=1"};
    struct ctx c = {.config = &config, .arena = *state};
    static const struct {
        enum link_kind kind;
        const char *url;
    } cases[] = {
        {LINK_VERIFY_EMAIL,
         "https://id.example.org/account/verify-email?token=abc"},
        {LINK_RESET_PASSWORD, "https://a.example/reset?token=abc"},
        {LINK_SIGN_OUT_DEVICE, "https://a.example/?p=1&token=abc"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str url;

        assert_int_equal(link_url(&c, cases[i].kind, STR("abc"), &url), ERR_OK);
        assert_string_equal(url.p, cases[i].url);
    }
}

static void minutes_are_rounded_up(void **state)
{
    static const struct {
        int64_t seconds;
        const char *minutes;
    } cases[] = {{1, "1"}, {60, "1"}, {61, "2"}, {900, "15"}, {86400, "1440"}};
    struct ctx c = {.arena = *state};

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str text;

        assert_int_equal(link_minutes(&c, cases[i].seconds, &text), ERR_OK);
        assert_string_equal(text.p, cases[i].minutes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(SA_14_a_number_has_one_form_however_it_is_written),
        cmocka_unit_test(SA_13_what_is_no_international_number_is_refused),
        cmocka_unit_test(PWR_6_a_link_is_the_page_with_the_token_behind_it),
        cmocka_unit_test(minutes_are_rounded_up),
    };

    return cmocka_run_group_tests_name("domain/phone", tests, arena_up,
                                       arena_down);
}
