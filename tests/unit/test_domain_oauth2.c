/* SPDX-License-Identifier: MIT */
/* Attempts at a provider and what comes of them, against a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "domain/identity.h"
#include "domain/oauth2.h"
#include "domain/oauth2_sign_in.h"
#include "domain/proof_token.h"
#include "domain/two_factor_pass.h"
#include "domain_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BACK "https://app.example.org/in"

static const struct config_provider acme = {.name = "acme",
                                            .title = "Acme",
                                            .kind = PROVIDER_OIDC,
                                            .issuer = "https://acme.example",
                                            .email_claim = "email",
                                            .registers = true};
static const struct config_provider other = {.name = "other", .title = "Other"};
static const struct oauth2_attempt plain = {.provider = &acme};
static struct str allowed[] = {STR_INIT(BACK)};

static int fresh(void **state)
{
    struct world *w = *state;

    if (world_fresh(state) != 0)
        return -1;
    w->config->oauth2_redirect_uris = (struct config_list){allowed, 1};
    w->config->throttle_register_limit = 1000;
    return 0;
}

/* An attempt of mode, begun; its state and session token. */
struct begun {
    struct oauth2_attempt a;
    struct str state, token;
};

static struct begun begin(struct ctx *c, struct oauth2_attempt a)
{
    struct begun b = {.a = a};
    struct session_token t = {.browser = STR("Netscape"), .locale = STR("de")};

    assert_int_equal(session_token_make(c, &t, &b.token), ERR_OK);
    b.a.browser = t.id;
    b.a.provider = &acme;
    b.a.nonce = STR("nonce");
    b.a.verifier = STR("verifier");
    b.a.back = STR(BACK);
    assert_int_equal(oauth2_begin(c, &b.a, &b.state), ERR_OK);
    return b;
}

static enum err open_it(struct ctx *c, const struct config_provider *p,
                        struct str state, struct str token)
{
    struct oauth2_attempt a;
    struct session_token t;

    return oauth2_open(c, p, state, token, &a, &t);
}

static struct identity_person person(const char *subject, const char *email)
{
    return (struct identity_person){.provider = &acme,
                                    .issuer = STR("https://acme.example"),
                                    .subject = str_of(subject),
                                    .email = str_of(email),
                                    .email_verified = true};
}

static enum err decide(struct ctx *c, const struct oauth2_attempt *a,
                       const struct identity_person *p,
                       struct oauth2_done *done)
{
    memset(done, 0, sizeof(*done));
    return oauth2_decide(c, a, p, done);
}

/* Registers or signs in a person. */
static struct oauth2_done arrive(struct ctx *c, const struct identity_person *p)
{
    struct oauth2_done done;

    assert_int_equal(decide(c, &plain, p, &done), ERR_OK);
    return done;
}

static void an_attempt_comes_back_as_it_left(void **state)
{
    struct world *w = *state;
    const struct begun b =
        begin(&w->a, (struct oauth2_attempt){.device = STR("device"),
                                             .replaces = {{1, 2, 3}}});
    struct oauth2_attempt a;
    struct session_token t;

    assert_int_equal(oauth2_open(&w->b, &acme, b.state, b.token, &a, &t),
                     ERR_OK);
    assert_true(id_eq(&a.id, &b.a.id));
    assert_int_equal(a.mode, OAUTH2_SIGN_IN);
    assert_ptr_equal(a.provider, &acme);
    assert_true(id_is_nil(&a.account) && id_is_nil(&a.session));
    assert_true(id_eq(&a.replaces, &b.a.replaces));
    assert_true(str_eq(a.device, STR("device")));
    assert_true(str_eq(a.nonce, STR("nonce")));
    assert_true(str_eq(a.verifier, STR("verifier")));
    assert_true(str_eq(a.back, STR(BACK)));
    assert_int_equal(a.asked_s, b.a.asked_s);
    assert_true(str_eq(t.browser, STR("Netscape")) && t.os.n == 0);
    assert_true(str_eq(t.locale, STR("de")));
}

