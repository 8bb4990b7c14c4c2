/* SPDX-License-Identifier: MIT */
/* Commands about accounts. */
#include <stdio.h>
#include <string.h>

#include "crypto/secret.h"
#include "ctl/commands.h"
#include "domain/account.h"
#include "domain/password_reset.h"
#include "domain/account_delete.h"
#include "domain/account_search.h"

#define USER_PAGE 500

enum err ctl_subject(struct ctl *c, const char *who, struct str *subject_r)
{
    struct account account;
    char text[ID_TEXT_LEN + 1];
    enum err e;

    if (strchr(who, '@') == NULL) {
        *subject_r = str_of(who);
        return ERR_OK;
    }
    if ((e = account_by_email(&c->ctx, str_of(who), &account)) != ERR_OK)
        return e;
    id_text(&account.id, text);
    *subject_r = arena_str(c->ctx.arena, str_of(text));
    return subject_r->p != NULL ? ERR_OK : ERR_NO_MEMORY;
}

enum err ctl_account(struct ctl *c, const char *who, struct id *id_r)
{
    struct str subject;
    enum err e = ctl_subject(c, who, &subject);

    if (e != ERR_OK)
        return e;
    return id_parse(subject, id_r) ? ERR_OK : ERR_USER_NOT_FOUND;
}

enum ctl_exit ctl_user_create(struct ctl *c, struct ctl_args *args)
{
    const char *name = ctl_take(args, "--name");
    char password[1100];
    bool created = false;
    size_t n;
    enum err e;

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    /* Not an argument: those stand in the process list. */
    if (fgets(password, sizeof(password), stdin) == NULL) {
        fputs("gatehousectl: the password is missing on standard input\n",
              stderr);
        return CTL_USAGE;
    }
    n = strcspn(password, "\r\n");
    e = account_register(&c->ctx, str_of(args->words[0]),
                         (struct str){password, n},
                         str_of(name != NULL ? name : ""), &created);
    secret_wipe(password, sizeof(password));
    if (e == ERR_OK && !created)
        e = ERR_CONFLICT;
    return ctl_result(c, e, args->words[0]);
}

static enum ctl_exit set_active(struct ctl *c, struct ctl_args *args,
                                bool active)
{
    struct id id;
    bool changed;
    enum err e;

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    if ((e = ctl_account(c, args->words[0], &id)) == ERR_OK)
        e = account_set_active(&c->ctx, &id, active, &changed);
    return ctl_result(c, e, args->words[0]);
}

enum ctl_exit ctl_user_disable(struct ctl *c, struct ctl_args *args)
{
    return set_active(c, args, false);
}

enum ctl_exit ctl_user_enable(struct ctl *c, struct ctl_args *args)
{
    return set_active(c, args, true);
}

/* The link goes to the person alone: an operator neither sees nor sets a
 * password of somebody else's. */
enum ctl_exit ctl_user_reset(struct ctl *c, struct ctl_args *args)
{
    struct str subject;
    struct id id;
    enum err e;

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    if ((e = ctl_subject(c, args->words[0], &subject)) == ERR_OK)
        e = id_parse(subject, &id) ? password_reset_start(&c->ctx, &id)
                                   : ERR_NOT_FOUND;
    return ctl_result(c, e, args->words[0]);
}

struct page {
    struct ctl *ctl;
    struct id last;
    int64_t rows;
};

static enum err user_row(void *data, const struct account *account)
{
    struct page *page = data;
    struct ctl *c = page->ctl;

    page->last = account->id;
    page->rows++;
    ctl_row_begin(c);
    ctl_row_id(c, "id", &account->id);
    ctl_row_str(c, "email", account->email);
    ctl_row_str(c, "name", account->name);
    ctl_row_str(c, "status", account->active ? STR("active") : STR("disabled"));
    ctl_row_str(c, "roles", account->roles);
    ctl_row_time(c, "createdAt", account->created_us);
    return ctl_row_end(c);
}

enum ctl_exit ctl_user_list(struct ctl *c, struct ctl_args *args)
{
    struct page page = {c, {{0}}, 0};
    enum err e = ERR_OK;

    if (!ctl_left(args, 0))
        return CTL_USAGE;
    do {
        struct id after = page.last;

        page.rows = 0;
        arena_reset(c->ctx.arena);
        e = account_list(&c->ctx, &after, USER_PAGE, user_row, &page);
    } while (e == ERR_OK && page.rows == USER_PAGE);
    return ctl_result(c, e, "user list");
}

enum ctl_exit ctl_user_show(struct ctl *c, struct ctl_args *args)
{
    struct account account = {.active = false};
    struct id id;
    enum err e;

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    if ((e = ctl_account(c, args->words[0], &id)) == ERR_OK)
        e = account_find(&c->ctx, &id, &account);
    if (e == ERR_OK) {
        ctl_row_begin(c);
        ctl_row_id(c, "id", &account.id);
        ctl_row_str(c, "email", account.email);
        ctl_row_str(c, "name", account.name);
        ctl_row_str(c, "status",
                    account.active ? STR("active") : STR("disabled"));
        ctl_row_str(c, "roles", account.roles);
        ctl_row_str(c, "groups", account.groups);
        ctl_row_str(c, "providers", account.providers);
        ctl_row_str(c, "locale", account.locale);
        ctl_row_str(c, "emailVerified",
                    account.email_verified ? STR("yes") : STR("no"));
        ctl_row_time(c, "createdAt", account.created_us);
        e = ctl_row_end(c);
    }
    return ctl_result(c, e, args->words[0]);
}

enum ctl_exit ctl_user_delete(struct ctl *c, struct ctl_args *args)
{
    struct id id;
    enum err e;

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    if ((e = ctl_account(c, args->words[0], &id)) == ERR_OK)
        e = account_delete(&c->ctx, &id, "operator");
    return ctl_result(c, e, args->words[0]);
}
