/* SPDX-License-Identifier: MIT */
/* FastCGI 1.0 as a web server writes it. */
#include "fcgi_wire.h"

#include <stdlib.h>
#include <string.h>

struct wire *wire_new(void)
{
    struct wire *w = calloc(1, sizeof(*w));

    assert_non_null(w);
    return w;
}

void wire_put(struct wire *w, const void *p, size_t n)
{
    assert_true(n <= sizeof(w->p) - w->n);
    if (n > 0)
        memcpy(w->p + w->n, p, n);
    w->n += n;
}

void wire_record(struct wire *w, enum wire_type type, unsigned id,
                 struct str content)
{
    uint8_t padding = (uint8_t)((8 - content.n % 8) % 8);
    const uint8_t zero[8] = {0};
    const uint8_t header[8] = {1,
                               (uint8_t)type,
                               (uint8_t)(id >> 8),
                               (uint8_t)id,
                               (uint8_t)(content.n >> 8),
                               (uint8_t)content.n,
                               padding,
                               0};

    assert_true(content.n <= 0xffff);
    wire_put(w, header, sizeof(header));
    wire_put(w, content.p, content.n);
    wire_put(w, zero, padding);
}

void wire_begin(struct wire *w, unsigned role)
{
    const char body[8] = {(char)(role >> 8), (char)role};

    wire_record(w, WIRE_BEGIN, 1, (struct str){body, sizeof(body)});
}

static size_t wire_length(uint8_t *out, size_t n)
{
    if (n < 0x80) {
        out[0] = (uint8_t)n;
        return 1;
    }
    out[0] = (uint8_t)(0x80 | n >> 24);
    out[1] = (uint8_t)(n >> 16);
    out[2] = (uint8_t)(n >> 8);
    out[3] = (uint8_t)n;
    return 4;
}

size_t wire_pair(uint8_t *out, size_t room, struct str name, struct str value)
{
    assert_true(name.n + value.n + 8 <= room);
    size_t n = wire_length(out, name.n);
    n += wire_length(out + n, value.n);
    memcpy(out + n, name.p, name.n);
    n += name.n;
    if (value.n > 0)
        memcpy(out + n, value.p, value.n);
    return n + value.n;
}

void wire_param(struct wire *w, struct str name, struct str value)
{
    size_t room = name.n + value.n + 8;
    uint8_t *pair = malloc(room);

    assert_non_null(pair);
    size_t n = wire_pair(pair, room, name, value);
    wire_record(w, WIRE_PARAMS, 1, (struct str){(const char *)pair, n});
    free(pair);
}

void wire_body(struct wire *w, struct str body)
{
    wire_record(w, WIRE_PARAMS, 1, STR(""));
    if (body.n > 0)
        wire_record(w, WIRE_STDIN, 1, body);
    wire_record(w, WIRE_STDIN, 1, STR(""));
}

void wire_get(struct wire *w, unsigned role, const char *target)
{
    wire_begin(w, role);
    wire_param(w, STR("REQUEST_METHOD"), STR("GET"));
    wire_param(w, STR("REQUEST_URI"), str_of(target));
    wire_param(w, STR("REMOTE_ADDR"), STR("192.0.2.7"));
    wire_body(w, STR(""));
}
