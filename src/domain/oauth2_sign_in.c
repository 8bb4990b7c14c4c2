/* SPDX-License-Identifier: MIT */
/* Persons are known by issuer and subject and by nothing else. What a provider
 * says of an address is believed only of accounts it opens itself. */
#include "domain/oauth2_sign_in.h"

#include "crypto/normal.h"
#include "domain/account_read.h"
#include "domain/device.h"
#include "domain/email_verify.h"
#include "domain/event.h"
#include "domain/rights.h"
#include "domain/session_state.h"
#include "domain/throttle.h"
#include "store/store_person.h"

/* Somebody at the door. */
struct arrival {
    struct ctx *c;
    const struct oauth2_attempt *attempt;
    const struct identity_person *person;
    struct store_account row;
    struct account account; /* a new one's, for the message */
    struct str normal, subject;
    bool verified; /* the provider vouches for the address */
    bool verify;   /* a link to the address is wanted */
};

static enum err arrival_used(void *data)
{
    const struct arrival *a = data;

    return identity_used(a->c, a->person);
}

static enum err arrival_finish(struct arrival *a, enum err (*with)(void *data),
                               struct signed_in *in_r)
{
    struct sign_in s = {.row = &a->row,
                        .normal = a->normal,
                        .proved = SIGN_IN_PROVIDER,
                        .replaces = a->attempt->replaces,
                        .person = a->person,
                        .with = with,
                        .with_data = a};
    enum err e =
        device_known(a->c, a->normal.n > 0 ? a->normal : a->subject, &s.device);

    if (a->person->sufficient)
        s.proved |= SIGN_IN_PROVIDER_STRONG;
    return e != ERR_OK ? e : sign_in_finish(a->c, &s, in_r);
}

/* A disabled account answers as one that does not fit. */
static enum err arrival_known(struct arrival *a, const struct id *id,
                              struct oauth2_done *done)
{
    struct ctx *c = a->c;
    struct account account;
    enum err e = account_row(c, id, &a->row);

    if (e == ERR_OK)
        e = account_read(c, &a->row, &account);
    if (e == ERR_OK)
        e = account_subject(c, id, &a->subject);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_AUTHENTICATION_FAILED : e;
    a->normal = a->subject;
    if (account.email.n > 0)
        e = normal_email(c->arena, account.email, &a->normal);
    if (e == ERR_OK)
        e = arrival_finish(a, arrival_used, &done->in);
    return e == ERR_INVALID_CREDENTIALS ? ERR_AUTHENTICATION_FAILED : e;
}

/* A name nobody could have typed here is left out. */
static enum err arrival_name(struct arrival *a)
{
    struct ctx *c = a->c;
    struct str name = {NULL, 0};
    enum err e = account_name(c, a->person->name, &name);

    if (e == ERR_NAME_INVALID || e == ERR_VALIDATION || e == ERR_BAD_REQUEST) {
        name = (struct str){NULL, 0};
        e = ERR_OK;
    }
    a->account.name = name;
    if (e == ERR_OK && name.n > 0)
        e = account_seal(c, &a->row.id, ACCOUNT_NAME, name,
                         &a->row.name_sealed);
    return e;
}

static enum err arrival_address(struct arrival *a)
{
    struct store_account *row = &a->row;
    enum err e = account_address(a->c, a->person->email, a->normal, row,
                                 &a->account.email);

    if (e == ERR_OK && a->verified)
        row->email_verified_us = row->created_us;
    return e;
}

/* The row of an account that is not there yet: without password, and without a
 * second factor of ours. */
static enum err arrival_row(struct arrival *a)
{
    struct ctx *c = a->c;
    struct store_account *row = &a->row;

    *row = (struct store_account){.realm_id = c->realm_id,
                                  .active = true,
                                  .version = 1,
                                  .created_us = clock_us(&c->clock),
                                  .roles = STR(RIGHTS_USER)};
    enum err e = id_new(row->created_us, &row->id);

