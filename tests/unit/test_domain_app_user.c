/* SPDX-License-Identifier: MIT */
/* Users of applications on the level of rules: what a sign-in costs, who is
 * one with whom, and what ids stand for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "domain/app_email.h"
#include "domain/app_password.h"
#include "domain/app_user.h"
#include "domain/app_user_map.h"
#include "domain_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SECRET STR("a password of somebody")

enum err __real_password_verify_as(struct hasher *h,
                                   const struct password_form *form,
                                   struct str password, const char *hash,
                                   int wait_ms, bool *rehash_r);
enum err __wrap_password_verify_as(struct hasher *h,
                                   const struct password_form *form,
                                   struct str password, const char *hash,
                                   int wait_ms, bool *rehash_r);

/* Hashes a sign-in has cost. */
static unsigned verified;

enum err __wrap_password_verify_as(struct hasher *h,
                                   const struct password_form *form,
                                   struct str password, const char *hash,
                                   int wait_ms, bool *rehash_r)
{
    verified++;
    return __real_password_verify_as(h, form, password, hash, wait_ms,
                                     rehash_r);
}

static unsigned made;

static struct app public_app(struct world *w)
{
    struct app app;

    w->config->cdi_bcrypt_rounds = 4;
    assert_int_equal(app_find(&w->a, STR(APP_PUBLIC), STR(APP_PUBLIC), &app),
                     ERR_OK);
    app.settings.bcrypt_rounds = 4;
    return app;
}

/* A new user's account; its address in email (64 bytes). */
static struct id sign_up(struct world *w, const struct app *app, char *email)
{
    struct app_user user;
    struct id account;

    snprintf(email, 64, "someone%u@example.test", ++made);
    assert_int_equal(app_password_sign_up(&w->a, app, str_of(email), SECRET,
                                          &user, &account),
                     ERR_OK);
    return account;
}

static void text_of(const struct id *id, char text[ID_TEXT_LEN + 1])
{
    id_text(id, text);
}

/* Links two accounts as back ends do. */
static void link_to(struct world *w, const struct id *one,
                    const struct id *primary)
{
    char a[ID_TEXT_LEN + 1], b[ID_TEXT_LEN + 1];

    text_of(one, a);
    text_of(primary, b);
    world_sql(w,
              "UPDATE account SET primary_id = UNHEX(REPLACE('%s', '-', '')) "
              "WHERE id IN (UNHEX(REPLACE('%s', '-', '')), "
              "UNHEX(REPLACE('%s', '-', '')))",
              b, a, b);
}

static void E05_every_sign_in_costs_one_hash(void **state)
{
    struct world *w = *state;
    const struct app app = public_app(w);
    char email[64];
    struct app_user user;
    struct id account;

    sign_up(w, &app, email);
    const struct {
        struct str email, password;
        enum err answer;
    } rows[] = {
        {str_of(email), SECRET, ERR_OK},
        {str_of(email), STR("another"), ERR_INVALID_CREDENTIALS},
        {STR("nobody@example.test"), SECRET, ERR_INVALID_CREDENTIALS},
        {STR("no address"), SECRET, ERR_INVALID_CREDENTIALS},
        {STR(""), SECRET, ERR_INVALID_CREDENTIALS},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        verified = 0;
        assert_int_equal(app_password_sign_in(&w->a, &app, rows[i].email,
                                              rows[i].password, &user,
                                              &account),
                         rows[i].answer);
        assert_int_equal(verified, 1);
    }
    world_sql(w, "UPDATE account SET status = 'disabled' WHERE created_us = "
                 "(SELECT m FROM (SELECT MAX(created_us) m FROM account) x)");
    verified = 0;
    assert_int_equal(app_password_sign_in(&w->a, &app, str_of(email), SECRET,
                                          &user, &account),
                     ERR_INVALID_CREDENTIALS);
    assert_int_equal(verified, 1);
}

static void E01_a_taken_address_is_found_out_in_any_form(void **state)
{
    static const char *const forms[][2] = {{"", ""}, {" ", " "}, {"\t", ""}};
    struct world *w = *state;
    const struct app app = public_app(w);
    char email[64], typed[80];
    struct app_user user;
    struct id account;

    sign_up(w, &app, email);
    for (size_t i = 0; i < COUNT(forms); i++) {
        snprintf(typed, sizeof(typed), "%s%s%s", forms[i][0], email,
                 forms[i][1]);
        for (char *p = typed; i > 0 && *p != '\0'; p++)
            *p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
        assert_int_equal(app_password_sign_up(&w->a, &app, str_of(typed),
                                              SECRET, &user, &account),
                         ERR_EMAIL_REGISTERED);
    }
    assert_int_equal(
        app_password_sign_up(&w->a, &app, STR(""), SECRET, &user, &account),
        ERR_EMAIL_INVALID);
    assert_int_equal(app_password_sign_up(&w->a, &app, STR("x@example.test"),
                                          STR(""), &user, &account),
                     ERR_VALIDATION);
}

static void an_id_of_nobody_stands_for_itself_S30(void **state)
{
    static const char *const ids[] = {
        "", "x", "01890a5d-ac96-774b-bcce-b302099a8057",
        "00000000-0000-0000-0000-000000000000", "'; DROP TABLE account; --"};
    struct world *w = *state;
    const struct app app = public_app(w);
    struct app_user_ref ref;
    struct app_user user;

    for (size_t i = 0; i < COUNT(ids); i++) {
        assert_int_equal(app_user_ref(&w->a, &app, str_of(ids[i]), &ref),
                         ERR_OK);
        assert_false(ref.account);
        assert_true(str_eq(ref.user_id, str_of(ids[i])));
        assert_true(str_eq(ref.primary, str_of(ids[i])));
        assert_int_equal(app_user_get(&w->a, &app, str_of(ids[i]), &user),
                         ERR_USER_NOT_FOUND);
    }
}

