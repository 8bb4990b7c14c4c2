/* SPDX-License-Identifier: MIT */
/* Rows of session, session_data and token_revocation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_session.h"
#include "store_fixture.h"

#define REALM STORE_REALM_DEFAULT
static const struct id nil;
static const struct str nobody = {NULL, 0};

static struct store_session_state look(struct store_fixture *f, uint8_t n)
{
    struct store_session_state st;
    struct id id = store_fixture_id(n);
    assert_int_equal(store_session_state(f->db, f->arena, &id, &st), ERR_OK);
    return st;
}

static struct store_session put(struct store_fixture *f, uint8_t n)
{
    struct store_session s = store_fixture_session(f, n);
    store_fixture_put(f, &s);
    return s;
}

static void assert_same_times(const struct store_session *a,
                              const struct store_session *b)
{
    assert_int_equal(a->created_us, b->created_us);
    assert_int_equal(a->active_us, b->active_us);
    assert_int_equal(a->expires_us, b->expires_us);
    assert_int_equal(a->absolute_us, b->absolute_us);
    assert_int_equal(a->revoked_us, b->revoked_us);
}

static void assert_same(const struct store_session *a,
                        const struct store_session *b)
{
    assert_true(id_eq(&a->id, &b->id));
    assert_true(str_eq(a->subject, b->subject));
    assert_true(id_eq(&a->account_id, &b->account_id));
    assert_memory_equal(&a->lineage, &b->lineage, sizeof(a->lineage));
    assert_same_times(a, b);
    assert_int_equal(a->auth_time_s, b->auth_time_s);
}

static void test_state_answers_what_was_inserted(void **state)
{
    struct store_fixture *f = *state;
    struct store_session s = store_fixture_session(f, 1);
    s.subject = STR("zo\xc3\xab");
    s.claims = STR("{\"plan\":\"gold\"}");
    s.absolute_us = s.expires_us + 5;
    memset(s.lineage.grand, 0xff, STORE_HASH_LEN);
    memset(s.lineage.prev, 0x80, STORE_HASH_LEN);
    s.lineage.prev_issued_us = 17;
    store_fixture_put(f, &s);
    struct store_session_state st = look(f, 1);
    assert_same(&st.row, &s);
    assert_true(str_eq(st.row.amr, s.amr));
    assert_true(str_eq(st.row.acr, s.acr));
    assert_true(str_eq(st.row.claims, s.claims));
    assert_false(st.account_found);
    assert_false(st.account_active);
    assert_int_equal(st.roles.n, 0);
    assert_null(st.email_sealed.p);
    assert_false(st.token_revoked);
    assert_in_range(st.now_us, s.created_us, s.created_us + HOUR_US);
}

static void test_check_answers_the_deciding_half(void **state)
{
    struct store_fixture *f = *state;
    struct store_session s = put(f, 1);
    struct store_session_state st;
    assert_int_equal(store_session_check(f->db, f->arena, &s.id, &nil, &st),
                     ERR_OK);
    assert_true(id_eq(&st.row.id, &s.id));
    assert_int_equal(st.row.realm_id, s.realm_id);
    assert_true(str_eq(st.row.subject, s.subject));
    assert_true(id_eq(&st.row.account_id, &s.account_id));
    assert_memory_equal(st.row.lineage.cur, s.lineage.cur, STORE_HASH_LEN);
    assert_same_times(&st.row, &s);
    assert_null(st.row.claims.p);
}

static void test_absent_values_come_back_as_zeros(void **state)
{
    struct store_fixture *f = *state;
    static const uint8_t zero[STORE_HASH_LEN];
    put(f, 1);
    struct store_session_state st = look(f, 1);
    assert_memory_equal(st.row.lineage.prev, zero, STORE_HASH_LEN);
    assert_memory_equal(st.row.lineage.grand, zero, STORE_HASH_LEN);
    assert_null(st.row.claims.p);
}

static void test_unknown_session_is_no_row(void **state)
{
    struct store_fixture *f = *state;
    struct store_session_state st;
    struct id id = store_fixture_id(42);
    assert_int_equal(store_session_state(f->db, f->arena, &id, &st),
                     ERR_NO_ROW);
    assert_int_equal(store_session_check(f->db, f->arena, &id, &nil, &st),
                     ERR_NO_ROW);
}

static void test_long_claims_are_read_whole(void **state)
{
    struct store_fixture *f = *state;
    struct store_session s = store_fixture_session(f, 1);
    size_t n = 60000;
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, 'c', n);
    text[0] = '{';
    s.claims = (struct str){text, n};
    store_fixture_put(f, &s);
    struct store_session_state st = look(f, 1);
    assert_true(str_eq(st.row.claims, s.claims));
    /* the next, short one is not mixed up with it */
    put(f, 2);
    assert_null(look(f, 2).row.claims.p);
    free(text);
}

