/* SPDX-License-Identifier: MIT */
/* Sessions and all else go with the account's row, by its foreign keys: there
 * is no moment in which one is without the other. */
#include "domain/account_delete.h"

#include "domain/account_read.h"
#include "domain/event.h"
#include "domain/rights.h"

struct account_deletion {
    struct ctx *c;
    const struct id *id;
    const char *by;
};

static enum err account_delete_rows(void *data)
{
    const struct account_deletion *d = data;
    struct ctx *c = d->c;
    struct store_account row;
    struct str subject, detail;
    uint64_t count = 0;
    enum err e = rights_lock(c, d->id, &row);

    if (e == ERR_OK)
        e = rights_keep_admin(c, &row);
    if (e == ERR_OK)
        e = store_account_delete(c->db, d->id, &count);
    if (e == ERR_OK)
        e = account_subject(c, d->id, &subject);
    if (e == ERR_OK)
        e = rights_detail(c, NULL, (struct str){NULL, 0}, d->by, &detail);
    if (e != ERR_OK)
        return e;
    return event_record(c, EVENT_ACCOUNT_DELETED, subject, NULL, detail);
}

enum err account_delete(struct ctx *c, const struct id *id, const char *by)
{
    struct account_deletion d = {c, id, by};

    return db_transact(c->db, account_delete_rows, &d);
}
