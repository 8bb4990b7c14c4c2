/* SPDX-License-Identifier: MIT */
/* Writes the problems of a configuration, one a line. */
#include "config/report.h"

#include <stdarg.h>

#include "config/internal.h"

/* A message that cannot be written is lost, but it still counts. */
static void place(struct report *r)
{
    r->problems++;
    (void)fprintf(r->out, "%s:%u: ", r->at.file, r->at.line);
}

void report_problem(struct report *r, const char *format, ...)
{
    va_list args;
    place(r);
    va_start(args, format);
    (void)vfprintf(r->out, format, args);
    va_end(args);
    (void)fputc('\n', r->out);
}

void report_key(struct report *r, const struct key_slot *key,
                const char *format, ...)
{
    va_list args;
    place(r);
    (void)fprintf(r->out, "%s.%s: ", key->section, key->row->name);
    va_start(args, format);
    (void)vfprintf(r->out, format, args);
    va_end(args);
    (void)fputc('\n', r->out);
}
