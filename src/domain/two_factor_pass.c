/* SPDX-License-Identifier: MIT */
/* A try is taken before anything is compared, from the attempt and from the
 * account's lane; what a right code opens and its using up are one transaction,
 * so that of parallel tries with one code one gets through. */
#include "domain/two_factor_pass.h"

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/event.h"
#include "domain/mail.h"
#include "domain/proof_token.h"
#include "domain/two_factor_code.h"
#include "domain/two_factor_recovery.h"
#include "domain/two_factor_totp.h"
#include "domain/watch.h"
#include "store/store_factor.h"

#define PASS_HASH_WAIT_MS 3000

/* One try, from the door to the session. */
struct pass {
    struct ctx *c;
    struct two_factor_open open;
    const struct two_factor_proof *proof;
    struct str subject;
    struct id session;      /* of a step-up */
    struct id device;       /* that may be trusted */
    unsigned proved;        /* by this try: one of SIGN_IN_* */
    int64_t step;           /* of a TOTP code */
    struct id code;         /* of a mailed code */
    struct digest recovery; /* hash of a recovery code */
    struct throttle_hold hold;
};

static enum err open_account(struct ctx *c, struct two_factor_open *open)
{
    enum err e = store_account_by_id(c->db, c->arena, &open->attempt.account_id,
                                     &open->row);

    if (e == ERR_NO_ROW)
        return ERR_TWO_FACTOR_TOKEN_INVALID;
    if (e != ERR_OK)
        return e;
    if (!open->row.active || open->row.version != open->half.version ||
        open->row.realm_id != c->realm_id)
        return ERR_TWO_FACTOR_TOKEN_INVALID;
    /* There is no attempt without a factor but for a role that wants one. */
    open->wanted = sign_in_wanted(&open->row, open->half.proved,
                                  two_factor_on(&open->row) == 0);
    return open->wanted != 0 ? ERR_OK : ERR_TWO_FACTOR_TOKEN_INVALID;
}

enum err two_factor_open(struct ctx *c, enum challenge_kind kind,
                         const struct id *id, struct two_factor_open *open_r)
{
    struct two_factor_open open = {.kind = kind};
    enum err e = challenge_find(c, kind, id, &open.attempt);

    if (e == ERR_NOT_FOUND || (e == ERR_OK && open.attempt.used))
        return ERR_TWO_FACTOR_TOKEN_INVALID;
    if (e == ERR_OK && open.attempt.expires_us <= clock_us(&c->clock))
        return ERR_TWO_FACTOR_TOKEN_EXPIRED;
    if (e == ERR_OK && open.attempt.tries <= 0)
        return ERR_CODE_TRIES;
    if (e == ERR_OK)
        e = two_factor_attempt_get(open.attempt.payload, &open.half);
    if (e == ERR_OK)
        e = open_account(c, &open);
    if (e == ERR_OK)
        *open_r = open;
    return e;
}

enum err two_factor_open_any(struct ctx *c, const struct id *id,
                             struct two_factor_open *open_r)
{
    enum err e = two_factor_open(c, CHALLENGE_SIGN_IN, id, open_r);

    if (e != ERR_TWO_FACTOR_TOKEN_INVALID)
        return e;
    return two_factor_open(c, CHALLENGE_STEP_UP, id, open_r);
}

/* Was anything sent that would do? */
static enum err pass_sent(const struct pass *p)
{
    const struct two_factor_proof *proof = p->proof;
    const unsigned wanted = p->open.wanted;

    if (proof->recovery.p != NULL)
        return (wanted & SIGN_IN_TOTP) != 0 ? ERR_OK : ERR_FACTOR_NO_TOTP;
    if (((wanted & SIGN_IN_TOTP) != 0 && proof->totp.p != NULL) ||
        ((wanted & SIGN_IN_EMAIL_CODE) != 0 && proof->email.p != NULL) ||
        ((wanted & SIGN_IN_PASSWORD) != 0 && proof->password.p != NULL))
        return ERR_OK;
    return ERR_CODE_MISSING;
}

/* The lane of a known device is its own, so that somebody who knows the
 * password cannot lock its owner out by wrong codes. */
static enum err pass_count(struct pass *p)
{
    struct ctx *c = p->c;
    enum err e =
        throttle_factor(c, &p->open.row.id, &p->open.half.device, &p->hold);