struct ids {
    char text[4][64];
    size_t count;
};

static enum err note_id(void *data, struct str user_id)
{
    struct ids *ids = data;

    assert_true(ids->count < COUNT(ids->text));
    snprintf(ids->text[ids->count++], 64, "%.*s", STR_FMT(user_id));
    return ERR_OK;
}

static void linked_accounts_are_one_user_S29(void **state)
{
    struct world *w = *state;
    const struct app app = public_app(w);
    char first_email[64], second_email[64], text[2][ID_TEXT_LEN + 1];
    const struct id first = sign_up(w, &app, first_email);
    const struct id second = sign_up(w, &app, second_email);
    struct app_user_ref ref;
    struct app_user user;
    struct ids ids = {.count = 0};

    text_of(&first, text[0]);
    text_of(&second, text[1]);
    link_to(w, &second, &first);
    assert_int_equal(app_user_ref(&w->a, &app, str_of(text[1]), &ref), ERR_OK);
    assert_true(ref.account && id_eq(&ref.account_id, &second) &&
                id_eq(&ref.primary_id, &first));
    assert_true(str_eq(ref.user_id, str_of(text[1])));
    assert_true(str_eq(ref.primary, str_of(text[0])));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(app_user_get(&w->a, &app, str_of(text[i]), &user),
                         ERR_OK);
        assert_true(user.primary && user.login_count == 2);
        assert_true(str_eq(user.id, str_of(text[0])));
        assert_true(str_eq(user.logins[0].email, str_of(first_email)));
        assert_true(str_eq(user.logins[1].email, str_of(second_email)));
    }
    assert_int_equal(
        app_user_linked(&w->a, &app, str_of(text[1]), note_id, &ids), ERR_OK);
    assert_int_equal(ids.count, 2);
    assert_string_equal(ids.text[0], text[0]);
    assert_string_equal(ids.text[1], text[1]);

    /* The account that gave the group its id goes, the id stays. */
    assert_int_equal(app_user_remove(&w->a, &app, str_of(text[0]), false),
                     ERR_OK);
    assert_int_equal(app_user_get(&w->a, &app, str_of(text[0]), &user), ERR_OK);
    assert_true(user.login_count == 1 && str_eq(user.id, str_of(text[0])));
    assert_int_equal(app_user_remove(&w->a, &app, str_of(text[1]), true),
                     ERR_OK);
    assert_int_equal(app_user_get(&w->a, &app, str_of(text[0]), &user),
                     ERR_USER_NOT_FOUND);
}

static void a_primary_users_address_is_no_other_primary_users(void **state)
{
    struct world *w = *state;
    const struct app app = public_app(w);
    char email[3][64], text[3][ID_TEXT_LEN + 1];
    struct id id[3];

    for (size_t i = 0; i < 3; i++) {
        id[i] = sign_up(w, &app, email[i]);
        text_of(&id[i], text[i]);
    }
    link_to(w, &id[0], &id[0]);
    link_to(w, &id[1], &id[1]);
    const struct app_password_change change = {.user_id = str_of(text[0]),
                                               .email = str_of(email[1])};
    const struct app_password_change other = {.user_id = str_of(text[0]),
                                              .email = str_of(email[2])};

    assert_int_equal(app_password_change(&w->a, &app, &change), ERR_CONFLICT);
    assert_int_equal(app_password_change(&w->a, &app, &other),
                     ERR_EMAIL_REGISTERED);
}

static void E03_tokens_of_one_purpose_are_no_others(void **state)
{
    struct world *w = *state;
    const struct app app = public_app(w);
    char email[64], text[ID_TEXT_LEN + 1];
    const struct id id = sign_up(w, &app, email);
    struct str reset, verify, user_id, address;
    bool already = true;

    text_of(&id, text);
    assert_int_equal(app_password_reset_make(&w->a, &app, str_of(text),
                                             str_of(email), &reset),
                     ERR_OK);
    assert_int_equal(app_email_token_make(&w->a, &app, str_of(text),
                                          str_of(email), &verify, &already),
                     ERR_OK);
    assert_false(already);
    assert_int_equal(
        app_password_reset_consume(&w->a, &app, verify, &user_id, &address),
        ERR_RESET_INVALID);
    assert_int_equal(
        app_email_token_consume(&w->a, &app, reset, &user_id, &address),
        ERR_VERIFICATION_INVALID);
    assert_int_equal(
        app_password_reset_consume(&w->b, &app, reset, &user_id, &address),
        ERR_OK);
    assert_true(str_eq(user_id, str_of(text)));
    assert_int_equal(
        app_email_token_consume(&w->b, &app, verify, &user_id, &address),
        ERR_OK);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM app_token"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(E05_every_sign_in_costs_one_hash, world_fresh),
        cmocka_unit_test_setup(E01_a_taken_address_is_found_out_in_any_form,
                               world_fresh),
        cmocka_unit_test_setup(an_id_of_nobody_stands_for_itself_S30,
                               world_fresh),
        cmocka_unit_test_setup(linked_accounts_are_one_user_S29, world_fresh),
        cmocka_unit_test_setup(
            a_primary_users_address_is_no_other_primary_users, world_fresh),
        cmocka_unit_test_setup(E03_tokens_of_one_purpose_are_no_others,
                               world_fresh),
    };

    return cmocka_run_group_tests(tests, world_up, world_down);
}
