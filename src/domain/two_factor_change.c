/* SPDX-License-Identifier: MIT */
/* Every change locks the account's row first and looks at its factors behind
 * the lock: two changes at once cannot both take the last factor away. */
#include "domain/two_factor_change.h"

#include "domain/account_read.h"
#include "domain/challenge.h"
#include "domain/event.h"
#include "domain/mail.h"
#include "domain/two_factor.h"
#include "domain/two_factor_code.h"
#include "store/store_factor.h"

static const struct id nobody;

/* A change, as its transaction needs it. */
struct change {
    struct ctx *c;
    struct id account;
    struct str subject;
    struct store_factors factors; /* as they are, then as they will be */
    /* Judges and changes factors, and whatever belongs to them. */
    enum err (*work)(struct change *ch);
    enum event_kind event;
    const char *method;    /* for the event, and the mail; NULL: no mail */
    bool raise;            /* ends access tokens, trust and sessions … */
    struct id keep;        /* … but this one (nil: all) */
    struct str sealed;     /* what the work may need: a sealed TOTP secret, */
    int64_t step;          /* the step that confirmed it, */
    const struct id *code; /* the mailed code that did, */
    uint8_t (*hashes)[STORE_HASH_LEN]; /* and recovery codes */
};

static enum err change_tell(struct change *ch)
{
    struct ctx *c = ch->c;
    const struct str method = str_of(ch->method == NULL ? "all" : ch->method);
    const struct log_field fields[] = {LOG_TEXT("method", method), LOG_END};
    const struct mail_value value = {"method", method};
    struct str detail;
    enum err e = event_detail(c, fields, &detail);

    if (e == ERR_OK)
        e = event_record(c, ch->event, ch->subject, NULL, detail);
    if (e != ERR_OK || ch->method == NULL)
        return e;
    if (ch->event == EVENT_FACTOR_ADDED)
        return mail_alert(c, MAIL_FACTOR_ADDED, &ch->account, &value, 1);
    return ch->event == EVENT_FACTOR_REMOVED
               ? mail_alert(c, MAIL_FACTOR_REMOVED, &ch->account, &value, 1)
               : ERR_OK;
}

static enum err change_end(struct change *ch)
{
    struct ctx *c = ch->c;
    uint64_t count;
    enum err e = store_session_revoke_all(c->db, c->realm_id, ch->subject,
                                          &ch->keep, "factor", &count);

    if (e == ERR_OK)
        e = store_factor_distrust_all(c->db, &ch->account, &nobody);
    if (e == ERR_OK)
        e = challenge_drop(c, CHALLENGE_FACTOR_CODE, &ch->account);
    return e;
}

static enum err change_rows(void *data)
{
    struct change *ch = data;
    struct ctx *c = ch->c;
    enum err e = store_factor_lock(c->db, c->arena, &ch->account, &ch->factors);

    if (e == ERR_NO_ROW)
        return ERR_USER_NOT_FOUND;
    if (e == ERR_OK)
        e = ch->work(ch);
    if (e == ERR_OK)
        e = store_factor_set(c->db, &ch->account, &ch->factors, ch->raise);
    if (e == ERR_OK && ch->raise)
        e = change_end(ch);
    return e != ERR_OK ? e : change_tell(ch);
}

/* Does it, and reads what has come of it. */
static enum err change_do(struct change *ch,
                          const struct store_session *session,
                          struct account *account_r)
{
    struct ctx *c = ch->c;

    ch->account = session->account_id;
    ch->subject = session->subject;
    enum err e = db_transact(c->db, change_rows, ch);

    return e != ERR_OK ? e : two_factor_owner(c, session, account_r);
}

enum err two_factor_totp_begin(struct ctx *c,
                               const struct store_session *session,
                               struct two_factor_setup *setup_r)
{
    struct account account;
    enum err e = two_factor_owner(c, session, &account);

    if (e == ERR_OK && account.totp)
        e = ERR_FACTOR_ON_ALREADY;
    return e != ERR_OK ? e : two_factor_setup_make(c, &account, setup_r);
}

static enum err totp_enable_work(struct change *ch)
{
    struct ctx *c = ch->c;
    const int64_t now = clock_us(&c->clock);

