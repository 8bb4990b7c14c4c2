/* SPDX-License-Identifier: MIT */
/* Every token that is no signed one looks the same from outside, and what is
 * none of ours is told by its length before a cipher runs. */
#include "domain/sealed_text.h"

#include "base/buf.h"
#include "base/enc.h"

enum err sealed_text_make(struct ctx *c, enum seal_purpose purpose,
                          struct str place, struct str content,
                          struct str *text_r)
{
    struct str sealed;
    enum err e = seal(c->sealer, c->arena, purpose, place, content, &sealed);

    if (e != ERR_OK)
        return e;
    char *text = arena_alloc(c->arena, ENC_B64_LEN(sealed.n) + 1);

    if (text == NULL)
        return ERR_NO_MEMORY;
    text_r->n = enc_b64url((const uint8_t *)sealed.p, sealed.n, text);
    text_r->p = text;
    return ERR_OK;
}

enum err sealed_text_open(struct ctx *c, enum seal_purpose purpose,
                          struct str place, struct str text, size_t n,
                          struct str *content_r)
{
    const size_t size = n + SEAL_OVERHEAD;
    struct str content;
    size_t got;

    if (text.n != ENC_B64_LEN(size))
        return ERR_VALIDATION;
    uint8_t *sealed = arena_alloc(c->arena, size);

    if (sealed == NULL)
        return ERR_NO_MEMORY;
    if (!enc_unb64url(text, sealed, size, &got) || got != size)
        return ERR_VALIDATION;
    enum err e = seal_open(c->sealer, c->arena, purpose, place,
                           (struct str){(const char *)sealed, size}, &content);

    if (e == ERR_OK && content.n != n)
        e = ERR_VALIDATION;
    if (e == ERR_OK)
        *content_r = content;
    return e;
}

enum err sealed_text_realm(struct ctx *c, struct str *place_r)
{
    struct buf b = buf_new(c->arena);

    buf_text(&b, "realm:");
    buf_int(&b, c->realm_id);
    return buf_done(&b, place_r);
}

void sealed_text_number_put(uint8_t at[8], uint64_t v)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(v >> (56 - 8 * i));
}

uint64_t sealed_text_number(const char *at)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 8; i++)
        v = v << 8 | (uint8_t)at[i];
    return v;
}
