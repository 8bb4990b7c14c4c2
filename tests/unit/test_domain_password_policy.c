/* SPDX-License-Identifier: MIT */
/* Which passwords are taken, as a table; and foreign text made fit to store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "domain/password_policy.h"
#include "domain/text.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct policy_case {
    const char *name;
    struct str password;
    enum err want;
};

#define C(name, text, want)                                                    \
    {                                                                          \
        name, {text, sizeof(text) - 1}, want                                   \
    }

static const struct policy_case cases[] = {
    C("A-6.2.5 only letters", "qzvhorsefly", ERR_OK),
    C("A-6.2.5 only digits", "829461730558", ERR_OK),
    C("A-6.2.5 blanks and emoji", "        \xf0\x9f\x90\x8e", ERR_OK),
    C("A-6.2.1 eight characters", "h4vkq!zt", ERR_OK),
    C("A-6.2.1 seven characters", "h4vkq!z", ERR_PASSWORD_TOO_SHORT),
    C("A-6.2.1 seven characters of many bytes",
      "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
      "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
      ERR_PASSWORD_TOO_SHORT),
    C("N63B-3 length counts after normalising",
      "e\xcc\x81"
      "e\xcc\x81"
      "e\xcc\x81"
      "e\xcc\x81",
      ERR_PASSWORD_TOO_SHORT),
    C("nothing", "", ERR_PASSWORD_TOO_SHORT),
    C("no UTF-8", "abcdefgh\xff", ERR_BAD_REQUEST),
    C("A-6.2.4 common", "password1", ERR_PASSWORD_COMMON),
    C("A-6.2.4 common but for case", "PassWord1", ERR_PASSWORD_COMMON),
    C("A-6.2.4 on the operator's list", "House Special 7", ERR_PASSWORD_COMMON),
    C("A-6.2.4 on the list but for case", "house special 7",
      ERR_PASSWORD_COMMON),
    C("N63B-2 holds a listed one but is longer", "house special 77", ERR_OK),
    C("A-6.2.11 the site's word", "my-ShopWord-42", ERR_PASSWORD_CONTEXT),
    C("A-6.2.11 the site's short word", "xx_zq_xx_zr", ERR_PASSWORD_CONTEXT),
    C("A-6.2.11 the site's host", "i-like-Example-x", ERR_PASSWORD_CONTEXT),
    C("A-6.2.11 local part", "ann.mueller!!", ERR_PASSWORD_CONTEXT),
    C("A-6.2.11 piece of the local part", "xxmuellerxx", ERR_PASSWORD_CONTEXT),
    C("A-6.2.11 name", "xx-Theodora-xx", ERR_PASSWORD_CONTEXT),
    C("A-6.2.11 name in other case of Unicode", "xx\xc3\x96STERGREN", ERR_OK),
    C("A-6.2.11 mail domain", "my-fastmailer-1", ERR_PASSWORD_CONTEXT),
    C("short words of the person do not count", "xxannxxkimxx", ERR_OK),
    C("the top-level domain does not count", "my-organic-tea", ERR_OK),
    C("NUL is a character", "h4vkq!z\0", ERR_OK),
};

struct fixture {
    struct config config;
    struct ctx c;
    char list[64];
};

static enum err judge(struct fixture *f, struct str password)
{
    struct str normal;

    return password_policy(&f->c, password,
                           STR("ann.mueller@fastmailer.example"),
                           STR("Theodora Kim"), &normal);
}

static void A_6_2_11_every_row_of_the_policy(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        enum err got = judge(f, cases[i].password);

        if (got != cases[i].want)
            fail_msg("%s: %s", cases[i].name, err_name(got));
    }
}

static void A_6_2_9_up_to_1024_bytes_and_never_cut(void **state)
{
    struct fixture *f = *state;
    static char text[1025];
    struct str normal;

    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 23);
    struct str most = {text, PASSWORD_MAX_BYTES};

    assert_int_equal(
        password_policy(&f->c, most, STR("x@y.zz"), STR(""), &normal), ERR_OK);
    assert_int_equal(normal.n, PASSWORD_MAX_BYTES);
    assert_int_equal(judge(f, (struct str){text, sizeof(text)}),
                     ERR_PASSWORD_TOO_LONG);
}

static void A_6_2_8_the_normal_form_keeps_case_and_blanks(void **state)
{
    struct fixture *f = *state;
    struct str normal;

    assert_int_equal(password_policy(&f->c, STR(" Two  Words "), STR("x@y.zz"),
                                     STR(""), &normal),
                     ERR_OK);
    assert_true(str_eq(normal, STR(" Two  Words ")));
}

static void a_list_that_cannot_be_read_refuses(void **state)
{
    struct fixture *f = *state;

    f->config.passwords_common_file = "/nonexistent/list";
    enum err e = judge(f, STR("qzvhorsefly"));

    f->config.passwords_common_file = f->list;
    assert_int_equal(e, ERR_UNAVAILABLE);
}

static void foreign_text_is_cleaned_and_cut(void **state)
{
    static const struct {
        struct str text;
        size_t max;
        struct str clean, ascii;
    } rows[] = {
        {{"", 0}, 5, {"", 0}, {"", 0}},
        {{NULL, 0}, 5, {"", 0}, {"", 0}},
        {{"plain", 5}, 5, {"plain", 5}, {"plain", 5}},
        {{"plain", 5}, 2, {"pl", 2}, {"pl", 2}},
        {{"a\nb\x7f", 4}, 9, {"a?b?", 4}, {"a?b?", 4}},
        {{"\xc3\xa4\xc3\xa4", 4}, 1, {"\xc3\xa4", 2}, {"?", 1}},
        {{"\xff\xfe", 2}, 9, {"??", 2}, {"??", 2}},
        {{"\xe2\x82", 2}, 9, {"??", 2}, {"??", 2}},
    };
    struct fixture *f = *state;
    struct str out;

    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(
            text_clean(f->c.arena, rows[i].text, rows[i].max, &out), ERR_OK);
        assert_true(str_eq(out, rows[i].clean));
        assert_int_equal(
            text_ascii(f->c.arena, rows[i].text, rows[i].max, &out), ERR_OK);
        assert_true(str_eq(out, rows[i].ascii));
    }
}

static int set_up(void **state)
{
    static struct fixture f;
    static struct str words[] = {STR_INIT("shopword"), STR_INIT("zq_xx_z"),
                                 STR_INIT("")};

    snprintf(f.list, sizeof(f.list), "%s", "/tmp/gh-common.XXXXXX");
    int fd = mkstemp(f.list);

    if (fd < 0 || crypto_init() != ERR_OK)
        return -1;
    static const char list[] = "\nother\r\nhouse special 7\r\nlast one here";

    if (write(fd, list, sizeof(list) - 1) != (ssize_t)sizeof(list) - 1 ||
        close(fd) != 0)
        return -1;
    f.config.http_public_url = "https://id.example.org:8443/path";
    f.config.passwords_min_length = 8;
    f.config.passwords_common_file = f.list;
    f.config.passwords_context_words =
        (struct config_list){words, COUNT(words)};
    f.c.config = &f.config;
    f.c.arena = arena_new(1 << 20);
    *state = &f;
    return f.c.arena != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    arena_free(&f->c.arena);
    return unlink(f->list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(A_6_2_11_every_row_of_the_policy),
        cmocka_unit_test(A_6_2_9_up_to_1024_bytes_and_never_cut),
        cmocka_unit_test(A_6_2_8_the_normal_form_keeps_case_and_blanks),
        cmocka_unit_test(a_list_that_cannot_be_read_refuses),
        cmocka_unit_test(foreign_text_is_cleaned_and_cut),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
