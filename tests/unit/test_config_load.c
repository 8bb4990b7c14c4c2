/* SPDX-License-Identifier: MIT */
/* What a configuration may say, what it shows and what a reload takes. */
#include "config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

static struct config *take(void **state, const char *text)
{
    struct fixture *f = *state;
    struct config *c = fixture_take(f, text);
    if (c == NULL)
        print_error("%s", f->errors);
    assert_non_null(c);
    assert_string_equal(f->errors, "");
    return c;
}

static void test_the_defaults_load_without_a_file(void **state)
{
    (void)state;
    struct config *c = config_load(NULL, stderr);
    assert_non_null(c);
    assert_string_equal(c->server_listen, "unix:/run/gatehouse/gatehouse.sock");
    assert_int_equal(c->server_listen_mode, 0660);
    assert_int_equal(c->server_workers, 8);
    assert_true(c->http_require_https);
    assert_int_equal(c->log_level, LOG_LEVEL_INFO);
    assert_int_equal(c->tokens_algorithm, ALG_ES256);
    assert_int_equal(c->tokens_refresh_lifetime, 7884000);
    assert_int_equal(c->http_allowed_origins.count, 0);
    assert_string_equal(c->http_public_url, "");
    config_free(&c);
    assert_null(c);
    config_free(&c);
}

struct number {
    const char *text;
    int64_t value;
};

static void test_times_take_units(void **state)
{
    static const struct number cases[] = {{"0", 0},       {"90", 90},
                                          {"90s", 90},    {"15m", 900},
                                          {"12h", 43200}, {"7d", 604800}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256] = FIXTURE_NEEDED "[sessions]\ninactivity = ";
        struct config *c = take(state, strcat(text, cases[i].text));
        assert_int_equal(c->sessions_inactivity, cases[i].value);
        config_free(&c);
    }
}

static void test_sizes_take_units(void **state)
{
    static const struct number cases[] = {
        {"2000", 2000}, {"64k", 65536}, {"1m", 1048576}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256] = FIXTURE_NEEDED "[http]\nmax_body = ";
        struct config *c = take(state, strcat(text, cases[i].text));
        assert_int_equal(c->http_max_body, cases[i].value);
        config_free(&c);
    }
}

static void test_modes_are_octal(void **state)
{
    static const struct number cases[] = {
        {"660", 0660}, {"0600", 0600}, {"000", 0}, {"777", 0777}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256] = FIXTURE_NEEDED "[server]\nlisten_mode = ";
        struct config *c = take(state, strcat(text, cases[i].text));
        assert_int_equal(c->server_listen_mode, cases[i].value);
        config_free(&c);
    }
}

static void test_truth_has_six_words(void **state)
{
    static const struct number cases[] = {{"yes", 1},   {"no", 0}, {"true", 1},
                                          {"false", 0}, {"on", 1}, {"off", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256] = FIXTURE_NEEDED "[tokens]\nprefer_header = ";
        struct config *c = take(state, strcat(text, cases[i].text));
        assert_int_equal(c->tokens_prefer_header, cases[i].value);
        config_free(&c);
    }
}

static void test_choices_have_the_order_of_their_enum(void **state)
{
    struct config *c =
        take(state, FIXTURE_NEEDED
             "[log]\nsink = syslog\nformat = json\nlevel = error\n"
             "[cookies]\nprefix = host\nsame_site = lax\n"
             "[csrf]\nanti_csrf = token\n[tokens]\nalgorithm = HS256\n"
             "[sessions]\nlimit_policy = drop-oldest\n");
    assert_int_equal(c->log_sink, LOG_SYSLOG);
    assert_int_equal(c->log_format, LOG_JSON);
    assert_int_equal(c->log_level, LOG_LEVEL_ERROR);
    assert_int_equal(c->cookies_prefix, PREFIX_HOST);
    assert_int_equal(c->cookies_same_site, SAME_SITE_LAX);
    assert_int_equal(c->csrf_anti_csrf, ANTI_CSRF_TOKEN);
    assert_int_equal(c->tokens_algorithm, ALG_HS256);
    assert_int_equal(c->sessions_limit_policy, LIMIT_DROP_OLDEST);
    config_free(&c);
}

