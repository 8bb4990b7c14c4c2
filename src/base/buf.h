/* SPDX-License-Identifier: MIT */
/* A growing byte buffer in an arena. A failed append is remembered, so a
 * writer checks once, at the end, with buf_done. */
#ifndef GATEHOUSE_BASE_BUF_H
#define GATEHOUSE_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct buf {
    struct arena *arena;
    char *p;
    size_t n;   /* bytes used */
    size_t cap; /* bytes reserved */
    bool failed;
};

/* An empty buffer that grows in a. */
struct buf buf_new(struct arena *a);

/* Appends bytes. */
void buf_put(struct buf *b, const void *p, size_t n);

/* Appends one byte. */
void buf_char(struct buf *b, char c);

/* Appends word, behind a blank when something stands before it: the lists
 * str_has_word and json_words read. */
void buf_word(struct buf *b, struct str word);

/* Appends text. */
void buf_str(struct buf *b, struct str s);

/* Appends a C string. */
void buf_text(struct buf *b, const char *c);

/* Appends a signed decimal number. */
void buf_int(struct buf *b, int64_t v);

/* Appends printf-formatted text of at most 1023 bytes; longer text fails. */
void buf_fmt(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What was written, with a NUL behind it that is not counted. ERR_NO_MEMORY
 * when any append failed; then text_r is untouched. */
enum err buf_done(struct buf *b, struct str *text_r);

#endif
