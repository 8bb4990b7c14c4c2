/* SPDX-License-Identifier: MIT */
/* One line per event, logfmt or JSON, to stderr, a file or syslog. Values are
 * escaped so that no input can forge a line; secrets never come here. */
#ifndef GATEHOUSE_BASE_LOG_H
#define GATEHOUSE_BASE_LOG_H

#include <stdint.h>

#include "base/str.h"

enum log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_NOTICE,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_ERROR,
    LOG_LEVEL_COUNT
};

enum log_format { LOG_LOGFMT, LOG_JSON, LOG_FORMAT_COUNT };

enum log_sink { LOG_STDERR, LOG_FILE, LOG_SYSLOG, LOG_SINK_COUNT };

/* One key and its value; text when text.p is set, else number. */
struct log_field {
    const char *key;
    struct str text;
    int64_t number;
};

#define LOG_TEXT(k, s) ((struct log_field){(k), (s), 0})
#define LOG_INT(k, v) ((struct log_field){(k), {NULL, 0}, (v)})
#define LOG_END ((struct log_field){NULL, {NULL, 0}, 0})

/* Opens the sink; path is used by LOG_FILE only and copied. 0, or -1 with
 * errno set and the old sink kept. The only mutable state outside server/. */
int log_open(enum log_sink sink, enum log_format format, enum log_level least,
             const char *path);

/* Reopens a LOG_FILE by its path (after logrotate); -1 with errno set and the
 * old file kept when that fails. */
int log_reopen(void);

/* Text put into every line as `request` until replaced; {NULL, 0} for none.
 * Copied, at most 63 bytes. */
void log_request(struct str id);

/* Writes one line: time (RFC 3339 UTC), level, pid, request, event (a fixed
 * dotted word such as "session.revoked"), then the fields up to LOG_END. */
void log_event(enum log_level level, const char *event,
               const struct log_field *fields);

/* A line with one free `msg`, for operators' messages. */
void log_msg(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
