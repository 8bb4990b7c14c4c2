/* SPDX-License-Identifier: MIT */
/* Registration and look-up of accounts against a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "domain_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static enum err try_as(struct ctx *c, struct str email, struct str password)
{
    const struct account_login login = {.email = email, .password = password};
    struct signed_in in;

    return account_login(c, &login, &in);
}

static void an_address_is_one_whatever_its_form(void **state)
{
    static const struct str forms[] = {{"Bob.X@EXAMPLE.com", 17},
                                       {" bob.x@example.com ", 19},
                                       {"BOB.X@example.COM", 17}};
    struct world *w = *state;
    bool created = false;

    assert_int_equal(account_register(&w->a, STR("bob.x@example.com"),
                                      STR(WORLD_PASSWORD), STR("Bob"),
                                      &created),
                     ERR_OK);
    for (size_t i = 0; i < COUNT(forms); i++) {
        assert_int_equal(account_register(&w->a, forms[i], STR(WORLD_PASSWORD),
                                          STR("Bob"), &created),
                         ERR_OK);
        assert_false(created);
        assert_int_equal(try_as(&w->a, forms[i], STR(WORLD_PASSWORD)), ERR_OK);
    }
    assert_int_equal(world_events(w, "account.registered_known"), 3);
}

static void
registration_refuses_what_is_no_address_name_or_password(void **state)
{
    static const struct {
        struct str email, password, name;
        enum err want;
    } cases[] = {
#define P {WORLD_PASSWORD, sizeof(WORLD_PASSWORD) - 1}
        {{"", 0}, P, {"", 0}, ERR_EMAIL_INVALID},
        {{"nobody", 6}, P, {"", 0}, ERR_EMAIL_INVALID},
        {{"a@b@c.de", 8}, P, {"", 0}, ERR_EMAIL_INVALID},
        {{"c@example.net", 13}, P, {"a\nb", 3}, ERR_VALIDATION},
        {{"c@example.net", 13}, P, {"\xff", 1}, ERR_BAD_REQUEST},
        {{"c@example.net", 13},
         {"1234567", 7},
         {"", 0},
         ERR_PASSWORD_TOO_SHORT},
        {{"c@example.net", 13}, {"password1", 9}, {"", 0}, ERR_PASSWORD_COMMON},
#undef P
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(account_register(&w->a, cases[i].email,
                                          cases[i].password, cases[i].name,
                                          NULL),
                         cases[i].want);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM throttle"), 0);
}

static void registrations_of_a_network_are_limited(void **state)
{
    struct world *w = *state;
    char email[32];

    w->config->throttle_register_limit = 2;
    for (unsigned i = 0; i < 4; i++) {
        snprintf(email, sizeof(email), "many%u@example.net", i);
        assert_int_equal(account_register(&w->b, str_of(email),
                                          STR(WORLD_PASSWORD), STR(""), NULL),
                         i < 2 ? ERR_OK : ERR_TOO_MANY_REQUESTS);
    }
    assert_in_range(w->b.retry_after_s, 1, 900);
    bool created = false;

    /* Operators are let through. */
    assert_int_equal(account_register(&w->b, STR("op@example.net"),
                                      STR(WORLD_PASSWORD), STR(""), &created),
                     ERR_OK);
    assert_true(created);
}

static void address_and_name_are_sealed_at_rest(void **state)
{
    struct world *w = *state;
    struct account account;
    bool created = false;

    assert_int_equal(account_register(&w->a, STR("Carol@Example.net"),
                                      STR(WORLD_PASSWORD), STR("Carol C"),
                                      &created),
                     ERR_OK);
    assert_int_equal(
        account_by_email(&w->b, STR("carol@example.net"), &account), ERR_OK);
    assert_true(str_eq(account.email, STR("Carol@Example.net")));
    assert_true(str_eq(account.name, STR("Carol C")));
    assert_true(str_eq(account.roles, STR("USER")));
    assert_int_equal(
        world_number(w, "SELECT COUNT(*) FROM account WHERE "
                        "CONCAT(email_sealed, name_sealed) LIKE '%%arol%%'"),
        0);
    /* A sealed value moved to the other column does not open. */
    world_sql(w, "UPDATE account SET name_sealed = email_sealed "
                 "WHERE name_sealed IS NOT NULL");
    assert_int_equal(
        account_by_email(&w->b, STR("carol@example.net"), &account),
        ERR_INTERNAL);
    world_sql(w, "UPDATE account SET name_sealed = NULL");
}

static enum err see(void *data, const struct account *account)
{
    unsigned *count = data;

    (*count)++;
    return account->email.n > 0 ? ERR_OK : ERR_INTERNAL;
}

static void refresh_tells_whose_the_tokens_are(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a), fresh;
    struct account account;

    assert_int_equal(account_refresh(&w->b, t.refresh, &fresh, &account),
                     ERR_OK);
    assert_true(id_eq(&fresh.session_id, &t.session_id));
    assert_true(str_eq(account.email, w->email));
    assert_true(account.active);
    assert_true(account.created_us > 0);
    assert_int_equal(account_refresh(&w->b, t.access, &fresh, &account),
                     ERR_REFRESH_TOKEN_INVALID);
    assert_true(str_eq(account.email, w->email));
}

static void accounts_are_found_and_listed(void **state)
{
    struct world *w = *state;
    const struct id none = {{0}};
    struct account account;
    unsigned count = 0;

    assert_int_equal(account_by_email(&w->b, STR("x"), &account),
                     ERR_NOT_FOUND);
    assert_int_equal(account_by_email(&w->b, STR("x@y.zz"), &account),
                     ERR_NOT_FOUND);
    assert_int_equal(account_list(&w->b, &none, 2, see, &count), ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(account_by_email(&w->b, w->email, &account), ERR_OK);
    w->b.realm_id = 2;
    assert_int_equal(account_by_email(&w->b, w->email, &account),
                     ERR_NOT_FOUND);
    w->b.realm_id = STORE_REALM_DEFAULT;
}

#define TEST(f) cmocka_unit_test_setup(f, world_fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_address_is_one_whatever_its_form),
        TEST(registration_refuses_what_is_no_address_name_or_password),
        TEST(registrations_of_a_network_are_limited),
        TEST(address_and_name_are_sealed_at_rest),
        TEST(refresh_tells_whose_the_tokens_are),
        TEST(accounts_are_found_and_listed),
    };

    return cmocka_run_group_tests(tests, world_up, world_down);
}
