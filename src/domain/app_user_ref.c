/* SPDX-License-Identifier: MIT */
/* Who a user id stands for. */
#include "domain/account_read.h"
#include "domain/app_user.h"
#include "store/store_app_user.h"

enum err app_user_known_as(struct ctx *c, const struct id *id,
                           struct str mapped, struct str *name_r)
{
    if (mapped.p == NULL)
        return account_subject(c, id, name_r);
    *name_r = mapped;
    return ERR_OK;
}

/* What no row can hold is nobody's. */
enum err app_user_ref(struct ctx *c, const struct app *app, struct str user_id,
                      struct app_user_ref *ref_r)
{
    struct app_user_ref ref = {.user_id = user_id, .primary = user_id};
    struct id own = {{0}};
    struct store_app_ref row;

    if (user_id.n == 0 || user_id.n > APP_USER_ID_MAX) {
        *ref_r = ref;
        return ERR_OK;
    }
    (void)id_parse(user_id, &own);
    enum err e =
        store_app_user_ref(c->db, c->arena, app->app_id, &own, user_id, &row);

    if (e == ERR_NO_ROW) {
        *ref_r = ref;
        return ERR_OK;
    }
    ref.account = true;
    ref.account_id = row.account_id;
    ref.primary_id = row.primary_id;
    if (e == ERR_OK)
        e = app_user_known_as(c, &row.account_id, row.external, &ref.user_id);
    if (e == ERR_OK)
        e = app_user_known_as(c, &row.primary_id, row.primary_external,
                              &ref.primary);
    if (e == ERR_OK)
        *ref_r = ref;
    return e;
}

enum err app_user_linked(struct ctx *c, const struct app *app,
                         struct str user_id,
                         enum err (*each)(void *data, struct str user_id),
                         void *data)
{
    struct app_user user;
    enum err e = app_user_get(c, app, user_id, &user);

    if (e == ERR_USER_NOT_FOUND)
        return each(data, user_id);
    for (size_t i = 0; e == ERR_OK && i < user.login_count; i++)
        e = each(data, user.logins[i].user_id);
    return e;
}
