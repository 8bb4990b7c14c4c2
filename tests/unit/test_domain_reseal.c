/* SPDX-License-Identifier: MIT */
/* Re-sealing: what the owners of the columns have sealed is theirs afterwards,
 * under another key, whoever else is at work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "crypto/totp.h"
#include "domain/app_keys.h"
#include "domain/app_totp.h"
#include "domain/challenge.h"
#include "domain/janitor.h"
#include "domain/mail.h"
#include "domain/reseal.h"
#include "domain_world.h"

#define KEY_1 "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n"
#define KEY_2 "k2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\n"
#define KEY_3 "k3:AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM\n"
#define STEPS_MAX 200

static int fresh(void **state)
{
    struct world *w = *state;

    w->a.sealer = w->b.sealer = w->sealer;
    if (world_fresh(state) != 0)
        return -1;
    w->config->mail_transport = MAIL_TRANSPORT_SMTP;
    world_sql(w, "DELETE FROM resealing");
    world_sql(w, "DELETE FROM lease");
    return 0;
}

/* Worker a from now on with other keys; the caller frees the result. */
static struct sealer *with_keys(struct world *w, const char *lines)
{
    struct sealer *s = NULL;

    assert_int_equal(sealer_new(str_of(lines), &s), ERR_OK);
    w->a.sealer = s;
    return s;
}

/* Works until nothing is left; how many steps that took. */
static int work(struct world *w)
{
    bool more = true, foreign = false;
    int n = 0;

    for (; more && n < STEPS_MAX; n++)
        assert_int_equal(reseal_step(&w->a, &more, &foreign), ERR_OK);
    assert_false(more);
    assert_false(foreign);
    return n;
}

static int64_t under(struct world *w, const char *table, const char *column,
                     const char *key)
{
    return world_number(
        w, "SELECT COUNT(*) FROM %s WHERE TRIM(LEFT(%s, 4)) = '%s'", table,
        column, key);
}

static enum err put_mail(void *data)
{
    return mail_queue(data, &(struct mail){.channel = STORE_CHANNEL_MAIL,
                                           .to = STR("ann@example.net")});
}

static struct challenge put_challenge(struct world *w, const struct id *account)
{
    struct challenge ch = {.account_id = *account,
                           .payload = STR("what it carries"),
                           .tries = 5,
                           .lifetime_s = 300};

    assert_int_equal(
        challenge_make(&w->b, CHALLENGE_FACTOR_CODE, &ch, STR("123456")),
        ERR_OK);
    return ch;
}

static const struct app_totp_new device = {.user_id = {"somebody", 8},
                                           .name = {"phone", 5},
                                           .period_s = 30,
                                           .skew = 1,
                                           .secret = {"GEZDGNBVGY3TQOJQ", 16},
                                           .verified = true};

static enum err try_code(struct ctx *c, const struct app *app)
{
    char code[TOTP_DIGITS_MAX + 1];
    struct app_totp_tally tally;
    bool already;

    assert_int_equal(totp_code((const uint8_t *)"1234567890", 10,
                               clock_s(&c->clock) / 30, TOTP_DIGITS, TOTP_SHA1,
                               code),
                     ERR_OK);
    return app_totp_verify(
        c, app,
        &(struct app_totp_try){.user_id = device.user_id, .code = str_of(code)},
        &already, &tally);
}