    if (e == ERR_OK)
        e = challenge_try(c, p->open.kind, &p->open.attempt.id,
                          &p->open.attempt);
    if (e == ERR_NOT_FOUND)
        return ERR_TWO_FACTOR_TOKEN_INVALID;
    return e == ERR_CODE_EXPIRED ? ERR_TWO_FACTOR_TOKEN_EXPIRED : e;
}

static enum err pass_password(struct pass *p)
{
    struct ctx *c = p->c;
    struct str nfc;
    bool rehash;
    enum err e = normal_nfc(c->arena, p->proof->password, &nfc);

    if (e == ERR_OK)
        e = password_verify(c->hasher, nfc, p->open.row.password_hash,
                            PASS_HASH_WAIT_MS, &rehash);
    if (e == ERR_OK)
        p->proved = SIGN_IN_PASSWORD;
    return e == ERR_INVALID_CREDENTIALS ? ERR_CODE_WRONG : e;
}

/* Whatever of the sent is right; the answer about the last one is told. */
static enum err pass_compare(struct pass *p)
{
    struct ctx *c = p->c;
    const struct two_factor_proof *proof = p->proof;
    const unsigned wanted = p->open.wanted;
    enum err e = ERR_CODE_WRONG;

    if (proof->recovery.p != NULL) {
        p->proved = SIGN_IN_RECOVERY_CODE;
        return two_factor_recovery_hash(c, &p->open.row.id, proof->recovery,
                                        &p->recovery);
    }
    if ((wanted & SIGN_IN_TOTP) != 0 && proof->totp.p != NULL) {
        e = two_factor_totp_compare(c, &p->open.row.id, proof->totp, &p->step);
        p->proved = SIGN_IN_TOTP;
    }
    if (e == ERR_CODE_WRONG && (wanted & SIGN_IN_EMAIL_CODE) != 0 &&
        proof->email.p != NULL) {
        e = two_factor_code_compare(c, &p->open.attempt.id, proof->email,
                                    &p->code);
        p->proved = SIGN_IN_EMAIL_CODE;
    }
    if (e == ERR_CODE_WRONG && (wanted & SIGN_IN_PASSWORD) != 0 &&
        proof->password.p != NULL)
        e = pass_password(p);
    return e;
}

static enum err pass_use_recovery(struct pass *p)
{
    struct ctx *c = p->c;
    const struct id *account = &p->open.row.id;
    struct buf b = buf_new(c->arena);
    struct mail_value value = {"left", {NULL, 0}};
    bool used = false;
    int64_t left;
    enum err e =
        store_factor_recovery_use(c->db, account, p->recovery.b, &used);

    if (e == ERR_OK && !used)
        return ERR_RECOVERY_CODE_WRONG;
    if (e == ERR_OK)
        e = store_factor_recovery_left(c->db, c->arena, account, &left);
    if (e != ERR_OK)
        return e;
    buf_int(&b, left);
    e = buf_done(&b, &value.text);
    if (e == ERR_OK)
        e = event_record(c, EVENT_RECOVERY_USED, p->subject, NULL,
                         (struct str){NULL, 0});
    return e != ERR_OK ? e
                       : mail_alert(c, MAIL_RECOVERY_USED, account, &value, 1);
}

static enum err pass_use_code(struct pass *p)
{
    struct ctx *c = p->c;
    bool used = true;
    enum err e = ERR_OK;

    switch (p->proved) {
    case SIGN_IN_TOTP:
        e = store_factor_totp_use(c->db, &p->open.row.id, p->step, &used);
        break;
    case SIGN_IN_EMAIL_CODE:
        e = challenge_use(c, CHALLENGE_FACTOR_CODE, &p->code);
        break;
    case SIGN_IN_RECOVERY_CODE:
        return pass_use_recovery(p);
    default:
        break;
    }
    return e == ERR_NOT_FOUND || (e == ERR_OK && !used) ? ERR_CODE_WRONG : e;
}

static enum err pass_trust(struct pass *p)
{
    struct ctx *c = p->c;
    int64_t life = c->config->two_factor_trust_lifetime;

    /* Who had to use a recovery code may sit anywhere. */
    if (!p->proof->trust || life == 0 || p->proved == SIGN_IN_RECOVERY_CODE)
        return ERR_OK;
    enum err e = store_factor_trust(c->db, &p->open.row.id, &p->device,
                                    life * CLOCK_SECOND);

