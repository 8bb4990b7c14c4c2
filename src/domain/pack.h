/* SPDX-License-Identifier: MIT */
/* Several values as one text, for what is kept or carried sealed. */
#ifndef GATEHOUSE_DOMAIN_PACK_H
#define GATEHOUSE_DOMAIN_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/str.h"

/* Appends a text. One of more than 65535 bytes fails b. */
void pack_text(struct buf *b, struct str text);
/* Appends a number. */
void pack_int(struct buf *b, int64_t n);
/* Appends an id. */
void pack_id(struct buf *b, const struct id *id);

/* Takes the text *rest begins with, not NUL-terminated; false when there is
 * none, *rest is then of no use. */
bool unpack_text(struct str *rest, struct str *text_r);
/* The same of a number. */
bool unpack_int(struct str *rest, int64_t *n_r);
/* The same of an id. */
bool unpack_id(struct str *rest, struct id *id_r);

#endif
