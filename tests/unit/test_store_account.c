/* SPDX-License-Identifier: MIT */
/* Rows of account, signing_key and api_key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_account.h"
#include "store/store_key.h"
#include "store_fixture.h"

#define REALM STORE_REALM_DEFAULT

static struct store_account by_id(struct store_fixture *f, uint8_t n)
{
    struct store_account acc;
    struct id id = store_fixture_id(n);
    assert_int_equal(store_account_by_id(f->db, f->arena, &id, &acc), ERR_OK);
    return acc;
}

static void test_account_is_found_by_address_and_id(void **state)
{
    struct store_fixture *f = *state;
    struct store_account acc = store_fixture_account(1), got;
    assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    assert_int_equal(
        store_account_by_email(f->db, f->arena, REALM, acc.email_hash, &got),
        ERR_OK);
    assert_true(id_eq(&got.id, &acc.id));
    assert_true(str_eq(got.email_sealed, acc.email_sealed));
    assert_null(got.name_sealed.p);
    assert_string_equal(got.password_hash, acc.password_hash);
    assert_true(got.active);
    assert_int_equal(got.version, 1);
    assert_null(got.roles.p);
    got = by_id(f, 1);
    assert_memory_equal(got.email_hash, acc.email_hash, STORE_HASH_LEN);
}

static void test_unknown_account_is_no_row(void **state)
{
    struct store_fixture *f = *state;
    struct store_account acc = store_fixture_account(1), got;
    assert_int_equal(store_account_by_id(f->db, f->arena, &acc.id, &got),
                     ERR_NO_ROW);
    assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    assert_int_equal(store_account_by_email(f->db, f->arena, REALM + 1,
                                            acc.email_hash, &got),
                     ERR_NO_ROW);
    acc.email_hash[31] ^= 1;
    assert_int_equal(
        store_account_by_email(f->db, f->arena, REALM, acc.email_hash, &got),
        ERR_NO_ROW);
}

static void test_address_is_taken_once(void **state)
{
    struct store_fixture *f = *state;
    struct store_account acc = store_fixture_account(1);
    assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    acc.id = store_fixture_id(2);
    assert_int_equal(store_account_insert(f->db, &acc), ERR_DUPLICATE_ROW);
}

static void test_accounts_without_address_or_password_coexist(void **state)
{
    struct store_fixture *f = *state;
    for (uint8_t n = 1; n <= 2; n++) {
        struct store_account acc = store_fixture_account(n);
        memset(acc.email_hash, 0, STORE_HASH_LEN);
        acc.password_hash = NULL;
        assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    }
    assert_null(by_id(f, 2).password_hash);
}

static void test_roles_are_sorted_and_case_matters(void **state)
{
    struct store_fixture *f = *state;
    struct store_account acc = store_fixture_account(1);
    static const struct str roles[] = {STR_INIT("user"), STR_INIT("admin"),
                                       STR_INIT("Admin"), STR_INIT("user")};
    assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        assert_int_equal(store_account_role_add(f->db, &acc.id, roles[i]),
                         ERR_OK);
    assert_true(str_eq(by_id(f, 1).roles, STR("Admin admin user")));
    acc.id = store_fixture_id(9);
    assert_int_equal(store_account_role_add(f->db, &acc.id, STR("user")),
                     ERR_INTERNAL);
}

static void test_rehash_needs_the_old_hash(void **state)
{
    struct store_fixture *f = *state;
    struct store_account acc = store_fixture_account(1);
    assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    assert_int_equal(store_account_rehash(f->db, &acc.id, "other", "evil"),
                     ERR_OK);
    assert_string_equal(by_id(f, 1).password_hash, acc.password_hash);
    assert_int_equal(
        store_account_rehash(f->db, &acc.id, acc.password_hash, "new"), ERR_OK);
    assert_string_equal(by_id(f, 1).password_hash, "new");
    assert_int_equal(by_id(f, 1).version, 1);
}

static void test_status_raises_the_version_only_when_it_changes(void **state)
{
    struct store_fixture *f = *state;
    struct store_account acc = store_fixture_account(1);
    bool changed = true;
    assert_int_equal(store_account_status(f->db, &acc.id, false, 5, &changed),
                     ERR_OK);
    assert_false(changed);
    assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    assert_int_equal(store_account_status(f->db, &acc.id, true, 5, &changed),
                     ERR_OK);
    assert_false(changed);
    assert_int_equal(store_account_status(f->db, &acc.id, false, 5, &changed),
                     ERR_OK);
    assert_true(changed);
    assert_false(by_id(f, 1).active);
    assert_int_equal(by_id(f, 1).version, 2);
}

struct seen {
    uint8_t ids[8];
    size_t n;
};

static enum err see(void *data, const struct store_account *acc)
{
    struct seen *seen = data;
    seen->ids[seen->n++] = acc->id.b[15];
    return ERR_OK;
}

static void test_list_goes_on_after_the_last_id(void **state)
{
    struct store_fixture *f = *state;
    struct seen seen = {.n = 0};
    const struct store_account_sink sink = {see, &seen};
    struct id after = {{0}};
    for (uint8_t n = 1; n <= 3; n++) {
        struct store_account acc = store_fixture_account(n);
        assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    }
    assert_int_equal(
        store_account_list(f->db, f->arena, REALM, &after, 2, &sink), ERR_OK);
    after = store_fixture_id(2);
    assert_int_equal(
        store_account_list(f->db, f->arena, REALM, &after, 2, &sink), ERR_OK);
    assert_int_equal(seen.n, 3);
    assert_memory_equal(seen.ids, "\1\2\3", 3);
}

static struct store_key a_key(const char *kid, int64_t active_us)
{
    return (struct store_key){.kid = str_of(kid),
                              .realm_id = REALM,
                              .alg = STR("ES256"),
                              .sealed = STR("\0\xff sealed"),
                              .created_us = 1,
                              .active_us = active_us};
}

struct keys {
    char kids[64];
    struct store_key last;
};

static enum err see_key(void *data, const struct store_key *k)
{
    struct keys *keys = data;
    strncat(keys->kids, k->kid.p, k->kid.n);
    strcat(keys->kids, " ");
    keys->last = *k;
    return ERR_OK;
}

static struct keys keys_of(struct store_fixture *f)
{
    struct keys keys = {.kids = ""};
    assert_int_equal(store_key_list(f->db, f->arena, REALM, see_key, &keys),
                     ERR_OK);
    return keys;
}

static void test_keys_are_listed_by_the_time_they_sign(void **state)
{
    struct store_fixture *f = *state;
    struct store_key late = a_key("late", 20), early = a_key("early", 10);
    assert_int_equal(store_key_insert(f->db, &late), ERR_OK);
    assert_int_equal(store_key_insert(f->db, &early), ERR_OK);
    assert_int_equal(store_key_insert(f->db, &early), ERR_DUPLICATE_ROW);
    early.kid = STR("LATE");
    assert_int_equal(store_key_insert(f->db, &early), ERR_OK);
    struct keys keys = keys_of(f);
    assert_string_equal(keys.kids, "LATE early late ");
    assert_true(str_eq(keys.last.alg, STR("ES256")));
    assert_true(str_eq(keys.last.sealed, late.sealed));
    early.alg = STR("none");
    early.kid = STR("bad");
    assert_int_not_equal(store_key_insert(f->db, &early), ERR_OK);
}

static void test_key_is_retired_and_revoked_once(void **state)
{
    struct store_fixture *f = *state;
    struct store_key k = a_key("k1", 10);
    bool done = false;
    assert_int_equal(store_key_insert(f->db, &k), ERR_OK);
    assert_int_equal(store_key_retire(f->db, k.kid, 30, 40), ERR_OK);
    assert_int_equal(keys_of(f).last.retired_us, 30);
    assert_int_equal(keys_of(f).last.expires_us, 40);
    assert_int_equal(store_key_revoke(f->db, REALM + 1, k.kid, 50, &done),
                     ERR_OK);
    assert_false(done);
    assert_int_equal(store_key_revoke(f->db, REALM, STR("K1"), 50, &done),
                     ERR_OK);
    assert_false(done);
    assert_int_equal(store_key_revoke(f->db, REALM, k.kid, 50, &done), ERR_OK);
    assert_true(done);
    assert_int_equal(store_key_revoke(f->db, REALM, k.kid, 60, &done), ERR_OK);
    assert_false(done);
    assert_int_equal(keys_of(f).last.revoked_us, 50);
}

static void test_generation_is_raised_under_the_lock(void **state)
{
    struct store_fixture *f = *state;
    int64_t generation = 9, now = 0;
    assert_int_equal(
        store_key_generation(f->db, f->arena, REALM, &generation, &now),
        ERR_OK);
    assert_int_equal(generation, 0);
    assert_int_equal(db_begin(f->db), ERR_OK);
    assert_int_equal(store_key_lock(f->db, f->arena, REALM, &generation, &now),
                     ERR_OK);
    assert_int_equal(store_fixture_number(f, "SELECT COUNT(*) FROM realm WHERE "
                                             "id = 1 FOR UPDATE SKIP LOCKED"),
                     0);
    assert_int_equal(store_key_raise(f->db, REALM), ERR_OK);
    assert_int_equal(db_commit(f->db), ERR_OK);
    assert_int_equal(
        store_key_generation(f->db, f->arena, REALM, &generation, &now),
        ERR_OK);
    assert_int_equal(generation, 1);
    assert_true(now > 0);
    assert_int_equal(
        store_key_generation(f->db, f->arena, 99, &generation, &now),
        ERR_NO_ROW);
    assert_int_equal(generation, 1);
}

static enum err count_api_key(void *data, const struct store_api_key *k)
{
    *(int64_t *)data += k->revoked_us > 0 ? 100 : 1;
    return ERR_OK;
}

static void test_api_key_lives_until_it_is_revoked(void **state)
{
    struct store_fixture *f = *state;
    struct store_api_key k = {.id = store_fixture_id(1),
                              .realm_id = REALM,
                              .name = STR("billing \xe2\x82\xac"),
                              .secret_hash = {1, 2, 3},
                              .created_us = 5,
                              .expires_us = 6};
    struct store_api_key got;
    int64_t now = 0, sum = 0;
    bool done = false;
    assert_int_equal(store_api_key_by_id(f->db, f->arena, &k.id, &got, &now),
                     ERR_NO_ROW);
    assert_int_equal(now, 0);
    assert_int_equal(store_api_key_insert(f->db, &k), ERR_OK);
    assert_int_equal(store_api_key_by_id(f->db, f->arena, &k.id, &got, &now),
                     ERR_OK);
    assert_true(str_eq(got.name, k.name));
    assert_memory_equal(got.secret_hash, k.secret_hash, STORE_HASH_LEN);
    assert_int_equal(got.expires_us, 6);
    assert_true(now > 0);
    assert_int_equal(store_api_key_revoke(f->db, REALM + 1, &k.id, 7, &done),
                     ERR_OK);
    assert_false(done);
    assert_int_equal(store_api_key_revoke(f->db, REALM, &k.id, 7, &done),
                     ERR_OK);
    assert_true(done);
    assert_int_equal(store_api_key_revoke(f->db, REALM, &k.id, 8, &done),
                     ERR_OK);
    assert_false(done);
    assert_int_equal(
        store_api_key_list(f->db, f->arena, REALM, count_api_key, &sum),
        ERR_OK);
    assert_int_equal(sum, 100);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, store_fixture_clear)
    const struct CMUnitTest tests[] = {
        CASE(test_account_is_found_by_address_and_id),
        CASE(test_unknown_account_is_no_row),
        CASE(test_address_is_taken_once),
        CASE(test_accounts_without_address_or_password_coexist),
        CASE(test_roles_are_sorted_and_case_matters),
        CASE(test_rehash_needs_the_old_hash),
        CASE(test_status_raises_the_version_only_when_it_changes),
        CASE(test_list_goes_on_after_the_last_id),
        CASE(test_keys_are_listed_by_the_time_they_sign),
        CASE(test_key_is_retired_and_revoked_once),
        CASE(test_generation_is_raised_under_the_lock),
        CASE(test_api_key_lives_until_it_is_revoked),
    };
    return cmocka_run_group_tests(tests, store_fixture_setup,
                                  store_fixture_teardown);
}
