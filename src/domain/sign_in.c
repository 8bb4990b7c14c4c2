/* SPDX-License-Identifier: MIT */
/* A means of proof never counts twice: a code mailed to sign in with is no
 * second factor beside a code mailed as one. */
#include "domain/sign_in.h"

#include "domain/account_read.h"
#include "domain/challenge.h"
#include "domain/device.h"
#include "domain/event.h"
#include "domain/mail.h"
#include "domain/proof_token.h"
#include "domain/refresh_token.h"
#include "domain/two_factor.h"
#include "domain/two_factor_code.h"
#include "store/store_factor.h"

#define SIGN_IN_CODES                                                          \
    (SIGN_IN_EMAIL_CODE | SIGN_IN_SMS_CODE | SIGN_IN_TOTP |                    \
     SIGN_IN_RECOVERY_CODE)

/* A sign-in whose second factor is awaited, as its transaction needs it. */
struct sign_in_waiting {
    struct ctx *c;
    const struct sign_in *s;
    struct challenge attempt;
    struct str subject;
    const struct account *account;
    bool send;
};

/* "fed": elsewhere, by whatever means. */
static const char *sign_in_amr_provider(unsigned proved)
{
    const bool strong = (proved & SIGN_IN_PROVIDER_STRONG) != 0;

    if ((proved & SIGN_IN_CODES) != 0)
        return (proved & SIGN_IN_SMS_CODE) != 0
                   ? "[\"fed\",\"otp\",\"sms\",\"mfa\"]"
                   : "[\"fed\",\"otp\",\"mfa\"]";
    return strong ? "[\"fed\",\"mfa\"]" : "[\"fed\"]";
}

const char *sign_in_amr(unsigned proved)
{
    const bool known = (proved & SIGN_IN_PASSWORD) != 0;
    const bool sms = (proved & SIGN_IN_SMS_CODE) != 0;
    const bool otp =
        (proved & SIGN_IN_CODES & ~(unsigned)SIGN_IN_SMS_CODE) != 0;

    if ((proved & SIGN_IN_PROVIDER) != 0)
        return sign_in_amr_provider(proved);
    if (known && otp)
        return sms ? "[\"pwd\",\"otp\",\"sms\",\"mfa\"]"
                   : "[\"pwd\",\"otp\",\"mfa\"]";
    if (known)
        return sms ? "[\"pwd\",\"sms\",\"mfa\"]" : "[\"pwd\"]";
    if (otp)
        return sms ? "[\"otp\",\"sms\"]" : "[\"otp\"]";
    return sms ? "[\"sms\"]" : "[]";
}

const char *sign_in_acr(unsigned proved)
{
    const bool known = (proved & (SIGN_IN_PASSWORD | SIGN_IN_PROVIDER)) != 0;
    const bool held = (proved & SIGN_IN_CODES) != 0;

    if ((known && held) || (proved & SIGN_IN_PROVIDER_STRONG) != 0)
        return "2";
    return known || held ? "1" : "0";
}

/* Different means among what was proved. A provider is one, whatever it asked
 * for, unless that is configured to do. */
static unsigned sign_in_means(unsigned proved)
{
    unsigned means =
        proved & (SIGN_IN_PASSWORD | SIGN_IN_EMAIL_CODE | SIGN_IN_SMS_CODE |
                  SIGN_IN_TOTP | SIGN_IN_PROVIDER | SIGN_IN_PROVIDER_STRONG);

    return (proved & SIGN_IN_RECOVERY_CODE) != 0 ? means | SIGN_IN_TOTP : means;
}

unsigned sign_in_wanted(const struct store_account *row, unsigned proved,
                        bool forced)
{
    const unsigned means = sign_in_means(proved);
    unsigned on = two_factor_on(row);

    if (forced)
        on |= SIGN_IN_EMAIL_CODE;
    /* Two bits or more: two different means. */
    if (on == 0 || (means & (means - 1)) != 0 || (proved & SIGN_IN_GUEST) != 0)
        return 0;
    if ((on & ~means) != 0)
        return on & ~means;
    return row->password_hash != NULL && row->reset_required_us == 0
               ? SIGN_IN_PASSWORD
               : 0;
}

bool sign_in_obliged(const struct config *config, struct str roles)
{
    const struct config_list *list = &config->two_factor_required_roles;
    struct str rest = roles;

    while (rest.n > 0) {
        struct str role = str_cut(&rest, ' ');

        for (size_t i = 0; i < list->count; i++) {
            if (str_eq(role, list->items[i]))
                return true;
        }
    }
    return false;
}

/* What is wanted on top, by the account's factors and its roles. Who is obliged
 * and has none yet is asked for a code by mail, and can enrol behind it. */
