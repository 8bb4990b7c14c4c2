/* SPDX-License-Identifier: MIT */
/* Second factors and fresh proof against a real database: attempts, codes,
 * recovery, trusted devices, step-up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "domain/challenge.h"
#include "domain/password_reset.h"
#include "domain/proof_token.h"
#include "domain/session_state.h"
#include "domain/step_up.h"
#include "domain/two_factor_change.h"
#include "domain/two_factor_pass.h"
#include "domain_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NEW_PASSWORD "another fine phrase"

/* Each kind of sealed proof is good to its last second, and no longer. */
static void proofs_have_an_end_STP_5_OAU_4(void **state)
{
    static const struct {
        enum proof_kind kind;
        enum err over;
    } cases[] = {
        {PROOF_TWO_FACTOR, ERR_TWO_FACTOR_TOKEN_EXPIRED},
        {PROOF_STEP_UP, ERR_STEP_UP_TOKEN_EXPIRED},
        {PROOF_SESSION, ERR_SESSION_TOKEN_EXPIRED},
        {PROOF_CONNECTION, ERR_CONNECTION_TOKEN_EXPIRED},
    };
    const struct id id = {{7}};
    struct world *w = *state;
    struct str token;
    struct id got;

    for (size_t i = 0; i < COUNT(cases); i++) {
        const int64_t life = proof_token_lifetime(w->config, cases[i].kind);

        w->clock_offset_us = 0;
        assert_int_equal(proof_token_make(&w->a, cases[i].kind, &id, &token),
                         ERR_OK);
        w->clock_offset_us = (life - 2) * CLOCK_SECOND;
        assert_int_equal(proof_token_open(&w->a, cases[i].kind, token, &got),
                         ERR_OK);
        assert_true(id_eq(&id, &got));
        w->clock_offset_us = life * CLOCK_SECOND;
        assert_int_equal(proof_token_open(&w->a, cases[i].kind, token, &got),
                         cases[i].over);
    }
    w->clock_offset_us = 0;
}

/* Somebody with TOTP on, made anew for each test. */
struct factors {
    uint8_t secret[TOTP_SECRET_LEN];
    struct str codes[TWO_FACTOR_RECOVERY_CODES];
    struct account account;
};

static int fresh(void **state)
{
    int failed = world_fresh(state);
    struct world *w = *state;

    w->config->mail_transport = MAIL_TRANSPORT_NONE;
    return failed;
}

/* The code of a step near now; steps are half a minute. */
static struct str code_of(struct world *w, const struct factors *f, int ahead)
{
    char *code = arena_alloc(w->a.arena, TOTP_DIGITS_MAX + 1);
    const int64_t step = clock_s(&w->a.clock) / TOTP_STEP_S + ahead;

    assert_non_null(code);
    assert_int_equal(totp_code(f->secret, sizeof(f->secret), step, TOTP_DIGITS,
                               TOTP_SHA1, code),
                     ERR_OK);
    return str_of(code);
}

/* Another code than any that could pass. */
static struct str wrong_code(struct world *w, const struct factors *f)
{
    static const struct str guesses[] = {STR_INIT("000000"), STR_INIT("111111"),
                                         STR_INIT("222222"),
                                         STR_INIT("333333")};

    for (size_t i = 0; i < COUNT(guesses); i++) {
        bool good = false;

        for (int ahead = -1; ahead <= 1; ahead++)
            good = good || str_eq(code_of(w, f, ahead), guesses[i]);
        if (!good)
            return guesses[i];
    }
    fail();
    return guesses[0];
}

static struct store_session session_row(struct ctx *c, const struct tokens *t)
{
    struct store_session_state state;

    assert_int_equal(session_state_read(c, &t->session_id, &state), ERR_OK);
    return state.row;
}

static void forget_step(struct world *w)
{
    world_sql(w, "UPDATE totp SET last_step = 0");
}

static struct factors enrol(struct world *w)
{
    struct tokens t = world_sign_in(w, &w->a);
    struct store_session row = session_row(&w->a, &t);
    struct two_factor_setup setup;
    struct two_factor_enrolment in;
    struct factors f;

