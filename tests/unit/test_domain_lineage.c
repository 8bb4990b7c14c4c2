/* SPDX-License-Identifier: MIT */
/* The whole table of refresh-token lineage: who may come back, and who is a
 * thief. Times in seconds; a key is one letter, '-' for none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "domain/lineage.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define O 10 /* the overlap of most cases */

static void put_key(uint8_t *key, char letter)
{
    memset(key, letter == '-' ? 0 : letter, STORE_HASH_LEN);
}

/* keys: cur, prev, grand. */
static struct store_lineage row_of(const char *keys, int64_t cur_s,
                                   int64_t prev_s)
{
    struct store_lineage row;

    put_key(row.cur, keys[0]);
    put_key(row.prev, keys[1]);
    put_key(row.grand, keys[2]);
    row.cur_issued_us = cur_s * CLOCK_SECOND;
    row.prev_issued_us = prev_s * CLOCK_SECOND;
    return row;
}

static struct lineage_token token_of(const char *keys, int64_t issued_s)
{
    struct lineage_token token;

    put_key(token.key, keys[0]);
    put_key(token.parent, keys[1]);
    token.issued_us = issued_s * CLOCK_SECOND;
    return token;
}

struct lineage_case {
    const char *name;
    const char *row; /* cur, prev, grand */
    int64_t cur_s, prev_s;
    const char *token; /* key, parent */
    int64_t issued_s;
    int64_t overlap_s, now_s;
    enum lineage_verdict want;
};

/* Rows: A-- a session just begun at 100; BA- its child of 200 was used; CBA
 * and the child of that, of 300. */
static const struct lineage_case cases[] = {
    {"first token", "A--", 100, 0, "A-", 100, O, 100, LINEAGE_CURRENT},
    {"first token, unused for long", "A--", 100, 0, "A-", 100, O, 9999,
     LINEAGE_CURRENT},
    {"first token, strict", "A--", 100, 0, "A-", 100, 0, 9999, LINEAGE_CURRENT},
    {"child comes first", "A--", 100, 0, "BA", 200, O, 200, LINEAGE_PROMOTE},
    {"child of a lost answer's retry", "A--", 100, 0, "cA", 260, O, 300,
     LINEAGE_PROMOTE},
    {"child, strict", "A--", 100, 0, "BA", 200, 0, 9999, LINEAGE_PROMOTE},
    {"child again", "BA-", 200, 100, "BA", 200, O, 500, LINEAGE_CURRENT},
    {"child again, strict", "BA-", 200, 100, "BA", 200, 0, 500,
     LINEAGE_CURRENT},
    {"stranger of no family", "A--", 100, 0, "xy", 100, O, 100, LINEAGE_THEFT},
    {"stranger without a parent", "A--", 100, 0, "x-", 100, O, 100,
     LINEAGE_THEFT},
    {"no parent does not match no grandparent", "BA-", 200, 100, "x-", 100, O,
     201, LINEAGE_THEFT},

    {"GRACE-1: parent inside the overlap", "BA-", 200, 100, "A-", 100, O, 205,
     LINEAGE_OVERLAP},
    {"GRACE-1: parent at the last moment", "BA-", 200, 100, "A-", 100, O, 210,
     LINEAGE_OVERLAP},
    {"GRACE-1: parent after the overlap", "BA-", 200, 100, "A-", 100, O, 211,
     LINEAGE_THEFT},
    {"parent, strict, at once", "BA-", 200, 100, "A-", 100, 0, 200,
     LINEAGE_THEFT},
    {"parent, database clock behind the issue", "BA-", 200, 100, "A-", 100, O,
     190, LINEAGE_OVERLAP},
    {"GRACE-1: grandparent inside the overlap", "CBA", 300, 200, "A-", 100, O,
     300, LINEAGE_THEFT},
    {"GRACE-1: grandparent long after", "CBA", 300, 200, "A-", 100, O, 9999,
     LINEAGE_THEFT},
    {"great-grandparent", "DCB", 400, 300, "A-", 100, O, 400, LINEAGE_THEFT},

    {"sibling issued after", "BA-", 200, 100, "bA", 205, O, 206,
     LINEAGE_CURRENT},
    {"sibling issued before", "BA-", 200, 100, "bA", 195, O, 206,
     LINEAGE_CURRENT},
    {"sibling at the far edge", "BA-", 200, 100, "bA", 210, O, 500,
     LINEAGE_CURRENT},
    {"sibling at the near edge", "BA-", 200, 100, "bA", 190, O, 500,
     LINEAGE_CURRENT},
    {"GRACE-1: unused sibling issued too late", "BA-", 200, 100, "bA", 211, O,
     211, LINEAGE_THEFT},
    {"GRACE-1: unused sibling issued too early", "BA-", 200, 100, "bA", 189, O,
     200, LINEAGE_THEFT},
    {"sibling of the same moment, strict", "BA-", 200, 100, "bA", 200, 0, 200,
     LINEAGE_THEFT},
    {"sibling used late but issued in time", "BA-", 200, 100, "bA", 201, O,
     99999, LINEAGE_CURRENT},

    {"sibling of the parent inside the overlap", "CBA", 300, 200, "bA", 204, O,
     305, LINEAGE_OVERLAP},
    {"sibling of the parent after the overlap", "CBA", 300, 200, "bA", 204, O,
     311, LINEAGE_THEFT},
    {"late sibling of the parent", "CBA", 300, 200, "bA", 215, O, 301,
     LINEAGE_THEFT},
    {"sibling of the parent, strict", "CBA", 300, 200, "bA", 200, 0, 300,
     LINEAGE_THEFT},
    {"parent of three generations", "CBA", 300, 200, "BA", 200, O, 309,
     LINEAGE_OVERLAP},
    {"parent of three generations, late", "CBA", 300, 200, "BA", 200, O, 311,
     LINEAGE_THEFT},
    {"child of a sibling", "BA-", 200, 100, "CB", 230, O, 231, LINEAGE_PROMOTE},
    {"unused child of the parent of the parent", "DCB", 400, 300, "bA", 200, O,
     400, LINEAGE_THEFT},
};

