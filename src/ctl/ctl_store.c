/* SPDX-License-Identifier: MIT */
/* Commands about the configuration and the store as a whole. */
#include <stdio.h>
#include <stdlib.h>

#include "ctl/commands.h"
#include "domain/janitor.h"
#include "domain/reseal.h"
#include "store/migrate.h"
#include "store/store_event.h"

enum ctl_exit ctl_check_config(struct ctl *c, struct ctl_args *args)
{
    if (!ctl_left(args, 0))
        return CTL_USAGE;
    printf("%s: sound\n", c->config_file);
    return CTL_OK;
}

enum ctl_exit ctl_migrate(struct ctl *c, struct ctl_args *args)
{
    const char *folder = ctl_take(args, "--sql");
    enum err e;

    if (!ctl_left(args, 0))
        return CTL_USAGE;
    if (folder == NULL)
        folder = getenv("GATEHOUSE_SQL");
    if (folder == NULL)
        folder = GATEHOUSE_DATADIR "/sql";
    if ((e = db_new(c->config, DB_MIGRATE, &c->ctx.db)) == ERR_OK)
        e = migrate(c->ctx.db, folder, stdout);
    /* The reason stands in the output already; the database is not away. */
    if (e == ERR_SCHEMA)
        return CTL_FAILED;
    return ctl_result(c, e, "migrate");
}

enum ctl_exit ctl_purge(struct ctl *c, struct ctl_args *args)
{
    uint64_t rows = 0;
    enum err e;

    if (!ctl_left(args, 0))
        return CTL_USAGE;
    e = janitor_purge(&c->ctx, &rows);
    if (e == ERR_OK) {
        ctl_row_begin(c);
        ctl_row_int(c, "deleted", (int64_t)rows);
        e = ctl_row_end(c);
    }
    return ctl_result(c, e, "purge");
}

struct check {
    struct ctl *ctl;
    int64_t broken;
};

static enum err check_row(void *data, const char *invariant, int64_t rows)
{
    struct check *check = data;

    check->broken += rows;
    ctl_row_begin(check->ctl);
    ctl_row_str(check->ctl, "invariant", str_of(invariant));
    ctl_row_int(check->ctl, "rows", rows);
    return ctl_row_end(check->ctl);
}

static enum err check_sealed(void *data, const struct reseal_use *use)
{
    struct buf name = buf_new(((struct check *)data)->ctl->ctx.arena);
    struct str text;

    if (use->broken == 0)
        return ERR_OK;
    buf_text(&name, "sealed-value-does-not-open:");
    buf_text(&name, store_sealed_name(use->column));
    enum err e = buf_done(&name, &text);

    return e == ERR_OK ? check_row(data, text.p, use->broken) : e;
}

enum ctl_exit ctl_check(struct ctl *c, struct ctl_args *args)
{
    struct check check = {c, 0};
    enum err e;

    if (!ctl_left(args, 0))
        return CTL_USAGE;
    if ((e = db_check_statements(c->ctx.db)) == ERR_OK)
        e = store_check(c->ctx.db, c->ctx.arena, check_row, &check);
    if (e == ERR_OK)
        e = reseal_survey(&c->ctx, check_sealed, &check);
    if (e == ERR_OK && check.broken != 0) {
        fputs("gatehousectl: the store breaks its invariants\n", stderr);
        return CTL_FAILED;
    }
    return ctl_result(c, e, "check");
}
