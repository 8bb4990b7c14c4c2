/* SPDX-License-Identifier: MIT */
/* Where problems of a configuration are told and counted. */
#ifndef GATEHOUSE_CONFIG_REPORT_H
#define GATEHOUSE_CONFIG_REPORT_H

#include <stddef.h>
#include <stdio.h>

/* A place in a file; line 0 when the file as a whole is meant. */
struct report_place {
    const char *file;
    unsigned line;
};

struct key_slot; /* config/internal.h */

struct report {
    FILE *out;
    size_t problems;
    struct report_place at; /* what the next problem is about */
};

/* Writes "file:line: text" and counts it. Values are never part of the text:
 * a password may stand where a path was meant. */
void report_problem(struct report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same about one key: "file:line: section.name: text". */
void report_key(struct report *r, const struct key_slot *key,
                const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