    if (ch->factors.totp_us != 0)
        return ERR_FACTOR_ON_ALREADY;
    enum err e =
        store_factor_totp_add(c->db, &ch->account, ch->sealed, ch->step, now);

    if (e == ERR_OK)
        e = two_factor_recovery_put(c, &ch->account, ch->hashes);
    ch->factors.totp_us = now;
    ch->factors.preferred = STORE_FACTOR_TOTP;
    return e;
}

enum err two_factor_totp_enable(struct ctx *c,
                                const struct store_session *session,
                                struct str token, struct str code,
                                struct account *account_r)
{
    struct two_factor_enrolment in;
    struct change ch = {.c = c,
                        .work = totp_enable_work,
                        .event = EVENT_FACTOR_ADDED,
                        .method = "totp",
                        .raise = true,
                        .hashes = in.codes};
    enum err e = two_factor_owner(c, session, account_r);

    if (e == ERR_OK && account_r->totp)
        e = ERR_FACTOR_ON_ALREADY;
    if (e == ERR_OK)
        e = two_factor_setup_open(c, &session->account_id, token, &in);
    if (e == ERR_OK)
        e = totp_verify(in.secret, clock_s(&c->clock), code, &ch.step);
    if (e == ERR_OK)
        e = two_factor_totp_seal(c, &session->account_id, in.secret,
                                 &ch.sealed);
    return e != ERR_OK ? e : change_do(&ch, session, account_r);
}

static enum err totp_disable_work(struct change *ch)
{
    struct store_factors *f = &ch->factors;

    if (f->totp_us == 0)
        return ERR_FACTOR_OFF_ALREADY;
    if (f->email_us == 0)
        return ERR_FACTOR_ONLY;
    f->totp_us = 0;
    f->preferred = STORE_FACTOR_EMAIL;
    return store_factor_totp_remove(ch->c->db, &ch->account);
}

enum err two_factor_totp_disable(struct ctx *c,
                                 const struct store_session *session,
                                 struct account *account_r)
{
    struct change ch = {.c = c,
                        .work = totp_disable_work,
                        .event = EVENT_FACTOR_REMOVED,
                        .method = "totp",
                        .raise = true,
                        .keep = session->id};
    enum err e = two_factor_owner(c, session, account_r);

    return e != ERR_OK ? e : change_do(&ch, session, account_r);
}

static enum err email_enable_work(struct change *ch)
{
    struct store_factors *f = &ch->factors;

    if (f->email_us != 0)
        return ERR_FACTOR_ON_ALREADY;
    enum err e = challenge_use(ch->c, CHALLENGE_FACTOR_CODE, ch->code);

    f->email_us = clock_us(&ch->c->clock);
    if (f->totp_us == 0)
        f->preferred = STORE_FACTOR_EMAIL;
    return e == ERR_NOT_FOUND ? ERR_CODE_WRONG : e;
}

enum err two_factor_email_enable(struct ctx *c,
                                 const struct store_session *session,
                                 struct str code, struct account *account_r)
{
    struct id used;
    struct change ch = {.c = c,
                        .work = email_enable_work,
                        .event = EVENT_FACTOR_ADDED,
                        .method = "email",
                        .raise = true,
                        .code = &used};
    enum err e = two_factor_owner(c, session, account_r);

    if (e == ERR_OK && account_r->email_factor)
        e = ERR_FACTOR_ON_ALREADY;
    if (e == ERR_OK)
        e = two_factor_code_compare(c, &session->id, code, &used);
    return e != ERR_OK ? e : change_do(&ch, session, account_r);
}

static enum err email_disable_work(struct change *ch)
{
    struct store_factors *f = &ch->factors;

    if (f->email_us == 0)
        return ERR_FACTOR_OFF_ALREADY;
    if (f->totp_us == 0)
        return ERR_FACTOR_ONLY;
    f->email_us = 0;
    f->preferred = STORE_FACTOR_TOTP;
    return ERR_OK;
}

