/* SPDX-License-Identifier: MIT */
/* Keyed hashes of e-mail addresses: look-up without keeping the address. */
#ifndef GATEHOUSE_DOMAIN_ADDRESS_H
#define GATEHOUSE_DOMAIN_ADDRESS_H

#include "base/err.h"
#include "crypto/digest.h"
#include "domain/ctx.h"

/* The keyed hash of a normalised address within the realm; label keeps uses
 * apart, so that a value of one table tells nothing about another. */
enum err address_lookup(struct ctx *c, const char *label, struct str normal,
                        struct digest *d_r);

#endif
