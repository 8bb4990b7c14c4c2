/* SPDX-License-Identifier: MIT */
/* Commands about second factors: an operator's way for who has lost one. */
#include "ctl/commands.h"
#include "domain/account.h"
#include "domain/account_search.h"
#include "domain/two_factor_change.h"
#include "store/store_factor.h"

static struct str yes_no(bool value)
{
    return value ? STR("yes") : STR("no");
}

enum ctl_exit ctl_factor_list(struct ctl *c, struct ctl_args *args)
{
    struct account account = {.active = false};
    int64_t left = 0;
    struct id id;
    enum err e;

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    if ((e = ctl_account(c, args->words[0], &id)) == ERR_OK)
        e = account_find(&c->ctx, &id, &account);
    if (e == ERR_OK)
        e = store_factor_recovery_left(c->ctx.db, c->ctx.arena, &id, &left);
    if (e == ERR_OK) {
        ctl_row_begin(c);
        ctl_row_id(c, "id", &id);
        ctl_row_str(c, "totp", yes_no(account.totp));
        ctl_row_str(c, "email", yes_no(account.email_factor));
        ctl_row_int(c, "recoveryCodes", left);
        e = ctl_row_end(c);
    }
    return ctl_result(c, e, args->words[0]);
}

/* Losing a factor needs as strong a proof: the operator has seen it, and the
 * audit says where that is written down (ASVS 5.0, 6.4.4). */
enum ctl_exit ctl_factor_reset(struct ctl *c, struct ctl_args *args)
{
    const char *ticket = ctl_take(args, "--ticket");
    bool changed;
    struct id id;
    enum err e;

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    if (ticket == NULL || ticket[0] == '\0') {
        fputs("gatehousectl: say by --ticket where the proof is written down\n",
              stderr);
        return CTL_USAGE;
    }
    if ((e = ctl_account(c, args->words[0], &id)) == ERR_OK)
        e = two_factor_reset(&c->ctx, &id, str_of(ticket), &changed);
    return ctl_result(c, e, args->words[0]);
}
