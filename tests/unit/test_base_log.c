/* SPDX-License-Identifier: MIT */
/* The log: one line per event, whatever is in it and whatever fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#undef LOG_SYSLOG

#include "base/json_scan.h"
#include "base/log.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
void __wrap_openlog(const char *ident, int option, int facility);
void __wrap_syslog(int priority, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void __wrap___syslog_chk(int priority, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What the log wrote since cleared. */
static struct {
    char p[1 << 14];
    size_t n;
    size_t writes;
} out;

/* Next answers of write, last first: an errno, or -1 for one byte only. */
static int plan[4];
static size_t planned;

static int syslog_facility;
static int syslog_priority;

static void clear(void)
{
    memset(&out, 0, sizeof(out));
    planned = 0;
}

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
    int answer = planned > 0 ? plan[--planned] : 0;

    out.writes++;
    if (answer > 0) {
        errno = answer;
        return -1;
    }
    if (answer < 0)
        n = 1;
    assert_true(out.n + n < sizeof(out.p));
    memcpy(out.p + out.n, p, n);
    out.n += n;
    return fd == STDERR_FILENO ? (ssize_t)n : __real_write(fd, p, n);
}

void __wrap_openlog(const char *ident, int option, int facility)
{
    (void)option;
    assert_string_equal(ident, "gatehouse");
    syslog_facility = facility;
}

static void take_syslog(int priority, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static void take_syslog(int priority, const char *format, va_list args)
{
    int n = vsnprintf(out.p, sizeof(out.p), format, args);

    assert_true(n > 0);
    out.n = (size_t)n;
    syslog_priority = priority;
}

void __wrap_syslog(int priority, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    take_syslog(priority, format, args);
    va_end(args);
}

void __wrap___syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list args;

    (void)flag;
    va_start(args, format);
    take_syslog(priority, format, args);
    va_end(args);
}

static void use_stderr(enum log_format format)
{
    assert_int_equal(log_open(LOG_STDERR, format, LOG_LEVEL_DEBUG, NULL), 0);
    log_request((struct str){NULL, 0});
    clear();
}

/* The line behind its time, which is checked here. */
static const char *behind_time(const char *before)
{
    static const char shape[] = "0000-00-00T00:00:00.000000Z";
    const char *p = out.p + strlen(before);

    assert_int_equal(strncmp(out.p, before, strlen(before)), 0);
    for (size_t i = 0; i < sizeof(shape) - 1; i++)
        if (shape[i] == '0')
            assert_in_range(p[i], '0', '9');
        else
            assert_int_equal(p[i], shape[i]);
    return p + sizeof(shape) - 1;
}

/* One write, one line, printable ASCII only. */
static void assert_one_line(void)
{
    assert_int_equal(out.writes, 1);
    assert_true(out.n > 0);
    assert_int_equal(out.p[out.n - 1], '\n');
    for (size_t i = 0; i + 1 < out.n; i++)
        assert_in_range((unsigned char)out.p[i], 0x20, 0x7e);
}

static void assert_json_line(void)
{
    struct arena *a = arena_new((size_t)1 << 16);

    assert_int_equal(
        json_scan(a, (struct str){out.p, out.n}, &json_limits_default), ERR_OK);
    arena_free(&a);
}

static void A_16_2_4_logfmt_line(void **state)
{
    const struct log_field fields[] = {
        LOG_TEXT("ip", STR("192.0.2.1")), LOG_INT("count", -3),
        LOG_TEXT("agent", STR("a b")), LOG_TEXT("empty", STR("")), LOG_END};
    char want[256];

    (void)state;
    use_stderr(LOG_LOGFMT);
    log_request(STR("abc-1"));
    log_event(LOG_LEVEL_NOTICE, "session.revoked", fields);
    (void)snprintf(want, sizeof(want),
                   " level=notice pid=%d request=abc-1 event=session.revoked "
                   "ip=192.0.2.1 count=-3 agent=\"a b\" empty=\"\"\n",
                   (int)getpid());
    assert_one_line();
    assert_string_equal(behind_time("time="), want);
}

static void A_16_2_4_json_line(void **state)
{
    const struct log_field fields[] = {LOG_TEXT("ip", STR("192.0.2.1")),
                                       LOG_INT("count", -3), LOG_END};
    char want[256];

    (void)state;
    use_stderr(LOG_JSON);
    log_request(STR("abc-1"));
    log_event(LOG_LEVEL_ERROR, "db.lost", fields);
    (void)snprintf(want, sizeof(want),
                   "\",\"level\":\"error\",\"pid\":%d,\"request\":\"abc-1\","
                   "\"event\":\"db.lost\",\"ip\":\"192.0.2.1\","
                   "\"count\":-3}\n",
                   (int)getpid());
    assert_one_line();
    assert_json_line();
    assert_string_equal(behind_time("{\"time\":\""), want);
}

