/* SPDX-License-Identifier: MIT */
/* The small answers that many handlers give. */
#ifndef GATEHOUSE_API_API_ANSWER_H
#define GATEHOUSE_API_API_ANSWER_H

#include <stdint.h>

#include "api/call.h"
#include "base/err.h"

#define API_JSON_TYPE "application/json; charset=utf-8"

/* {"success":true} */
void api_answer_success(struct call *c);

/* {"success":true,"count":n} */
void api_answer_count(struct call *c, uint64_t n);

/* Is the caller an administrator? The rights in a token are those of now: a
 * change of them ends it. */
bool api_answer_is_admin(const struct call *c);

/* Blames e on one field of the body; ERR_VALIDATION, to be returned. */
enum err api_answer_invalid(struct call *c, const char *field, enum err e);

/* Of an error about an address or a password, blames the body's "email" or
 * "password" so; any other is returned as it is. */
enum err api_answer_blame(struct call *c, enum err e);

#endif