    assert_int_equal(two_factor_totp_begin(&w->a, &row, &setup), ERR_OK);
    assert_int_equal(
        two_factor_setup_open(&w->b, &row.account_id, setup.token, &in),
        ERR_OK);
    memcpy(f.secret, in.secret, sizeof(f.secret));
    memcpy(f.codes, setup.codes, sizeof(f.codes));
    assert_int_equal(two_factor_totp_enable(&w->a, &row, setup.token,
                                            wrong_code(w, &f), &f.account),
                     ERR_CODE_WRONG);
    assert_int_equal(two_factor_totp_enable(&w->a, &row, setup.token,
                                            code_of(w, &f, 0), &f.account),
                     ERR_OK);
    assert_true(f.account.totp);
    /* Every session is over, this one too. */
    assert_int_equal(world_check(&w->b, t.access), ERR_SESSION_INVALID);
    w->a.client.device_token = (struct str){NULL, 0};
    forget_step(w);
    return f;
}

/* The first half of a sign-in: the id of its attempt. */
static struct id half(struct world *w, struct ctx *c)
{
    struct signed_in in;
    struct id attempt;

    assert_int_equal(world_try(w, c, WORLD_PASSWORD, &in), ERR_OK);
    assert_true(in.pending);
    assert_int_equal(in.wanted, SIGN_IN_TOTP);
    assert_int_equal(in.preferred, STORE_FACTOR_TOTP);
    assert_null(in.tokens.access.p);
    assert_int_equal(
        proof_token_open(c, PROOF_TWO_FACTOR, in.two_factor_token, &attempt),
        ERR_OK);
    return attempt;
}

static enum err pass(struct ctx *c, const struct id *attempt, struct str totp,
                     struct signed_in *in_r)
{
    const struct two_factor_proof proof = {.totp = totp};

    return two_factor_sign_in(c, attempt, &proof, (struct str){NULL, 0}, in_r);
}

/* TFL-1 */
static void an_attempt_and_a_code_pass_once(void **state)
{
    struct world *w = *state;
    struct factors f = enrol(w);
    struct id one = half(w, &w->a), two = half(w, &w->b);
    struct signed_in in;
    struct session_view view;

    assert_int_equal(pass(&w->b, &one, code_of(w, &f, 0), &in), ERR_OK);
    assert_int_equal(session_check(&w->a, in.tokens.access, &view), ERR_OK);
    assert_true(str_eq(view.claims.amr, STR("[\"pwd\",\"otp\",\"mfa\"]")));
    assert_true(str_eq(view.claims.acr, STR("2")));
    assert_int_equal(pass(&w->a, &one, code_of(w, &f, 1), &in),
                     ERR_TWO_FACTOR_TOKEN_INVALID);
    /* Nor does the code, or an older one, in another attempt. */
    for (int ahead = -1; ahead <= 0; ahead++)
        assert_int_equal(pass(&w->a, &two, code_of(w, &f, ahead), &in),
                         ERR_CODE_WRONG);
    assert_int_equal(pass(&w->a, &two, code_of(w, &f, 1), &in), ERR_OK);
}

/* TFL-3 */
static void five_wrong_codes_kill_an_attempt(void **state)
{
    struct world *w = *state;
    struct factors f = enrol(w);
    struct id attempt = half(w, &w->a);
    struct signed_in in;

    /* What is not sent at all costs no try. */
    assert_int_equal(pass(&w->a, &attempt, (struct str){NULL, 0}, &in),
                     ERR_CODE_MISSING);
    for (int64_t i = 0; i < w->config->two_factor_tries; i++)
        assert_int_equal(
            pass(i % 2 == 0 ? &w->a : &w->b, &attempt, wrong_code(w, &f), &in),
            ERR_CODE_WRONG);
    assert_int_equal(pass(&w->b, &attempt, code_of(w, &f, 0), &in),
                     ERR_CODE_TRIES);
    assert_int_equal(world_events(w, "auth.two_factor_failed"),
                     w->config->two_factor_tries);
    attempt = half(w, &w->b);
    assert_int_equal(pass(&w->a, &attempt, code_of(w, &f, 0), &in), ERR_OK);
}