static void everything_opens_under_the_newest_key_KEY_1(void **state)
{
    static const char *const columns[][2] = {
        {"account", "email_sealed"},
        {"challenge", "payload_sealed"},
        {"outbox", "recipient_sealed"},
        {"outbox", "values_sealed"},
        {"signing_key", "sealed"},
        {"app_secret", "sealed"},
        {"app_totp_device", "secret_sealed"},
    };
    struct world *w = *state;
    struct account account, again;
    struct challenge found;
    struct app_key key;
    struct str secret, reread, name, text;
    struct app app;

    assert_int_equal(account_by_email(&w->b, w->email, &account), ERR_OK);
    struct challenge ch = put_challenge(w, &account.id);

    assert_int_equal(db_transact(w->b.db, put_mail, &w->b), ERR_OK);
    (void)world_sign_in(w, &w->b); /* makes a signing key */
    assert_int_equal(app_find(&w->b, STR(APP_PUBLIC), STR(APP_PUBLIC), &app),
                     ERR_OK);
    assert_int_equal(app_keys_signer(&w->b, &app, true, &key), ERR_OK);
    assert_int_equal(app_keys_refresh_secret(&w->b, &app, &secret), ERR_OK);
    secret = arena_str(w->b.arena, secret);
    assert_int_equal(app_totp_make(&w->b, &app, &device, &name, &text), ERR_OK);
    struct sealer *keys = with_keys(w, KEY_2 KEY_1);

    assert_int_equal(reseal_start(&w->a, STR("boss")), ERR_OK);
    work(w);
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        assert_int_equal(under(w, columns[i][0], columns[i][1], "k1"), 0);
        assert_true(under(w, columns[i][0], columns[i][1], "k2") > 0);
    }
    assert_int_equal(world_number(w, "SELECT SUM(broken) FROM resealing"), 0);
    assert_int_equal(account_by_email(&w->a, w->email, &again), ERR_OK);
    assert_true(str_eq(again.email, account.email));
    assert_int_equal(
        challenge_find(&w->a, CHALLENGE_FACTOR_CODE, &ch.id, &found), ERR_OK);
    assert_true(str_eq(found.payload, STR("what it carries")));
    assert_int_equal(app_keys_signer(&w->a, &app, true, &key), ERR_OK);
    assert_int_equal(app_keys_refresh_secret(&w->a, &app, &reread), ERR_OK);
    assert_true(str_eq(reread, secret));
    assert_int_equal(try_code(&w->a, &app), ERR_OK);
    assert_int_equal(world_events(w, "secrets.rotating"), 1);
    assert_int_equal(world_events(w, "secrets.rotated"), 1);
    sealer_free(&keys);
}

static void an_order_is_taken_once_at_a_time_KEY_2(void **state)
{
    struct world *w = *state;

    assert_int_equal(reseal_start(&w->a, STR("boss")), ERR_OK);
    assert_int_equal(reseal_start(&w->b, STR("boss")), ERR_SECRET_ROTATION);
    work(w);
    assert_int_equal(reseal_start(&w->b, STR("boss")), ERR_OK);
    work(w);
    assert_int_equal(world_events(w, "secrets.rotating"), 2);
}

static enum err keep_row(void *data, const struct store_sealed_row *row)
{
    struct store_sealed_row *kept = data;

    *kept = *row;
    return ERR_OK;
}

static void a_value_changed_meanwhile_is_not_overwritten(void **state)
{
    struct world *w = *state;
    struct store_sealed_row row;
    bool done = true;

    const struct store_sealed_sink sink = {keep_row, &row};

    assert_int_equal(store_sealed_list(w->a.db, w->a.arena,
                                       STORE_SEALED_ACCOUNT_EMAIL,
                                       (struct str){NULL, 0}, 1, &sink),
                     ERR_OK);
    world_sql(w, "UPDATE account SET email_sealed = 'changed by its owner'");
    assert_int_equal(store_sealed_put(w->a.db, STORE_SEALED_ACCOUNT_EMAIL, &row,
                                      STR("older"), &done),
                     ERR_OK);
    assert_false(done);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM account WHERE "
                                     "email_sealed = 'older'"),
                     0);
    world_sql(w, "DELETE FROM account");
}

static void a_step_somebody_else_has_taken_counts_once(void **state)
{
    struct world *w = *state;
    const struct store_resealing to = {
        .name = STR("account.email"), .reached = STR("b"), .done = 5};
    bool done = false;

    assert_int_equal(reseal_start(&w->a, STR("boss")), ERR_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            store_resealing_step(w->a.db, (struct str){NULL, 0}, &to, &done),
            ERR_OK);
    assert_false(done);
    assert_int_equal(world_number(w, "SELECT done FROM resealing WHERE "
                                     "name = 'account.email'"),
                     5);
}