static void test_lists_go_on_in_indented_lines(void **state)
{
    struct config *c = take(state, FIXTURE_NEEDED
                            "[http]\nallowed_origins = https://a.example\n"
                            "\thttps://b.example  https://c.example\n"
                            "trusted_proxies =\n  10.0.0.0/8\n  ::1\n");
    assert_int_equal(c->http_allowed_origins.count, 3);
    assert_true(
        str_eq(c->http_allowed_origins.items[2], STR("https://c.example")));
    assert_int_equal(c->http_trusted_proxies.count, 2);
    assert_int_equal(c->http_trusted_proxies.items[0].bits, 104);
    config_free(&c);
}

static void test_comments_blanks_and_windows_newlines_pass(void **state)
{
    struct config *c = take(state, "\xEF\xBB\xBF; one\r\n# two\r\n\r\n"
                                   "[http] ; three\r\n"
                                   "  public_url=https://id.example.org ; 4\r\n"
                                   "[keys] # five\r\n"
                                   "sealing_key_file\t=\tseal.key");
    assert_string_equal(c->http_public_url, "https://id.example.org");
    config_free(&c);
}

static void test_issuer_and_audience_fall_back_to_the_url(void **state)
{
    struct config *c = take(state, FIXTURE_NEEDED);
    assert_string_equal(config_issuer(c), "https://id.example.org");
    assert_string_equal(config_audience(c), "https://id.example.org");
    config_free(&c);
    c = take(state, FIXTURE_NEEDED "[tokens]\nissuer = us\naudience = them\n");
    assert_string_equal(config_issuer(c), "us");
    assert_string_equal(config_audience(c), "them");
    config_free(&c);
}

static void test_paths_are_relative_to_the_file(void **state)
{
    struct config *c =
        take(state, FIXTURE_NEEDED "[log]\nsink = file\nfile = log/gate\n");
    assert_string_equal(c->log_file, fixture_path(*state, "log/gate"));
    assert_string_equal(c->database_socket, "/run/mysqld/mysqld.sock");
    config_free(&c);
}

static void test_a_bare_file_name_stands_in_the_present_directory(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "gatehouse.conf", FIXTURE_NEEDED, 0600);
    assert_int_equal(chdir(f->dir), 0);
    struct config *c = config_load("gatehouse.conf", stderr);
    assert_int_equal(chdir("/"), 0);
    assert_non_null(c);
    assert_string_equal(c->keys_sealing_key_file.path,
                        fixture_path(f, "seal.key"));
    config_free(&c);
}

static void write_dropins(const struct fixture *f)
{
    assert_int_equal(mkdir(fixture_path(f, "gatehouse.conf.d"), 0755), 0);
    fixture_write(f, "gatehouse.conf.d/10-a.conf",
                  "[server]\nworkers = 2\nbacklog = 9\n", 0644);
    fixture_write(f, "gatehouse.conf.d/9-b.conf", "[server]\nworkers = 3\n",
                  0644);
    fixture_write(f, "gatehouse.conf.d/90-c.conf.bak", "nonsense\n", 0644);
    fixture_write(f, "gatehouse.conf.d/.hidden.conf", "nonsense\n", 0644);
}

static void test_dropins_override_in_byte_order(void **state)
{
    write_dropins(*state);
    struct config *c = take(state, FIXTURE_NEEDED "[server]\nworkers = 1\n");
    assert_int_equal(c->server_workers, 3);
    assert_int_equal(c->server_backlog, 9);
    config_free(&c);
}

static void test_a_problem_names_the_dropin(void **state)
{
    struct fixture *f = *state;
    write_dropins(f);
    fixture_write(f, "gatehouse.conf.d/9-b.conf", "[cookies]\nsecure = off\n",
                  0644);
    assert_null(fixture_take(f, FIXTURE_NEEDED "[cookies]\nprefix = host\n"));
    assert_string_equal(f->errors,
                        "gatehouse.conf.d/9-b.conf:2: cookies.secure: must be "
                        "on with a cookies.prefix\n");
}

static void test_a_dropin_directory_that_is_a_file_is_told(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "gatehouse.conf.d", "", 0644);
    assert_null(fixture_take(f, FIXTURE_NEEDED));
    assert_non_null(strstr(f->errors, "gatehouse.conf.d:0: cannot be read: "));
}

