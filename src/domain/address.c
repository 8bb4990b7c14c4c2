/* SPDX-License-Identifier: MIT */
/* One place that says what goes into the hash of an address. */
#include "domain/address.h"

#include "base/buf.h"

enum err address_lookup(struct ctx *c, const char *label, struct str normal,
                        struct digest *d_r)
{
    struct buf b = buf_new(c->arena);
    struct str value;

    buf_int(&b, c->realm_id);
    buf_char(&b, ':');
    buf_str(&b, normal);
    enum err e = buf_done(&b, &value);

    return e != ERR_OK ? e : seal_lookup(c->sealer, label, value, d_r);
}