static void who_lacks_the_key_leaves_the_work_to_others(void **state)
{
    struct world *w = *state;
    struct id one = {{1}};
    bool more = true, foreign = false;
    struct sealer *keys = with_keys(w, KEY_2 KEY_1);

    assert_int_equal(reseal_start(&w->a, STR("boss")), ERR_OK);
    assert_int_equal(reseal_step(&w->b, &more, &foreign), ERR_OK);
    assert_true(foreign);
    assert_false(more);
    assert_true(world_number(w, "SELECT COUNT(*) FROM resealing WHERE "
                                "error LIKE '%%k2%%'") == 1);
    assert_int_equal(under(w, "account", "email_sealed", "k2"), 0);
    assert_int_equal(janitor_tick(&w->b, &one, &more), ERR_OK);
    assert_false(more);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM lease"), 0);
    work(w);
    assert_int_equal(
        world_number(w, "SELECT COUNT(*) FROM resealing WHERE error <> ''"), 0);
    sealer_free(&keys);
}

static void a_key_on_top_of_the_ordered_one_does_as_well(void **state)
{
    struct world *w = *state;
    struct sealer *first = with_keys(w, KEY_2 KEY_1);

    assert_int_equal(reseal_start(&w->a, STR("boss")), ERR_OK);
    struct sealer *second = with_keys(w, KEY_3 KEY_2 KEY_1);

    work(w);
    assert_int_equal(under(w, "account", "email_sealed", "k1"), 0);
    assert_true(under(w, "account", "email_sealed", "k3") > 0);
    sealer_free(&first);
    sealer_free(&second);
}

static enum err count_use(void *data, const struct reseal_use *use)
{
    int64_t *broken = data;

    if (use->column == STORE_SEALED_ACCOUNT_EMAIL)
        *broken += use->broken;
    return ERR_OK;
}

static void what_does_not_open_stays_and_is_counted(void **state)
{
    struct world *w = *state;
    struct account account;
    int64_t broken = 0;

    assert_int_equal(account_by_email(&w->b, w->email, &account), ERR_OK);
    world_sql(w, "UPDATE account SET email_sealed = REVERSE(email_sealed)");
    struct sealer *keys = with_keys(w, KEY_2 KEY_1);

    assert_int_equal(reseal_start(&w->a, STR("boss")), ERR_OK);
    work(w);
    assert_int_equal(under(w, "account", "email_sealed", "k2"), 0);
    int64_t accounts = world_number(w, "SELECT COUNT(*) FROM account");

    assert_int_equal(world_number(w, "SELECT broken FROM resealing WHERE "
                                     "name = 'account.email'"),
                     accounts);
    assert_int_equal(world_number(w, "SELECT last_us FROM resealing WHERE "
                                     "name = 'account.email'"),
                     0);
    assert_int_equal(reseal_survey(&w->a, count_use, &broken), ERR_OK);
    assert_int_equal(broken, accounts);
    world_sql(w, "DELETE FROM account");
    sealer_free(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(everything_opens_under_the_newest_key_KEY_1,
                               fresh),
        cmocka_unit_test_setup(an_order_is_taken_once_at_a_time_KEY_2, fresh),
        cmocka_unit_test_setup(a_value_changed_meanwhile_is_not_overwritten,
                               fresh),
        cmocka_unit_test_setup(a_step_somebody_else_has_taken_counts_once,
                               fresh),
        cmocka_unit_test_setup(who_lacks_the_key_leaves_the_work_to_others,
                               fresh),
        cmocka_unit_test_setup(a_key_on_top_of_the_ordered_one_does_as_well,
                               fresh),
        cmocka_unit_test_setup(what_does_not_open_stays_and_is_counted, fresh),
    };

    return cmocka_run_group_tests(tests, world_up, world_down);
}
