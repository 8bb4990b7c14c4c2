/* SPDX-License-Identifier: MIT */
/* The token stands in the link as it was made: letters and digits alone. */
#include "domain/app_mail.h"

#include "base/buf.h"
#include "base/clock.h"
#include "domain/link.h"

struct letter {
    struct ctx *c;
    struct mail mail;
};

static enum err letter_work(void *data)
{
    const struct letter *l = data;

    return mail_queue(l->c, &l->mail);
}

static enum err link_to(struct ctx *c, const struct app *app, struct str page,
                        struct str token, struct str *url_r)
{
    struct buf b = buf_new(c->arena);

    buf_str(&b, page);
    buf_text(&b, "?token=");
    buf_str(&b, token);
    buf_text(&b, "&tenantId=");
    buf_str(&b, app->tenant);
    return buf_done(&b, url_r);
}

enum err app_mail_link(struct ctx *c, const struct app *app,
                       const struct app_login *login, enum mail_kind kind,
                       struct str page, struct str token)
{
    const struct app_settings *s = &app->settings;
    int64_t lifetime_s = (kind == MAIL_PASSWORD_RESET ? s->reset_lifetime_us
                                                      : s->verify_lifetime_us) /
                         CLOCK_SECOND;
    struct str url, minutes;
    enum err e = link_to(c, app, page, token, &url);

    if (e == ERR_OK)
        e = link_minutes(c, lifetime_s, &minutes);
    if (e != ERR_OK)
        return e;
    const struct mail_value values[] = {
        {"name", STR("")}, {"link", url}, {"minutes", minutes}};
    struct letter l = {c,
                       {.kind = kind,
                        .channel = STORE_CHANNEL_MAIL,
                        .account_id = login->account_id,
                        .to = login->email,
                        .values = values,
                        .count = 3,
                        .lifetime_s = lifetime_s}};

    return db_transact(c->db, letter_work, &l);
}
