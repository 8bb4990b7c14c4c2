/* SPDX-License-Identifier: MIT */
/* Roles and permissions of applications. Names come trimmed, as back ends are
 * used to. */
#include "api/cdi.h"
#include "api/cdi_people.h"
#include "domain/app_role.h"

enum { ROLE_NAME, ROLE_PERMISSIONS };
enum { USER_ROLE_USER, USER_ROLE_NAME };

static enum err unknown_role(struct call *c, enum err e)
{
    return e == ERR_APP_ROLE_UNKNOWN ? cdi_status(c, "UNKNOWN_ROLE_ERROR") : e;
}

/* The role of the body's i-th field. */
static enum err role_name(struct call *c, size_t i, struct str *role_r)
{
    struct str role = str_trim(cdi_value(c, i)->text);

    if (role.n == 0)
        return cdi_bad(c, "Field name 'role' cannot be an empty String");
    *role_r = role;
    return ERR_OK;
}

/* The body's role and permissions; none given: permissions stays NULL. */
static enum err role_change(struct call *c, struct app_role_change *change_r)
{
    const struct json_value *given = cdi_value(c, ROLE_PERMISSIONS);
    struct app_role_change change = {.count = given->item_count};
    struct str *texts =
        arena_alloc(c->ctx->arena, (change.count + 1) * sizeof(*texts));
    enum err e =
        texts == NULL ? ERR_NO_MEMORY : role_name(c, ROLE_NAME, &change.role);

    for (size_t i = 0; i < change.count && e == ERR_OK; i++) {
        texts[i] = str_trim(given->items[i]);
        if (texts[i].n == 0)
            e = cdi_bad(c, "Field name 'permissions' cannot contain an empty "
                           "string");
        else if (texts[i].n > APP_ROLE_MAX)
            e = cdi_field_wrong(c, "permissions");
    }
    if (e != ERR_OK)
        return e;
    if (given->present)
        change.permissions = texts;
    *change_r = change;
    return ERR_OK;
}

static enum err name_each(void *data, struct str name)
{
    json_str(data, NULL, name);
    return ERR_OK;
}

/* A list is asked for before the answer is begun, since it may be none: its
 * names are collected apart. */
struct name_list {
    struct buf text;
    struct json_out json;
    struct app_role_names names;
};

static void list_begin(struct call *c, struct name_list *l)
{
    l->text = buf_new(c->ctx->arena);
    l->json = json_out(&l->text);
    l->names = (struct app_role_names){name_each, &l->json};
    json_open(&l->json, NULL, '[');
}

static enum err list_end(struct call *c, struct name_list *l, const char *name,
                         enum err e)
{
    struct str text;

    json_close(&l->json, ']');
    if (e == ERR_OK)
        e = buf_done(&l->text, &text);
    if (e != ERR_OK)
        return unknown_role(c, e);
    cdi_begin(c, "OK");
    json_raw(&c->res->json, name, text);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_role_put(struct call *c)
{
    struct app_role_change change;
    bool made;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = role_change(c, &change);
    if (e == ERR_OK)
        e = app_role_put(c->ctx, &c->app, &change, &made);
    return e != ERR_OK ? e : cdi_flag(c, "createdNewRole", made);
}

enum err cdi_role_remove(struct call *c)
{
    struct str role = {NULL, 0};
    bool done;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = role_name(c, ROLE_NAME, &role);
    if (e == ERR_OK)
        e = app_role_remove(c->ctx, &c->app, role, &done);
    return e != ERR_OK ? e : cdi_flag(c, "didRoleExist", done);
}

enum err cdi_role_list(struct call *c)
{
    struct name_list l;
    enum err e = cdi_public_only(c);

    if (e != ERR_OK)
        return e;
    list_begin(c, &l);
    return list_end(c, &l, "roles", app_role_list(c->ctx, &c->app, &l.names));
}

enum err cdi_role_permissions(struct call *c)
{
    struct name_list l;
    struct str role;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = cdi_query(c, "role", true, &role);
    if (e != ERR_OK)
        return e;
    list_begin(c, &l);
    e = app_role_permissions(c->ctx, &c->app, str_trim(role), &l.names);
    return list_end(c, &l, "permissions", e);
}

enum err cdi_role_permissions_remove(struct call *c)
{
    struct app_role_change change;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = role_change(c, &change);
    if (e == ERR_OK)
        e = app_role_permissions_remove(c->ctx, &c->app, &change);
    return e != ERR_OK ? unknown_role(c, e) : cdi_status(c, "OK");
}

enum err cdi_role_by_permission(struct call *c)
{
    struct name_list l;
    struct str permission;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = cdi_query(c, "permission", true, &permission);
    if (e != ERR_OK)
        return e;
    list_begin(c, &l);
    e = app_role_by_permission(c->ctx, &c->app, str_trim(permission), &l.names);
    return list_end(c, &l, "roles", e);
}

enum err cdi_role_users(struct call *c)
{
    struct name_list l;
    struct str role;
    enum err e = cdi_query(c, "role", true, &role);

    if (e != ERR_OK)
        return e;
    list_begin(c, &l);
    e = app_role_users(c->ctx, &c->app, str_trim(role), &l.names);
    return list_end(c, &l, "users", e);
}

enum err cdi_role_give(struct call *c)
{
    struct str role = {NULL, 0};
    bool made;
    enum err e = role_name(c, USER_ROLE_NAME, &role);

    if (e == ERR_OK)
        e = app_role_give(c->ctx, &c->app, cdi_value(c, USER_ROLE_USER)->text,
                          role, &made);
    return e != ERR_OK ? unknown_role(c, e)
                       : cdi_flag(c, "didUserAlreadyHaveRole", !made);
}

enum err cdi_role_take(struct call *c)
{
    struct str role = {NULL, 0};
    bool done;
    enum err e = role_name(c, USER_ROLE_NAME, &role);

    if (e == ERR_OK)
        e = app_role_take(c->ctx, &c->app, cdi_value(c, USER_ROLE_USER)->text,
                          role, &done);
    return e != ERR_OK ? unknown_role(c, e)
                       : cdi_flag(c, "didUserHaveRole", done);
}

enum err cdi_role_of_user(struct call *c)
{
    struct name_list l;
    struct str user_id;
    enum err e = cdi_query(c, "userId", true, &user_id);

    if (e != ERR_OK)
        return e;
    list_begin(c, &l);
    e = app_role_of_user(c->ctx, &c->app, user_id, &l.names);
    return list_end(c, &l, "roles", e);
}
