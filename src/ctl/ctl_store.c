/* SPDX-License-Identifier: MIT */
/* Commands about the configuration, the secret file and the store as a whole.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/seal.h"
#include "ctl/commands.h"
#include "domain/janitor.h"
#include "store/migrate.h"
#include "store/store_event.h"

enum ctl_exit ctl_check_config(struct ctl *c, struct ctl_args *args)
{
    if (!ctl_left(args, 0))
        return CTL_USAGE;
    printf("%s: sound\n", c->config_file);
    return CTL_OK;
}

/* Never overwrites: a lost sealing key takes sessions and addresses with it. */
static int write_new(const char *path, struct str text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good;

    if (fd < 0)
        return -1;
    good = write(fd, text.p, text.n) == (ssize_t)text.n &&
           write(fd, "\n", 1) == 1 && fsync(fd) == 0;
    if (close(fd) != 0 || !good) {
        unlink(path);
        return -1;
    }
    return 0;
}

enum ctl_exit ctl_secret_create(struct ctl *c, struct ctl_args *args)
{
    struct str line;
    enum err e;

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    e = sealer_new_line(c->ctx.arena, STR("k1"), &line);
    if (e != ERR_OK)
        return ctl_result(c, e, "secret create");
    if (write_new(args->words[0], line) != 0) {
        perror(args->words[0]);
        return CTL_FAILED;
    }
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

enum ctl_exit ctl_check(struct ctl *c, struct ctl_args *args)
{
    struct check check = {c, 0};
    enum err e;

    if (!ctl_left(args, 0))
        return CTL_USAGE;
    if ((e = db_check_statements(c->ctx.db)) == ERR_OK)
        e = store_check(c->ctx.db, c->ctx.arena, check_row, &check);
    if (e == ERR_OK && check.broken != 0) {
        fputs("gatehousectl: the store breaks its invariants\n", stderr);
        return CTL_FAILED;
    }
    return ctl_result(c, e, "check");
}
