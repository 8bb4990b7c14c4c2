/* SPDX-License-Identifier: MIT */
/* Log lines are plain ASCII with everything else escaped: a user's text can
 * neither end a line, nor start one, nor steer the terminal that shows it. */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/clock.h"

/* A facility of that name hides our sink. */
#undef LOG_SYSLOG

#define LOG_LINE_CAP 8192
#define LOG_VALUE_MAX 1024 /* bytes of one value, before escaping */
#define LOG_REQUEST_CAP 64
#define LOG_TAIL 32 /* kept free for `cut`, the bracket and the newline */

static struct log_state {
    enum log_sink sink;
    enum log_format format;
    enum log_level least;
    int fd;
    int64_t lost; /* lines that could not be written since the last good one */
    char path[PATH_MAX];
    char request[LOG_REQUEST_CAP];
    size_t request_n;
} log_state = {.least = LOG_LEVEL_INFO, .fd = STDERR_FILENO};

static const struct log_level_row {
    const char *name;
    int syslog;
} log_levels[] = {
    [LOG_LEVEL_DEBUG] = {"debug", LOG_DEBUG},
    [LOG_LEVEL_INFO] = {"info", LOG_INFO},
    [LOG_LEVEL_NOTICE] = {"notice", LOG_NOTICE},
    [LOG_LEVEL_WARNING] = {"warning", LOG_WARNING},
    [LOG_LEVEL_ERROR] = {"error", LOG_ERR},
};
static_assert(sizeof(log_levels) / sizeof(log_levels[0]) == LOG_LEVEL_COUNT,
              "one row per level");

static int log_open_path(const char *path)
{
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY,
                0640);
}

static void log_take_fd(int fd)
{
    if (log_state.fd != STDERR_FILENO)
        (void)close(log_state.fd);
    log_state.fd = fd;
}

int log_open(enum log_sink sink, enum log_format format, enum log_level least,
             const char *path)
{
    int fd = STDERR_FILENO;

    if (sink == LOG_FILE) {
        if (path == NULL || strlen(path) >= sizeof(log_state.path)) {
            errno = path == NULL ? EINVAL : ENAMETOOLONG;
            return -1;
        }
        fd = log_open_path(path);
        if (fd < 0)
            return -1;
        if (path != log_state.path)
            (void)memcpy(log_state.path, path, strlen(path) + 1);
    }
    if (sink == LOG_SYSLOG)
        openlog("gatehouse", LOG_PID | LOG_NDELAY, LOG_AUTHPRIV);
    else if (log_state.sink == LOG_SYSLOG)
        closelog();
    log_take_fd(fd);
    log_state.sink = sink;
    log_state.format = format;
    log_state.least = least;
    return 0;
}

int log_reopen(void)
{
    if (log_state.sink != LOG_FILE)
        return 0;
    int fd = log_open_path(log_state.path);

    if (fd < 0)
        return -1;
    log_take_fd(fd);
    return 0;
}

void log_request(struct str id)
{
    size_t n = id.n < LOG_REQUEST_CAP ? id.n : LOG_REQUEST_CAP - 1;

    if (n > 0)
        memcpy(log_state.request, id.p, n);
    log_state.request_n = n;
}

struct log_line {
    size_t n;
    bool full; /* something did not fit since this was last cleared */
    char p[LOG_LINE_CAP];
};

static void log_put(struct log_line *l, const char *p, size_t n)
{
    l->full = l->full || n > LOG_LINE_CAP - LOG_TAIL - l->n;
    if (l->full)
        return;
    memcpy(l->p + l->n, p, n);
    l->n += n;
}

static void log_text(struct log_line *l, const char *text)
{
    log_put(l, text, strlen(text));
}

static void log_unit(struct log_line *l, uint32_t unit)
{
    char text[16];

    (void)snprintf(text, sizeof(text), "\\u%04x", (unsigned)(unit & 0xffff));
    log_text(l, text);
}

/* The same escapes in both formats: those of JSON. */
static void log_char(struct log_line *l, uint32_t cp)
{
    char c = (char)cp;

    if (cp == '"' || cp == '\\')
        log_put(l, "\\", 1);
    if (cp >= 0x20 && cp < 0x7f) {
        log_put(l, &c, 1);
    } else if (cp < 0x10000) {
        log_unit(l, cp);
    } else {
        log_unit(l, 0xd800 + ((cp - 0x10000) >> 10));
        log_unit(l, 0xdc00 + ((cp - 0x10000) & 0x3ff));
    }
}

