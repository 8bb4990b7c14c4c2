/* SPDX-License-Identifier: MIT */
/* Roles, the last administrator and the end of accounts against a real
 * database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/account_delete.h"
#include "domain/rights.h"
#include "domain_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct str own_roles[] = {STR_INIT("EDITOR")};

static int fresh(void **state)
{
    int failed = world_fresh(state);
    struct world *w = *state;

    world_sql(w, "DELETE FROM account_role WHERE role = 'ADMIN'");
    w->config->accounts_roles = (struct config_list){own_roles, 1};
    return failed;
}

static struct id account_id(struct world *w)
{
    struct account account;

    assert_int_equal(account_by_email(&w->a, w->email, &account), ERR_OK);
    return account.id;
}

static struct id other_id(struct world *w, const char *email)
{
    struct account account;
    bool created;

    assert_int_equal(account_register(&w->a, str_of(email), STR(WORLD_PASSWORD),
                                      STR(""), &created),
                     ERR_OK);
    assert_int_equal(account_by_email(&w->a, str_of(email), &account), ERR_OK);
    return account.id;
}

/* */
static void a_change_of_roles_ends_access_tokens_at_once(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a), u, v;
    struct id id = account_id(w);
    struct session_view view;

    assert_int_equal(rights_grant(&w->a, &id, STR("EDITOR"), "x"), ERR_OK);
    assert_int_equal(world_check(&w->a, t.access), ERR_ACCESS_TOKEN_EXPIRED);
    assert_int_equal(world_check(&w->b, t.access), ERR_ACCESS_TOKEN_EXPIRED);
    assert_int_equal(session_refresh(&w->b, t.refresh, &u, NULL), ERR_OK);
    assert_int_equal(session_check(&w->a, u.access, &view), ERR_OK);
    assert_true(str_eq(view.claims.roles, STR("[\"EDITOR\",\"USER\"]")));
    assert_int_equal(rights_revoke(&w->b, &id, STR("EDITOR"), "x"), ERR_OK);
    assert_int_equal(world_check(&w->a, u.access), ERR_ACCESS_TOKEN_EXPIRED);
    assert_int_equal(session_refresh(&w->a, u.refresh, &v, NULL), ERR_OK);
    assert_int_equal(session_check(&w->b, v.access, &view), ERR_OK);
    assert_true(str_eq(view.claims.roles, STR("[\"USER\"]")));
    assert_int_equal(world_events(w, "role.granted"), 1);
    assert_int_equal(world_events(w, "role.revoked"), 1);
}

static void what_is_so_already_changes_nothing(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    struct id id = account_id(w);

    assert_int_equal(rights_revoke(&w->a, &id, STR("EDITOR"), "x"), ERR_OK);
    assert_int_equal(rights_revoke(&w->a, &id, STR("ADMIN"), "x"), ERR_OK);
    assert_int_equal(world_check(&w->b, t.access), ERR_OK);
    assert_int_equal(world_events(w, "role.revoked"), 0);
}

static void roles_that_cannot_be_changed_are_refused(void **state)
{
    static const struct {
        struct str role;
        enum err grant, revoke;
    } cases[] = {
        {STR_INIT("USER"), ERR_ROLE_FIXED, ERR_ROLE_FIXED},
        {STR_INIT("GUEST"), ERR_ROLE_FIXED, ERR_ROLE_FIXED},
        {STR_INIT("editor"), ERR_ROLE_NOT_FOUND, ERR_OK},
        {STR_INIT("ADMIN "), ERR_ROLE_NOT_FOUND, ERR_OK},
        {STR_INIT(""), ERR_ROLE_NOT_FOUND, ERR_OK},
        {STR_INIT("OTHER"), ERR_ROLE_NOT_FOUND, ERR_OK},
    };
    struct world *w = *state;
    struct id id = account_id(w);

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(rights_grant(&w->a, &id, cases[i].role, "x"),
                         cases[i].grant);
        assert_int_equal(rights_revoke(&w->a, &id, cases[i].role, "x"),
                         cases[i].revoke);
    }
    assert_int_equal(
        world_number(w, "SELECT COUNT(DISTINCT role) FROM account_role"), 1);
}

static void who_is_not_there_has_no_roles(void **state)
{
    struct world *w = *state;
    struct id id = {{1}};

    assert_int_equal(rights_grant(&w->a, &id, STR("ADMIN"), "x"),
                     ERR_USER_NOT_FOUND);
    assert_int_equal(account_delete(&w->a, &id, "x"), ERR_USER_NOT_FOUND);
    /* Another realm's is as unknown. */
    id = account_id(w);
    w->a.realm_id = 7;
    assert_int_equal(rights_grant(&w->a, &id, STR("ADMIN"), "x"),
                     ERR_USER_NOT_FOUND);
    assert_int_equal(account_delete(&w->a, &id, "x"), ERR_USER_NOT_FOUND);
    w->a.realm_id = STORE_REALM_DEFAULT;
}