    if (e == ERR_OK)
        e = account_subject(c, &row->id, &a->subject);
    a->account.id = row->id;
    if (e == ERR_OK)
        e = arrival_name(a);
    if (e == ERR_OK && a->normal.n > 0)
        e = arrival_address(a);
    return e;
}

static enum err arrival_mail(struct arrival *a)
{
    return a->verified || a->normal.n == 0
               ? ERR_OK
               : email_verify_due(a->c, a->normal, &a->verify);
}

static enum err arrival_detail(struct ctx *c, const struct oauth2_attempt *a,
                               struct str *detail_r)
{
    const struct log_field fields[] = {
        LOG_TEXT("provider", str_of(a->provider->name)), LOG_END};

    return event_detail(c, fields, detail_r);
}

static enum err arrival_make(void *data)
{
    struct arrival *a = data;
    struct ctx *c = a->c;
    struct str detail;
    bool done;
    enum err e = store_account_insert(c->db, &a->row);

    if (e == ERR_OK)
        e = store_account_role_add(c->db, &a->row.id, STR(RIGHTS_USER));
    if (e == ERR_OK && a->verified)
        e = store_person_verified(c->db, &a->row.id, a->row.email_hash, &done);
    if (e == ERR_OK && a->verify)
        e = email_verify_letter(c, &a->account);
    if (e == ERR_OK)
        e = identity_add(c, a->person, &a->row.id);
    if (e == ERR_OK)
        e = arrival_detail(c, a->attempt, &detail);
    return e != ERR_OK
               ? e
               : event_record(c, EVENT_REGISTERED, a->subject, NULL, detail);
}

/* The owner of the address sees in the audit that somebody came with it, and
 * gets a word about how to sign in. */
static enum err arrival_taken(struct arrival *a)
{
    struct ctx *c = a->c;
    struct str detail, subject = {NULL, 0};
    struct store_account row;
    enum err e = store_account_by_email(c->db, c->arena, c->realm_id,
                                        a->row.email_hash, &row);

    if (e == ERR_OK)
        e = account_subject(c, &row.id, &subject);
    if (e == ERR_OK)
        identity_tell(c, &row.id);
    if (e == ERR_NO_ROW)
        e = ERR_OK;
    if (e == ERR_OK)
        e = arrival_detail(c, a->attempt, &detail);
    if (e == ERR_OK)
        e = event_record(c, EVENT_REGISTERED_KNOWN, subject, NULL, detail);
    return e != ERR_OK ? e : ERR_EMAIL_REGISTERED;
}

/* An account without address is one of a provider that is not asked for it. */
static enum err arrival_told(struct arrival *a)
{
    const struct config_provider *provider = a->attempt->provider;
    const struct identity_person *p = a->person;

    if (!provider->registers)
        return ERR_REGISTRATION_OFF;
    if (provider->email_claim[0] == '\0')
        return ERR_OK;
    enum err e = normal_email(a->c->arena, p->email, &a->normal);

    a->verified = p->email_verified || provider->email_trusted;
    return e == ERR_EMAIL_INVALID ? ERR_EMAIL_CLAIM_MISSING : e;
}

static enum err arrival_register(struct arrival *a, struct oauth2_done *done)
{
    struct ctx *c = a->c;
    enum err e = arrival_told(a);

    if (e == ERR_OK)
        e = throttle_register(c);
    if (e == ERR_OK)
        e = arrival_row(a);
    if (e == ERR_OK)
        e = arrival_mail(a);
    if (e == ERR_OK)
        e = arrival_finish(a, arrival_make, &done->in);
    done->registered = e == ERR_OK;
    return e;
}

/* Of two that come at once as the same unknown person, the later is known. */
static enum err arrival_sign_in(struct arrival *a, struct oauth2_done *done)
{
    struct id account;
    enum err e = identity_find(a->c, a->person, &account);

