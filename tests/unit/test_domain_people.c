/* SPDX-License-Identifier: MIT */
/* Groups, guests, the search for people and the audit trail against a real
 * database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "domain/account_search.h"
#include "domain/audit.h"
#include "domain/group.h"
#include "domain/guest.h"
#include "domain/rights.h"
#include "domain/session_state.h"
#include "domain_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int fresh(void **state)
{
    int failed = world_fresh(state);
    struct world *w = *state;

    world_sql(w, "DELETE FROM user_group");
    w->config->mail_transport = MAIL_TRANSPORT_NONE;
    w->config->accounts_guests = true;
    w->config->accounts_guest_limit = 100;
    w->config->accounts_guest_retention = 604800;
    return failed;
}

static struct id account_id(struct world *w)
{
    struct account account;

    assert_int_equal(account_by_email(&w->a, w->email, &account), ERR_OK);
    return account.id;
}

/* The change that makes a group with one text in the default language. */
static struct group_change named(struct world *w, const char *name)
{
    struct group_change change = {.count = 1};

    change.texts[0] = (struct group_text){
        str_of(w->config->mail_default_locale), str_of(name), STR("")};
    return change;
}

/* GRP-1 */
static void groups_that_are_not_fit_are_refused(void **state)
{
    static const struct {
        const char *key, *locale, *name;
        enum err e;
    } cases[] = {
        {"", "en", "a", ERR_VALIDATION},
        {"a b", "en", "a", ERR_VALIDATION},
        {"a/b", "en", "a", ERR_VALIDATION},
        {"\xc3\xa4", "en", "a", ERR_VALIDATION},
        {"0123456789012345678901234567890123456789012345678901234567890123x",
         "en", "a", ERR_VALIDATION},
        {"a", "e", "a", ERR_GROUP_TRANSLATION},
        {"a", "e1", "a", ERR_GROUP_TRANSLATION},
        {"a", "en-", "a", ERR_GROUP_TRANSLATION},
        {"a", "en-123456789", "a", ERR_GROUP_TRANSLATION},
        {"a", "fr", "a", ERR_GROUP_TRANSLATION},
        {"a", "en", "", ERR_GROUP_TRANSLATION},
        {"a", "en", "a\nb", ERR_GROUP_TRANSLATION},
        {"a.B-c_9", "en", "a", ERR_OK},
        {"a.B-c_9", "en", "again", ERR_GROUP_EXISTS},
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct group_change change = named(w, cases[i].name);

        if (strcmp(cases[i].locale, "en") != 0)
            change.texts[0].locale = str_of(cases[i].locale);
        enum err e = group_create(&w->a, str_of(cases[i].key), &change, "x");

        if (e != cases[i].e)
            fail_msg("case %zu: %s", i, err_name(e));
    }
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM user_group"), 1);
    assert_int_equal(world_events(w, "group.created"), 1);
}

/* GRP-2 */
static void membership_is_a_right_and_ends_access_tokens(void **state)
{
    struct world *w = *state;
    const struct group_change change = named(w, "Staff");
    const struct id id = account_id(w), nobody = {{1}};
    struct tokens t = world_sign_in(w, &w->a), u;

    assert_int_equal(group_create(&w->a, STR("staff"), &change, "x"), ERR_OK);
    assert_int_equal(group_add(&w->a, STR("none"), &id, "x"),
                     ERR_GROUP_NOT_FOUND);
    assert_int_equal(group_add(&w->a, STR("staff"), &nobody, "x"),
                     ERR_USER_NOT_FOUND);
    assert_int_equal(group_remove(&w->a, STR("staff"), &id, "x"), ERR_OK);
    assert_int_equal(world_check(&w->b, t.access), ERR_OK);
    assert_int_equal(group_add(&w->a, STR("staff"), &id, "x"), ERR_OK);
    assert_int_equal(world_check(&w->b, t.access), ERR_ACCESS_TOKEN_EXPIRED);
    assert_int_equal(session_refresh(&w->b, t.refresh, &u, NULL), ERR_OK);
    /* Once more changes nothing. */
    assert_int_equal(group_add(&w->b, STR("staff"), &id, "x"), ERR_OK);
    assert_int_equal(world_check(&w->a, u.access), ERR_OK);
    assert_int_equal(world_events(w, "group.member_added"), 1);
    assert_int_equal(group_delete(&w->b, STR("staff"), "x"), ERR_OK);
    assert_int_equal(world_check(&w->a, u.access), ERR_ACCESS_TOKEN_EXPIRED);
    assert_int_equal(group_delete(&w->b, STR("staff"), "x"),
                     ERR_GROUP_NOT_FOUND);
}

