/* SPDX-License-Identifier: MIT */
/* Lengths stand before texts, so that no text can be taken for two. */
#include "domain/pack.h"

#include <string.h>

#define PACK_TEXT_MAX 65535

void pack_text(struct buf *b, struct str text)
{
    if (text.n > PACK_TEXT_MAX) {
        b->failed = true;
        return;
    }
    buf_char(b, (char)(uint8_t)(text.n >> 8));
    buf_char(b, (char)(uint8_t)text.n);
    buf_str(b, text);
}

void pack_int(struct buf *b, int64_t n)
{
    uint64_t bits = (uint64_t)n;

    for (unsigned i = 0; i < 8; i++)
        buf_char(b, (char)(uint8_t)(bits >> (56 - 8 * i)));
}

void pack_id(struct buf *b, const struct id *id)
{
    buf_put(b, id->b, sizeof(id->b));
}

/* The next n bytes; NULL when there are fewer. */
static const char *unpack(struct str *rest, size_t n)
{
    const char *at = rest->p;

    if (rest->n < n)
        return NULL;
    *rest = (struct str){rest->p + n, rest->n - n};
    return at;
}

bool unpack_text(struct str *rest, struct str *text_r)
{
    const char *at = unpack(rest, 2);

    if (at == NULL)
        return false;
    size_t n = (size_t)(uint8_t)at[0] << 8 | (uint8_t)at[1];
    const char *text = unpack(rest, n);

    if (text == NULL)
        return false;
    *text_r = (struct str){text, n};
    return true;
}

bool unpack_int(struct str *rest, int64_t *n_r)
{
    const char *at = unpack(rest, 8);
    uint64_t bits = 0;

    if (at == NULL)
        return false;
    for (unsigned i = 0; i < 8; i++)
        bits = bits << 8 | (uint8_t)at[i];
    *n_r = (int64_t)bits;
    return true;
}

bool unpack_id(struct str *rest, struct id *id_r)
{
    const char *at = unpack(rest, sizeof(id_r->b));

    if (at == NULL)
        return false;
    memcpy(id_r->b, at, sizeof(id_r->b));
    return true;
}