static void test_what_is_shown_loads_to_the_same(void **state)
{
    struct config *c = take(state, FIXTURE_NEEDED
                            "[http]\ntrusted_proxies = 10.0.0.0/8 ::1\n"
                            "[server]\nlisten_mode = 0600\npeer_users = a b\n"
                            "[sessions]\ninactivity = 30d\n");
    char *first = fixture_show(c);
    config_free(&c);
    c = take(state, first);
    assert_int_equal(c->server_listen_mode, 0600);
    char *second = fixture_show(c);
    assert_string_equal(first, second);
    free(first);
    free(second);
    config_free(&c);
}

static struct config *reload(struct config *old, struct config *fresh,
                             char **notes_r)
{
    size_t n = 0;
    FILE *notes = open_memstream(notes_r, &n);
    assert_non_null(notes);
    struct config *c = config_reload(old, fresh, notes);
    assert_int_equal(fclose(notes), 0);
    return c;
}

static void test_a_reload_keeps_what_needs_a_restart(void **state)
{
    struct config *old =
        take(state, FIXTURE_NEEDED "[server]\nworkers = 1\nlisten_mode = 600\n"
                                   "listen = unix:/old.sock\n");
    struct config *fresh =
        take(state, FIXTURE_NEEDED "[server]\nworkers = 2\nlisten_mode = 660\n"
                                   "listen = unix:/new.sock\n");
    char *notes = NULL;
    struct config *c = reload(old, fresh, &notes);
    config_free(&old); /* nothing of it may be borrowed */
    assert_non_null(c);
    assert_int_equal(c->server_workers, 2);
    assert_int_equal(c->server_listen_mode, 0600);
    assert_string_equal(c->server_listen, "unix:/old.sock");
    assert_string_equal(notes, "server.listen\nserver.listen_mode\n");
    free(notes);
    config_free(&c);
}

static void test_a_reload_of_the_same_notes_nothing(void **state)
{
    struct config *old = take(state, FIXTURE_NEEDED);
    char *notes = NULL;
    struct config *c = reload(old, take(state, FIXTURE_NEEDED), &notes);
    assert_non_null(c);
    assert_string_equal(notes, "");
    free(notes);
    config_free(&old);
    config_free(&c);
}

static char *read_sample(void)
{
    FILE *file = fopen(TOP_SRCDIR "/conf/gatehouse.conf", "r");
    assert_non_null(file);
    char *text = calloc(1, 65536);
    assert_non_null(text);
    assert_in_range(fread(text, 1, 65535, file), 1, 65534);
    assert_int_equal(fclose(file), 0);
    return text;
}

/* The sample is what config_show says of the defaults, each key commented
 * out, behind a few lines of its own. */
static void test_the_sample_file_shows_the_defaults(void **state)
{
    (void)state;
    struct config *c = config_load(NULL, stderr);
    assert_non_null(c);
    char *shown = fixture_show(c);
    char *sample = read_sample();
    char *at = strstr(sample, "[server]");
    assert_non_null(at);
    for (char *line = strtok(shown, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        at += strspn(at, "\n");
        if (*line != '#' && *line != '[')
            assert_int_equal(*at++, '#');
        size_t n = strlen(line);
        assert_memory_equal(at, line, n);
        at += n;
    }
    assert_string_equal(at, "\n");
    free(shown);
    free(sample);
    config_free(&c);
}

int main(void)
{
#define T(name)                                                                \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(test_the_defaults_load_without_a_file),
        T(test_times_take_units),
        T(test_sizes_take_units),
        T(test_modes_are_octal),
        T(test_truth_has_six_words),
        T(test_choices_have_the_order_of_their_enum),
        T(test_lists_go_on_in_indented_lines),
        T(test_comments_blanks_and_windows_newlines_pass),
        T(test_issuer_and_audience_fall_back_to_the_url),
        T(test_paths_are_relative_to_the_file),
        T(test_a_bare_file_name_stands_in_the_present_directory),
        T(test_dropins_override_in_byte_order),
        T(test_a_problem_names_the_dropin),
        T(test_a_dropin_directory_that_is_a_file_is_told),
        T(test_what_is_shown_loads_to_the_same),
        T(test_a_reload_keeps_what_needs_a_restart),
        T(test_a_reload_of_the_same_notes_nothing),
        T(test_the_sample_file_shows_the_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