/* With all of them a token must still fit a cookie. */
static void nobody_is_in_more_groups_than_a_token_holds(void **state)
{
    struct world *w = *state;
    const struct group_change change = named(w, "Long");
    const struct id id = account_id(w);
    char key[] =
        "x_12345678901234567890123456789012345678901234567890123456789";
    enum err e = ERR_OK;
    unsigned joined = 0;

    for (char c = 'a'; c <= 'z' && e == ERR_OK; c++) {
        key[0] = c;
        assert_int_equal(group_create(&w->a, str_of(key), &change, "x"),
                         ERR_OK);
        e = group_add(&w->a, str_of(key), &id, "x");
        joined += e == ERR_OK ? 1 : 0;
    }
    assert_int_equal(e, ERR_GROUP_LIMIT);
    assert_in_range(joined, 8, 15);
}

static void the_last_text_in_the_default_language_stays(void **state)
{
    struct world *w = *state;
    struct group_change change = named(w, "Staff");
    struct group group;

    change.count = 2;
    change.texts[1] = (struct group_text){STR("fr"), STR("Equipe"), STR("")};
    assert_int_equal(group_create(&w->a, STR("staff"), &change, "x"), ERR_OK);
    change = (struct group_change){.drop_count = 1};
    change.drop[0] = str_of(w->config->mail_default_locale);
    assert_int_equal(group_update(&w->a, STR("staff"), &change, "x"),
                     ERR_GROUP_TRANSLATION);
    change.drop[0] = STR("fr");
    assert_int_equal(group_update(&w->a, STR("none"), &change, "x"),
                     ERR_GROUP_NOT_FOUND);
    assert_int_equal(group_update(&w->a, STR("staff"), &change, "x"), ERR_OK);
    assert_int_equal(group_read(&w->b, STR("staff"), &group), ERR_OK);
    assert_int_equal(group.count, 1);
    assert_int_equal(group_read(&w->b, STR("STAFF"), &group),
                     ERR_GROUP_NOT_FOUND);
}

static struct store_session row_of(struct ctx *c, const struct tokens *t)
{
    struct store_session_state state;

    assert_int_equal(session_state_read(c, &t->session_id, &state), ERR_OK);
    return state.row;
}

/* GUE-1 GUE-2 */
static void a_guest_becomes_a_user_once_and_keeps_the_session(void **state)
{
    struct world *w = *state;
    struct signed_in guest, user;
    struct session_view view;

    assert_int_equal(guest_create(&w->a, STR("Visitor"), &guest), ERR_OK);
    struct store_session row = row_of(&w->a, &guest.tokens);

    assert_int_equal(session_check(&w->b, guest.tokens.access, &view), ERR_OK);
    assert_true(str_eq(view.claims.roles, STR("[\"GUEST\"]")));
    assert_true(str_eq(view.claims.acr, STR("0")));
    assert_int_equal(
        guest_convert(&w->a, &row, STR("nobody"), STR(WORLD_PASSWORD), &user),
        ERR_EMAIL_INVALID);
    assert_int_equal(
        guest_convert(&w->a, &row, STR("g@example.net"), STR("short"), &user),
        ERR_PASSWORD_TOO_SHORT);
    assert_int_equal(
        guest_convert(&w->a, &row, w->email, STR(WORLD_PASSWORD), &user),
        ERR_GUEST_EMAIL_TAKEN);
    assert_int_equal(world_check(&w->b, guest.tokens.access), ERR_OK);
    assert_int_equal(guest_convert(&w->a, &row, STR("g@example.net"),
                                   STR(WORLD_PASSWORD), &user),
                     ERR_OK);
    assert_int_equal(world_check(&w->b, guest.tokens.access),
                     ERR_ACCESS_TOKEN_EXPIRED);
    assert_int_equal(session_check(&w->b, user.tokens.access, &view), ERR_OK);
    assert_true(id_eq(&view.claims.sid, &guest.tokens.session_id));
    assert_true(str_eq(view.claims.roles, STR("[\"USER\"]")));
    assert_true(id_eq(&user.account.id, &row.account_id));
    assert_int_equal(guest_convert(&w->b, &row, STR("h@example.net"),
                                   STR(WORLD_PASSWORD), &user),
                     ERR_GUEST_IS_USER);
    assert_int_equal(world_events(w, "guest.converted"), 1);
}

