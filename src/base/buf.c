/* SPDX-License-Identifier: MIT */
/* A growing buffer; failures are sticky so that writers stay short. */
#include "base/buf.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BUF_FIRST 256
#define BUF_FMT_CAP 1024

struct buf buf_new(struct arena *a)
{
    return (struct buf){.arena = a};
}

static bool buf_resize(struct buf *b, size_t cap)
{
    if (b->p != NULL && arena_extend(b->arena, b->p, b->cap, cap)) {
        b->cap = cap;
        return true;
    }
    char *p = arena_alloc(b->arena, cap);

    if (p == NULL)
        return false;
    if (b->p != NULL)
        memcpy(p, b->p, b->n);
    b->p = p;
    b->cap = cap;
    return true;
}

/* Room for n more bytes and the NUL of buf_done. */
static bool buf_room(struct buf *b, size_t n)
{
    if (b->failed)
        return false;
    if (n < b->cap - b->n)
        return true;
    if (n >= SIZE_MAX / 2 - b->n) {
        b->failed = true;
        return false;
    }
    size_t want = b->n + n + 1;
    size_t twice = b->cap == 0 ? BUF_FIRST : b->cap * 2;

    b->failed = !(twice > want && buf_resize(b, twice)) && !buf_resize(b, want);
    return !b->failed;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
    if (!buf_room(b, n) || n == 0)
        return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void buf_char(struct buf *b, char c)
{
    if (buf_room(b, 1))
        b->p[b->n++] = c;
}

void buf_word(struct buf *b, struct str word)
{
    if (b->n > 0)
        buf_char(b, ' ');
    buf_str(b, word);
}

void buf_str(struct buf *b, struct str s)
{
    buf_put(b, s.p, s.n);
}

void buf_text(struct buf *b, const char *c)
{
    buf_str(b, str_of(c));
}

void buf_int(struct buf *b, int64_t v)
{
    buf_fmt(b, "%" PRId64, v);
}

void buf_fmt(struct buf *b, const char *format, ...)
{
    char text[BUF_FMT_CAP];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof(text))
        b->failed = true;
    else
        buf_put(b, text, (size_t)n);
    explicit_bzero(text, sizeof(text));
}

enum err buf_done(struct buf *b, struct str *text_r)
{
    if (!buf_room(b, 0))
        return ERR_NO_MEMORY;
    b->p[b->n] = '\0';
    *text_r = (struct str){b->p, b->n};
    return ERR_OK;
}