/* ROL-2 */
static void the_last_active_administrator_stays(void **state)
{
    struct world *w = *state;
    struct id one = account_id(w), two = other_id(w, "last@example.net");
    bool changed;

    assert_int_equal(rights_grant(&w->a, &one, STR("ADMIN"), "x"), ERR_OK);
    assert_int_equal(rights_revoke(&w->a, &one, STR("ADMIN"), "x"),
                     ERR_LAST_ADMIN);
    assert_int_equal(account_delete(&w->a, &one, "x"), ERR_LAST_ADMIN);
    assert_int_equal(rights_grant(&w->a, &two, STR("ADMIN"), "x"), ERR_OK);
    /* One that cannot sign in does not count. */
    assert_int_equal(account_set_active(&w->a, &two, false, &changed), ERR_OK);
    assert_int_equal(rights_revoke(&w->a, &one, STR("ADMIN"), "x"),
                     ERR_LAST_ADMIN);
    assert_int_equal(account_set_active(&w->a, &two, true, &changed), ERR_OK);
    assert_int_equal(rights_revoke(&w->b, &one, STR("ADMIN"), "x"), ERR_OK);
    assert_int_equal(account_delete(&w->b, &two, "x"), ERR_LAST_ADMIN);
    assert_int_equal(account_delete(&w->b, &one, "x"), ERR_OK);
}

static void a_guest_becomes_no_administrator(void **state)
{
    struct world *w = *state;
    struct id id = account_id(w);

    world_sql(w, "UPDATE account_role SET role = 'GUEST'");
    assert_int_equal(rights_grant(&w->a, &id, STR("ADMIN"), "x"),
                     ERR_GUEST_CANNOT);
    assert_int_equal(rights_revoke(&w->a, &id, STR("EDITOR"), "x"),
                     ERR_GUEST_CANNOT);
    world_sql(w, "UPDATE account_role SET role = 'USER'");
}

/* F36, USR-3 */
static void nothing_of_a_deleted_account_is_left_but_its_events(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a), u;
    struct id id = account_id(w);
    struct signed_in in;

    assert_int_equal(session_data_put(&w->a, &t.session_id, STR("{\"a\":1}")),
                     ERR_OK);
    assert_int_equal(rights_grant(&w->a, &id, STR("EDITOR"), "x"), ERR_OK);
    assert_int_equal(account_delete(&w->a, &id, "self"), ERR_OK);
    assert_int_equal(world_check(&w->b, t.access), ERR_SESSION_INVALID);
    assert_int_equal(session_refresh(&w->b, t.refresh, &u, NULL),
                     ERR_SESSION_INVALID);
    assert_int_equal(world_try(w, &w->b, WORLD_PASSWORD, &in),
                     ERR_INVALID_CREDENTIALS);
    assert_int_equal(
        world_number(w, "SELECT (SELECT COUNT(*) FROM session WHERE account_id "
                        "NOT IN (SELECT id FROM account)) + "
                        "(SELECT COUNT(*) FROM account_role WHERE account_id "
                        "NOT IN (SELECT id FROM account)) + "
                        "(SELECT COUNT(*) FROM session_data WHERE session_id "
                        "NOT IN (SELECT id FROM session))"),
        0);
    assert_int_equal(world_events(w, "account.deleted"), 1);
    assert_int_equal(world_events(w, "role.granted"), 1);
    assert_int_equal(account_delete(&w->a, &id, "self"), ERR_USER_NOT_FOUND);
    assert_int_equal(world_events(w, "account.deleted"), 1);
}

/* GRP-2 */
static void tokens_carry_every_role_and_group_once(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a), u;
    struct id id = account_id(w);
    char text[ID_TEXT_LEN + 1];
    struct session_view view;

    id_text(&id, text);
    world_sql(w, "INSERT INTO user_group (realm_id, name, created_us) "
                 "VALUES (1, 'b', 1), (1, 'a', 1), (1, 'c', 1)");
    world_sql(w,
              "INSERT INTO account_group (account_id, realm_id, name) SELECT "
              "id, 1, name FROM account, user_group "
              "WHERE HEX(account.id) = REPLACE('%s', '-', '')",
              text);
    assert_int_equal(rights_grant(&w->a, &id, STR("EDITOR"), "x"), ERR_OK);
    assert_int_equal(session_refresh(&w->b, t.refresh, &u, NULL), ERR_OK);
    assert_int_equal(session_check(&w->a, u.access, &view), ERR_OK);
    assert_true(str_eq(view.claims.roles, STR("[\"EDITOR\",\"USER\"]")));
    assert_true(str_eq(view.claims.groups, STR("[\"a\",\"b\",\"c\"]")));
    /* The same at sign-in. */
    t = world_sign_in(w, &w->b);
    assert_int_equal(session_check(&w->a, t.access, &view), ERR_OK);
    assert_true(str_eq(view.claims.groups, STR("[\"a\",\"b\",\"c\"]")));
    world_sql(w, "DELETE FROM user_group");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, fresh)
    const struct CMUnitTest tests[] = {
        TEST(a_change_of_roles_ends_access_tokens_at_once),
        TEST(what_is_so_already_changes_nothing),
        TEST(roles_that_cannot_be_changed_are_refused),
        TEST(who_is_not_there_has_no_roles),
        TEST(the_last_active_administrator_stays),
        TEST(a_guest_becomes_no_administrator),
        TEST(nothing_of_a_deleted_account_is_left_but_its_events),
        TEST(tokens_carry_every_role_and_group_once),
    };

    return cmocka_run_group_tests(tests, world_up, world_down);
}