static void F55_a_foreign_or_spoiled_way_back_is_refused(void **state)
{
    struct world *w = *state;
    struct ctx *c = &w->a;
    const struct begun mine = begin(c, plain);
    const struct begun theirs = begin(c, plain);
    char flipped[128];
    struct str step_up;

    assert_int_equal(
        proof_token_make(c, PROOF_STEP_UP, &mine.a.browser, &step_up), ERR_OK);
    snprintf(flipped, sizeof(flipped), "%s", mine.state.p);
    flipped[40] = flipped[40] == 'A' ? 'B' : 'A';
    const struct {
        const struct config_provider *p;
        struct str state, token;
        enum err want;
    } cases[] = {
        {&acme, {NULL, 0}, mine.token, ERR_STATE_MISSING},
        {&acme, STR(""), mine.token, ERR_STATE_MISSING},
        {&acme, STR("short"), mine.token, ERR_STATE_INVALID},
        {&acme, str_of(flipped), mine.token, ERR_STATE_INVALID},
        {&acme, mine.token, mine.token, ERR_STATE_INVALID},
        {&other, mine.state, mine.token, ERR_STATE_INVALID},
        {&acme, mine.state, {NULL, 0}, ERR_SESSION_TOKEN_MISSING},
        {&acme, mine.state, STR("x"), ERR_SESSION_TOKEN_INVALID},
        {&acme, mine.state, mine.state, ERR_SESSION_TOKEN_INVALID},
        {&acme, mine.state, theirs.token, ERR_SESSION_TOKEN_INVALID},
        {&acme, theirs.state, mine.token, ERR_SESSION_TOKEN_INVALID},
        {&acme, mine.state, step_up, ERR_SESSION_TOKEN_INVALID},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(open_it(c, cases[i].p, cases[i].state, cases[i].token),
                         cases[i].want);
    /* None of them has used it up. */
    assert_int_equal(open_it(c, &acme, mine.state, mine.token), ERR_OK);
}

static void A_10_1_2_an_attempt_is_good_once_and_for_a_while(void **state)
{
    struct world *w = *state;
    const struct begun b = begin(&w->a, plain);
    const struct begun late = begin(&w->a, plain);

    assert_int_equal(oauth2_use(&w->a, &b.a), ERR_OK);
    assert_int_equal(oauth2_use(&w->b, &b.a), ERR_STATE_INVALID);
    assert_int_equal(open_it(&w->a, &acme, b.state, b.token),
                     ERR_STATE_INVALID);
    w->clock_offset_us = (w->config->oauth2_state_lifetime + 1) * CLOCK_SECOND;
    assert_int_equal(open_it(&w->a, &acme, late.state, late.token),
                     ERR_STATE_EXPIRED);
    w->clock_offset_us = 0;
    world_sql(w, "UPDATE challenge SET expires_us = expires_us + 3600000000 "
                 "WHERE kind = 'oauth2'");
    w->clock_offset_us =
        (w->config->oauth2_session_token_lifetime + 1) * CLOCK_SECOND;
    assert_int_equal(open_it(&w->a, &acme, late.state, late.token),
                     ERR_SESSION_TOKEN_EXPIRED);
}

static void an_address_taken_off_the_list_gets_nobody_back(void **state)
{
    struct world *w = *state;
    const struct begun b = begin(&w->a, plain);
    static const struct {
        const char *uri;
        bool may;
    } cases[] = {{BACK, true},
                 {BACK "/", false},
                 {BACK "?x=1", false},
                 {"https://app.example.org/", false},
                 {"", false},
                 {"HTTPS://app.example.org/in", false},
                 {"//app.example.org/in", false}};

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(oauth2_back_allowed(w->config, str_of(cases[i].uri)),
                         cases[i].may);
    w->config->oauth2_redirect_uris.count = 0;
    assert_int_equal(open_it(&w->a, &acme, b.state, b.token),
                     ERR_STATE_INVALID);
}

static void starts_are_counted_by_network(void **state)
{
    struct world *w = *state;
    struct oauth2_attempt a = plain;
    struct str state_text;

    w->config->throttle_network_limit = 3;
    for (int i = 0; i < 3; i++)
        assert_int_equal(oauth2_begin(&w->a, &a, &state_text), ERR_OK);
    assert_int_equal(oauth2_begin(&w->a, &a, &state_text),
                     ERR_TOO_MANY_REQUESTS);
    assert_true(w->a.retry_after_s > 0);
}

static void OAU_2_an_unknown_person_gets_an_account_and_a_session(void **state)
{
    struct world *w = *state;
    struct identity_person p = person("s-1", "New.Person@Example.net");
    struct session_view view;

    p.sid = STR("at-acme");
    const struct oauth2_done done = arrive(&w->a, &p);

    assert_true(done.registered);
    assert_false(done.in.pending);
    assert_true(str_eq(done.in.account.email, STR("New.Person@Example.net")));
    assert_true(done.in.account.email_verified);
    assert_false(done.in.account.has_password);
    assert_int_equal(session_check(&w->b, done.in.tokens.access, &view),
                     ERR_OK);
    assert_true(str_eq(view.claims.amr, STR("[\"fed\"]")) &&
                str_eq(view.claims.acr, STR("1")));
    assert_int_equal(
        world_number(w, "SELECT COUNT(*) FROM event WHERE kind = "
                        "'account.registered' AND detail LIKE '%%acme%%'"),
        1);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM session_provider"
                                     " JOIN session ON id = session_id"
                                     " WHERE sid_hash IS NOT NULL"),
                     1);
}

