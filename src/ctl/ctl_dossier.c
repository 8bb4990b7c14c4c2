/* SPDX-License-Identifier: MIT */
/* A person's right to see what is kept and to have it gone. */
#include <stdio.h>

#include "ctl/commands.h"
#include "domain/dossier.h"
#include "store/store_takeover.h"

static enum err person(struct ctl *c, const char *who, struct id *id_r)
{
    struct str subject;
    enum err e = ctl_subject(c, who, &subject);

    if (e == ERR_OK && !id_parse(subject, id_r))
        e = ERR_USER_NOT_FOUND;
    if (e != ERR_OK)
        return e;
    /* Of whichever tenant, when the id says so. */
    e = store_put_account_realm(c->ctx.db, id_r, &c->ctx.realm_id);
    return e == ERR_NO_ROW ? ERR_OK : e;
}

enum ctl_exit ctl_user_export(struct ctl *c, struct ctl_args *args)
{
    struct buf out = buf_new(c->ctx.arena);
    struct str text;
    struct id id;

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    enum err e = person(c, args->words[0], &id);

    if (e == ERR_OK)
        e = dossier_export(&c->ctx, &id, &out);
    buf_char(&out, '\n');
    if (e == ERR_OK)
        e = buf_done(&out, &text);
    if (e == ERR_OK &&
        (fwrite(text.p, 1, text.n, stdout) != text.n || fflush(stdout) != 0))
        e = ERR_INTERNAL;
    return ctl_result(c, e, args->words[0]);
}

enum ctl_exit ctl_user_erase(struct ctl *c, struct ctl_args *args)
{
    uint64_t events = 0;
    struct id id;

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    enum err e = person(c, args->words[0], &id);

    if (e == ERR_OK)
        e = dossier_erase(&c->ctx, &id, "operator", &events);
    if (e == ERR_OK) {
        ctl_row_begin(c);
        ctl_row_id(c, "id", &id);
        ctl_row_int(c, "events", (int64_t)events);
        e = ctl_row_end(c);
    }
    return ctl_result(c, e, args->words[0]);
}
