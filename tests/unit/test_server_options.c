/* SPDX-License-Identifier: MIT */
/* The command line: what is taken, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/options.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ARGS 6

/* The arguments last until the next call, as options borrow them. */
static bool parse(const char *const args[ARGS], const char *env,
                  struct options *o_r)
{
    static char text[ARGS][64];
    char *argv[ARGS + 1] = {NULL};
    int argc = 0;
    FILE *errors = fopen("/dev/null", "we");

    assert_non_null(errors);
    (void)strcpy(text[0], "gatehouse");
    argv[argc++] = text[0];
    for (size_t i = 0; i + 1 < ARGS && args[i] != NULL; i++) {
        (void)strcpy(text[argc], args[i]);
        argv[argc] = text[argc];
        argc++;
    }
    bool good = options_parse(argc, argv, env, errors, o_r);
    (void)fclose(errors);
    return good;
}

static void good_arguments_are_understood(void **state)
{
    static const struct {
        const char *args[ARGS];
        enum options_action action;
        enum options_mode mode;
    } cases[] = {
        {{NULL}, OPTIONS_SERVE, OPTIONS_POOL},
        {{"--fcgi"}, OPTIONS_SERVE, OPTIONS_FCGI},
        {{"--fcgi", "--single"}, OPTIONS_SERVE, OPTIONS_SINGLE},
        {{"--single", "--fcgi"}, OPTIONS_SERVE, OPTIONS_SINGLE},
        {{"--check-config"}, OPTIONS_CHECK_CONFIG, OPTIONS_POOL},
        {{"--show-config"}, OPTIONS_SHOW_CONFIG, OPTIONS_POOL},
        {{"--version"}, OPTIONS_VERSION, OPTIONS_POOL},
        {{"--help", "--fcgi"}, OPTIONS_HELP, OPTIONS_FCGI},
    };
    struct options o;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(parse(cases[i].args, NULL, &o));
        assert_int_equal(o.action, cases[i].action);
        assert_int_equal(o.mode, cases[i].mode);
    }
}

static void bad_arguments_are_refused(void **state)
{
    static const char *const cases[][ARGS] = {
        {"--single"},
        {"--config"},
        {"--config="},
        {"-c", "x"},
        {"x"},
        {""},
        {"--"},
        {"--fcgi=yes"},
        {"--Fcgi"},
        {"--fcg"},
        {"--check-config", "--no"},
        {"--fcgi", "--single", "--config"},
    };
    struct options o;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_false(parse(cases[i], NULL, &o));
}

static void the_configuration_is_found_in_order(void **state)
{
    static const struct {
        const char *args[ARGS];
        const char *env, *path;
    } cases[] = {
        {{"--config", "/a"}, "/b", "/a"},
        {{"--config=/a"}, "/b", "/a"},
        {{"--config", "/a", "--config", "/c"}, NULL, "/c"},
        {{"--config", "--fcgi"}, NULL, "--fcgi"},
        {{NULL}, "/b", "/b"},
        {{NULL}, "", GATEHOUSE_SYSCONFDIR "/gatehouse.conf"},
        {{NULL}, NULL, GATEHOUSE_SYSCONFDIR "/gatehouse.conf"},
    };
    struct options o;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(parse(cases[i].args, cases[i].env, &o));
        assert_string_equal(o.config, cases[i].path);
        assert_int_equal(o.mode, OPTIONS_POOL);
    }
}

static void the_help_names_every_option(void **state)
{
    static const char *const names[] = {
        "--config",      "--fcgi",    "--single", "--check-config",
        "--show-config", "--version", "--help"};
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    (void)state;
    assert_non_null(out);
    options_help(out);
    (void)fclose(out);
    for (size_t i = 0; i < COUNT(names); i++)
        assert_non_null(strstr(text, names[i]));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_arguments_are_understood),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(the_configuration_is_found_in_order),
        cmocka_unit_test(the_help_names_every_option),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