static void
OAU_3_A_6_8_1_A_10_5_2_a_person_is_known_by_issuer_and_subject(void **state)
{
    struct world *w = *state;
    struct identity_person p = person("s-2", "first@example.net");
    const struct oauth2_done first = arrive(&w->a, &p);

    p.email = STR("moved@example.com");
    const struct oauth2_done second = arrive(&w->b, &p);

    assert_false(second.registered);
    assert_true(id_eq(&first.in.account.id, &second.in.account.id));
    assert_false(
        id_eq(&first.in.tokens.session_id, &second.in.tokens.session_id));
    assert_true(str_eq(second.in.account.email, STR("first@example.net")));
    /* Subjects differ by case, and issuers have each their own. */
    p.subject = STR("S-2");
    p.email = STR("second@example.net");
    assert_true(arrive(&w->a, &p).registered);
    p.issuer = STR("https://other.example");
    p.email = STR("third@example.net");
    assert_true(arrive(&w->a, &p).registered);
}

struct racer {
    struct ctx *c;
    struct identity_person p;
    struct oauth2_done done;
    enum err e;
};

static void *racing(void *data)
{
    struct racer *r = data;

    r->e = oauth2_decide(r->c, &plain, &r->p, &r->done);
    return NULL;
}

static void one_person_in_two_tabs_is_one_account(void **state)
{
    struct world *w = *state;

    world_sign_in(w, &w->a);
    for (int i = 0; i < 8; i++) {
        char name[64];
        struct racer r[2];
        pthread_t thread;

        snprintf(name, sizeof(name), "tabs%d@example.net", i);
        for (int k = 0; k < 2; k++)
            r[k] = (struct racer){.c = k == 0 ? &w->a : &w->b,
                                  .p = person(name, name)};
        assert_int_equal(pthread_create(&thread, NULL, racing, &r[1]), 0);
        racing(&r[0]);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_int_equal(r[0].e | r[1].e, ERR_OK);
        assert_true(id_eq(&r[0].done.in.account.id, &r[1].done.in.account.id));
        assert_int_equal(r[0].done.registered + r[1].done.registered, 1);
    }
}