static void GRACE_1_every_row_of_the_lineage_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct lineage_case *k = &cases[i];
        struct store_lineage row = row_of(k->row, k->cur_s, k->prev_s);
        struct lineage_token token = token_of(k->token, k->issued_s);
        struct lineage_rules rules = {k->overlap_s * CLOCK_SECOND, false};
        enum lineage_verdict got =
            lineage_judge(&row, &token, &rules, k->now_s * CLOCK_SECOND);

        if (got != k->want)
            fail_msg("%s: verdict %d, not %d", k->name, (int)got, (int)k->want);
    }
}

/* Rows of a lineage that rotates: BA- its child took the place of A at 200. */
static void S09_S10_every_row_of_the_table_of_rotation(void **state)
{
    static const struct {
        const char *row, *token;
        int64_t now_s;
        enum lineage_verdict want;
        enum lineage_reuse reuse;
    } rows[] = {
        {"A--", "A-", 9999, LINEAGE_CURRENT, 0},
        {"A--", "BA", 9999, LINEAGE_PROMOTE, 0},
        {"BA-", "BA", 9999, LINEAGE_CURRENT, 0},
        {"BA-", "CB", 9999, LINEAGE_PROMOTE, 0},
        {"BA-", "A-", 200, LINEAGE_OVERLAP, 0},
        {"BA-", "A-", 230, LINEAGE_OVERLAP, 0},
        {"BA-", "A-", 231, LINEAGE_THEFT, LINEAGE_REUSE_RECENT},
        {"BA-", "bA", 200, LINEAGE_THEFT, LINEAGE_REUSE_ORPHAN},
        {"BA-", "bA", 9999, LINEAGE_THEFT, LINEAGE_REUSE_ORPHAN},
        {"CBA", "A-", 200, LINEAGE_THEFT, LINEAGE_REUSE_STALE},
        {"CBA", "bA", 200, LINEAGE_THEFT, LINEAGE_REUSE_STALE},
        {"BA-", "x-", 200, LINEAGE_THEFT, LINEAGE_REUSE_STALE},
        {"BA-", "xy", 200, LINEAGE_THEFT, LINEAGE_REUSE_STALE},
        {"A--", "x-", 200, LINEAGE_THEFT, LINEAGE_REUSE_STALE},
    };
    const struct lineage_rules rules = {30 * CLOCK_SECOND, true};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct store_lineage row = row_of(rows[i].row, 200, 100);
        struct lineage_token token = token_of(rows[i].token, 0);
        enum lineage_verdict got =
            lineage_judge(&row, &token, &rules, rows[i].now_s * CLOCK_SECOND);

        if (got != rows[i].want)
            fail_msg("%s %s: %d", rows[i].row, rows[i].token, (int)got);
        if (got == LINEAGE_THEFT)
            assert_int_equal(lineage_reuse(&row, &token), rows[i].reuse);
    }
}