static void test_account_goes_with_its_session(void **state)
{
    struct store_fixture *f = *state;
    struct store_account acc = store_fixture_account(5);
    struct store_session s = store_fixture_session(f, 1);
    bool changed = false;
    assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    assert_int_equal(store_account_role_add(f->db, &acc.id, STR("user")),
                     ERR_OK);
    assert_int_equal(store_account_role_add(f->db, &acc.id, STR("admin")),
                     ERR_OK);
    s.account_id = acc.id;
    store_fixture_put(f, &s);
    struct store_session_state st = look(f, 1);
    assert_true(st.account_found);
    assert_true(st.account_active);
    assert_int_equal(st.account_version, 1);
    assert_true(str_eq(st.roles, STR("admin user")));
    assert_true(str_eq(st.email_sealed, acc.email_sealed));
    assert_true(str_eq(st.name_sealed, acc.name_sealed));
    assert_int_equal(st.account_created_us, acc.created_us);
    assert_int_equal(store_account_status(f->db, &acc.id, false, 1, &changed),
                     ERR_OK);
    st = look(f, 1);
    assert_true(st.account_found);
    assert_false(st.account_active);
    assert_int_equal(st.account_version, 2);
}

static void test_session_needs_the_account_as_it_was_seen(void **state)
{
    struct store_fixture *f = *state;
    struct store_account acc = store_fixture_account(5);
    struct store_session s = store_fixture_session(f, 1);
    bool inserted = true, changed = false;
    s.account_id = acc.id;
    assert_int_equal(store_session_insert(f->db, &s, 1, &inserted), ERR_OK);
    assert_false(inserted);
    assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    inserted = true;
    assert_int_equal(store_session_insert(f->db, &s, 2, &inserted), ERR_OK);
    assert_false(inserted);
    assert_int_equal(store_account_status(f->db, &acc.id, false, 1, &changed),
                     ERR_OK);
    inserted = true;
    assert_int_equal(store_session_insert(f->db, &s, 2, &inserted), ERR_OK);
    assert_false(inserted);
}

static void test_account_cannot_change_between_look_and_insert(void **state)
{
    struct store_fixture *f = *state;
    struct store_account acc = store_fixture_account(5);
    struct store_session s = store_fixture_session(f, 1);
    bool inserted = false;
    s.account_id = acc.id;
    assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    assert_int_equal(db_begin(f->db), ERR_OK);
    assert_int_equal(store_session_insert(f->db, &s, 1, &inserted), ERR_OK);
    assert_true(inserted);
    /* a password change elsewhere has to wait for the sign-in's end */
    assert_int_equal(
        store_fixture_number(f, "SELECT COUNT(*) FROM account FOR UPDATE SKIP "
                                "LOCKED"),
        0);
    store_fixture_sql(f, "COMMIT");
    assert_int_equal(db_commit(f->db), ERR_OK);
}

static void test_same_id_twice_is_a_duplicate(void **state)
{
    struct store_fixture *f = *state;
    struct store_session s = put(f, 1);
    bool inserted = false;
    assert_int_equal(store_session_insert(f->db, &s, 1, &inserted),
                     ERR_DUPLICATE_ROW);
}

static void test_promotion_happens_once_per_generation(void **state)
{
    struct store_fixture *f = *state;
    struct store_session s = put(f, 1);
    struct store_promotion to = {.next = s.lineage,
                                 .expires_us = s.expires_us + 10,
                                 .active_us = s.active_us + 10};
    bool done = false;
    memcpy(to.next.prev, s.lineage.cur, STORE_HASH_LEN);
    to.next.cur[0] = 77;
    to.next.prev_issued_us = s.lineage.cur_issued_us;
    to.next.cur_issued_us++;
    assert_int_equal(
        store_session_promote(f->db, &s.id, s.lineage.cur, &to, &done), ERR_OK);
    assert_true(done);
    struct store_session row = look(f, 1).row;
    assert_memory_equal(&row.lineage, &to.next, sizeof(to.next));
    assert_int_equal(row.expires_us, to.expires_us);
    assert_int_equal(row.active_us, to.active_us);
    to.next.cur[0] = 78;
    assert_int_equal(
        store_session_promote(f->db, &s.id, s.lineage.cur, &to, &done), ERR_OK);
    assert_false(done);
    assert_int_equal(look(f, 1).row.lineage.cur[0], 77);
}

