/* SPDX-License-Identifier: MIT */
/* Persons of providers: whose they are, how they are connected and taken away,
 * and which sessions end with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "domain/guest.h"
#include "domain/identity.h"
#include "domain/identity_change.h"
#include "domain/identity_end.h"
#include "domain/identity_tokens.h"
#include "domain/password_reset.h"
#include "domain_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ISSUER STR("https://id.example")

static struct config_provider providers[] = {
    {.name = "acme", .title = "Acme", .keep_tokens = true},
    {.name = "other", .title = "Other"},
};

static int fresh(void **state)
{
    struct world *w = *state;

    w->config->providers = providers;
    w->config->provider_count = COUNT(providers);
    world_sql(w, "DELETE FROM identity");
    world_sql(w, "DELETE FROM session_provider");
    w->config->accounts_guests = true;
    w->config->mail_transport = MAIL_TRANSPORT_NONE;
    return world_fresh(state);
}

static struct identity_person person(const char *subject)
{
    return (struct identity_person){.provider = &providers[0],
                                    .issuer = ISSUER,
                                    .subject = str_of(subject),
                                    .email = STR("new@example.net"),
                                    .email_verified = true};
}

/* What the functions do that belong to a transaction. */
struct doing {
    struct ctx *c;
    const struct identity_person *p;
    struct id id;
};

static enum err do_add(void *data)
{
    const struct doing *d = data;

    return identity_add(d->c, d->p, &d->id);
}

static enum err do_session(void *data)
{
    const struct doing *d = data;

    return identity_session(d->c, d->p, &d->id);
}

static struct id owner(struct world *w)
{
    struct account account;

    assert_int_equal(account_by_email(&w->a, w->email, &account), ERR_OK);
    return account.id;
}

static enum err add(struct world *w, const struct identity_person *p,
                    const struct id *account)
{
    struct doing d = {&w->a, p, *account};

    return db_transact(w->a.db, do_add, &d);
}

/* A session of the test's account that began with p. */
static struct tokens sign_in_with(struct world *w,
                                  const struct identity_person *p)
{
    struct tokens t = world_sign_in(w, &w->a);
    struct doing d = {&w->a, p, t.session_id};

    assert_int_equal(db_transact(w->a.db, do_session, &d), ERR_OK);
    return t;
}

/* The row of the session as a request sees it. */
static struct store_session seen(struct world *w, const struct tokens *t)
{
    struct session_view view;

    assert_int_equal(session_check(&w->a, t->access, &view), ERR_OK);
    return view.state.row;
}

static void
a_person_is_known_by_issuer_and_subject_byte_for_byte_A_6_8_1_A_10_3_3(
    void **state)
{
    struct world *w = *state;
    const struct id account = owner(w);
    const struct identity_person ann = person("Ann");
    struct identity_person same = ann, other = ann;
    struct id found;

    assert_int_equal(identity_find(&w->a, &ann, &found), ERR_NOT_FOUND);
    assert_int_equal(add(w, &ann, &account), ERR_OK);
    same.email = STR("else@example.net");
    same.email_verified = false;
    assert_int_equal(identity_find(&w->b, &same, &found), ERR_OK);
    assert_memory_equal(&found, &account, sizeof(found));

    static const struct {
        struct str issuer, subject;
        enum err want;
    } cases[] = {
        {STR_INIT("https://id.example"), STR_INIT("ann"), ERR_NOT_FOUND},
        {STR_INIT("https://id.example"), STR_INIT("Ann "), ERR_NOT_FOUND},
        {STR_INIT("https://id.example/"), STR_INIT("Ann"), ERR_NOT_FOUND},
        {STR_INIT("https://id.exampleA"), STR_INIT("nn"), ERR_NOT_FOUND},
        {STR_INIT("https://ID.example"), STR_INIT("Ann"), ERR_NOT_FOUND},
        {STR_INIT("https://id.example"), STR_INIT("Ann\0"), ERR_NOT_FOUND},
        {STR_INIT("https://id.example"), STR_INIT(""), ERR_SUB_CLAIM_MISSING},
        {STR_INIT(""), STR_INIT("Ann"), ERR_SUB_CLAIM_MISSING},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        other.issuer = cases[i].issuer;
        other.subject = cases[i].subject;
        other.email = w->email;
        assert_int_equal(identity_find(&w->a, &other, &found), cases[i].want);
    }
    w->b.realm_id++;
    assert_int_equal(identity_find(&w->b, &ann, &found), ERR_NOT_FOUND);
    w->b.realm_id--;
}

