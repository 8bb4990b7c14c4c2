/* SPDX-License-Identifier: MIT */
/* Where a sealed value belongs, told from its row: what its owners bind in when
 * they seal it. */
#ifndef GATEHOUSE_DOMAIN_RESEAL_PLACE_H
#define GATEHOUSE_DOMAIN_RESEAL_PLACE_H

#include "base/arena.h"
#include "base/err.h"
#include "crypto/seal.h"
#include "store/store_sealed.h"

/* Purpose and place of a value, in the arena. ERR_NO_MEMORY. */
enum err reseal_place(struct arena *a, enum store_sealed column,
                      const struct store_sealed_row *row,
                      enum seal_purpose *purpose_r, struct str *place_r);

#endif