static void rotation_keeps_what_was_presented_as_the_parent(void **state)
{
    static const struct {
        const char *row, *token, *want;
    } rows[] = {
        {"A--", "A-", "CA-"}, {"BA-", "BA", "CBA"}, {"A--", "BA", "CBA"}};
    struct lineage_token child = token_of("CB", 0);

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct store_lineage row = row_of(rows[i].row, 200, 100);
        struct lineage_token token = token_of(rows[i].token, 0);
        struct store_lineage want = row_of(rows[i].want, 0, 0);
        struct store_lineage got =
            lineage_rotated(&row, &token, &child, 300 * CLOCK_SECOND);

        assert_memory_equal(got.cur, want.cur, STORE_HASH_LEN);
        assert_memory_equal(got.prev, want.prev, STORE_HASH_LEN);
        assert_memory_equal(got.grand, want.grand, STORE_HASH_LEN);
        assert_int_equal(got.cur_issued_us, 300 * CLOCK_SECOND);
    }
}

/* A family that grows by use: each step is a token that comes back. */
struct family {
    struct store_lineage row;
    char next; /* letter of the next token */
};

static struct family begin(void)
{
    return (struct family){row_of("A--", 100, 0), 'B'};
}

/* Presents token; the verdict goes to *got_r, an issued child is returned. */
static struct lineage_token present(struct family *f,
                                    const struct lineage_token *token,
                                    int64_t now_s, enum lineage_verdict *got_r)
{
    const struct lineage_rules rules = {O * CLOCK_SECOND, false};
    struct lineage_token child;

    *got_r = lineage_judge(&f->row, token, &rules, now_s * CLOCK_SECOND);
    if (*got_r == LINEAGE_PROMOTE)
        f->row = lineage_promoted(&f->row, token);
    put_key(child.key, f->next++);
    memcpy(child.parent, lineage_parent(&f->row, *got_r), STORE_HASH_LEN);
    child.issued_us = now_s * CLOCK_SECOND;
    return child;
}

static struct lineage_token
good(struct family *f, const struct lineage_token *token, int64_t now_s)
{
    enum lineage_verdict got;
    struct lineage_token child = present(f, token, now_s, &got);

    assert_int_not_equal(got, LINEAGE_THEFT);
    return child;
}

static void theft(struct family *f, const struct lineage_token *token,
                  int64_t now_s)
{
    enum lineage_verdict got;

    (void)present(f, token, now_s, &got);
    assert_int_equal(got, LINEAGE_THEFT);
}

static void FAPI2_5_3_2_1_any_number_of_lost_answers_costs_nothing(void **state)
{
    struct family f = begin();
    struct lineage_token a = token_of("A-", 100), last = a;

    (void)state;
    for (int64_t t = 200; t < 260; t += 7)
        last = good(&f, &a, t);
    last = good(&f, &last, 300);
    (void)good(&f, &last, 400);
}

