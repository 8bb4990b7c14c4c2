/* SPDX-License-Identifier: MIT */
/* Sessions and all else go with the account's row, by its foreign keys: there
 * is no moment in which one is without the other. */
#include "domain/account_delete.h"

#include "domain/account_read.h"
#include "domain/event.h"
#include "domain/rights.h"
#include "store/store_app_user.h"
#include "store/store_dossier.h"

struct account_deletion {
    struct ctx *c;
    const struct id *id;
    const char *by;
};

/* What back ends keep of the person stands under ids without a foreign key. */
static enum err account_delete_kept(struct ctx *c, const struct id *id,
                                    struct str subject)
{
    struct str external;
    int64_t app_id;
    enum err e = store_dossier_names(c->db, c->arena, id, &app_id, &external);

    if (e == ERR_OK && external.p != NULL)
        e = store_app_user_clear(c->db, app_id, external);
    return e == ERR_OK ? store_app_user_clear(c->db, app_id, subject) : e;
}

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
        e = account_subject(c, d->id, &subject);
    if (e == ERR_OK)
        e = account_delete_kept(c, d->id, subject);
    if (e == ERR_OK)
        e = store_account_delete(c->db, d->id, &count);
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
