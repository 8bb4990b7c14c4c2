/* SPDX-License-Identifier: MIT */
/* The first half of a fresh proof. A trusted device does not spare the second:
 * trust is for coming back, not for what is dangerous. */
#include "domain/step_up.h"

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/challenge.h"
#include "domain/device.h"
#include "domain/event.h"
#include "domain/proof_token.h"
#include "domain/rights.h"
#include "domain/sign_in.h"
#include "domain/throttle.h"
#include "domain/two_factor.h"
#include "domain/two_factor_code.h"
#include "domain/watch.h"

#define STEP_UP_HASH_WAIT_MS 3000

/* One step-up, from the door to the token. */
struct stepping {
    struct ctx *c;
    const struct store_session *session;
    struct store_account row;
    struct account account;
    struct str normal;
    struct id device; /* known, or nil */
    struct throttle_hold hold;
    struct challenge attempt;
    unsigned proved; /* SIGN_IN_* so far */
    bool send;
};

static enum err step_up_row(struct stepping *s)
{
    struct ctx *c = s->c;

    if (id_is_nil(&s->session->account_id))
        return ERR_USER_NOT_FOUND;
    enum err e =
        store_account_by_id(c->db, c->arena, &s->session->account_id, &s->row);

    if (e == ERR_NO_ROW)
        return ERR_USER_NOT_FOUND;
    if (e == ERR_OK)
        e = account_read(c, &s->row, &s->account);
    s->normal = s->session->subject;
    if (e == ERR_OK && s->account.email.n > 0)
        e = normal_email(c->arena, s->account.email, &s->normal);
    return e != ERR_OK ? e : device_known(c, s->normal, &s->device);
}

static enum err step_up_verify(struct stepping *s, struct str password)
{
    struct ctx *c = s->c;
    const char *hash =
        s->row.reset_required_us == 0 ? s->row.password_hash : NULL;
    struct str nfc;
    bool rehash;
    enum err e = normal_nfc(c->arena, password, &nfc);

    return e != ERR_OK ? e
                       : password_verify(c->hasher, nfc, hash,
                                         STEP_UP_HASH_WAIT_MS, &rehash);
}

/* As at sign-in: counted before, given back after. */
static enum err step_up_password(struct stepping *s, struct str password)
{
    struct ctx *c = s->c;

    if (password.n == 0)
        return ERR_PASSWORD_MISSING;
    enum err e = throttle_login(c, s->normal, &s->device, &s->hold);

    if (e != ERR_OK)
        return e;
    e = step_up_verify(s, password);
    if (e == ERR_INVALID_CREDENTIALS)
        (void)event_record(c, EVENT_STEP_UP_FAILED, s->session->subject,
                           &s->session->id, (struct str){NULL, 0});
    else
        throttle_return(c, &s->hold);
    return e;
}

static enum err step_up_prove(struct stepping *s, struct str password)
{
    enum err e;

    if (s->row.password_hash != NULL) {
        e = step_up_password(s, password);
        if (e == ERR_OK)
            s->proved = SIGN_IN_PASSWORD;
        return e;
    }
    if (str_has_word(s->row.roles, STR(RIGHTS_GUEST))) {
        s->proved = SIGN_IN_GUEST;
        return ERR_OK;
    }
    return two_factor_on(&s->row) != 0 ? ERR_OK : ERR_STEP_UP_IMPOSSIBLE;
}

static enum err step_up_wait_work(void *data)
{
    struct stepping *s = data;
    struct ctx *c = s->c;
    enum err e = challenge_make(c, CHALLENGE_STEP_UP, &s->attempt,
                                (struct str){NULL, 0});

    if (e == ERR_OK && s->send)
        e = two_factor_code_send(c, &s->account, &s->attempt.id);
    return e;
}

static enum err step_up_wait(struct stepping *s, struct stepped_up *up)
{
    struct ctx *c = s->c;
    const struct two_factor_attempt half = {
        .proved = s->proved, .device = s->device, .version = s->row.version};

    s->attempt =
        (struct challenge){.account_id = s->row.id,
                           .session_id = s->session->id,
                           .tries = c->config->two_factor_tries,
                           .lifetime_s = c->config->two_factor_lifetime};
    up->pending = true;
    up->preferred = two_factor_preferred(&s->row, up->wanted);
    enum err e = two_factor_attempt_put(c, &half, &s->attempt.payload);

    if (e == ERR_OK && up->preferred == STORE_FACTOR_EMAIL)
        e = two_factor_code_automatic(c, &s->account, &s->send);
    if (e == ERR_OK)
        e = db_transact(c->db, step_up_wait_work, s);
    return e != ERR_OK ? e
                       : proof_token_make(c, PROOF_TWO_FACTOR, &s->attempt.id,
                                          &up->two_factor_token);
}

static enum err step_up_done_work(void *data)
{
    const struct stepping *s = data;
    struct ctx *c = s->c;
    enum err e = event_record(c, EVENT_STEP_UP, s->session->subject,
                              &s->session->id, (struct str){NULL, 0});

    return e != ERR_OK ? e : watch_step_up_done(c, &s->session->id, s->proved);
}

static enum err step_up_done(struct stepping *s, struct stepped_up *up)
{
    struct ctx *c = s->c;
    enum err e = db_transact(c->db, step_up_done_work, s);

    return e != ERR_OK ? e
                       : proof_token_make(c, PROOF_STEP_UP, &s->session->id,
                                          &up->token);
}

static enum err step_up_finish(struct stepping *s, struct stepped_up *up_r)
{
    struct stepped_up up = {.wanted =
                                sign_in_wanted(&s->row, s->proved, false)};
    enum err e = up.wanted != 0 ? step_up_wait(s, &up) : step_up_done(s, &up);

    if (e == ERR_OK)
        *up_r = up;
    return e;
}

enum err step_up(struct ctx *c, const struct store_session *session,
                 struct str password, struct stepped_up *up_r)
{
    struct stepping s = {.c = c, .session = session};
    enum err e = step_up_row(&s);

    if (e == ERR_OK)
        e = step_up_prove(&s, password);
    return e != ERR_OK ? e : step_up_finish(&s, up_r);
}

enum err step_up_provider(struct ctx *c, const struct store_session *session,
                          bool sufficient, struct stepped_up *up_r)
{
    struct stepping s = {
        .c = c, .session = session, .proved = SIGN_IN_PROVIDER};
    enum err e = step_up_row(&s);

    if (sufficient)
        s.proved |= SIGN_IN_PROVIDER_STRONG;
    return e != ERR_OK ? e : step_up_finish(&s, up_r);
}