static void a_subject_longer_than_the_column_is_none(void **state)
{
    struct world *w = *state;
    const struct id account = owner(w);
    char subject[600];
    struct identity_person p = person("x");
    struct id found;

    memset(subject, 's', sizeof(subject));
    p.subject = (struct str){subject, sizeof(subject)};
    assert_int_equal(identity_find(&w->a, &p, &found), ERR_SUB_CLAIM_MISSING);
    assert_int_equal(add(w, &p, &account), ERR_SUB_CLAIM_MISSING);
    p.subject.n = 255;
    assert_int_equal(add(w, &p, &account), ERR_OK);
}

static void
a_person_has_one_account_and_an_account_one_of_a_provider_OAU_8(void **state)
{
    struct world *w = *state;
    const struct id account = owner(w);
    const struct identity_person ann = person("ann"), bob = person("bob");
    struct identity_person third = person("carl");
    struct signed_in guest;

    assert_int_equal(add(w, &ann, &account), ERR_OK);
    assert_int_equal(guest_create(&w->a, STR("Gil"), &guest), ERR_OK);
    assert_int_equal(add(w, &ann, &guest.account.id), ERR_OTHER_PRINCIPAL);
    assert_int_equal(add(w, &ann, &account), ERR_OTHER_PRINCIPAL);
    assert_int_equal(add(w, &bob, &account), ERR_PROVIDER_CONNECTED);
    third.provider = &providers[1];
    assert_int_equal(add(w, &third, &account), ERR_OK);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM identity"), 2);
    assert_int_equal(world_events(w, "provider.connected"), 2);
}

static void no_subject_and_token_is_in_clear_A_10_1_1(void **state)
{
    struct world *w = *state;
    const struct id account = owner(w);
    const struct identity_tokens t = {STR("token-in-clear"), STR("refresh"),
                                      STR("openid"), 0};
    struct identity_person p = person("subject-in-clear");

    assert_int_equal(identity_tokens_pack(&w->a, &t, &p.tokens), ERR_OK);
    assert_int_equal(add(w, &p, &account), ERR_OK);
    assert_int_equal(world_number(w,
                                  "SELECT COUNT(*) FROM identity WHERE "
                                  "INSTR(subject_sealed, 'subject-in') > 0 OR "
                                  "INSTR(tokens_sealed, 'token-in') > 0 OR "
                                  "INSTR(identity_hash, 'subject-in') > 0"),
                     0);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM identity WHERE "
                                     "tokens_sealed IS NOT NULL"),
                     1);
}

static void a_user_connects_and_keeps_his_session_OAU_7(void **state)
{
    struct world *w = *state;
    const struct id account = owner(w);
    const struct identity_person p = person("ann");
    struct tokens before = world_sign_in(w, &w->a), after;
    bool converted = true;

    w->config->mail_transport = MAIL_TRANSPORT_SMTP;
    world_sql(w, "DELETE FROM outbox");
    assert_int_equal(identity_connect(&w->a, &p, &account, &before.session_id,
                                      &after, &converted),
                     ERR_OK);
    assert_false(converted);
    assert_memory_equal(&after.session_id, &before.session_id,
                        sizeof(after.session_id));
    assert_int_equal(world_check(&w->a, before.access), ERR_OK);
    assert_int_equal(world_check(&w->a, after.access), ERR_OK);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM outbox WHERE "
                                     "kind = 'provider-connected'"),
                     1);
    /* The address is not touched: it stays the account's own. */
    struct account there;
    assert_int_equal(account_by_email(&w->a, w->email, &there), ERR_OK);
    assert_true(str_eq(there.providers, STR("acme")));
}