static void test_promotion_never_turns_activity_back(void **state)
{
    struct store_fixture *f = *state;
    struct store_session s = put(f, 1);
    struct store_promotion to = {.next = s.lineage, .expires_us = s.expires_us};
    bool done = false;
    to.next.cur[0] = 77;
    assert_int_equal(
        store_session_promote(f->db, &s.id, s.lineage.cur, &to, &done), ERR_OK);
    assert_int_equal(look(f, 1).row.active_us, s.active_us);
}

static void test_revoked_session_is_not_promoted(void **state)
{
    struct store_fixture *f = *state;
    struct store_session s = put(f, 1);
    struct store_promotion to = {.next = s.lineage, .expires_us = 1};
    bool done = true;
    uint64_t count = 0;
    assert_int_equal(
        store_session_revoke(f->db, REALM, nobody, &s.id, "logout", &count),
        ERR_OK);
    assert_int_equal(count, 1);
    to.next.cur[0] = 77;
    assert_int_equal(
        store_session_promote(f->db, &s.id, s.lineage.cur, &to, &done), ERR_OK);
    assert_false(done);
}

static uint64_t revoke(struct store_fixture *f, int64_t realm,
                       struct str subject, uint8_t n)
{
    struct id id = store_fixture_id(n);
    uint64_t count = 99;
    assert_int_equal(
        store_session_revoke(f->db, realm, subject, &id, "test", &count),
        ERR_OK);
    return count;
}

static void test_only_the_owner_revokes_and_only_once(void **state)
{
    struct store_fixture *f = *state;
    put(f, 1);
    assert_int_equal(revoke(f, REALM, STR("bob"), 1), 0);
    assert_int_equal(revoke(f, REALM, STR("Ann"), 1), 0);
    assert_int_equal(revoke(f, REALM, STR("ann "), 1), 0);
    assert_int_equal(revoke(f, REALM, STR(""), 1), 0);
    assert_int_equal(revoke(f, REALM + 1, STR("ann"), 1), 0);
    assert_int_equal(revoke(f, REALM, STR("ann"), 2), 0);
    assert_int_equal(look(f, 1).row.revoked_us, 0);
    assert_int_equal(revoke(f, REALM, STR("ann"), 1), 1);
    int64_t at = look(f, 1).row.revoked_us;
    assert_true(at > 0);
    assert_int_equal(revoke(f, REALM, STR("ann"), 1), 0);
    assert_int_equal(look(f, 1).row.revoked_us, at);
}

