/* SPDX-License-Identifier: MIT */
/* Commands about roles and groups. */
#include <stdio.h>

#include "ctl/commands.h"
#include "domain/account_search.h"
#include "domain/group.h"
#include "domain/rights.h"

#define RIGHT_BY "operator"
#define RIGHT_PAGE 100

static enum ctl_exit role_change(struct ctl *c, struct ctl_args *args,
                                 bool grant)
{
    struct id id;
    enum err e;

    if (!ctl_left(args, 2))
        return CTL_USAGE;
    e = ctl_account(c, args->words[0], &id);
    if (e == ERR_OK)
        e = grant
                ? rights_grant(&c->ctx, &id, str_of(args->words[1]), RIGHT_BY)
                : rights_revoke(&c->ctx, &id, str_of(args->words[1]), RIGHT_BY);
    return ctl_result(c, e, args->words[0]);
}

enum ctl_exit ctl_role_grant(struct ctl *c, struct ctl_args *args)
{
    return role_change(c, args, true);
}

enum ctl_exit ctl_role_revoke(struct ctl *c, struct ctl_args *args)
{
    return role_change(c, args, false);
}

static enum err role_row(void *data, const struct account *account,
                         int64_t active_us)
{
    struct ctl *c = data;

    (void)active_us;
    ctl_row_begin(c);
    ctl_row_id(c, "id", &account->id);
    ctl_row_str(c, "email", account->email);
    ctl_row_str(c, "roles", account->roles);
    ctl_row_str(c, "status", account->active ? STR("active") : STR("disabled"));
    return ctl_row_end(c);
}

enum ctl_exit ctl_role_list(struct ctl *c, struct ctl_args *args)
{
    struct store_search search = {.role_count = 1, .limit = RIGHT_PAGE};
    int64_t total = 0;
    enum err e = ERR_OK;

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    search.roles[0] = str_of(args->words[0]);
    do {
        e = account_search(&c->ctx, (struct str){NULL, 0}, &search, role_row, c,
                           &total);
        search.offset += RIGHT_PAGE;
    } while (e == ERR_OK && search.offset < total);
    return ctl_result(c, e, "role list");
}

enum ctl_exit ctl_group_create(struct ctl *c, struct ctl_args *args)
{
    const char *name = ctl_take(args, "--name");
    const char *description = ctl_take(args, "--description");
    const char *locale = ctl_take(args, "--locale");
    struct group_change change = {.count = 1};

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    change.texts[0].locale =
        str_of(locale != NULL ? locale : c->config->mail_default_locale);
    change.texts[0].name = str_of(name != NULL ? name : args->words[0]);
    change.texts[0].description =
        str_of(description != NULL ? description : "");
    return ctl_result(
        c, group_create(&c->ctx, str_of(args->words[0]), &change, RIGHT_BY),
        args->words[0]);
}

enum ctl_exit ctl_group_delete(struct ctl *c, struct ctl_args *args)
{
    if (!ctl_left(args, 1))
        return CTL_USAGE;
    return ctl_result(c,
                      group_delete(&c->ctx, str_of(args->words[0]), RIGHT_BY),
                      args->words[0]);
}

static enum err group_row(void *data, const struct group *group)
{
    struct ctl *c = data;
    const struct group_text *text = group_pick(
        group, (struct str){NULL, 0}, str_of(c->config->mail_default_locale));

    ctl_row_begin(c);
    ctl_row_str(c, "key", group->key);
    ctl_row_str(c, "name", text->name);
    ctl_row_str(c, "description", text->description);
    ctl_row_time(c, "createdAt", group->created_us);
    return ctl_row_end(c);
}

enum ctl_exit ctl_group_list(struct ctl *c, struct ctl_args *args)
{
    int64_t total = 0;
    int64_t offset = 0;
    enum err e = ERR_OK;

    if (!ctl_left(args, 0))
        return CTL_USAGE;
    do {
        e = group_list(&c->ctx, RIGHT_PAGE, offset, group_row, c, &total);
        offset += RIGHT_PAGE;
    } while (e == ERR_OK && offset < total);
    return ctl_result(c, e, "group list");
}

static enum ctl_exit group_member(struct ctl *c, struct ctl_args *args, bool in)
{
    struct id id;
    enum err e;

    if (!ctl_left(args, 2))
        return CTL_USAGE;
    e = ctl_account(c, args->words[1], &id);
    if (e == ERR_OK)
        e = in ? group_add(&c->ctx, str_of(args->words[0]), &id, RIGHT_BY)
               : group_remove(&c->ctx, str_of(args->words[0]), &id, RIGHT_BY);
    return ctl_result(c, e, args->words[0]);
}

enum ctl_exit ctl_group_add(struct ctl *c, struct ctl_args *args)
{
    return group_member(c, args, true);
}

enum ctl_exit ctl_group_remove(struct ctl *c, struct ctl_args *args)
{
    return group_member(c, args, false);
}