static void connecting_is_refused_OAU_8(void **state)
{
    struct world *w = *state;
    const struct id account = owner(w), nobody = {{7}};
    const struct identity_person ann = person("ann"), bob = person("bob");
    struct tokens t = world_sign_in(w, &w->a), out;
    struct signed_in guest;
    bool converted;

    assert_int_equal(guest_create(&w->a, STR("Gil"), &guest), ERR_OK);
    assert_int_equal(add(w, &ann, &account), ERR_OK);
    const struct {
        const struct identity_person *p;
        const struct id *account, *session;
        enum err want;
    } cases[] = {
        {&bob, &account, &t.session_id, ERR_PROVIDER_CONNECTED},
        {&ann, &account, &t.session_id, ERR_OTHER_PRINCIPAL},
        {&ann, &guest.account.id, &guest.tokens.session_id,
         ERR_OTHER_PRINCIPAL},
        {&bob, &nobody, &t.session_id, ERR_CONNECTION_TOKEN_INVALID},
        {&bob, &account, &nobody, ERR_CONNECTION_TOKEN_INVALID},
        {&bob, &account, &guest.tokens.session_id,
         ERR_CONNECTION_TOKEN_INVALID},
        {&bob, &guest.account.id, &t.session_id, ERR_CONNECTION_TOKEN_INVALID},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(identity_connect(&w->a, cases[i].p, cases[i].account,
                                          cases[i].session, &out, &converted),
                         cases[i].want);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM identity"), 1);
    assert_int_equal(session_revoke(&w->a, t.subject, &t.session_id, "logout"),
                     ERR_OK);
    assert_int_equal(identity_connect(&w->a, &bob, &account, &t.session_id,
                                      &out, &converted),
                     ERR_CONNECTION_TOKEN_INVALID);
}

static void a_guest_becomes_a_user_of_the_same_id_OAU_9_GUE_2(void **state)
{
    struct world *w = *state;
    struct identity_person p = person("ann");
    struct signed_in guest;
    struct tokens out;
    struct account there;
    bool converted = false;

    assert_int_equal(guest_create(&w->a, STR("Gil"), &guest), ERR_OK);
    p.email = STR("gil@example.net");
    assert_int_equal(identity_connect(&w->a, &p, &guest.account.id,
                                      &guest.tokens.session_id, &out,
                                      &converted),
                     ERR_OK);
    assert_true(converted);
    assert_int_equal(world_check(&w->a, guest.tokens.access),
                     ERR_ACCESS_TOKEN_EXPIRED);
    assert_int_equal(world_check(&w->a, out.access), ERR_OK);
    assert_int_equal(account_by_email(&w->a, STR("Gil@example.net"), &there),
                     ERR_OK);
    assert_memory_equal(&there.id, &guest.account.id, sizeof(there.id));
    assert_true(str_eq(there.roles, STR("USER")));
    assert_true(there.email_verified);
    assert_false(there.has_password);
    assert_true(str_eq(there.name, STR("Gil")));
}

static void a_guest_stays_one_when_the_address_will_not_do(void **state)
{
    struct world *w = *state;
    struct identity_person p = person("ann");
    struct signed_in guest;
    struct tokens out;
    bool converted;

    w->config->mail_transport = MAIL_TRANSPORT_SMTP;
    world_sql(w, "DELETE FROM outbox");
    assert_int_equal(guest_create(&w->a, STR("Gil"), &guest), ERR_OK);
    const struct {
        struct str email;
        enum err want;
    } cases[] = {
        {{NULL, 0}, ERR_EMAIL_CLAIM_MISSING},
        {STR_INIT("no address"), ERR_EMAIL_CLAIM_MISSING},
        {w->email, ERR_EMAIL_REGISTERED},
        {w->email, ERR_EMAIL_REGISTERED},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        p.email = cases[i].email;
        assert_int_equal(identity_connect(&w->a, &p, &guest.account.id,
                                          &guest.tokens.session_id, &out,
                                          &converted),
                         cases[i].want);
    }
    assert_int_equal(world_check(&w->a, guest.tokens.access), ERR_OK);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM identity"), 0);
    /* One message in spite of two tries. */
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM outbox WHERE "
                                     "kind = 'identity-provider-info'"),
                     1);
}