static void test_all_but_one_are_revoked(void **state)
{
    struct store_fixture *f = *state;
    uint64_t count = 0;
    struct store_session s = store_fixture_session(f, 4);
    struct id keep = store_fixture_id(2);
    put(f, 1);
    put(f, 2);
    put(f, 3);
    s.expires_us = s.created_us - 1;
    store_fixture_put(f, &s);
    s = store_fixture_session(f, 5);
    s.subject = STR("bob");
    store_fixture_put(f, &s);
    assert_int_equal(store_session_revoke_all(f->db, REALM, STR("ann"), &keep,
                                              "logout", &count),
                     ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(look(f, 2).row.revoked_us, 0);
    assert_int_equal(look(f, 5).row.revoked_us, 0);
    assert_int_equal(store_session_revoke_all(f->db, REALM, STR("ann"), &nil,
                                              "logout", &count),
                     ERR_OK);
    assert_int_equal(count, 1);
}

static void test_sessions_of_an_address_are_revoked(void **state)
{
    struct store_fixture *f = *state;
    struct store_session s = store_fixture_session(f, 2);
    uint64_t count = 0;
    struct ip here = s.ip;
    put(f, 1);
    s.ip.b[15]++;
    store_fixture_put(f, &s);
    assert_int_equal(
        store_session_revoke_ip(f->db, REALM, &here, "operator", &count),
        ERR_OK);
    assert_int_equal(count, 1);
    assert_true(look(f, 1).row.revoked_us > 0);
    assert_int_equal(look(f, 2).row.revoked_us, 0);
}

static void test_epoch_of_the_realm_only_moves_forward(void **state)
{
    struct store_fixture *f = *state;
    put(f, 1);
    assert_int_equal(store_session_valid_from(f->db, REALM, 500), ERR_OK);
    assert_int_equal(store_session_valid_from(f->db, REALM, 400), ERR_OK);
    assert_int_equal(look(f, 1).sessions_valid_from_us, 500);
}

static void test_small_arena_is_no_memory_and_harmless(void **state)
{
    struct store_fixture *f = *state;
    struct store_session_state st;
    struct arena *tiny = arena_new(64);
    struct store_session s = put(f, 1);
    assert_non_null(tiny);
    assert_int_equal(store_session_state(f->db, tiny, &s.id, &st),
                     ERR_NO_MEMORY);
    assert_int_equal(look(f, 1).row.id.b[15], 1);
    arena_free(&tiny);
}

static void test_touch_writes_at_most_once_a_while(void **state)
{
    struct store_fixture *f = *state;
    struct store_session s = put(f, 1);
    struct ip other = {{1}};
    assert_int_equal(
        store_session_touch(f->db, &s.id, &other, s.active_us + 9, s.active_us),
        ERR_OK);
    assert_int_equal(look(f, 1).row.active_us, s.active_us);
    assert_int_equal(store_session_touch(f->db, &s.id, &other, s.active_us + 9,
                                         s.active_us + 1),
                     ERR_OK);
    assert_int_equal(look(f, 1).row.active_us, s.active_us + 9);
    assert_int_equal(store_fixture_number(
                         f, "SELECT ip = RPAD(X'01', 16, X'00') FROM session"),
                     1);
}

static bool label(struct store_fixture *f, struct str subject, uint8_t n,
                  struct str text)
{
    struct id id = store_fixture_id(n);
    bool found = false;
    assert_int_equal(
        store_session_label(f->db, REALM, subject, &id, text, &found), ERR_OK);
    return found;
}

static int64_t labelled(struct store_fixture *f, const char *text)
{
    return store_fixture_number(
        f, "SELECT COUNT(*) FROM session WHERE label = '%s'", text);
}

static void test_only_the_owner_labels_a_live_session(void **state)
{
    struct store_fixture *f = *state;
    put(f, 1);
    assert_true(label(f, STR("ann"), 1, STR("desk")));
    assert_true(label(f, STR("ann"), 1, STR("desk")));
    assert_int_equal(labelled(f, "desk"), 1);
    assert_false(label(f, STR("bob"), 1, STR("mine")));
    assert_false(label(f, STR("ann"), 2, STR("none")));
    assert_int_equal(labelled(f, "desk"), 1);
    assert_true(label(f, STR("ann"), 1, nobody));
    assert_int_equal(labelled(f, "desk"), 0);
    revoke(f, REALM, STR("ann"), 1);
    assert_false(label(f, STR("ann"), 1, STR("late")));
}

static bool put_data(struct store_fixture *f, uint8_t n, struct str data)
{
    struct id id = store_fixture_id(n);
    bool done = false;
    assert_int_equal(store_session_data_put(f->db, &id, data, &done), ERR_OK);
    return done;
}

static void test_data_is_replaced_while_the_session_lives(void **state)
{
    struct store_fixture *f = *state;
    struct str got;
    struct store_session s = put(f, 1);
    size_t n = 70000;
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, 'd', n);
    assert_int_equal(store_session_data_get(f->db, f->arena, &s.id, &got),
                     ERR_NO_ROW);
    assert_false(put_data(f, 2, STR("{}")));
    assert_true(put_data(f, 1, STR("{\"a\":1}")));
    assert_true(put_data(f, 1, STR("{\"a\":1}")));
    assert_true(put_data(f, 1, (struct str){text, n}));
    assert_int_equal(store_session_data_get(f->db, f->arena, &s.id, &got),
                     ERR_OK);
    assert_int_equal(got.n, n);
    assert_memory_equal(got.p, text, n);
    revoke(f, REALM, STR("ann"), 1);
    assert_false(put_data(f, 1, STR("{}")));
    free(text);
}

