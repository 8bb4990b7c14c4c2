/* SPDX-License-Identifier: MIT */
/* Codes by mail that are asked for: by who waits at an attempt, or who wants to
 * switch them on. */
#include "domain/account_read.h"
#include "domain/two_factor_code.h"
#include "domain/two_factor_pass.h"

/* A message, as its transaction needs it. */
struct mailing {
    struct ctx *c;
    struct account account;
    struct id binding;
};

static enum err mailing_to(struct mailing *m, const struct id *attempt,
                           const struct store_session *session)
{
    struct two_factor_open open;

    if (id_is_nil(attempt)) {
        m->binding = session->id;
        return two_factor_owner(m->c, session, &m->account);
    }
    m->binding = *attempt;
    enum err e = two_factor_open_any(m->c, attempt, &open);

    if (e == ERR_OK && (open.wanted & SIGN_IN_EMAIL_CODE) == 0)
        e = ERR_FACTOR_OFF;
    return e != ERR_OK ? e : account_read(m->c, &open.row, &m->account);
}

static enum err mailing_work(void *data)
{
    const struct mailing *m = data;

    return two_factor_code_send(m->c, &m->account, &m->binding);
}

enum err two_factor_mail(struct ctx *c, const struct id *attempt,
                         const struct store_session *session,
                         int64_t *cooldown_r)
{
    struct mailing m = {.c = c};
    enum err e = mailing_to(&m, attempt, session);

    if (e == ERR_OK)
        e = two_factor_code_allowed(c, &m.account);
    if (e == ERR_OK)
        e = db_transact(c->db, mailing_work, &m);
    if (e == ERR_OK)
        *cooldown_r = c->config->mail_cooldown;
    return e;
}

enum err two_factor_mail_left(struct ctx *c, const struct id *attempt,
                              const struct store_session *session,
                              int64_t *left_r)
{
    struct mailing m = {.c = c};
    enum err e = mailing_to(&m, attempt, session);

    return e != ERR_OK ? e : two_factor_code_cooldown(c, &m.account, left_r);
}
