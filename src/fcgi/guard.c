/* SPDX-License-Identifier: MIT */
/* FastCGI 1.0, sections 3.3, 3.4 and 5. Defends libfcgi against lengths that
 * overflow or exhaust memory (CVE-2025-23016), against management records it
 * answers from a fixed buffer, and us against names it would cut. */
#include "fcgi/guard.h"

#include <string.h>

enum {
    GUARD_HEADER = 8,
    GUARD_BEGIN_BODY = 8,
    GUARD_BEGIN = 1, /* record types */
    GUARD_PARAMS = 4,
    GUARD_STDIN = 5
};

struct guard_record {
    bool seen; /* its header is there */
    unsigned type, id, padding;
    uint8_t *content;
    size_t n;
};

/* What is left to look at. */
struct guard_cursor {
    uint8_t *p;
    size_t n;
};

/* GUARD_SOUND when a whole record is there; *r_r tells what its header says as
 * soon as that is there. */
static enum guard_verdict guard_record(struct guard_cursor *c,
                                       struct guard_record *r_r)
{
    const uint8_t *h = c->p;

    *r_r = (struct guard_record){.seen = false};
    if (c->n > 0 && h[0] != 1)
        return GUARD_REFUSE;
    if (c->n < GUARD_HEADER)
        return GUARD_MORE;
    *r_r = (struct guard_record){.seen = true,
                                 .type = h[1],
                                 .id = (unsigned)h[2] << 8 | h[3],
                                 .padding = h[6],
                                 .content = c->p + GUARD_HEADER,
                                 .n = (size_t)h[4] << 8 | h[5]};
    size_t whole = GUARD_HEADER + r_r->n + r_r->padding;
    if (c->n < whole)
        return GUARD_MORE;
    c->p += whole;
    c->n -= whole;
    return GUARD_SOUND;
}

/* A length of one or four bytes (section 3.4). */
static bool guard_length(struct guard_cursor *c, size_t *length_r)
{
    if (c->n == 0)
        return false;
    size_t bytes = c->p[0] & 0x80 ? 4 : 1;
    if (c->n < bytes)
        return false;
    size_t length = c->p[0] & 0x7f;
    for (size_t i = 1; i < bytes; i++)
        length = length << 8 | c->p[i];
    c->p += bytes;
    c->n -= bytes;
    *length_r = length;
    return true;
}

/* The next name and value; false when they are not whole. */
static bool guard_pair(struct guard_cursor *c, struct str *name_r,
                       struct str *value_r)
{
    size_t name;
    size_t value;

    if (!guard_length(c, &name) || !guard_length(c, &value) || name > c->n ||
        value > c->n - name)
        return false;
    *name_r = (struct str){(const char *)c->p, name};
    *value_r = (struct str){(const char *)c->p + name, value};
    c->p += name + value;
    c->n -= name + value;
    return true;
}

static enum guard_verdict guard_pairs(struct guard_cursor c)
{
    enum guard_verdict verdict = GUARD_SOUND;
    struct str name;
    struct str value;

    while (c.n > 0) {
        if (!guard_pair(&c, &name, &value))
            return GUARD_REFUSE;
        if (memchr(name.p, '\0', name.n + value.n) != NULL ||
            memchr(name.p, '=', name.n) != NULL)
            verdict = GUARD_UNCLEAN;
    }
    return verdict;
}

/* The records behind the parameters, as far as they are there. */
static bool guard_stdin(struct guard_cursor c, unsigned id)
{
    struct guard_record r;
    enum guard_verdict verdict = GUARD_SOUND;

    while (c.n > 0 && verdict == GUARD_SOUND) {
        verdict = guard_record(&c, &r);
        if (r.seen && (r.type != GUARD_STDIN || r.id != id))
            return false;
    }
    return verdict != GUARD_REFUSE;
}

/* The parameters of request id, put together at *params_r. GUARD_SOUND when
 * their end was seen. libfcgi takes padding behind that end for the next header
 * and would read other records than were judged here. */
static enum guard_verdict guard_params(struct guard_cursor *c, unsigned id,
                                       struct guard_cursor *params_r)
{
    struct guard_record r;
    enum guard_verdict verdict;

    for (;;) {
        verdict = guard_record(c, &r);
        if (r.seen && (r.type != GUARD_PARAMS || r.id != id ||
                       (r.n == 0 && r.padding > 0)))
            return GUARD_REFUSE;
        if (verdict != GUARD_SOUND || r.n == 0)
            return verdict;
        memmove(params_r->p + params_r->n, r.content, r.n);
        params_r->n += r.n;
    }
}

/* The first record; its padding is forgotten as above. */
static bool guard_begins(const struct guard_record *r)
{
    return r->type == GUARD_BEGIN && r->id != 0 && r->n == GUARD_BEGIN_BODY &&
           r->padding == 0;
}

/* Too large is said of parameters that libfcgi can read to answer so. */
enum guard_verdict guard_judge(uint8_t *p, size_t n, size_t max)
{
    struct guard_cursor c = {p, n};
    struct guard_cursor params = {p, 0};
    struct guard_record begin;
    enum guard_verdict verdict = guard_record(&c, &begin);

    if (begin.seen && !guard_begins(&begin))
        return GUARD_REFUSE;
    if (verdict == GUARD_SOUND)
        verdict = guard_params(&c, begin.id, &params);
    if (verdict == GUARD_MORE && n >= GUARD_WINDOW)
        return GUARD_REFUSE;
    if (verdict != GUARD_SOUND)
        return verdict;
    if (!guard_stdin(c, begin.id))
        return GUARD_REFUSE;
    verdict = guard_pairs(params);
    return verdict != GUARD_REFUSE && params.n > max ? GUARD_LARGE : verdict;
}

bool guard_whole(uint8_t *p, size_t n)
{
    struct guard_cursor c = {p, n};
    struct guard_record r;

    while (c.n > 0 && guard_record(&c, &r) == GUARD_SOUND)
        if (r.type == GUARD_STDIN && r.n == 0)
            return true;
    return false;
}

/* Looks for REQUEST_URI among whole pairs. */
static bool guard_uri_in(struct guard_cursor pairs, struct str *uri_r)
{
    struct str name;
    struct str value;

    while (pairs.n > 0 && guard_pair(&pairs, &name, &value)) {
        if (str_eq(name, STR("REQUEST_URI"))) {
            *uri_r = value;
            return true;
        }
    }
    return false;
}

bool guard_uri(uint8_t *p, size_t n, struct str *uri_r)
{
    struct guard_cursor c = {p, n};
    struct guard_record r;

    if (guard_record(&c, &r) != GUARD_SOUND || r.type != GUARD_BEGIN)
        return false;
    while (guard_record(&c, &r) == GUARD_SOUND && r.type == GUARD_PARAMS)
        if (guard_uri_in((struct guard_cursor){r.content, r.n}, uri_r))
            return true;
    return false;
}