    if (e != ERR_NOT_FOUND)
        return e != ERR_OK ? e : arrival_known(a, &account, done);
    e = arrival_register(a, done);
    const bool taken = e == ERR_DUPLICATE_ROW;

    if (!taken && e != ERR_OTHER_PRINCIPAL)
        return e;
    e = identity_find(a->c, a->person, &account);
    if (e == ERR_NOT_FOUND)
        return taken ? arrival_taken(a) : ERR_UNAVAILABLE;
    return e != ERR_OK ? e : arrival_known(a, &account, done);
}

/* The session that was meant must live still, and be the account's. */
static enum err arrival_session(struct arrival *a,
                                struct store_session_state *state_r)
{
    struct ctx *c = a->c;
    enum err e = session_state_read(c, &a->attempt->session, state_r);

    if (e == ERR_OK)
        e = session_state_ended(c, state_r);
    if (e == ERR_OK)
        e = session_state_over(c, state_r);
    if (e == ERR_OK && !id_eq(&state_r->row.account_id, &a->attempt->account))
        e = ERR_SESSION_INVALID;
    return e;
}

/* Nobody is registered here: who is unknown is just not the owner. */
static enum err arrival_step_up(struct arrival *a, struct oauth2_done *done)
{
    struct ctx *c = a->c;
    struct store_session_state state;
    struct id account;
    enum err e = arrival_session(a, &state);

    if (e == ERR_OK)
        e = identity_find(c, a->person, &account);
    if (e == ERR_NOT_FOUND ||
        (e == ERR_OK && !id_eq(&account, &a->attempt->account)))
        e = ERR_WRONG_ACCOUNT;
    if (e == ERR_OK)
        e = db_transact(c->db, arrival_used, a);
    return e != ERR_OK ? e
                       : step_up_provider(c, &state.row, a->person->sufficient,
                                          &done->up);
}

static enum err arrival_connect(struct arrival *a, struct oauth2_done *done)
{
    struct store_session_state state;
    enum err e = arrival_session(a, &state);

    return e != ERR_OK ? e
                       : identity_connect(a->c, a->person, &a->attempt->account,
                                          &a->attempt->session, &done->tokens,
                                          &done->converted);
}

enum err oauth2_decide(struct ctx *c, const struct oauth2_attempt *attempt,
                       const struct identity_person *person,
                       struct oauth2_done *done_r)
{
    struct arrival a = {.c = c, .attempt = attempt, .person = person};
    struct oauth2_done done = {.registered = false};
    enum err e = ERR_INTERNAL;

    /* The cookie is not sent along from a provider's page. */
    if (c->client.device_token.n == 0 && attempt->device.n > 0)
        c->client.device_token = attempt->device;
    switch (attempt->mode) {
    case OAUTH2_SIGN_IN:
        e = arrival_sign_in(&a, &done);
        break;
    case OAUTH2_STEP_UP:
        e = arrival_step_up(&a, &done);
        break;
    case OAUTH2_CONNECT:
        e = arrival_connect(&a, &done);
        break;
    }
    if (e == ERR_OK)
        *done_r = done;
    return e;
}

void oauth2_failed(struct ctx *c, const struct oauth2_attempt *a, enum err e,
                   const char *why)
{
    const struct log_field fields[] = {
        LOG_TEXT("provider", str_of(a->provider->name)),
        LOG_TEXT("code", str_of(err_code(e))),
        LOG_TEXT("why", str_of(why == NULL ? "-" : why)),
        LOG_END,
    };
    const bool session = !id_is_nil(&a->session);
    struct str detail, subject = {NULL, 0};
    enum err told = event_detail(c, fields, &detail);

    if (told == ERR_OK && !id_is_nil(&a->account))
        told = account_subject(c, &a->account, &subject);
    if (told == ERR_OK)
        (void)event_record(c,
                           a->mode == OAUTH2_STEP_UP ? EVENT_STEP_UP_FAILED
                                                     : EVENT_SIGN_IN_FAILED,
                           subject, session ? &a->session : NULL, detail);
}