static void A_10_3_3_what_registers_nobody(void **state)
{
    struct world *w = *state;
    struct config_provider closed = acme;
    const struct {
        const char *email;
        bool registers, verified;
        enum err want;
    } cases[] = {
        {"x@example.net", false, true, ERR_REGISTRATION_OFF},
        {"", true, true, ERR_EMAIL_CLAIM_MISSING},
        {"no address", true, true, ERR_EMAIL_CLAIM_MISSING},
        {w->email_text, true, true, ERR_EMAIL_REGISTERED},
        {w->email_text, true, false, ERR_EMAIL_REGISTERED},
    };
    const int64_t before = world_number(w, "SELECT COUNT(*) FROM account");

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct identity_person p = person("s-none", cases[i].email);
        const struct oauth2_attempt a = {.provider = &closed};
        struct oauth2_done done;

        closed.registers = cases[i].registers;
        p.email_verified = cases[i].verified;
        assert_int_equal(decide(&w->a, &a, &p, &done), cases[i].want);
    }
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM account"), before);
    assert_int_equal(world_events(w, "account.registered_known"), 2);
    assert_int_equal(world_events(w, "auth.sign_in"), 0);
}

static void an_address_counts_as_verified_only_when_told(void **state)
{
    struct world *w = *state;
    struct config_provider trusted = acme;
    struct identity_person p = person("s-3", "unsure@example.net");
    const struct oauth2_attempt a = {.provider = &trusted};
    struct oauth2_done done;

    p.email_verified = false;
    assert_false(arrive(&w->a, &p).in.account.email_verified);
    trusted.email_trusted = true;
    p.subject = STR("s-4");
    p.email = STR("sure@example.net");
    assert_int_equal(decide(&w->a, &a, &p, &done), ERR_OK);
    assert_true(done.in.account.email_verified);
}

static void
a_provider_that_is_asked_for_no_address_registers_without(void **state)
{
    struct world *w = *state;
    struct config_provider quiet = acme;
    struct identity_person p = person("s-quiet", "");
    const struct oauth2_attempt a = {.provider = &quiet};
    struct oauth2_done done;

    quiet.email_claim = "";
    assert_int_equal(decide(&w->a, &a, &p, &done), ERR_OK);
    assert_true(done.registered);
    assert_int_equal(done.in.account.email.n, 0);
    assert_false(done.in.account.email_verified);
    p.subject = STR("s-quiet-too");
    assert_int_equal(decide(&w->a, &a, &p, &done), ERR_OK);
    assert_true(done.registered);
    assert_int_equal(decide(&w->a, &a, &p, &done), ERR_OK);
    assert_false(done.registered);
}

static void a_disabled_account_stays_shut(void **state)
{
    struct world *w = *state;
    const struct identity_person p = person("s-5", "gone@example.net");
    const struct oauth2_done done = arrive(&w->a, &p);
    struct oauth2_done again;
    bool changed;

    assert_int_equal(
        account_set_active(&w->a, &done.in.account.id, false, &changed),
        ERR_OK);
    assert_int_equal(decide(&w->a, &plain, &p, &again),
                     ERR_AUTHENTICATION_FAILED);
    assert_int_equal(world_check(&w->a, done.in.tokens.access),
                     ERR_SESSION_INVALID);
}

/* Switches codes by mail on behind the rules' back. */
static void factor_on(struct world *w, const struct id *account)
{
    char id[ID_TEXT_LEN + 1];

    id_text(account, id);
    world_sql(w,
              "UPDATE account SET email_factor_us = 1 "
              "WHERE id = UNHEX(REPLACE('%s', '-', ''))",
              id);
}

