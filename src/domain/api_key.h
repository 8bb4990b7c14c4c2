/* SPDX-License-Identifier: MIT */
/* API keys of application back ends: shown once, kept as a hash. */
#ifndef GATEHOUSE_DOMAIN_API_KEY_H
#define GATEHOUSE_DOMAIN_API_KEY_H

#include "base/err.h"
#include "domain/ctx.h"
#include "store/store_key.h"

/* Creates a key; text_r ("ghk_…", 256 random bits) is never to be had again.
 * lifetime_s 0: no end. */
enum err api_key_create(struct ctx *c, struct str name, int64_t lifetime_s,
                        struct str *text_r, struct id *id_r);

/* Who presents text; ERR_API_KEY_INVALID for a malformed, unknown, wrong,
 * expired or revoked one, all alike. */
enum err api_key_check(struct ctx *c, struct str text,
                       struct store_api_key *key_r);

/* Revokes; ERR_NOT_FOUND. */
enum err api_key_revoke(struct ctx *c, const struct id *id);

/* Calls each for every key. */
enum err api_key_list(struct ctx *c,
                      enum err (*each)(void *data,
                                       const struct store_api_key *k),
                      void *data);

#endif
