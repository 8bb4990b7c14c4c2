/* SPDX-License-Identifier: MIT */
/* What is kept of one person: handed out whole, or made to be nobody's. */
#ifndef GATEHOUSE_DOMAIN_DOSSIER_H
#define GATEHOUSE_DOMAIN_DOSSIER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "domain/ctx.h"

/* Appends a JSON object with all that is kept of an account's person, secrets
 * left out; an event tells of it. ERR_USER_NOT_FOUND. */
enum err dossier_export(struct ctx *c, const struct id *account,
                        struct buf *out);

/* Deletes the account with everything that hangs on it and gives its events to
 * a random name, without address, browser and detail. May be repeated: an
 * account that is gone already is no error. by: "self" or "operator".
 * *events_r: those given away. ERR_LAST_ADMIN. */
enum err dossier_erase(struct ctx *c, const struct id *account, const char *by,
                       uint64_t *events_r);

#endif