static void A_6_3_4_a_second_factor_is_asked_for_after_a_provider(void **state)
{
    struct world *w = *state;
    struct identity_person p = person("s-6", "two@example.net");
    struct two_factor_open open;
    struct id attempt;
    struct session_view view;

    p.sid = STR("at-acme");
    const struct oauth2_done before = arrive(&w->a, &p);

    factor_on(w, &before.in.account.id);
    const struct oauth2_done half = arrive(&w->a, &p);

    assert_true(half.in.pending);
    assert_int_equal(half.in.wanted, SIGN_IN_EMAIL_CODE);
    assert_int_equal(half.in.tokens.access.n, 0);
    assert_int_equal(proof_token_open(&w->a, PROOF_TWO_FACTOR,
                                      half.in.two_factor_token, &attempt),
                     ERR_OK);
    assert_int_equal(two_factor_open_any(&w->a, &attempt, &open), ERR_OK);
    assert_int_equal(open.half.proved, SIGN_IN_PROVIDER);
    /* Whose provider it is is not forgotten. */
    assert_true(str_eq(open.half.person.subject, STR("s-6")));
    assert_true(str_eq(open.half.person.sid, STR("at-acme")));
    p.sufficient = true;
    const struct oauth2_done whole = arrive(&w->a, &p);

    assert_false(whole.in.pending);
    assert_int_equal(session_check(&w->b, whole.in.tokens.access, &view),
                     ERR_OK);
    assert_true(str_eq(view.claims.amr, STR("[\"fed\",\"mfa\"]")));
    assert_true(str_eq(view.claims.acr, STR("2")));
}

