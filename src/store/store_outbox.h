/* SPDX-License-Identifier: MIT */
/* Rows of outbox: messages the courier has to deliver, without rules. */
#ifndef GATEHOUSE_STORE_STORE_OUTBOX_H
#define GATEHOUSE_STORE_STORE_OUTBOX_H

#include <stdint.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/str.h"
#include "store/db.h"

/* Positions in the ENUM column. */
enum store_channel { STORE_CHANNEL_MAIL = 1, STORE_CHANNEL_SMS = 2 };

/* An outbox row. Texts live in the arena they were read into. */
struct store_outbox {
    struct id id;
    int64_t realm_id;
    struct id account_id; /* nil: none */
    enum store_channel channel;
    struct str kind, locale;
    struct str recipient_sealed, values_sealed;
};

/* Inserts a message that is due at once and worthless lifetime_us later. */
enum err store_outbox_insert(struct db *db, const struct store_outbox *m,
                             int64_t lifetime_us);

#endif