static enum err sign_in_ask(struct ctx *c, const struct sign_in *s,
                            unsigned *wanted_r)
{
    const bool obliged = sign_in_obliged(c->config, s->row->roles) &&
                         (s->proved & SIGN_IN_GUEST) == 0;
    const bool forced = obliged && two_factor_on(s->row) == 0 &&
                        s->row->email_sealed.n > 0 &&
                        mail_enabled(c->config, STORE_CHANNEL_MAIL);
    const unsigned means = sign_in_means(s->proved);
    unsigned wanted = sign_in_wanted(s->row, s->proved, forced);

    if (obliged && wanted == 0 && (means & (means - 1)) == 0)
        return ERR_TWO_FACTOR_SETUP;
    *wanted_r = wanted;
    return ERR_OK;
}

/* No second factor is wanted on a device that is trusted. */
static enum err sign_in_trust(struct ctx *c, const struct sign_in *s,
                              unsigned *wanted)
{
    bool trusted = false;

    if (*wanted == 0 || id_is_nil(&s->device))
        return ERR_OK;
    enum err e = store_factor_trusted(c->db, c->arena, &s->row->id, &s->device,
                                      &trusted);

    if (e == ERR_OK && trusted)
        *wanted = 0;
    return e;
}

static enum err sign_in_wait_work(void *data)
{
    struct sign_in_waiting *w = data;
    struct ctx *c = w->c;
    enum err e = ERR_OK;

    if (w->s->with != NULL)
        e = w->s->with(w->s->with_data);
    if (e == ERR_OK)
        e = challenge_make(c, CHALLENGE_SIGN_IN, &w->attempt,
                           (struct str){NULL, 0});
    if (e == ERR_OK && w->send)
        e = two_factor_code_send(c, w->account, &w->attempt.id);
    if (e == ERR_OK)
        e = event_record(c, EVENT_TWO_FACTOR_WANTED, w->subject, NULL,
                         (struct str){NULL, 0});
    return e;
}

/* The attempt and its token. */
static enum err sign_in_wait(struct ctx *c, const struct sign_in *s,
                             struct str subject, unsigned wanted,
                             struct signed_in *out)
{
    struct sign_in_waiting w = {
        .c = c,
        .s = s,
        .subject = subject,
        .account = &out->account,
        .attempt = {.account_id = s->row->id,
                    .tries = c->config->two_factor_tries,
                    .lifetime_s = c->config->two_factor_lifetime}};
    struct two_factor_attempt attempt = {
        .proved = s->proved, .device = s->device, .version = s->row->version};
    if (s->person != NULL)
        attempt.person = *s->person;
    enum err e = two_factor_attempt_put(c, &attempt, &w.attempt.payload);

    out->pending = true;
    out->wanted = wanted;
    out->preferred = two_factor_preferred(s->row, wanted);
    if (e == ERR_OK && out->preferred == STORE_FACTOR_EMAIL)
        e = two_factor_code_automatic(c, &out->account, &w.send);
    if (e == ERR_OK)
        e = db_transact(c->db, sign_in_wait_work, &w);
    if (e == ERR_OK)
        e = proof_token_make(c, PROOF_TWO_FACTOR, &w.attempt.id,
                             &out->two_factor_token);
    /* What was proved was right: it was no guess. */
    if (e == ERR_OK && s->hold != NULL)
        throttle_return(c, s->hold);
    return e;
}

static enum err sign_in_start(struct ctx *c, const struct sign_in *s,
                              struct str subject, struct signed_in *out)
{
    struct session_start start = {.subject = subject,
                                  .account_id = s->row->id,
                                  .account_version = s->row->version,
                                  .roles = s->row->roles,
                                  .groups = s->row->groups,
                                  .amr = sign_in_amr(s->proved),
                                  .acr = sign_in_acr(s->proved),
                                  .device_id = s->device,
                                  .replaces = s->replaces,
                                  .person = s->person,
                                  .hold = s->hold,
                                  .with = s->with,
                                  .with_data = s->with_data};
    struct str address = s->normal.n > 0 ? s->normal : subject;
    struct refresh_token held;
    enum err e = ERR_OK;

    start.device_new = id_is_nil(&s->device);
    if (start.device_new)
        e = id_new(clock_us(&c->clock), &start.device_id);
    if (s->present_refresh.n > 0 &&
        refresh_token_open(c, s->present_refresh, &held) == ERR_OK)
        start.replaces = held.session_id;
    if (e == ERR_OK)
        e = device_token_make(c, address, &start.device_id, &out->device_token);
    return e != ERR_OK ? e : session_start(c, &start, &out->tokens);
}

enum err sign_in_finish(struct ctx *c, const struct sign_in *s,
                        struct signed_in *in_r)
{
    struct signed_in out = {.pending = false};
    struct str subject;
    unsigned wanted = 0;
    enum err e = s->row->active ? account_read(c, s->row, &out.account)
                                : ERR_INVALID_CREDENTIALS;

    if (e == ERR_OK)
        e = account_subject(c, &s->row->id, &subject);
    if (e == ERR_OK)
        e = sign_in_ask(c, s, &wanted);
    if (e == ERR_OK)
        e = sign_in_trust(c, s, &wanted);
    if (e == ERR_OK)
        e = wanted != 0 ? sign_in_wait(c, s, subject, wanted, &out)
                        : sign_in_start(c, s, subject, &out);
    if (e == ERR_OK)
        *in_r = out;
    return e;
}
