/* SPDX-License-Identifier: MIT */
/* How rows of identity are found and what their columns are sealed to; for the
 * files of identity alone. */
#ifndef GATEHOUSE_DOMAIN_IDENTITY_KEY_H
#define GATEHOUSE_DOMAIN_IDENTITY_KEY_H

#include "base/err.h"
#include "crypto/digest.h"
#include "domain/ctx.h"
#include "domain/event.h"

/* The sealed columns; their place is the row's key and the name. */
#define IDENTITY_SUBJECT "identity.subject"
#define IDENTITY_TOKENS "identity.tokens"

/* The keyed hash of a person: realm, issuer and subject, byte for byte.
 * ERR_SUB_CLAIM_MISSING for none, and for one that is too long. */
enum err identity_key(struct ctx *c, struct str issuer, struct str subject,
                      struct digest *key_r);

/* The keyed hash of a provider's session. */
enum err identity_sid(struct ctx *c, struct str issuer, struct str sid,
                      struct digest *key_r);

/* What a column of the row is sealed to. */
enum err identity_place(struct ctx *c, const uint8_t key[STORE_HASH_LEN],
                        const char *column, struct str *place_r);

/* Records an event of an account's that names a provider. */
enum err identity_event(struct ctx *c, enum event_kind kind,
                        const struct id *account, struct str provider);

#endif
