/* SPDX-License-Identifier: MIT */
/* Sending: a code is made and a message written for known and unknown addresses
 * alike. */
#include "domain/otp.h"

#include "domain/account_read.h"
#include "domain/challenge.h"
#include "domain/event.h"
#include "domain/link.h"
#include "domain/mail.h"
#include "domain/otp_address.h"
#include "domain/throttle.h"

#define OTP_DIGITS 6
#define OTP_WINDOW_S 3600

/* A code on its way, as its transaction needs it. */
struct otp_sending {
    struct ctx *c;
    struct otp_target target;
    struct account account; /* all zeros: none */
    struct str subject;
    struct id id; /* of the code */
};

/* A code for an address that may not have an account would be useless: it is
 * told so instead, if that costs nothing. */
static enum err otp_message(const struct otp_sending *s, struct str code)
{
    struct ctx *c = s->c;
    const bool useless = !s->account.active && !c->config->otp_register;
    struct mail mail = {.kind = useless ? MAIL_NO_ACCOUNT : MAIL_SIGN_IN_CODE,
                        .channel = s->target.channel,
                        .account_id = s->account.id,
                        .to = s->target.text,
                        .locale = s->account.locale,
                        .lifetime_s = c->config->otp_lifetime};
    struct str minutes;

    if (useless && mail.channel == STORE_CHANNEL_SMS)
        return ERR_OK;
    enum err e = link_minutes(c, mail.lifetime_s, &minutes);

    if (e != ERR_OK)
        return e;
    const struct mail_value values[] = {
        {"name", s->account.name}, {"code", code}, {"minutes", minutes}};

    mail.values = values;
    mail.count = useless ? 0 : 3;
    return mail_queue(c, &mail);
}

static enum err otp_send_work(void *data)
{
    struct otp_sending *s = data;
    struct ctx *c = s->c;
    struct challenge ch = {.address = s->target.code,
                           .tries = c->config->otp_tries,
                           .lifetime_s = c->config->otp_lifetime};
    struct str code;
    enum err e = otp_target_put(c, &s->target, &ch.payload);

    if (e == ERR_OK)
        e = challenge_code(c, OTP_DIGITS, &code);
    if (e == ERR_OK)
        e = challenge_make(c, CHALLENGE_SIGN_IN_CODE, &ch, code);
    if (e == ERR_OK)
        e = otp_message(s, code);
    s->id = ch.id;
    return e != ERR_OK ? e
                       : event_record(c, EVENT_CODE_SENT, s->subject, NULL,
                                      (struct str){NULL, 0});
}

/* A disabled account counts as none. */
static enum err otp_send_find(struct otp_sending *s)
{
    struct store_account row;
    enum err e = otp_target_account(s->c, &s->target, &row);

    if (e == ERR_NO_ROW || (e == ERR_OK && !row.active))
        return ERR_OK;
    if (e == ERR_OK)
        e = account_read(s->c, &row, &s->account);
    return e != ERR_OK ? e : account_subject(s->c, &row.id, &s->subject);
}

static enum err otp_send_limits(struct ctx *c, struct str normal)
{
    const struct config *config = c->config;
    enum err e = throttle_limit_network(
        c, "otp-network", config->otp_network_limit, OTP_WINDOW_S);

    if (e == ERR_OK)
        e = throttle_cooldown(c, "mail-sign-in-code", normal);
    if (e == ERR_OK)
        e = throttle_limit(c, "otp-address", normal, config->otp_address_limit,
                           OTP_WINDOW_S);
    return e;
}

enum err otp_send(struct ctx *c, const struct otp_address *to, struct id *id_r)
{
    struct otp_sending s = {.c = c};
    enum err e =
        c->config->otp_enabled ? otp_target(c, to, &s.target) : ERR_NOT_FOUND;

    if (e == ERR_OK && !mail_enabled(c->config, to->channel))
        e = ERR_OTP_NOT_SENT;
    if (e == ERR_OK)
        e = otp_send_limits(c, s.target.normal);
    if (e == ERR_OK)
        e = otp_send_find(&s);
    if (e == ERR_OK)
        e = db_transact(c->db, otp_send_work, &s);
    if (e == ERR_OK)
        *id_r = s.id;
    return e;
}