static void there_are_guests_only_where_they_are_wanted(void **state)
{
    struct world *w = *state;
    struct signed_in in;

    w->config->accounts_guests = false;
    assert_int_equal(guest_create(&w->a, STR("x"), &in), ERR_GUESTS_OFF);
    w->config->accounts_guests = true;
    assert_int_equal(guest_create(&w->a, STR("a\nb"), &in), ERR_VALIDATION);
    w->config->accounts_guest_limit = 1;
    assert_int_equal(guest_create(&w->a, STR(""), &in), ERR_OK);
    assert_int_equal(guest_create(&w->b, STR(""), &in), ERR_TOO_MANY_REQUESTS);
    assert_true(w->b.retry_after_s > 0);
    w->b.retry_after_s = 0;
}

static void a_guest_goes_when_nobody_comes_back(void **state)
{
    struct world *w = *state;
    const int64_t now = clock_us(&w->a.clock);
    const int64_t later =
        now + (w->config->accounts_guest_retention + 60) * CLOCK_SECOND;
    struct signed_in old, live, user;
    uint64_t count = 0;

    world_sql(w, "DELETE FROM account WHERE id IN "
                 "(SELECT account_id FROM account_role WHERE role = 'GUEST')");
    assert_int_equal(guest_create(&w->a, STR("old"), &old), ERR_OK);
    assert_int_equal(guest_create(&w->a, STR("live"), &live), ERR_OK);
    assert_int_equal(guest_create(&w->a, STR("user"), &user), ERR_OK);
    struct store_session row = row_of(&w->a, &user.tokens);

    assert_int_equal(guest_convert(&w->a, &row, STR("stays@example.net"),
                                   STR(WORLD_PASSWORD), &user),
                     ERR_OK);
    assert_int_equal(session_revoke(&w->a, old.tokens.subject,
                                    &old.tokens.session_id, "logout"),
                     ERR_OK);
    assert_int_equal(guest_purge(&w->a, now, 10, &count), ERR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(guest_purge(&w->b, later, 10, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(world_check(&w->a, live.tokens.access), ERR_OK);
    assert_int_equal(world_check(&w->a, user.tokens.access), ERR_OK);
    assert_int_equal(world_events(w, "account.deleted"), 1);
}

/* Whom a search finds, by the first letters of the addresses. */
struct found {
    unsigned count;
    struct id first, last;
};

static enum err keep_account(void *data, const struct account *account,
                             int64_t active_us)
{
    struct found *f = data;

    (void)active_us;
    if (f->count++ == 0)
        f->first = account->id;
    f->last = account->id;
    return ERR_OK;
}

/* USR-2 */
static void people_are_found_by_what_is_asked_for(void **state)
{
    struct world *w = *state;
    const struct id ann = account_id(w), nobody = {{1}};
    struct store_search search = {.limit = 50};
    struct found f = {0};
    struct account account;
    int64_t total = 0;

    assert_int_equal(account_find(&w->a, &nobody, &account),
                     ERR_USER_NOT_FOUND);
    w->b.realm_id = 7;
    assert_int_equal(account_find(&w->b, &ann, &account), ERR_USER_NOT_FOUND);
    w->b.realm_id = STORE_REALM_DEFAULT;
    assert_int_equal(account_find(&w->b, &ann, &account), ERR_OK);
    assert_true(str_eq(account.email, w->email));
    assert_int_equal(
        account_search(&w->a, w->email, &search, keep_account, &f, &total),
        ERR_OK);
    assert_int_equal(total, 1);
    assert_true(id_eq(&f.first, &ann));
    static const char *const strangers[] = {"stranger@example.net", "ann",
                                            "%@example.net", "' OR 1=1 --"};

    for (size_t i = 0; i < COUNT(strangers); i++) {
        f.count = 0;
        search = (struct store_search){.limit = 50};
        assert_int_equal(account_search(&w->a, str_of(strangers[i]), &search,
                                        keep_account, &f, &total),
                         ERR_OK);
        assert_int_equal(total, 0);
        assert_int_equal(f.count, 0);
    }
}

static void a_search_has_pages_and_an_order(void **state)
{
    struct world *w = *state;
    const struct id newest = account_id(w);
    struct store_search search = {.limit = 1, .newest_first = true};
    struct found f = {0};
    int64_t total = 0, all = world_number(w, "SELECT COUNT(*) FROM account");
    bool changed;

    assert_int_equal(
        account_search(&w->a, STR(""), &search, keep_account, &f, &total),
        ERR_OK);
    assert_int_equal(total, all);
    assert_int_equal(f.count, 1);
    assert_true(id_eq(&f.first, &newest));
    assert_int_equal(account_set_active(&w->a, &newest, false, &changed),
                     ERR_OK);
    search = (struct store_search){.limit = 50, .status = 2};
    f.count = 0;
    assert_int_equal(
        account_search(&w->a, STR(""), &search, keep_account, &f, &total),
        ERR_OK);
    assert_true(id_eq(&f.last, &newest));
    search = (struct store_search){
        .limit = 50, .roles = {STR_INIT("NOBODY")}, .role_count = 1};
    assert_int_equal(
        account_search(&w->a, STR(""), &search, keep_account, &f, &total),
        ERR_OK);
    assert_int_equal(total, 0);
}

static enum err count_event(void *data, const struct store_audit_event *event)
{
    unsigned *count = data;

    assert_non_null(event->event.kind);
    (*count)++;
    return ERR_OK;
}

static unsigned events_of(struct ctx *c, struct store_audit what, bool *more)
{
    unsigned count = 0;

    assert_int_equal(audit_list(c, &what, count_event, &count, more), ERR_OK);
    return count;
}

/* LOG-1 */
static void the_trail_is_read_by_person_kind_and_time(void **state)
{
    struct world *w = *state;
    struct tokens t = world_sign_in(w, &w->a);
    const struct ip other = {{1}};
    struct store_audit what = {.limit = 1};
    unsigned own = 0;
    bool more = false;

    (void)world_sign_in(w, &w->b);
    assert_int_equal(events_of(&w->a, what, &more), 1);
    assert_true(more);
    what = (struct store_audit){
        .limit = 50, .subject = t.subject, .kind = STR_INIT("auth.sign_in")};
    assert_int_equal(events_of(&w->a, what, &more), 2);
    assert_false(more);
    what.kind = STR("auth.sign_i");
    assert_int_equal(events_of(&w->a, what, &more), 0);
    what.kind = STR("auth.sign_in");
    what.subject = STR("somebody else");
    assert_int_equal(events_of(&w->a, what, &more), 0);
    what = (struct store_audit){.limit = 50, .ip = &other};
    assert_int_equal(events_of(&w->a, what, &more), 0);
    what = (struct store_audit){.limit = 50, .to_us = 1};
    assert_int_equal(events_of(&w->a, what, &more), 0);
    w->b.realm_id = 7;
    assert_int_equal(events_of(&w->b, (struct store_audit){.limit = 50}, &more),
                     0);
    w->b.realm_id = STORE_REALM_DEFAULT;
    what = (struct store_audit){.limit = 50};
    assert_int_equal(
        audit_activity(&w->a, t.subject, &what, count_event, &own, &more),
        ERR_OK);
    assert_in_range(own, 2, 3);
}

struct past {
    const struct config *config;
    unsigned active, expired, revoked;
};

static enum err keep_status(void *data, const struct store_past *past)
{
    struct past *p = data;
    const char *status = audit_status(p->config, past);

    p->active += strcmp(status, "active") == 0 ? 1 : 0;
    p->expired += strcmp(status, "expired") == 0 ? 1 : 0;
    p->revoked += strcmp(status, "revoked") == 0 ? 1 : 0;
    return ERR_OK;
}

static void sessions_that_are_over_are_told_too(void **state)
{
    struct world *w = *state;
    struct tokens live = world_sign_in(w, &w->a);
    struct tokens ended = world_sign_in(w, &w->a);
    struct tokens old = world_sign_in(w, &w->a);
    struct past p = {.config = w->config};

    assert_int_equal(
        session_revoke(&w->a, ended.subject, &ended.session_id, "logout"),
        ERR_OK);
    world_age(w, &old.session_id, w->config->tokens_refresh_lifetime + 10);
    assert_int_equal(audit_sessions(&w->b, live.subject, keep_status, &p),
                     ERR_OK);
    assert_int_equal(p.active, 1);
    assert_int_equal(p.expired, 1);
    assert_int_equal(p.revoked, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, fresh)
    const struct CMUnitTest tests[] = {
        TEST(groups_that_are_not_fit_are_refused),
        TEST(membership_is_a_right_and_ends_access_tokens),
        TEST(nobody_is_in_more_groups_than_a_token_holds),
        TEST(the_last_text_in_the_default_language_stays),
        TEST(a_guest_becomes_a_user_once_and_keeps_the_session),
        TEST(there_are_guests_only_where_they_are_wanted),
        TEST(a_guest_goes_when_nobody_comes_back),
        TEST(people_are_found_by_what_is_asked_for),
        TEST(a_search_has_pages_and_an_order),
        TEST(the_trail_is_read_by_person_kind_and_time),
        TEST(sessions_that_are_over_are_told_too),
    };

    return cmocka_run_group_tests(tests, world_up, world_down);
}
