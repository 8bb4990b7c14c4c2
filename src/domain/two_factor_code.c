/* SPDX-License-Identifier: MIT */
/* The row of a code is found by a keyed hash of what asked for it, so that the
 * code of one attempt cannot even be compared in another. */
#include "domain/two_factor_code.h"

#include "domain/mail.h"
#include "domain/throttle.h"

#define CODE_LABEL "factor-code"
#define CODE_CAP_LABEL "factor-code-cap"
#define CODE_CAP 5 /* per throttle.window: more is no person */

static struct str code_account(const struct account *account)
{
    return (struct str){(const char *)account->id.b, sizeof(account->id.b)};
}

static bool code_possible(const struct ctx *c, const struct account *account)
{
    return mail_enabled(c->config, STORE_CHANNEL_MAIL) && account->email.n > 0;
}

/* A new attempt is not made to wait for the cooldown of the last one, whose
 * code would be of no use to it; the cap holds for both. */
enum err two_factor_code_automatic(struct ctx *c, const struct account *account,
                                   bool *send_r)
{
    if (!code_possible(c, account)) {
        *send_r = false;
        return ERR_OK;
    }
    enum err e = throttle_limit(c, CODE_CAP_LABEL, code_account(account),
                                CODE_CAP, c->config->throttle_window);
    bool send = e == ERR_OK;

    if (e == ERR_OK)
        e = throttle_cooldown(c, CODE_LABEL, code_account(account));
    if (e == ERR_TOO_MANY_REQUESTS || e == ERR_MAIL_COOLDOWN) {
        c->retry_after_s = 0;
        e = ERR_OK;
    }
    if (e == ERR_OK)
        *send_r = send;
    return e;
}

enum err two_factor_code_allowed(struct ctx *c, const struct account *account)
{
    if (!code_possible(c, account))
        return ERR_MAIL_DISABLED;
    enum err e = throttle_cooldown(c, CODE_LABEL, code_account(account));

    return e != ERR_OK
               ? e
               : throttle_limit(c, CODE_CAP_LABEL, code_account(account),
                                CODE_CAP, c->config->throttle_window);
}

enum err two_factor_code_cooldown(struct ctx *c, const struct account *account,
                                  int64_t *left_s_r)
{
    if (!code_possible(c, account))
        return ERR_MAIL_DISABLED;
    return throttle_cooldown_left(c, CODE_LABEL, code_account(account),
                                  left_s_r);
}

static enum err code_place(struct ctx *c, const struct id *binding,
                           struct digest *place_r)
{
    return seal_lookup(
        c->sealer, CODE_LABEL,
        (struct str){(const char *)binding->b, sizeof(binding->b)}, place_r);
}

enum err two_factor_code_send(struct ctx *c, const struct account *account,
                              const struct id *binding)
{
    struct challenge ch = {.account_id = account->id,
                           .tries = c->config->two_factor_tries,
                           .lifetime_s = c->config->two_factor_code_lifetime};
    struct buf minutes = buf_new(c->arena);
    struct str code, life;
    enum err e = code_place(c, binding, &ch.address);

    buf_int(&minutes, (ch.lifetime_s + 59) / 60);
    if (e == ERR_OK)
        e = buf_done(&minutes, &life);
    if (e == ERR_OK)
        e = challenge_code(c, (unsigned)c->config->two_factor_code_digits,
                           &code);
    if (e == ERR_OK)
        e = challenge_make(c, CHALLENGE_FACTOR_CODE, &ch, code);
    if (e != ERR_OK)
        return e;
    const struct mail_value values[] = {
        {"code", code}, {"minutes", life}, {"name", account->name}};

    return mail_queue(
        c, &(struct mail){.kind = MAIL_FACTOR_CODE,
                          .channel = STORE_CHANNEL_MAIL,
                          .account_id = account->id,
                          .to = account->email,
                          .locale = account->locale,
                          .values = values,
                          .count = sizeof(values) / sizeof(values[0]),
                          .lifetime_s = ch.lifetime_s});
}

enum err two_factor_code_compare(struct ctx *c, const struct id *binding,
                                 struct str text, struct id *code_r)
{
    struct digest place;
    struct challenge ch;
    enum err e = code_place(c, binding, &place);

    if (e == ERR_OK)
        e = challenge_find_address(c, CHALLENGE_FACTOR_CODE, &place, &ch);
    if (e == ERR_OK)
        e = challenge_try(c, CHALLENGE_FACTOR_CODE, &ch.id, &ch);
    if (e == ERR_OK)
        e = challenge_compare(c, CHALLENGE_FACTOR_CODE, &ch.id, text);
    if (e == ERR_NOT_FOUND)
        e = ERR_CODE_WRONG;
    if (e == ERR_OK)
        *code_r = ch.id;
    return e;
}
