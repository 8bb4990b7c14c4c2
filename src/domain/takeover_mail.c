/* SPDX-License-Identifier: MIT */
/* Links in mails that were sent before: either side keeps the hash of what they
 * bear, so they open here what they opened there. */
#include <string.h>

#include "base/enc.h"
#include "domain/app_once.h"
#include "domain/takeover_work.h"
#include "store/store_account.h"

/* The row's hash and address; w->reason when there are none. */
static enum err mail_sound(struct takeover_work *w,
                           const struct store_source_row *row,
                           struct digest *hash, struct str *email)
{
    enum err e;

    if (!enc_unhex(row->name, hash->b, STORE_HASH_LEN)) {
        w->reason = "the hash of its token is none";
        return ERR_OK;
    }
    e = app_user_email(w->c, row->text, email);
    if (e != ERR_EMAIL_INVALID && e != ERR_BAD_REQUEST)
        return e;
    w->reason = "its address is none";
    return ERR_OK;
}

static enum err mail_keep(struct takeover_work *w, const struct app *app,
                          const struct store_source_row *row,
                          const struct app_once *once,
                          const struct digest *hash)
{
    enum err e = app_once_keep(w->c, app, once, hash, row->until_ms * 1000);

    if (e == ERR_OK)
        w->done = STORE_PUT_ADDED;
    return e == ERR_DUPLICATE_ROW ? ERR_OK : e;
}

/* Whoever has got another password here has used a link, or needs none. */
static enum err password_same(struct takeover_work *w, const struct id *account,
                              struct str hash, bool *same_r)
{
    struct store_account there;
    enum err e = store_account_by_id(w->c->db, w->c->arena, account, &there);

    if (e == ERR_OK)
        *same_r = there.password_hash != NULL
                      ? str_eq(str_of(there.password_hash), hash)
                      : hash.n == 0;
    return e;
}

enum err takeover_take_reset(struct takeover_work *w,
                             const struct store_source_row *row)
{
    const struct app *app = takeover_app(w, row->app, STR(""));
    struct app_once once = {.purpose = STORE_APP_RESET};
    struct digest hash;
    struct id account;
    bool same = false;
    enum err e = app != NULL ? mail_sound(w, row, &hash, &once.email) : ERR_OK;

    if (e != ERR_OK || w->reason != NULL)
        return e;
    e = app_once_user(w->c, app, row->id, &once.user_id, &account);
    if (e == ERR_OK && id_is_nil(&account)) {
        w->reason = "its user is not here";
        return ERR_OK;
    }
    if (e == ERR_OK)
        e = password_same(w, &account, row->more, &same);
    return e == ERR_OK && same ? mail_keep(w, app, row, &once, &hash) : e;
}

enum err takeover_take_proof(struct takeover_work *w,
                             const struct store_source_row *row)
{
    const struct app *app = takeover_app(w, row->app, row->tenant);
    struct app_once once = {.purpose = STORE_APP_VERIFY};
    struct store_app_verified proved;
    struct digest hash, address;
    bool done = false;
    enum err e;

    if (app == NULL || !takeover_user_fits(w, row->id))
        return ERR_OK;
    e = mail_sound(w, row, &hash, &once.email);
    if (e != ERR_OK || w->reason != NULL)
        return e;
    proved = (struct store_app_verified){.app_id = app->app_id};
    e = app_once_user(w->c, app, row->id, &once.user_id, NULL);
    if (e == ERR_OK)
        e = app_user_email_hash(w->c, app->app_id, once.email, &address);
    if (e != ERR_OK)
        return e;
    proved.user_id = once.user_id;
    memcpy(proved.email_hash, address.b, STORE_HASH_LEN);
    e = store_app_verified(w->c->db, &proved, &done);
    return e == ERR_OK && !done ? mail_keep(w, app, row, &once, &hash) : e;
}