static void an_address_the_provider_does_not_vouch_for_must_answer(void **state)
{
    struct world *w = *state;
    struct identity_person p = person("ann");
    struct signed_in guest;
    struct tokens out;
    struct account there;
    bool converted;

    w->config->mail_transport = MAIL_TRANSPORT_SMTP;
    world_sql(w, "DELETE FROM outbox");
    assert_int_equal(guest_create(&w->a, STR(""), &guest), ERR_OK);
    p.email = STR("unsure@example.net");
    p.email_verified = false;
    assert_int_equal(identity_connect(&w->a, &p, &guest.account.id,
                                      &guest.tokens.session_id, &out,
                                      &converted),
                     ERR_OK);
    assert_int_equal(account_by_email(&w->a, p.email, &there), ERR_OK);
    assert_false(there.email_verified);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM outbox WHERE "
                                     "kind = 'verify-email'"),
                     1);
}

/* Takes the account's password away, as if a provider had made it. */
static void no_password(struct world *w, const struct id *account)
{
    char text[ID_TEXT_LEN + 1];

    id_text(account, text);
    world_sql(w,
              "UPDATE account SET password_hash = NULL WHERE id = "
              "UNHEX(REPLACE('%s', '-', ''))",
              text);
}

static void
a_provider_is_disconnected_but_not_the_last_way_in_OAU_11(void **state)
{
    struct world *w = *state;
    const struct id account = owner(w);
    const struct identity_person ann = person("ann");
    struct identity_person two = person("two");
    const struct tokens mine = sign_in_with(w, &ann),
                        begun = sign_in_with(w, &ann);
    const struct store_session session = seen(w, &mine);
    struct account there;

    two.provider = &providers[1];
    const struct {
        struct str name;
        enum err want;
    } refused[] = {{STR_INIT("password"), ERR_DISCONNECT_PASSWORD},
                   {STR_INIT("other"), ERR_PROVIDER_NOT_FOUND},
                   {STR_INIT("ACME"), ERR_PROVIDER_NOT_FOUND},
                   {STR_INIT(""), ERR_PROVIDER_NOT_FOUND}};
    assert_int_equal(add(w, &ann, &account), ERR_OK);
    for (size_t i = 0; i < COUNT(refused); i++)
        assert_int_equal(
            identity_disconnect(&w->a, &session, refused[i].name, &there),
            refused[i].want);
    no_password(w, &account);
    assert_int_equal(identity_disconnect(&w->a, &session, STR("acme"), &there),
                     ERR_DISCONNECT_LAST);
    assert_int_equal(add(w, &two, &account), ERR_OK);
    /* Whom nobody can sign in with any more is no way in. */
    w->config->provider_count = 1;
    assert_int_equal(identity_disconnect(&w->a, &session, STR("acme"), &there),
                     ERR_DISCONNECT_LAST);
    w->config->provider_count = COUNT(providers);
    assert_int_equal(world_check(&w->a, begun.access), ERR_OK);
    assert_int_equal(identity_disconnect(&w->a, &session, STR("acme"), &there),
                     ERR_OK);
    assert_true(str_eq(there.providers, STR("other")));
    assert_int_equal(world_check(&w->a, mine.access), ERR_OK);
    assert_int_equal(world_check(&w->a, begun.access), ERR_SESSION_INVALID);
    assert_int_equal(identity_disconnect(&w->a, &session, STR("acme"), &there),
                     ERR_PROVIDER_NOT_FOUND);
}

