/* SPDX-License-Identifier: MIT */
/* Rows of outbox: messages the courier has to deliver, without rules. */
#ifndef GATEHOUSE_STORE_STORE_OUTBOX_H
#define GATEHOUSE_STORE_STORE_OUTBOX_H

#include <stdbool.h>
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
    int64_t created_us, due_us, expires_us;
    int64_t attempts;
    int64_t dead_us; /* given up then; 0: not */
    struct str error;
    int64_t now_us; /* the database's clock */
};

/* Gets one row. */
typedef enum err store_outbox_row(void *data, const struct store_outbox *m);

/* Inserts a message that is due at once and worthless lifetime_us later. */
enum err store_outbox_insert(struct db *db, const struct store_outbox *m,
                             int64_t lifetime_us);

/* Is anything due that leaves by mail (if mail) or as a text message (if sms)?
 */
enum err store_outbox_is_due(struct db *db, bool mail, bool sms, bool *due_r);

/* Calls each for at most limit due rows of a channel, the longest due first. */
enum err store_outbox_due(struct db *db, struct arena *a,
                          enum store_channel channel, int64_t limit,
                          store_outbox_row *each, void *data);

/* Takes a row that is due as read: hides it for hold_us and counts an attempt.
 * Of several that read it one gets *mine_r. */
enum err store_outbox_claim(struct db *db, const struct store_outbox *m,
                            int64_t hold_us, bool *mine_r);

/* It has been delivered: the row goes. Also when it is gone already. */
enum err store_outbox_done(struct db *db, const struct id *id);

/* It is due again in delay_us; error says why, without address or secret. */
enum err store_outbox_later(struct db *db, const struct id *id,
                            int64_t delay_us, struct str error);

/* It is given up. */
enum err store_outbox_dead(struct db *db, const struct id *id,
                           struct str error);

/* One row by its id, without the sealed columns. ERR_NO_ROW. */
enum err store_outbox_by_id(struct db *db, struct arena *a, const struct id *id,
                            struct store_outbox *m_r);

/* Calls each for every row, the oldest first, without the sealed columns. */
enum err store_outbox_list(struct db *db, struct arena *a,
                           store_outbox_row *each, void *data);

/* Makes a row, or all for nil, due at once, also what was given up, unless its
 * end is past. *rows_r: how many. */
enum err store_outbox_retry(struct db *db, const struct id *id,
                            uint64_t *rows_r);

/* Deletes what was given up. */
enum err store_outbox_drop_dead(struct db *db, uint64_t *rows_r);

#endif
