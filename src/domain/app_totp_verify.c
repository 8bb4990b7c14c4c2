/* SPDX-License-Identifier: MIT */
/* Judges codes. The rows of a user's devices are the lock: one try after the
 * other is counted and looked at, so that no burst passes the limit and no code
 * opens twice. */
#include <string.h>

#include "base/buf.h"
#include "crypto/secret.h"
#include "crypto/totp.h"
#include "domain/app_totp.h"
#include "domain/app_totp_row.h"

_Static_assert(APP_TOTP_DIGITS == TOTP_DIGITS, "what back ends are told");

/* One try, as its transaction needs it. */
struct totp_work {
    struct ctx *c;
    const struct app *app;
    const struct app_totp_try *t;
    struct store_app_owner owner; /* of devices */
    struct store_app_owner tried; /* of codes */
    int64_t now_us;
    bool any;           /* there is a device the code may be of */
    bool already;       /* the one that is named is proved */
    bool fits;          /* it is the code of one */
    int64_t life_us;    /* for how long it could be right again */
    struct digest hash; /* of the code */
    enum err outcome;   /* what is answered; the rows stay all the same */
    struct app_totp_tally tally;
};

static bool device_counts(const struct totp_work *w,
                          const struct store_app_device *row)
{
    return w->t->device.p == NULL ? row->verified
                                  : str_eq(row->name, w->t->device);
}

/* All steps are compared, in constant time. */
static enum err device_compare(const struct totp_work *w,
                               const struct store_app_device *row,
                               struct str secret, bool *fits_r)
{
    const int64_t present = w->now_us / CLOCK_SECOND / row->period_s;
    char code[TOTP_DIGITS_MAX + 1];
    bool fits = false;

    if (w->t->code.n != TOTP_DIGITS)
        return ERR_OK;
    for (int64_t step = present - row->skew; step <= present + row->skew;
         step++) {
        enum err e = step < 0 ? ERR_OK
                              : totp_code((const uint8_t *)secret.p, secret.n,
                                          step, TOTP_DIGITS, TOTP_SHA1, code);

        if (e != ERR_OK)
            return e;
        fits |= step >= 0 && secret_eq(code, w->t->code.p, TOTP_DIGITS);
    }
    secret_wipe(code, sizeof(code));
    *fits_r = *fits_r || fits;
    return ERR_OK;
}

static enum err device_row(void *data, const struct store_app_device *row)
{
    struct totp_work *w = data;
    const int64_t life = row->period_s * (2 * row->skew + 1) * CLOCK_SECOND;
    struct str place, secret;
    enum err e;

    if (!device_counts(w, row))
        return ERR_OK;
    w->any = true;
    if (life > w->life_us)
        w->life_us = life;
    if (w->t->device.p != NULL && row->verified) {
        w->already = true;
        return ERR_OK;
    }
    e = app_totp_place(w->c, &row->id, &place);
    if (e == ERR_OK)
        e = seal_open(w->c->sealer, w->c->arena, SEAL_TOTP, place,
                      row->secret_sealed, &secret);
    if (e != ERR_OK)
        return e == ERR_VALIDATION ? ERR_INTERNAL : e;
    return device_compare(w, row, secret, &w->fits);
}

/* The table of codes tells none of them. */
static enum err code_hash(struct totp_work *w)
{
    struct buf b = buf_new(w->c->arena);
    struct str value;

    buf_int(&b, w->app->app_id);
    buf_char(&b, '\0');
    buf_str(&b, w->owner.user_id);
    buf_char(&b, '\0');
    buf_str(&b, w->t->code);
    enum err e = buf_done(&b, &value);

    return e != ERR_OK
               ? e
               : seal_lookup(w->c->sealer, "app-totp-code", value, &w->hash);
}

