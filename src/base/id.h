/* SPDX-License-Identifier: MIT */
/* UUIDs (RFC 9562): names for rows, in key order (v7) or not (v4), never a
 * secret. */
#ifndef GATEHOUSE_BASE_ID_H
#define GATEHOUSE_BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define ID_TEXT_LEN 36

struct id {
    uint8_t b[16];
};

/* A new id for now_us (microseconds since 1970 UTC) and 62+ random bits.
 * ERR_NO_RANDOM when the system gives none. */
enum err id_new(int64_t now_us, struct id *id_r);

/* A new id of 122 random bits (UUIDv4), which tells no time. ERR_NO_RANDOM. */
enum err id_random(struct id *id_r);

/* 8-4-4-4-12 lowercase hex and a NUL. */
void id_text(const struct id *id, char out[ID_TEXT_LEN + 1]);

/* The exact form id_text writes (either case); any UUID version. false on
 * anything else. */
bool id_parse(struct str s, struct id *id_r);

/* Same id? */
bool id_eq(const struct id *a, const struct id *b);

/* All zero bytes, which no id_new gives? */
bool id_is_nil(const struct id *id);

#endif