static void A_16_2_1_request_is_left_out_when_there_is_none(void **state)
{
    (void)state;
    use_stderr(LOG_LOGFMT);
    log_request(STR("abc-1"));
    log_request((struct str){NULL, 0});
    log_event(LOG_LEVEL_INFO, "x.y", NULL);
    assert_null(strstr(out.p, "request="));
    clear();
    char id[100];

    memset(id, 'i', sizeof(id));
    log_request((struct str){id, sizeof(id)});
    log_event(LOG_LEVEL_INFO, "x.y", NULL);
    assert_non_null(strstr(out.p, "request=iii"));
    assert_int_equal(strspn(strstr(out.p, "iii"), "i"), 63);
}

static void A_16_4_1_hostile_values_stay_in_their_quotes(void **state)
{
    static const struct {
        struct str in;
        const char *out; /* in both formats */
    } cases[] = {
        {STR_INIT("x\ntime=2026 event=forged"), "\"x\\u000atime=2026 event="},
        {STR_INIT("x\r"), "\"x\\u000d\""},
        {STR_INIT("\x1b[2J"), "\"\\u001b[2J\""},
        {STR_INIT("a\0b"), "\"a\\u0000b\""},
        {STR_INIT("\x7f"), "\"\\u007f\""},
        {STR_INIT("\xc2\x85"), "\"\\u0085\""},
        {STR_INIT("\xc2\x9b"), "\"\\u009b\""},
        {STR_INIT("\x85"), "\"\\ufffd\""},
        {STR_INIT("\xe2\x80\xa8"), "\"\\u2028\""},
        {STR_INIT("\xe2\x80\xa9"), "\"\\u2029\""},
        {STR_INIT("\xe2\x80\xae"), "\"\\u202e\""},
        {STR_INIT("\xf0\x9f\x98\x80"), "\"\\ud83d\\ude00\""},
        {STR_INIT("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\""},
        {STR_INIT("\" event=forged \""), "\"\\\" event=forged \\\"\""},
        {STR_INIT("\\"), "\"\\\\\""},
        {STR_INIT("a=b"), "\"a=b\""},
        {STR_INIT("%s%n"), "%s%n"},
    };

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(cases); i++) {
        const struct log_field fields[] = {LOG_TEXT("name", cases[i / 2].in),
                                           LOG_INT("last", 1), LOG_END};

        use_stderr(i % 2 == 0 ? LOG_LOGFMT : LOG_JSON);
        log_event(LOG_LEVEL_INFO, "x.y", fields);
        assert_one_line();
        assert_non_null(strstr(out.p, cases[i / 2].out));
        assert_non_null(strstr(out.p, i % 2 == 0 ? "last=1\n" : "last\":1}\n"));
    }
}

static void A_16_4_1_no_pair_of_bytes_forges_a_line(void **state)
{
    (void)state;
    for (unsigned v = 0; v < 0x20000; v++) {
        const char in[] = {(char)(v >> 8 & 0xff), (char)(v & 0xff)};
        const struct log_field fields[] = {
            LOG_TEXT("name", ((struct str){in, 2})), LOG_END};

        use_stderr(v < 0x10000 ? LOG_LOGFMT : LOG_JSON);
        log_request((struct str){in, 2});
        log_event(LOG_LEVEL_INFO, "x.y", fields);
        assert_one_line();
        if (v >= 0x10000 && in[0] != '\0' && in[1] != '\0')
            assert_json_line();
    }
}

static void levels_below_the_least_are_silent(void **state)
{
    static const char *const names[] = {"level=debug", "level=info",
                                        "level=notice", "level=warning",
                                        "level=error"};

    (void)state;
    for (int least = 0; least < LOG_LEVEL_COUNT; least++) {
        assert_int_equal(
            log_open(LOG_STDERR, LOG_LOGFMT, (enum log_level)least, NULL), 0);
        for (int level = 0; level < LOG_LEVEL_COUNT; level++) {
            clear();
            log_msg((enum log_level)level, "x.y", "text");
            assert_int_equal(out.writes, level >= least);
            if (level >= least)
                assert_non_null(strstr(out.p, names[level]));
        }
    }
    clear();
    log_event(LOG_LEVEL_COUNT, "x.y", NULL);
    assert_int_equal(out.writes, 0);
}