enum err two_factor_email_disable(struct ctx *c,
                                  const struct store_session *session,
                                  struct account *account_r)
{
    struct change ch = {.c = c,
                        .work = email_disable_work,
                        .event = EVENT_FACTOR_REMOVED,
                        .method = "email",
                        .raise = true,
                        .keep = session->id};
    enum err e = two_factor_owner(c, session, account_r);

    return e != ERR_OK ? e : change_do(&ch, session, account_r);
}

static enum err prefer_totp_work(struct change *ch)
{
    if (ch->factors.totp_us == 0)
        return ERR_FACTOR_OFF;
    ch->factors.preferred = STORE_FACTOR_TOTP;
    return ERR_OK;
}

static enum err prefer_email_work(struct change *ch)
{
    if (ch->factors.email_us == 0)
        return ERR_FACTOR_OFF;
    ch->factors.preferred = STORE_FACTOR_EMAIL;
    return ERR_OK;
}

enum err two_factor_prefer(struct ctx *c, const struct store_session *session,
                           enum store_factor factor, struct account *account_r)
{
    const bool totp = factor == STORE_FACTOR_TOTP;
    struct change ch = {.c = c,
                        .work = totp ? prefer_totp_work : prefer_email_work,
                        .event = EVENT_FACTOR_PREFERRED,
                        .method = totp ? "totp" : "email"};
    enum err e = two_factor_owner(c, session, account_r);

    return e != ERR_OK ? e : change_do(&ch, session, account_r);
}

static enum err renew_work(struct change *ch)
{
    if (ch->factors.totp_us == 0)
        return ERR_FACTOR_NO_TOTP;
    return two_factor_recovery_put(ch->c, &ch->account, ch->hashes);
}

enum err two_factor_renew(struct ctx *c, const struct store_session *session,
                          struct str codes_r[TWO_FACTOR_RECOVERY_CODES])
{
    uint8_t hashes[TWO_FACTOR_RECOVERY_CODES][STORE_HASH_LEN];
    struct change ch = {.c = c,
                        .work = renew_work,
                        .event = EVENT_RECOVERY_RENEWED,
                        .method = "totp",
                        .hashes = hashes};
    struct account account;
    enum err e = two_factor_owner(c, session, &account);

    if (e == ERR_OK)
        e = two_factor_recovery_make(c, &account.id, codes_r, hashes);
    return e != ERR_OK ? e : change_do(&ch, session, &account);
}

/* A reset, as its transaction needs it. */
struct reset {
    struct change ch;
    struct str ticket;
    bool changed;
};

static enum err reset_rows(void *data)
{
    struct reset *r = data;
    struct change *ch = &r->ch;
    struct ctx *c = ch->c;
    const struct log_field fields[] = {LOG_TEXT("ticket", r->ticket), LOG_END};
    const struct mail_value value = {"method", STR("all")};
    struct str detail;
    enum err e = store_factor_lock(c->db, c->arena, &ch->account, &ch->factors);

    r->changed = ch->factors.totp_us != 0 || ch->factors.email_us != 0;
    if (e != ERR_OK || !r->changed)
        return e == ERR_NO_ROW ? ERR_NOT_FOUND : e;
    ch->factors = (struct store_factors){.preferred = STORE_FACTOR_NONE};
    e = store_factor_totp_remove(c->db, &ch->account);
    if (e == ERR_OK)
        e = store_factor_set(c->db, &ch->account, &ch->factors, true);
    if (e == ERR_OK)
        e = change_end(ch);
    if (e == ERR_OK)
        e = event_detail(c, fields, &detail);
    if (e == ERR_OK)
        e = event_record(c, EVENT_FACTOR_RESET, ch->subject, NULL, detail);
    return e != ERR_OK
               ? e
               : mail_alert(c, MAIL_FACTOR_REMOVED, &ch->account, &value, 1);
}

enum err two_factor_reset(struct ctx *c, const struct id *account,
                          struct str ticket, bool *changed_r)
{
    struct reset r = {.ch = {.c = c, .account = *account}, .ticket = ticket};
    enum err e = account_subject(c, account, &r.ch.subject);

    if (e == ERR_OK)
        e = db_transact(c->db, reset_rows, &r);
    if (e == ERR_OK)
        *changed_r = r.changed;
    return e;
}