/* TFL-4 */
static void what_is_no_open_attempt_passes_nothing(void **state)
{
    struct world *w = *state;
    struct factors f = enrol(w);
    struct id attempt = half(w, &w->a);
    const struct id unknown = {{1}};
    struct signed_in in;
    struct two_factor_open open;

    assert_int_equal(pass(&w->a, &unknown, code_of(w, &f, 0), &in),
                     ERR_TWO_FACTOR_TOKEN_INVALID);
    assert_int_equal(two_factor_open(&w->a, CHALLENGE_STEP_UP, &attempt, &open),
                     ERR_TWO_FACTOR_TOKEN_INVALID);
    w->b.realm_id = 7;
    assert_int_equal(pass(&w->b, &attempt, code_of(w, &f, 0), &in),
                     ERR_TWO_FACTOR_TOKEN_INVALID);
    w->b.realm_id = STORE_REALM_DEFAULT;
    world_sql(w, "UPDATE challenge SET expires_us = 1 WHERE kind = 'sign-in'");
    assert_int_equal(pass(&w->a, &attempt, code_of(w, &f, 0), &in),
                     ERR_TWO_FACTOR_TOKEN_EXPIRED);
    attempt = half(w, &w->a);
    world_sql(w, "UPDATE account SET version = version + 1");
    assert_int_equal(pass(&w->a, &attempt, code_of(w, &f, 0), &in),
                     ERR_TWO_FACTOR_TOKEN_INVALID);
    attempt = half(w, &w->a);
    world_sql(w, "UPDATE account SET status = 'disabled' WHERE totp_us > 0");
    assert_int_equal(pass(&w->a, &attempt, code_of(w, &f, 0), &in),
                     ERR_TWO_FACTOR_TOKEN_INVALID);
}

/* TOT-7 */
static void a_recovery_code_is_good_once(void **state)
{
    struct world *w = *state;
    struct factors f = enrol(w);
    static const char *const bad[] = {"", "x", "0000-0000", "UUUU-UUUU-UUUU",
                                      "0000-0000-0000-0000-0000-0000"};
    struct two_factor_proof proof = {.recovery = f.codes[3]};
    struct signed_in in;
    struct id attempt = half(w, &w->a);

    assert_int_equal(
        two_factor_sign_in(&w->b, &attempt, &proof, (struct str){NULL, 0}, &in),
        ERR_OK);
    assert_int_equal(world_events(w, "auth.recovery_code_used"), 1);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM recovery_code r "
                                     "JOIN account a ON a.id = r.account_id "
                                     "WHERE a.status = 'active'"),
                     TWO_FACTOR_RECOVERY_CODES - 1);
    attempt = half(w, &w->a);
    assert_int_equal(
        two_factor_sign_in(&w->a, &attempt, &proof, (struct str){NULL, 0}, &in),
        ERR_RECOVERY_CODE_WRONG);
    world_sql(w, "DELETE FROM throttle");
    for (size_t i = 0; i < COUNT(bad); i++) {
        attempt = half(w, &w->a);
        proof.recovery = str_of(bad[i]);
        assert_int_equal(two_factor_sign_in(&w->a, &attempt, &proof,
                                            (struct str){NULL, 0}, &in),
                         ERR_RECOVERY_CODE_WRONG);
        world_sql(w, "DELETE FROM throttle");
    }
    world_sql(w, "DELETE FROM recovery_code");
}

static void
a_trusted_device_is_asked_no_more_until_it_is_distrusted(void **state)
{
    struct world *w = *state;
    struct factors f = enrol(w);
    struct id attempt = half(w, &w->a), device = {{9}};
    const struct two_factor_proof proof = {.totp = code_of(w, &f, 0),
                                           .trust = true};
    struct signed_in in;

    assert_int_equal(
        two_factor_sign_in(&w->a, &attempt, &proof, (struct str){NULL, 0}, &in),
        ERR_OK);
    assert_int_equal(world_events(w, "device.trusted"), 1);
    w->a.client.device_token = in.device_token;
    assert_int_equal(world_try(w, &w->a, WORLD_PASSWORD, &in), ERR_OK);
    assert_false(in.pending);
    /* Somebody else's browser still is. */
    (void)half(w, &w->b);
    assert_int_equal(two_factor_distrust(&w->a, &f.account.id, &device),
                     ERR_NOT_FOUND);
    world_sql(w, "UPDATE trusted_device SET expires_us = 1");
    w->b.client.device_token = w->a.client.device_token;
    (void)half(w, &w->b);
    world_sql(w, "DELETE FROM trusted_device");
}

