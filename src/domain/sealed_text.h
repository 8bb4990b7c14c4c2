/* SPDX-License-Identifier: MIT */
/* A sealed value as the text of a token, and back. */
#ifndef GATEHOUSE_DOMAIN_SEALED_TEXT_H
#define GATEHOUSE_DOMAIN_SEALED_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "domain/ctx.h"

/* Seals content for purpose, bound to place, and writes it as base64url in the
 * arena. ERR_NO_RANDOM, ERR_NO_MEMORY. */
enum err sealed_text_make(struct ctx *c, enum seal_purpose purpose,
                          struct str place, struct str content,
                          struct str *text_r);

/* The content of text, exactly n bytes, in the arena. ERR_VALIDATION for what
 * sealed_text_make has not made of n bytes for that purpose and place; of
 * another length it is not even decoded. */
enum err sealed_text_open(struct ctx *c, enum seal_purpose purpose,
                          struct str place, struct str text, size_t n,
                          struct str *content_r);

/* The place of what belongs to the realm: a token of one never opens in
 * another. */
enum err sealed_text_realm(struct ctx *c, struct str *place_r);

/* Writes v as eight bytes, the highest first. */
void sealed_text_number_put(uint8_t at[8], uint64_t v);
/* What those eight bytes say. */
uint64_t sealed_text_number(const char *at);

#endif