static void amr_and_acr_of_a_provider(void **state)
{
    static const struct {
        unsigned proved;
        const char *amr, *acr;
    } cases[] = {
        {SIGN_IN_PROVIDER, "[\"fed\"]", "1"},
        {SIGN_IN_PROVIDER | SIGN_IN_PROVIDER_STRONG, "[\"fed\",\"mfa\"]", "2"},
        {SIGN_IN_PROVIDER | SIGN_IN_TOTP, "[\"fed\",\"otp\",\"mfa\"]", "2"},
        {SIGN_IN_PROVIDER | SIGN_IN_EMAIL_CODE, "[\"fed\",\"otp\",\"mfa\"]",
         "2"},
        {SIGN_IN_PROVIDER | SIGN_IN_RECOVERY_CODE, "[\"fed\",\"otp\",\"mfa\"]",
         "2"},
        {SIGN_IN_PASSWORD, "[\"pwd\"]", "1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(sign_in_amr(cases[i].proved), cases[i].amr);
        assert_string_equal(sign_in_acr(cases[i].proved), cases[i].acr);
    }
}

/* A person with a session, and an attempt of mode for it. */
static struct oauth2_attempt meant(const struct oauth2_done *done,
                                   enum oauth2_mode mode)
{
    return (struct oauth2_attempt){.mode = mode,
                                   .provider = &acme,
                                   .account = done->in.account.id,
                                   .session = done->in.tokens.session_id};
}

static void OAU_6_step_up_gives_a_step_up_token_and_nothing_else(void **state)
{
    struct world *w = *state;
    const struct identity_person p = person("s-7", "step@example.net");
    const struct oauth2_done owner = arrive(&w->a, &p);
    const struct oauth2_attempt a = meant(&owner, OAUTH2_STEP_UP);
    const int64_t sessions = world_number(w, "SELECT COUNT(*) FROM session");
    struct oauth2_done done;
    struct id session;

    assert_int_equal(decide(&w->a, &a, &p, &done), ERR_OK);
    assert_false(done.up.pending);
    assert_int_equal(
        proof_token_open(&w->a, PROOF_STEP_UP, done.up.token, &session),
        ERR_OK);
    assert_true(id_eq(&session, &owner.in.tokens.session_id));
    assert_int_equal(done.in.tokens.access.n, 0);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM session"), sessions);
    factor_on(w, &owner.in.account.id);
    assert_int_equal(decide(&w->a, &a, &p, &done), ERR_OK);
    assert_true(done.up.pending);
    assert_int_equal(done.up.token.n, 0);
    assert_int_equal(done.up.wanted, SIGN_IN_EMAIL_CODE);
}

static void OAU_6_step_up_is_for_the_sessions_owner(void **state)
{
    struct world *w = *state;
    const struct identity_person mine = person("s-8", "mine@example.net");
    const struct identity_person theirs = person("s-9", "theirs@example.net");
    const struct identity_person nobody = person("s-10", "nobody@example.org");
    const struct oauth2_done me = arrive(&w->a, &mine);
    const struct oauth2_attempt a = meant(&me, OAUTH2_STEP_UP);
    struct oauth2_done done;

    arrive(&w->a, &theirs);
    const int64_t accounts = world_number(w, "SELECT COUNT(*) FROM account");

    assert_int_equal(decide(&w->a, &a, &theirs, &done), ERR_WRONG_ACCOUNT);
    assert_int_equal(decide(&w->a, &a, &nobody, &done), ERR_WRONG_ACCOUNT);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM account"), accounts);
    assert_int_equal(session_revoke(&w->a, me.in.tokens.subject,
                                    &me.in.tokens.session_id, "logout"),
                     ERR_OK);
    assert_int_equal(decide(&w->a, &a, &mine, &done), ERR_SESSION_INVALID);
    assert_int_equal(world_events(w, "auth.step_up"), 0);
}

static void OAU_7_a_connection_wants_its_session_alive(void **state)
{
    struct world *w = *state;
    const struct tokens mine = world_sign_in(w, &w->a);
    const struct identity_person p = person("s-11", "elsewhere@example.org");
    struct oauth2_attempt a = {
        .mode = OAUTH2_CONNECT, .provider = &acme, .session = mine.session_id};
    struct oauth2_done done;
    struct account me;

    assert_int_equal(account_by_email(&w->a, w->email, &me), ERR_OK);
    a.account = me.id;
    assert_int_equal(decide(&w->a, &a, &p, &done), ERR_OK);
    assert_true(id_eq(&done.tokens.session_id, &mine.session_id));
    assert_false(done.converted);
    const struct oauth2_done back = arrive(&w->a, &p);

    assert_true(id_eq(&back.in.account.id, &me.id));
    assert_int_equal(decide(&w->a, &a, &p, &done), ERR_OTHER_PRINCIPAL);
    assert_int_equal(
        session_revoke(&w->a, mine.subject, &mine.session_id, "logout"),
        ERR_OK);
    const struct identity_person late = person("s-12", "late@example.org");

    assert_int_equal(decide(&w->a, &a, &late, &done), ERR_SESSION_INVALID);
}

static void a_failure_is_an_event(void **state)
{
    struct world *w = *state;
    struct oauth2_attempt a = {.provider = &acme};

    oauth2_failed(&w->a, &a, ERR_AUTHENTICATION_FAILED, "access_denied");
    assert_int_equal(world_number(w,
                                  "SELECT COUNT(*) FROM event WHERE kind = "
                                  "'auth.sign_in_failed' AND detail LIKE "
                                  "'%%\"provider\":\"acme\"%%access_denied%%'"),
                     1);
    a.mode = OAUTH2_STEP_UP;
    oauth2_failed(&w->a, &a, ERR_WRONG_ACCOUNT, NULL);
    assert_int_equal(world_events(w, "auth.step_up_failed"), 1);
}

#define CASE(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_attempt_comes_back_as_it_left),
        CASE(F55_a_foreign_or_spoiled_way_back_is_refused),
        CASE(A_10_1_2_an_attempt_is_good_once_and_for_a_while),
        CASE(an_address_taken_off_the_list_gets_nobody_back),
        CASE(starts_are_counted_by_network),
        CASE(OAU_2_an_unknown_person_gets_an_account_and_a_session),
        CASE(OAU_3_A_6_8_1_A_10_5_2_a_person_is_known_by_issuer_and_subject),
        CASE(one_person_in_two_tabs_is_one_account),
        CASE(A_10_3_3_what_registers_nobody),
        CASE(an_address_counts_as_verified_only_when_told),
        CASE(a_provider_that_is_asked_for_no_address_registers_without),
        CASE(a_disabled_account_stays_shut),
        CASE(A_6_3_4_a_second_factor_is_asked_for_after_a_provider),
        CASE(amr_and_acr_of_a_provider),
        CASE(OAU_6_step_up_gives_a_step_up_token_and_nothing_else),
        CASE(OAU_6_step_up_is_for_the_sessions_owner),
        CASE(OAU_7_a_connection_wants_its_session_alive),
        CASE(a_failure_is_an_event),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