static void test_count_knows_the_live_and_the_idlest(void **state)
{
    struct store_fixture *f = *state;
    struct store_session_count c;
    struct store_session s = store_fixture_session(f, 3);
    assert_int_equal(
        store_session_count(f->db, f->arena, REALM, STR("ann"), 0, &c), ERR_OK);
    assert_int_equal(c.live, 0);
    assert_true(id_is_nil(&c.oldest));
    put(f, 1);
    put(f, 2);
    s.active_us -= 100;
    store_fixture_put(f, &s);
    assert_int_equal(
        store_session_count(f->db, f->arena, REALM, STR("ann"), 0, &c), ERR_OK);
    assert_int_equal(c.live, 3);
    assert_int_equal(c.oldest.b[15], 3);
    assert_int_equal(store_session_count(f->db, f->arena, REALM, STR("ann"),
                                         s.active_us + 1, &c),
                     ERR_OK);
    assert_int_equal(c.live, 2);
    assert_int_equal(c.oldest.b[15], 1);
    assert_int_equal(
        store_session_valid_from(f->db, REALM, s.created_us + HOUR_US), ERR_OK);
    assert_int_equal(
        store_session_count(f->db, f->arena, REALM, STR("ann"), 0, &c), ERR_OK);
    assert_int_equal(c.live, 0);
}

static void test_lock_of_the_subject_needs_the_account(void **state)
{
    struct store_fixture *f = *state;
    struct store_account acc = store_fixture_account(5);
    assert_int_equal(db_begin(f->db), ERR_OK);
    assert_int_equal(store_session_lock_subject(f->db, &acc.id), ERR_NO_ROW);
    assert_int_equal(store_account_insert(f->db, &acc), ERR_OK);
    assert_int_equal(store_session_lock_subject(f->db, &acc.id), ERR_OK);
    assert_int_equal(db_commit(f->db), ERR_OK);
}

static void test_revoked_token_shows_in_the_check(void **state)
{
    struct store_fixture *f = *state;
    struct store_session_state st;
    struct store_session s = put(f, 1);
    struct id jti = store_fixture_id(200), other = store_fixture_id(201);
    assert_int_equal(store_token_revoke(f->db, &jti, 100), ERR_OK);
    assert_int_equal(store_token_revoke(f->db, &jti, 50), ERR_OK);
    assert_int_equal(
        store_fixture_number(f, "SELECT expires_us FROM token_revocation"),
        100);
    assert_int_equal(store_session_check(f->db, f->arena, &s.id, &jti, &st),
                     ERR_OK);
    assert_true(st.token_revoked);
    assert_int_equal(store_session_check(f->db, f->arena, &s.id, &other, &st),
                     ERR_OK);
    assert_false(st.token_revoked);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup(name, store_fixture_clear)
    const struct CMUnitTest tests[] = {
        CASE(test_state_answers_what_was_inserted),
        CASE(test_check_answers_the_deciding_half),
        CASE(test_absent_values_come_back_as_zeros),
        CASE(test_unknown_session_is_no_row),
        CASE(test_long_claims_are_read_whole),
        CASE(test_account_goes_with_its_session),
        CASE(test_session_needs_the_account_as_it_was_seen),
        CASE(test_account_cannot_change_between_look_and_insert),
        CASE(test_same_id_twice_is_a_duplicate),
        CASE(test_promotion_happens_once_per_generation),
        CASE(test_promotion_never_turns_activity_back),
        CASE(test_revoked_session_is_not_promoted),
        CASE(test_only_the_owner_revokes_and_only_once),
        CASE(test_all_but_one_are_revoked),
        CASE(test_sessions_of_an_address_are_revoked),
        CASE(test_epoch_of_the_realm_only_moves_forward),
        CASE(test_small_arena_is_no_memory_and_harmless),
        CASE(test_touch_writes_at_most_once_a_while),
        CASE(test_only_the_owner_labels_a_live_session),
        CASE(test_data_is_replaced_while_the_session_lives),
        CASE(test_count_knows_the_live_and_the_idlest),
        CASE(test_lock_of_the_subject_needs_the_account),
        CASE(test_revoked_token_shows_in_the_check),
    };
    return cmocka_run_group_tests(tests, store_fixture_setup,
                                  store_fixture_teardown);
}