static enum err up_by(struct ctx *c, const struct store_session *row,
                      const char *password, struct stepped_up *up)
{
    return step_up(c, row, str_of(password), up);
}

/* STP-1 R9470-3 */
static void a_step_up_is_told_by_the_next_tokens(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a), u;
    struct store_session row = session_row(&w->a, &t);
    struct stepped_up up;
    struct session_view view;
    struct id named;

    world_sql(w, "UPDATE session SET auth_time_s = 1000, "
                 "amr = '[\"otp\"]', step_up_required_us = 5");
    assert_int_equal(up_by(&w->a, &row, "", &up), ERR_PASSWORD_MISSING);
    assert_int_equal(up_by(&w->a, &row, "not the phrase", &up),
                     ERR_INVALID_CREDENTIALS);
    assert_int_equal(session_refresh(&w->b, t.refresh, &u, NULL), ERR_OK);
    assert_true(u.waiting);
    assert_int_equal(session_check(&w->b, u.access, &view), ERR_OK);
    assert_int_equal(view.claims.auth_time, 1000);
    assert_true(str_eq(view.claims.amr, STR("[\"otp\"]")));
    assert_int_equal(up_by(&w->b, &row, WORLD_PASSWORD, &up), ERR_OK);
    assert_false(up.pending);
    assert_int_equal(proof_token_open(&w->a, PROOF_STEP_UP, up.token, &named),
                     ERR_OK);
    assert_true(id_eq(&named, &t.session_id));
    assert_int_equal(
        proof_token_open(&w->a, PROOF_TWO_FACTOR, up.token, &named),
        ERR_TWO_FACTOR_TOKEN_INVALID);
    assert_int_equal(session_refresh(&w->a, u.refresh, &t, NULL), ERR_OK);
    assert_false(t.waiting);
    assert_int_equal(session_check(&w->b, t.access, &view), ERR_OK);
    assert_true(view.claims.auth_time > 1000);
    assert_true(str_eq(view.claims.amr, STR("[\"pwd\"]")));
}

/* STP-6 */
static void a_step_up_with_a_factor_wants_it_on_its_own_session(void **state)
{
    struct world *w = *state;
    struct factors f = enrol(w);
    struct id attempt = half(w, &w->a);
    struct signed_in in, other;
    struct stepped_up up;
    struct str token;
    struct two_factor_proof proof = {.totp = {NULL, 0}};

    assert_int_equal(pass(&w->a, &attempt, code_of(w, &f, 0), &in), ERR_OK);
    forget_step(w);
    attempt = half(w, &w->b);
    assert_int_equal(pass(&w->b, &attempt, code_of(w, &f, 0), &other), ERR_OK);
    forget_step(w);
    struct store_session row = session_row(&w->a, &in.tokens);
    struct store_session stranger = session_row(&w->a, &other.tokens);

    assert_int_equal(up_by(&w->a, &row, WORLD_PASSWORD, &up), ERR_OK);
    assert_true(up.pending);
    assert_int_equal(proof_token_open(&w->a, PROOF_TWO_FACTOR,
                                      up.two_factor_token, &attempt),
                     ERR_OK);
    proof.totp = code_of(w, &f, 0);
    assert_int_equal(
        two_factor_step_up(&w->a, &attempt, &stranger, &proof, &token),
        ERR_TWO_FACTOR_TOKEN_INVALID);
    assert_int_equal(pass(&w->a, &attempt, proof.totp, &in),
                     ERR_TWO_FACTOR_TOKEN_INVALID);
    world_sql(w, "UPDATE session SET amr = '[\"pwd\"]', acr = '1'");
    assert_int_equal(two_factor_step_up(&w->b, &attempt, &row, &proof, &token),
                     ERR_OK);
    row = session_row(&w->b, &(struct tokens){.session_id = row.id});
    assert_true(str_eq(row.acr, STR("2")));
    assert_true(str_eq(row.amr, STR("[\"pwd\",\"otp\",\"mfa\"]")));
    assert_int_equal(two_factor_step_up(&w->b, &attempt, &row, &proof, &token),
                     ERR_TWO_FACTOR_TOKEN_INVALID);
}