static void msg_is_formatted_and_quoted(void **state)
{
    (void)state;
    use_stderr(LOG_LOGFMT);
    log_msg(LOG_LEVEL_WARNING, "config.bad", "%s is %d", "line\n", 7);
    assert_one_line();
    assert_non_null(strstr(out.p, " msg=\"line\\u000a is 7\"\n"));
}

static void long_values_are_cut_and_say_so(void **state)
{
    (void)state;
    for (int format = 0; format < LOG_FORMAT_COUNT; format++) {
        use_stderr((enum log_format)format);
        log_msg(LOG_LEVEL_INFO, "x.y", "%01024d", 0);
        assert_null(strstr(out.p, "..."));
        clear();
        log_msg(LOG_LEVEL_INFO, "x.y", "%01025d", 0);
        assert_non_null(strstr(out.p, "000...\""));
        assert_one_line();
        assert_true(out.n < 1300);
    }
}

static void fields_that_do_not_fit_are_left_out_whole(void **state)
{
    static char hostile[1024];
    struct log_field fields[20];

    (void)state;
    memset(hostile, '\n', sizeof(hostile));
    for (size_t i = 0; i < COUNT(fields); i++)
        fields[i] = LOG_TEXT("long", ((struct str){hostile, sizeof(hostile)}));
    fields[18] = LOG_INT("last", 1);
    fields[19] = LOG_END;
    use_stderr(LOG_JSON);
    log_event(LOG_LEVEL_INFO, "x.y", fields);
    assert_one_line();
    assert_non_null(strstr(out.p, "\"last\":1,\"cut\":true}\n"));
    assert_true(out.n < 8192);
    /* One `long` is in, so only the duplicates of it are missing. */
    assert_json_line();
    use_stderr(LOG_LOGFMT);
    log_event(LOG_LEVEL_INFO, "x.y", fields);
    assert_one_line();
    assert_non_null(strstr(out.p, " last=1 cut=true\n"));
}

static void A_16_3_4_lost_lines_are_counted_in_the_next_good_one(void **state)
{
    (void)state;
    use_stderr(LOG_LOGFMT);
    plan[0] = ENOSPC;
    plan[1] = EIO;
    planned = 2;
    errno = ERANGE;
    log_msg(LOG_LEVEL_INFO, "x.y", "one");
    log_msg(LOG_LEVEL_INFO, "x.y", "two");
    assert_int_equal(errno, ERANGE);
    assert_int_equal(out.n, 0);
    log_msg(LOG_LEVEL_INFO, "x.y", "three");
    assert_non_null(strstr(out.p, " lost=2 msg=three\n"));
    clear();
    log_msg(LOG_LEVEL_INFO, "x.y", "four");
    assert_null(strstr(out.p, "lost="));
}

static void interrupted_and_short_writes_are_completed(void **state)
{
    (void)state;
    use_stderr(LOG_LOGFMT);
    plan[0] = EINTR;
    plan[1] = -1;
    plan[2] = EINTR;
    planned = 3;
    log_msg(LOG_LEVEL_INFO, "x.y", "whole");
    assert_int_equal(out.writes, 4);
    assert_int_equal(strncmp(out.p, "time=", 5), 0);
    assert_non_null(strstr(out.p, " msg=whole\n"));
}

static int make_folder(void **state)
{
    static char folder[] = "/tmp/gatehouse-log-XXXXXX";

    (void)snprintf(folder, sizeof(folder), "/tmp/gatehouse-log-XXXXXX");
    *state = mkdtemp(folder);
    return *state == NULL ? -1 : 0;
}

static int drop_folder(void **state)
{
    static const char *const names[] = {"log", "log.1"};
    char path[PATH_MAX];

    (void)log_open(LOG_STDERR, LOG_LOGFMT, LOG_LEVEL_INFO, NULL);
    for (size_t i = 0; i < COUNT(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", (char *)*state, names[i]);
        (void)unlink(path);
    }
    return rmdir(*state);
}

static const char *in_folder(char path[static PATH_MAX], void **state,
                             const char *name)
{
    (void)snprintf(path, PATH_MAX, "%s/%s", (char *)*state, name);
    return path;
}

static size_t file_size(const char *path, mode_t *mode_r)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    *mode_r = st.st_mode & 07777;
    return (size_t)st.st_size;
}

static void A_16_4_2_file_is_appended_and_not_for_others(void **state)
{
    char path[PATH_MAX];
    mode_t mode;

    (void)in_folder(path, state, "log");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(log_open(LOG_FILE, LOG_LOGFMT, LOG_LEVEL_INFO, path),
                         0);
        clear();
        log_msg(LOG_LEVEL_INFO, "x.y", "text");
        assert_one_line();
    }
    assert_int_equal(file_size(path, &mode), 2 * out.n);
    assert_int_equal(mode & 0137, 0);
}