static enum err code_note(const struct totp_work *w, bool valid,
                          int64_t expires_us)
{
    struct store_app_code row = {
        .created_us = w->now_us, .valid = valid, .expires_us = expires_us};
    enum err e;

    memcpy(row.hash, w->hash.b, sizeof(row.hash));
    /* Hosts' clocks are not that fine. */
    do {
        e = store_app_totp_code_add(w->c->db, &w->tried, &row);
        row.created_us++;
    } while (e == ERR_DUPLICATE_ROW);
    return e;
}

/* Too many in a row, and no pause since the last? */
static enum err look_at_limit(struct totp_work *w, bool *over_r)
{
    const struct app_settings *s = &w->app->settings;
    int64_t last_us = 0;
    enum err e = store_app_totp_wrong(w->c->db, &w->tried, w->now_us,
                                      &w->tally.failed, &last_us);

    if (e != ERR_OK)
        return e;
    w->tally.limit = s->totp_attempts;
    *over_r = w->tally.failed >= s->totp_attempts;
    if (*over_r) {
        w->tally.retry_ms =
            (last_us + s->totp_cooldown_s * CLOCK_SECOND - w->now_us) / 1000;
        w->outcome = ERR_TOO_MANY_REQUESTS;
    }
    return ERR_OK;
}

/* A wrong code counts, and those before it count on, until there has been
 * nothing wrong for as long as the pause is. */
static enum err settle_wrong(struct totp_work *w)
{
    const int64_t until_us =
        w->now_us + w->app->settings.totp_cooldown_s * CLOCK_SECOND;
    enum err e =
        store_app_totp_wrong_keep(w->c->db, &w->tried, w->now_us, until_us);

    if (e == ERR_OK)
        e = code_note(w, false, until_us);
    w->tally.failed++;
    w->outcome = ERR_CODE_WRONG;
    return e;
}

static enum err settle_right(struct totp_work *w)
{
    enum err e = store_app_totp_wrong_forgive(w->c->db, &w->tried);

    if (e == ERR_OK)
        e = code_note(w, true, w->now_us + w->life_us);
    if (e == ERR_OK && w->t->device.p != NULL)
        e = store_app_totp_proved(w->c->db, &w->owner, w->t->device);
    w->outcome = e;
    return e;
}

static enum err judge(struct totp_work *w)
{
    bool over = false;
    enum err e = look_at_limit(w, &over);

    if (e != ERR_OK || over)
        return e;
    e = code_hash(w);
    if (e == ERR_OK && w->fits) {
        e = store_app_totp_code_used(w->c->db, &w->tried, w->hash.b, w->now_us);
        w->fits = e == ERR_NO_ROW;
        e = e == ERR_NO_ROW ? ERR_OK : e;
    }
    if (e != ERR_OK)
        return e;
    return w->fits ? settle_right(w) : settle_wrong(w);
}

static enum err verify_work(void *data)
{
    struct totp_work *w = data;
    enum err e;

    w->any = w->already = w->fits = false;
    w->life_us = 0;
    w->tally = (struct app_totp_tally){.failed = 0};
    w->outcome = ERR_OK;
    e = store_app_totp_list(w->c->db, w->c->arena, &w->owner, true, device_row,
                            w);
    if (e != ERR_OK || w->already)
        return e;
    if (w->any)
        return judge(w);
    w->outcome =
        w->t->device.p == NULL ? ERR_USER_NOT_FOUND : ERR_APP_DEVICE_UNKNOWN;
    return ERR_OK;
}

enum err app_totp_verify(struct ctx *c, const struct app *app,
                         const struct app_totp_try *t, bool *already_r,
                         struct app_totp_tally *tally_r)
{
    struct totp_work w = {
        .c = c, .app = app, .t = t, .now_us = clock_us(&c->clock)};
    enum err e = app_totp_owner(c, app, t->user_id, &w.owner);

    w.tried = (struct store_app_owner){app->realm_id, w.owner.user_id};
    if (e == ERR_OK)
        e = db_transact(c->db, verify_work, &w);
    if (e != ERR_OK)
        return e;
    *tally_r = w.tally;
    *already_r = w.already;
    return w.outcome;
}