/* */
static void a_reset_does_not_get_around_the_second_factor(void **state)
{
    struct world *w = *state;
    struct factors f = enrol(w);
    struct challenge ch = {.account_id = f.account.id, .lifetime_s = 600};
    struct signed_in in;
    struct str token;

    memset(ch.address.b, 0, sizeof(ch.address.b));
    assert_int_equal(challenge_link_make(&w->a, CHALLENGE_RESET, &ch, &token),
                     ERR_OK);
    /* It is for another address than the account's. */
    assert_int_equal(password_reset(&w->a, token, STR(NEW_PASSWORD)),
                     ERR_RESET_INVALID);
    world_sql(w, "UPDATE challenge h JOIN account a ON a.id = h.account_id "
                 "SET h.address_hash = a.email_hash WHERE h.kind = 'reset'");
    assert_int_equal(password_reset(&w->a, STR("x"), STR(NEW_PASSWORD)),
                     ERR_RESET_INVALID);
    assert_int_equal(password_reset(&w->a, token, STR("short")),
                     ERR_PASSWORD_TOO_SHORT);
    assert_int_equal(password_reset(&w->b, token, STR(NEW_PASSWORD)), ERR_OK);
    assert_int_equal(password_reset(&w->a, token, STR(NEW_PASSWORD)),
                     ERR_RESET_INVALID);
    assert_int_equal(world_try(w, &w->a, WORLD_PASSWORD, &in),
                     ERR_INVALID_CREDENTIALS);
    assert_int_equal(world_try(w, &w->a, NEW_PASSWORD, &in), ERR_OK);
    assert_true(in.pending);
    assert_int_equal(in.wanted, SIGN_IN_TOTP);
    assert_int_equal(world_events(w, "account.password_reset"), 1);
}

/* OTP-1 TOT-2 */
static void setup_tokens_are_for_their_account_and_time(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    struct store_session row = session_row(&w->a, &t);
    const struct id other = {{7}};
    struct two_factor_enrolment in;
    struct two_factor_setup one, two;
    struct account account;

    assert_int_equal(two_factor_totp_begin(&w->a, &row, &one), ERR_OK);
    assert_int_equal(two_factor_totp_begin(&w->a, &row, &two), ERR_OK);
    assert_false(str_eq(one.secret, two.secret));
    assert_int_equal(two_factor_setup_open(&w->a, &other, one.token, &in),
                     ERR_TOTP_SETUP_INVALID);
    assert_int_equal(
        two_factor_setup_open(&w->a, &row.account_id, STR("x"), &in),
        ERR_TOTP_SETUP_INVALID);
    w->clock_offset_us = (TWO_FACTOR_SETUP_LIFETIME_S + 1) * CLOCK_SECOND;
    assert_int_equal(
        two_factor_setup_open(&w->a, &row.account_id, one.token, &in),
        ERR_TOTP_SETUP_EXPIRED);
    w->clock_offset_us = 0;
    assert_int_equal(two_factor_totp_disable(&w->a, &row, &account),
                     ERR_FACTOR_OFF_ALREADY);
    assert_int_equal(
        two_factor_prefer(&w->a, &row, STORE_FACTOR_TOTP, &account),
        ERR_FACTOR_OFF);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, fresh)
    const struct CMUnitTest tests[] = {
        TEST(proofs_have_an_end_STP_5_OAU_4),
        TEST(an_attempt_and_a_code_pass_once),
        TEST(five_wrong_codes_kill_an_attempt),
        TEST(what_is_no_open_attempt_passes_nothing),
        TEST(a_recovery_code_is_good_once),
        TEST(a_trusted_device_is_asked_no_more_until_it_is_distrusted),
        TEST(a_step_up_is_told_by_the_next_tokens),
        TEST(a_step_up_with_a_factor_wants_it_on_its_own_session),
        TEST(a_reset_does_not_get_around_the_second_factor),
        TEST(setup_tokens_are_for_their_account_and_time),
    };

    return cmocka_run_group_tests(tests, world_up, world_down);
}