static void GRACE_1_a_lost_answer_that_comes_back_later_is_theft(void **state)
{
    struct family f = begin();
    struct lineage_token a = token_of("A-", 100);
    struct lineage_token lost = good(&f, &a, 200), got = good(&f, &a, 260);

    (void)state;
    (void)good(&f, &got, 300);
    theft(&f, &lost, 301);
}

static void two_tabs_twice_in_a_row_are_no_thief(void **state)
{
    struct family f = begin();
    struct lineage_token a = token_of("A-", 100);
    struct lineage_token one = good(&f, &a, 200), two = good(&f, &a, 203);
    struct lineage_token one1 = good(&f, &one, 204);
    struct lineage_token two1 = good(&f, &two, 208);

    (void)state;
    /* Both tabs used their own child; both refresh once more, either order. */
    struct lineage_token two2 = good(&f, &two1, 220);
    struct lineage_token one2 = good(&f, &one1, 221);

    (void)good(&f, &one2, 300);
    (void)good(&f, &two2, 300);
}

static void a_tab_that_sleeps_through_the_overlap_is_theft(void **state)
{
    struct family f = begin();
    struct lineage_token a = token_of("A-", 100);
    struct lineage_token one = good(&f, &a, 200);

    (void)state;
    one = good(&f, &one, 201);
    theft(&f, &a, 211);
}

static void parent_gives_a_sibling_that_counts_as_current(void **state)
{
    struct family f = begin();
    struct lineage_token a = token_of("A-", 100);
    struct lineage_token one = good(&f, &a, 200);

    (void)state;
    (void)good(&f, &one, 202);
    struct lineage_token sibling = good(&f, &a, 209);

    assert_memory_equal(sibling.parent, f.row.prev, STORE_HASH_LEN);
    (void)good(&f, &sibling, 5000);
}

static void A_10_4_5_thief_first_then_owner_is_seen(void **state)
{
    struct family f = begin();
    struct lineage_token a = token_of("A-", 100);
    struct lineage_token stolen = good(&f, &a, 200);

    (void)state;
    (void)good(&f, &stolen, 201);
    theft(&f, &a, 300);
}

static void A_10_4_5_owner_first_then_thief_is_seen(void **state)
{
    struct family f = begin();
    struct lineage_token a = token_of("A-", 100);
    struct lineage_token own = good(&f, &a, 200);
    struct lineage_token own1 = good(&f, &own, 900);

    (void)state;
    (void)good(&f, &own1, 1800);
    theft(&f, &a, 1801);
}

static void promotion_shifts_every_generation(void **state)
{
    struct store_lineage row = row_of("CBA", 300, 200);
    struct lineage_token token = token_of("DC", 400);
    struct store_lineage want = row_of("DCB", 400, 300);
    struct store_lineage got = lineage_promoted(&row, &token);

    (void)state;
    assert_memory_equal(got.cur, want.cur, STORE_HASH_LEN);
    assert_memory_equal(got.prev, want.prev, STORE_HASH_LEN);
    assert_memory_equal(got.grand, want.grand, STORE_HASH_LEN);
    assert_int_equal(got.cur_issued_us, want.cur_issued_us);
    assert_int_equal(got.prev_issued_us, want.prev_issued_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(GRACE_1_every_row_of_the_lineage_table),
        cmocka_unit_test(S09_S10_every_row_of_the_table_of_rotation),
        cmocka_unit_test(rotation_keeps_what_was_presented_as_the_parent),
        cmocka_unit_test(
            FAPI2_5_3_2_1_any_number_of_lost_answers_costs_nothing),
        cmocka_unit_test(GRACE_1_a_lost_answer_that_comes_back_later_is_theft),
        cmocka_unit_test(two_tabs_twice_in_a_row_are_no_thief),
        cmocka_unit_test(a_tab_that_sleeps_through_the_overlap_is_theft),
        cmocka_unit_test(parent_gives_a_sibling_that_counts_as_current),
        cmocka_unit_test(A_10_4_5_thief_first_then_owner_is_seen),
        cmocka_unit_test(A_10_4_5_owner_first_then_thief_is_seen),
        cmocka_unit_test(promotion_shifts_every_generation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