    return e != ERR_OK ? e
                       : event_record(c, EVENT_DEVICE_TRUSTED, p->subject, NULL,
                                      (struct str){NULL, 0});
}

/* Uses everything up; part of the transaction of what it opens. */
static enum err pass_use(void *data)
{
    struct pass *p = data;
    enum err e = challenge_use(p->c, p->open.kind, &p->open.attempt.id);

    if (e == ERR_NOT_FOUND)
        return ERR_TWO_FACTOR_TOKEN_INVALID;
    if (e == ERR_OK)
        e = pass_use_code(p);
    return e != ERR_OK ? e : pass_trust(p);
}

static bool pass_wrong(enum err e)
{
    return e == ERR_CODE_WRONG || e == ERR_RECOVERY_CODE_WRONG;
}

/* A wrong try is an event; what could not be judged, or was right, gives its
 * unit of the account's lane back. */
static enum err pass_close(struct pass *p, enum err e)
{
    if (pass_wrong(e))
        (void)event_record(p->c, EVENT_TWO_FACTOR_FAILED, p->subject, NULL,
                           (struct str){NULL, 0});
    else if (p->hold.count > 0 && err_status(e) != 401)
        throttle_return(p->c, &p->hold);
    return e;
}

/* Everything up to the transaction. */
static enum err pass_judge(struct pass *p)
{
    enum err e = account_subject(p->c, &p->open.row.id, &p->subject);

    if (e == ERR_OK)
        e = pass_sent(p);
    if (e == ERR_OK)
        e = pass_count(p);
    return e != ERR_OK ? e : pass_compare(p);
}

static enum err pass_sign_in(struct pass *p, struct str present_refresh,
                             struct signed_in *in_r)
{
    struct ctx *c = p->c;
    struct account account;
    struct sign_in s = {.row = &p->open.row,
                        .proved = p->open.half.proved | p->proved,
                        .present_refresh = present_refresh,
                        .with = pass_use,
                        .with_data = p};
    enum err e = account_read(c, &p->open.row, &account);

    if (p->open.half.person.subject.n > 0)
        s.person = &p->open.half.person;
    p->device = p->open.half.device;
    if (e == ERR_OK && id_is_nil(&p->device))
        e = id_new(clock_us(&c->clock), &p->device);
    s.device = p->device;
    if (e == ERR_OK && account.email.n > 0)
        e = normal_email(c->arena, account.email, &s.normal);
    return e != ERR_OK ? e : sign_in_finish(c, &s, in_r);
}

enum err two_factor_sign_in(struct ctx *c, const struct id *attempt,
                            const struct two_factor_proof *proof,
                            struct str present_refresh, struct signed_in *in_r)
{
    struct pass p = {.c = c, .proof = proof};
    enum err e = two_factor_open(c, CHALLENGE_SIGN_IN, attempt, &p.open);

    if (e != ERR_OK)
        return e;
    e = pass_judge(&p);
    if (e == ERR_OK)
        e = pass_sign_in(&p, present_refresh, in_r);
    return pass_close(&p, e);
}

static enum err pass_step_up_work(void *data)
{
    struct pass *p = data;
    enum err e = pass_use(p);

    if (e == ERR_OK)
        e = watch_step_up_done(p->c, &p->session,
                               p->open.half.proved | p->proved);
    return e != ERR_OK ? e
                       : event_record(p->c, EVENT_STEP_UP, p->subject,
                                      &p->session, (struct str){NULL, 0});
}

enum err two_factor_step_up(struct ctx *c, const struct id *attempt,
                            const struct store_session *session,
                            const struct two_factor_proof *proof,
                            struct str *token_r)
{
    struct two_factor_proof plain = *proof;
    struct pass p = {.c = c, .proof = &plain, .session = session->id};
    enum err e = two_factor_open(c, CHALLENGE_STEP_UP, attempt, &p.open);

    plain.trust = false;
    if (e == ERR_OK && !id_eq(&p.open.attempt.session_id, &session->id))
        e = ERR_TWO_FACTOR_TOKEN_INVALID;
    if (e != ERR_OK)
        return e;
    e = pass_judge(&p);
    if (e == ERR_OK)
        e = db_transact(c->db, pass_step_up_work, &p);
    if (e == ERR_OK)
        e = proof_token_make(c, PROOF_STEP_UP, &session->id, token_r);
    return pass_close(&p, e);
}
