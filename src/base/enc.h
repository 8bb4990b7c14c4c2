/* SPDX-License-Identifier: MIT */
/* Binary as text and back: lowercase hex, base64url and base64 (RFC 4648). */
#ifndef GATEHOUSE_BASE_ENC_H
#define GATEHOUSE_BASE_ENC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Characters base64url needs for n bytes, without padding or NUL. */
#define ENC_B64_LEN(n) (((n)*4 + 2) / 3)

/* Writes 2 * n hex digits and a NUL to out. */
void enc_hex(const uint8_t *in, size_t n, char *out);

/* Exactly n bytes from 2 * n hex digits of either case; false otherwise. */
bool enc_unhex(struct str s, uint8_t *out, size_t n);

/* Writes ENC_B64_LEN(n) characters and a NUL to out, no padding; returns the
 * number of characters. */
size_t enc_b64url(const uint8_t *in, size_t n, char *out);

/* Strict base64url: no padding, blank or foreign character, and unused low
 * bits are zero, so that one value has one text. At most cap bytes are written
 * to out. false on anything else. */
bool enc_unb64url(struct str s, uint8_t *out, size_t cap, size_t *n_r);

/* Characters padded base64 needs for n bytes, without NUL. */
#define ENC_B64_PADDED_LEN(n) (((n) + 2) / 3 * 4)

/* Writes ENC_B64_PADDED_LEN(n) characters and a NUL to out; returns the number
 * of characters. */
size_t enc_b64(const uint8_t *in, size_t n, char *out);

/* The reverse, as strict as enc_unb64url: padding must be there. */
bool enc_unb64(struct str s, uint8_t *out, size_t cap, size_t *n_r);

#endif