static void log_quote(struct log_line *l, struct str s)
{
    bool cut = s.n > LOG_VALUE_MAX;

    s.n = cut ? LOG_VALUE_MAX : s.n;
    log_text(l, "\"");
    while (s.n > 0) {
        uint32_t cp = 0xfffd;
        size_t n = str_utf8_next(s, &cp);

        n = n == 0 ? 1 : n;
        log_char(l, cp);
        s.p += n;
        s.n -= n;
    }
    log_text(l, cut ? "...\"" : "\"");
}

/* May logfmt show it without quotes? */
static bool log_bare(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("\"\\=", s.p[i]) != NULL)
            return false;
    return s.n > 0 && s.n <= LOG_VALUE_MAX;
}

static void log_key(struct log_line *l, const char *key)
{
    bool json = log_state.format == LOG_JSON;

    if (l->n > (json ? 1u : 0u))
        log_text(l, json ? "," : " ");
    log_text(l, json ? "\"" : "");
    log_text(l, key);
    log_text(l, json ? "\":" : "=");
}

/* A field goes in whole or not at all, so that the line stays well-formed. */
static void log_field(struct log_line *l, const struct log_field *f)
{
    size_t before = l->n;

    l->full = false;
    log_key(l, f->key);
    if (f->text.p == NULL) {
        char number[24];

        (void)snprintf(number, sizeof(number), "%" PRId64, f->number);
        log_text(l, number);
    } else if (log_state.format == LOG_LOGFMT && log_bare(f->text)) {
        log_put(l, f->text.p, f->text.n);
    } else {
        log_quote(l, f->text);
    }
    if (l->full)
        l->n = before;
}

static void log_head(struct log_line *l, enum log_level level,
                     const char *event)
{
    char time[CLOCK_RFC3339_LEN + 1];
    struct clock system = clock_system();

    clock_rfc3339(clock_us(&system), time);
    log_text(l, log_state.format == LOG_JSON ? "{" : "");
    log_field(l, &LOG_TEXT("time", str_of(time)));
    log_field(l, &LOG_TEXT("level", str_of(log_levels[level].name)));
    log_field(l, &LOG_INT("pid", getpid()));
    if (log_state.request_n > 0)
        log_field(l, &LOG_TEXT("request", ((struct str){log_state.request,
                                                        log_state.request_n})));
    log_field(l, &LOG_TEXT("event", str_of(event)));
    if (log_state.lost > 0)
        log_field(l, &LOG_INT("lost", log_state.lost));
}

/* One write per line: processes share the file, and the kernel keeps one
 * append whole. Only a disk that fills up makes a second one needed. */
static bool log_write(const char *p, size_t n)
{
    while (n > 0) {
        ssize_t did = write(log_state.fd, p, n);

        if (did < 0 && errno != EINTR)
            return false;
        if (did > 0) {
            p += did;
            n -= (size_t)did;
        }
    }
    return true;
}

/* LOG_TAIL keeps room for all that is added here. */
static void log_send(struct log_line *l, enum log_level level, bool cut)
{
    bool json = log_state.format == LOG_JSON;
    int n = snprintf(l->p + l->n, sizeof(l->p) - l->n, "%s%s\n",
                     !cut   ? ""
                     : json ? ",\"cut\":true"
                            : " cut=true",
                     json ? "}" : "");

    l->n += n > 0 ? (size_t)n : 0;
    if (log_state.sink == LOG_SYSLOG) {
        syslog(log_levels[level].syslog, "%.*s", (int)l->n - 1, l->p);
        return;
    }
    if (log_write(l->p, l->n))
        log_state.lost = 0;
    else
        log_state.lost++;
}

void log_event(enum log_level level, const char *event,
               const struct log_field *fields)
{
    struct log_line l;
    bool cut = false;
    int saved = errno;

    if (level < log_state.least || level >= LOG_LEVEL_COUNT)
        return;
    l.n = 0;
    l.full = false;
    log_head(&l, level, event);
    for (; fields != NULL && fields->key != NULL; fields++) {
        log_field(&l, fields);
        cut = cut || l.full;
    }
    log_send(&l, level, cut);
    errno = saved;
}

void log_msg(enum log_level level, const char *event, const char *format, ...)
{
    char text[LOG_VALUE_MAX + 2]; /* longer text shows as cut */
    int saved = errno;
    va_list args;

    if (level < log_state.least)
        return;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n < 0)
        (void)snprintf(text, sizeof(text), "(message could not be formatted)");
    errno = saved;
    log_event(level, event,
              (struct log_field[]){LOG_TEXT("msg", str_of(text)), LOG_END});
}
