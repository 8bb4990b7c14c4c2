/* SPDX-License-Identifier: MIT */
/* Secrets come only from files that nobody else can read or swap. */
#include "config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SECRET "correct horse battery staple"
#define WITH_PASSWORD FIXTURE_NEEDED "[database]\npassword_file = db.secret\n"

static void assert_refused(struct fixture *f, const char *why)
{
    struct config *c = fixture_take(f, WITH_PASSWORD);
    assert_null(c);
    assert_non_null(strstr(f->errors, why));
    assert_non_null(strstr(f->errors, "gatehouse.conf:6: "
                                      "database.password_file: "));
    assert_null(strstr(f->errors, SECRET));
}

static void test_the_value_is_read_without_its_newline(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "db.secret", SECRET "\n", 0600);
    struct config *c = fixture_take(f, WITH_PASSWORD);
    assert_non_null(c);
    assert_string_equal(c->database_password_file.value, SECRET);
    assert_int_equal(c->database_password_file.n, strlen(SECRET));
    assert_string_equal(c->database_password_file.path,
                        fixture_path(f, "db.secret"));
    config_free(&c);
}

static void test_only_one_newline_is_dropped(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "db.secret", SECRET "\n\n", 0640);
    struct config *c = fixture_take(f, WITH_PASSWORD);
    assert_non_null(c);
    assert_string_equal(c->database_password_file.value, SECRET "\n");
    config_free(&c);
}

static void test_no_file_means_no_value(void **state)
{
    struct config *c = fixture_take(*state, FIXTURE_NEEDED);
    assert_non_null(c);
    assert_null(c->database_password_file.value);
    assert_string_equal(c->database_password_file.path, "");
    config_free(&c);
}

static void test_A_13_3_2_a_file_others_may_use_is_refused(void **state)
{
    static const unsigned modes[] = {0644, 0604, 0602, 0601, 0666, 0777};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        fixture_write(*state, "db.secret", SECRET, modes[i]);
        assert_refused(*state, "others than owner and group may use the file");
    }
}

static void test_A_13_3_2_a_file_of_owner_and_group_is_taken(void **state)
{
    static const unsigned modes[] = {0600, 0640, 0400, 0440};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        struct fixture *f = *state;
        fixture_write(f, "db.secret", SECRET, 0600);
        assert_int_equal(chmod(fixture_path(f, "db.secret"), modes[i]), 0);
        struct config *c = fixture_take(f, WITH_PASSWORD);
        assert_non_null(c);
        config_free(&c);
    }
}

static void test_A_13_3_1_a_secret_is_never_shown(void **state)
{
    fixture_write(*state, "db.secret", SECRET, 0600);
    struct config *c = fixture_take(*state, WITH_PASSWORD);
    assert_non_null(c);
    char *text = fixture_show(c);
    assert_null(strstr(text, SECRET));
    assert_non_null(strstr(text, "/db.secret\n"));
    free(text);
    config_free(&c);
}

static void test_a_missing_file_is_refused(void **state)
{
    assert_refused(*state, "No such file");
}

static void test_an_empty_file_is_refused(void **state)
{
    fixture_write(*state, "db.secret", "", 0600);
    assert_refused(*state, "the file is empty");
    fixture_write(*state, "db.secret", "\n", 0600);
    assert_refused(*state, "the file is empty");
}

static void test_the_longest_secret_is_taken_and_no_longer_one(void **state)
{
    char text[1027];
    memset(text, 'x', sizeof text);
    strcpy(text + 1024, "\n");
    fixture_write(*state, "db.secret", text, 0600);
    struct config *c = fixture_take(*state, WITH_PASSWORD);
    assert_non_null(c);
    assert_int_equal(c->database_password_file.n, 1024);
    config_free(&c);
    strcpy(text + 1024, "x\n");
    fixture_write(*state, "db.secret", text, 0600);
    assert_refused(*state, "the file is too long");
}

static void test_a_nul_byte_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "db.secret", "", 0600);
    FILE *file = fopen(fixture_path(f, "db.secret"), "w");
    assert_non_null(file);
    assert_int_equal(fwrite("pass\0word", 1, 9, file), 9);
    assert_int_equal(fclose(file), 0);
    assert_refused(f, "the file has a NUL byte");
}

static void test_a_directory_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkdir(fixture_path(f, "db.secret"), 0700), 0);
    assert_refused(f, "no regular file");
}

static void test_a_fifo_is_refused_at_once(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mkfifo(fixture_path(f, "db.secret"), 0600), 0);
    assert_refused(f, "no regular file");
}

static void test_a_link_of_ones_own_is_followed(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "real.secret", SECRET, 0600);
    assert_int_equal(symlink("real.secret", fixture_path(f, "db.secret")), 0);
    struct config *c = fixture_take(f, WITH_PASSWORD);
    assert_non_null(c);
    assert_string_equal(c->database_password_file.value, SECRET);
    config_free(&c);
}

static void test_a_link_to_a_file_others_may_use_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "real.secret", SECRET, 0644);
    assert_int_equal(symlink("real.secret", fixture_path(f, "db.secret")), 0);
    assert_refused(f, "others than owner and group may use the file");
}

static void test_A_13_3_2_a_link_of_another_user_is_refused(void **state)
{
    struct fixture *f = *state;
    if (geteuid() != 0)
        skip(); /* only root may give a link away */
    fixture_write(f, "real.secret", SECRET, 0600);
    const char *link = fixture_path(f, "db.secret");
    assert_int_equal(symlink("real.secret", link), 0);
    assert_int_equal(lchown(link, 65534, 65534), 0);
    assert_refused(f, "a symbolic link made by another user");
}

int main(void)
{
#define T(name)                                                                \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(test_the_value_is_read_without_its_newline),
        T(test_only_one_newline_is_dropped),
        T(test_no_file_means_no_value),
        T(test_A_13_3_2_a_file_others_may_use_is_refused),
        T(test_A_13_3_2_a_file_of_owner_and_group_is_taken),
        T(test_A_13_3_1_a_secret_is_never_shown),
        T(test_a_missing_file_is_refused),
        T(test_an_empty_file_is_refused),
        T(test_the_longest_secret_is_taken_and_no_longer_one),
        T(test_a_nul_byte_is_refused),
        T(test_a_directory_is_refused),
        T(test_a_fifo_is_refused_at_once),
        T(test_a_link_of_ones_own_is_followed),
        T(test_a_link_to_a_file_others_may_use_is_refused),
        T(test_A_13_3_2_a_link_of_another_user_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