static void reopen_follows_the_path_and_survives_its_loss(void **state)
{
    char path[PATH_MAX];
    char old[PATH_MAX];
    mode_t mode;

    (void)in_folder(path, state, "log");
    (void)in_folder(old, state, "log.1");
    assert_int_equal(log_open(LOG_FILE, LOG_LOGFMT, LOG_LEVEL_INFO, path), 0);
    assert_int_equal(rename(path, old), 0);
    clear();
    log_msg(LOG_LEVEL_INFO, "x.y", "old");
    assert_int_equal(file_size(old, &mode), out.n);
    assert_int_equal(log_reopen(), 0);
    clear();
    log_msg(LOG_LEVEL_INFO, "x.y", "new");
    assert_int_equal(file_size(path, &mode), out.n);
    size_t one = out.n;

    /* A folder in the file's place: the open file goes on. */
    assert_int_equal(rename(path, old), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(log_reopen(), -1);
    assert_int_equal(errno, EISDIR);
    clear();
    log_msg(LOG_LEVEL_INFO, "x.y", "new");
    assert_int_equal(file_size(old, &mode), one + out.n);
    assert_int_equal(rmdir(path), 0);
}

static void open_that_fails_keeps_the_old_sink(void **state)
{
    static char longest[PATH_MAX + 1];
    char missing[PATH_MAX];
    const struct {
        const char *path;
        int error;
    } cases[] = {
        {NULL, EINVAL},
        {longest, ENAMETOOLONG},
        {"", ENOENT},
        {"/", EISDIR},
        {in_folder(missing, state, "none/log"), ENOENT},
    };

    memset(longest, 'x', sizeof(longest) - 1);
    use_stderr(LOG_JSON);
    for (size_t i = 0; i < COUNT(cases); i++) {
        errno = 0;
        assert_int_equal(
            log_open(LOG_FILE, LOG_LOGFMT, LOG_LEVEL_ERROR, cases[i].path), -1);
        assert_int_equal(errno, cases[i].error);
        clear();
        log_msg(LOG_LEVEL_INFO, "x.y", "text");
        assert_one_line();
        assert_json_line();
    }
    assert_int_equal(log_reopen(), 0);
}

static void A_16_4_3_syslog_gets_authpriv_and_the_level(void **state)
{
    static const int priorities[] = {LOG_DEBUG, LOG_INFO, LOG_NOTICE,
                                     LOG_WARNING, LOG_ERR};

    (void)state;
    assert_int_equal(log_open(LOG_SYSLOG, LOG_LOGFMT, LOG_LEVEL_DEBUG, NULL),
                     0);
    assert_int_equal(syslog_facility, LOG_AUTHPRIV);
    for (int level = 0; level < LOG_LEVEL_COUNT; level++) {
        clear();
        log_msg((enum log_level)level, "x.y", "%%s%%n\n");
        assert_int_equal(out.writes, 0);
        assert_int_equal(syslog_priority, priorities[level]);
        assert_non_null(strstr(out.p, "msg=\"%s%n\\u000a\""));
        assert_null(strchr(out.p, '\n'));
    }
    assert_int_equal(log_open(LOG_STDERR, LOG_LOGFMT, LOG_LEVEL_INFO, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(A_16_2_4_logfmt_line),
        cmocka_unit_test(A_16_2_4_json_line),
        cmocka_unit_test(A_16_2_1_request_is_left_out_when_there_is_none),
        cmocka_unit_test(A_16_4_1_hostile_values_stay_in_their_quotes),
        cmocka_unit_test(A_16_4_1_no_pair_of_bytes_forges_a_line),
        cmocka_unit_test(levels_below_the_least_are_silent),
        cmocka_unit_test(msg_is_formatted_and_quoted),
        cmocka_unit_test(long_values_are_cut_and_say_so),
        cmocka_unit_test(fields_that_do_not_fit_are_left_out_whole),
        cmocka_unit_test(A_16_3_4_lost_lines_are_counted_in_the_next_good_one),
        cmocka_unit_test(interrupted_and_short_writes_are_completed),
        cmocka_unit_test_setup_teardown(
            A_16_4_2_file_is_appended_and_not_for_others, make_folder,
            drop_folder),
        cmocka_unit_test_setup_teardown(
            reopen_follows_the_path_and_survives_its_loss, make_folder,
            drop_folder),
        cmocka_unit_test_setup_teardown(open_that_fails_keeps_the_old_sink,
                                        make_folder, drop_folder),
        cmocka_unit_test(A_16_4_3_syslog_gets_authpriv_and_the_level),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