static void a_password_is_added_once_and_guests_get_none_OAU_11(void **state)
{
    struct world *w = *state;
    const struct id account = owner(w);
    const struct tokens mine = world_sign_in(w, &w->a);
    struct store_session session = seen(w, &mine);
    struct signed_in guest, in;
    struct account there;
    struct tokens fresh_ones;

    assert_int_equal(identity_password(&w->a, &session, STR(WORLD_PASSWORD),
                                       &there, &fresh_ones),
                     ERR_PASSWORD_SET);
    no_password(w, &account);
    assert_int_equal(world_try(w, &w->a, WORLD_PASSWORD, &in),
                     ERR_INVALID_CREDENTIALS);
    assert_int_equal(
        identity_password(&w->a, &session, STR("short"), &there, &fresh_ones),
        ERR_PASSWORD_TOO_SHORT);
    assert_int_equal(identity_password(&w->a, &session, STR(WORLD_PASSWORD),
                                       &there, &fresh_ones),
                     ERR_OK);
    assert_true(there.has_password);
    assert_int_equal(world_check(&w->a, mine.access), ERR_ACCESS_TOKEN_EXPIRED);
    assert_int_equal(world_check(&w->a, fresh_ones.access), ERR_OK);
    assert_int_equal(world_try(w, &w->a, WORLD_PASSWORD, &in), ERR_OK);
    assert_int_equal(identity_password(&w->a, &session, STR(WORLD_PASSWORD),
                                       &there, &fresh_ones),
                     ERR_PASSWORD_SET);
    assert_int_equal(guest_create(&w->a, STR(""), &guest), ERR_OK);
    session = seen(w, &guest.tokens);
    assert_int_equal(identity_password(&w->a, &session, STR(WORLD_PASSWORD),
                                       &there, &fresh_ones),
                     ERR_USER_NOT_FOUND);
}

static void a_provider_ends_the_sessions_it_means_A_7_6_1(void **state)
{
    struct world *w = *state;
    const struct id account = owner(w);
    struct identity_person p = person("ann"), with_sid, other_sid;
    uint64_t count = 99;
    const int64_t now = clock_s(&w->a.clock);

    with_sid = other_sid = p;
    with_sid.sid = STR("s1");
    other_sid.sid = STR("s2");
    assert_int_equal(add(w, &p, &account), ERR_OK);
    const struct tokens own = world_sign_in(w, &w->a),
                        plain = sign_in_with(w, &p),
                        one = sign_in_with(w, &with_sid),
                        two = sign_in_with(w, &other_sid);
    const struct identity_logout none[] = {
        {&providers[0], ISSUER, STR("bob"), {NULL, 0}, now},
        {&providers[0], ISSUER, {NULL, 0}, STR("s3"), now},
        {&providers[0], STR("https://evil.example"), STR("ann"), STR("s1"),
         now},
        /* Begun after that sign-out. */
        {&providers[0], ISSUER, STR("ann"), {NULL, 0}, now - 3600},
    };
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_int_equal(identity_logout(&w->a, &none[i], &count), ERR_OK);
        assert_int_equal(count, 0);
    }
    const struct identity_logout by_sid = {
        &providers[0], ISSUER, {NULL, 0}, STR("s1"), now};
    assert_int_equal(identity_logout(&w->a, &by_sid, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(world_check(&w->a, one.access), ERR_SESSION_INVALID);
    assert_int_equal(world_check(&w->a, two.access), ERR_OK);
    /* Both told: also those whose session there nobody knows. */
    const struct identity_logout both = {&providers[0], ISSUER, STR("ann"),
                                         STR("s1"), now};
    assert_int_equal(identity_logout(&w->a, &both, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(world_check(&w->a, plain.access), ERR_SESSION_INVALID);
    assert_int_equal(world_check(&w->a, two.access), ERR_OK);
    const struct identity_logout all = {
        &providers[0], ISSUER, STR("ann"), {NULL, 0}, now};
    assert_int_equal(identity_logout(&w->a, &all, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(world_check(&w->a, own.access), ERR_OK);
    assert_int_equal(world_events(w, "provider.logout"), 7);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, fresh)
    const struct CMUnitTest tests[] = {
        T(a_person_is_known_by_issuer_and_subject_byte_for_byte_A_6_8_1_A_10_3_3),
        T(a_subject_longer_than_the_column_is_none),
        T(a_person_has_one_account_and_an_account_one_of_a_provider_OAU_8),
        T(no_subject_and_token_is_in_clear_A_10_1_1),
        T(a_user_connects_and_keeps_his_session_OAU_7),
        T(connecting_is_refused_OAU_8),
        T(a_guest_becomes_a_user_of_the_same_id_OAU_9_GUE_2),
        T(a_guest_stays_one_when_the_address_will_not_do),
        T(an_address_the_provider_does_not_vouch_for_must_answer),
        T(a_provider_is_disconnected_but_not_the_last_way_in_OAU_11),
        T(a_password_is_added_once_and_guests_get_none_OAU_11),
        T(a_provider_ends_the_sessions_it_means_A_7_6_1),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
