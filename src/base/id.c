/* SPDX-License-Identifier: MIT */
/* UUIDs: rows get keys that grow with time, so that inserts stay together;
 * names that back ends know tell nothing. */
#include "base/id.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/enc.h"

#define ID_MS_END (INT64_C(1) << 48)

static enum err id_bytes(uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ERR_NO_RANDOM;
        p += got;
        n -= (size_t)got;
    }
    return ERR_OK;
}

/* RFC 9562 section 5.7, with the fraction of the millisecond in rand_a
 * (section 6.2, method 3). */
enum err id_new(int64_t now_us, struct id *id_r)
{
    struct id id;

    if (now_us < 0 || now_us / 1000 >= ID_MS_END)
        return ERR_INTERNAL;
    enum err e = id_bytes(id.b + 8, 8);

    if (e != ERR_OK)
        return e;
    uint64_t ms = (uint64_t)now_us / 1000;
    unsigned fraction = (unsigned)(now_us % 1000) * 4096 / 1000;

    for (unsigned i = 0; i < 6; i++)
        id.b[i] = (uint8_t)(ms >> (40 - 8 * i));
    id.b[6] = (uint8_t)(0x70 | fraction >> 8);
    id.b[7] = (uint8_t)fraction;
    id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
    *id_r = id;
    return ERR_OK;
}

enum err id_random(struct id *id_r)
{
    struct id id;
    enum err e = id_bytes(id.b, sizeof(id.b));

    if (e != ERR_OK)
        return e;
    id.b[6] = (uint8_t)(0x40 | (id.b[6] & 0x0f));
    id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f));
    *id_r = id;
    return ERR_OK;
}

/* Bytes per group of the 8-4-4-4-12 form. */
static const uint8_t id_groups[] = {4, 2, 2, 2, 6};

void id_text(const struct id *id, char out[ID_TEXT_LEN + 1])
{
    const uint8_t *b = id->b;

    for (size_t g = 0; g < sizeof(id_groups); g++) {
        if (g > 0)
            *out++ = '-';
        enc_hex(b, id_groups[g], out);
        b += id_groups[g];
        out += (size_t)2 * id_groups[g];
    }
}

bool id_parse(struct str s, struct id *id_r)
{
    struct id id;
    uint8_t *b = id.b;

    if (s.n != ID_TEXT_LEN)
        return false;
    for (size_t g = 0; g < sizeof(id_groups); g++) {
        if (g > 0 && *s.p++ != '-')
            return false;
        struct str hex = {s.p, (size_t)2 * id_groups[g]};

        if (!enc_unhex(hex, b, id_groups[g]))
            return false;
        b += id_groups[g];
        s.p += hex.n;
    }
    *id_r = id;
    return true;
}

bool id_eq(const struct id *a, const struct id *b)
{
    return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

bool id_is_nil(const struct id *id)
{
    static const struct id nil = {{0}};

    return id_eq(id, &nil);
}
