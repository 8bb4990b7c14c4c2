/* SPDX-License-Identifier: MIT */
/* Tokens of providers that are kept: sealed, renewed by one at a time, replaced
 * by a new sign-in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "domain/identity.h"
#include "domain/identity_tokens.h"
#include "domain/reseal.h"
#include "domain_world.h"

#define KEY_1 "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n"
#define KEY_2 "k2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI\n"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

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
    w->config->mail_transport = MAIL_TRANSPORT_NONE;
    return world_fresh(state);
}

static struct identity_person person(const char *subject)
{
    return (struct identity_person){.provider = &providers[0],
                                    .issuer = STR("https://id.example"),
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

static enum err do_used(void *data)
{
    const struct doing *d = data;

    return identity_used(d->c, d->p);
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

static struct identity_kept kept(struct world *w, const struct id *account)
{
    struct identity_kept k;

    assert_int_equal(identity_tokens_read(&w->a, account, &providers[0], &k),
                     ERR_OK);
    return k;
}

static void kept_tokens_are_renewed_by_one_at_a_time(void **state)
{
    struct world *w = *state;
    const struct id account = owner(w);
    struct identity_person p = person("ann");
    struct identity_tokens t = {STR("a1"), STR("r1"), STR("openid"), 0};
    bool mine = false, too = true;

    t.end_us = p.tokens_end_us = clock_us(&w->a.clock) + 30 * CLOCK_SECOND;
    assert_int_equal(identity_tokens_pack(&w->a, &t, &p.tokens), ERR_OK);
    assert_int_equal(add(w, &p, &account), ERR_OK);
    struct identity_kept k = kept(w, &account);
    assert_true(str_eq(k.tokens.access, STR("a1")));
    assert_true(identity_tokens_due(&w->a, &k.tokens));
    assert_false(identity_tokens_over(&w->a, &k.tokens));
    assert_int_equal(identity_tokens_claim(&w->a, &k, &mine), ERR_OK);
    assert_int_equal(identity_tokens_claim(&w->b, &k, &too), ERR_OK);
    assert_true(mine);
    assert_false(too);
    t.access = STR("a2");
    t.refresh = STR("r2");
    t.end_us += 3600 * CLOCK_SECOND;
    assert_int_equal(identity_tokens_put(&w->a, &k, &t), ERR_OK);
    /* Who read before does not renew what has been. */
    assert_int_equal(identity_tokens_claim(&w->b, &k, &too), ERR_OK);
    assert_false(too);
    k = kept(w, &account);
    assert_true(str_eq(k.tokens.refresh, STR("r2")));
    assert_false(identity_tokens_due(&w->a, &k.tokens));
}

static void
a_new_sign_in_replaces_kept_tokens_but_no_refresh_token_by_none(void **state)
{
    struct world *w = *state;
    const struct id account = owner(w);
    struct identity_person p = person("ann");
    struct identity_tokens t = {STR("a1"), STR("r1"), STR(""), 0};
    struct doing d = {&w->a, &p, account};
    struct identity_kept k;

    assert_int_equal(identity_tokens_pack(&w->a, &t, &p.tokens), ERR_OK);
    assert_int_equal(add(w, &p, &account), ERR_OK);
    t.access = STR("a2");
    t.refresh = STR("");
    assert_int_equal(identity_tokens_pack(&w->a, &t, &p.tokens), ERR_OK);
    assert_int_equal(db_transact(w->a.db, do_used, &d), ERR_OK);
    k = kept(w, &account);
    assert_true(str_eq(k.tokens.access, STR("a2")));
    assert_true(str_eq(k.tokens.refresh, STR("r1")));
    assert_int_equal(identity_tokens_read(&w->a, &account, &providers[1], &k),
                     ERR_NOT_FOUND);
    /* The operator asks for them no longer. */
    providers[0].keep_tokens = false;
    assert_int_equal(identity_tokens_read(&w->a, &account, &providers[0], &k),
                     ERR_NOT_FOUND);
    assert_int_equal(db_transact(w->a.db, do_used, &d), ERR_OK);
    providers[0].keep_tokens = true;
    assert_int_equal(identity_tokens_read(&w->a, &account, &providers[0], &k),
                     ERR_NOT_FOUND);
}

static void tokens_that_do_not_fit_are_not_kept(void **state)
{
    static char big[20000];
    struct world *w = *state;
    const struct id account = owner(w);
    struct identity_person p = person("ann");
    struct identity_tokens t = {{big, sizeof(big)}, STR(""), STR(""), 0};
    struct identity_kept k;

    memset(big, 't', sizeof(big));
    assert_int_equal(identity_tokens_pack(&w->a, &t, &p.tokens), ERR_OK);
    assert_int_equal(add(w, &p, &account), ERR_OK);
    assert_int_equal(identity_tokens_read(&w->a, &account, &providers[0], &k),
                     ERR_NOT_FOUND);
}

static void kept_tokens_open_under_the_newest_sealing_key_KEY_1(void **state)
{
    struct world *w = *state;
    const struct id account = owner(w);
    struct identity_person p = person("ann");
    struct identity_tokens t = {STR("a1"), STR("r1"), STR(""), 0};
    struct sealer *keys = NULL;
    bool more = true, foreign = false;
    struct id found;

    assert_int_equal(identity_tokens_pack(&w->a, &t, &p.tokens), ERR_OK);
    assert_int_equal(add(w, &p, &account), ERR_OK);
    assert_int_equal(sealer_new(STR(KEY_2 KEY_1), &keys), ERR_OK);
    w->a.sealer = keys;
    assert_int_equal(reseal_start(&w->a, STR("boss")), ERR_OK);
    for (int i = 0; more && i < 200; i++)
        assert_int_equal(reseal_step(&w->a, &more, &foreign), ERR_OK);
    assert_false(more);
    assert_int_equal(world_number(w, "SELECT COUNT(*) FROM identity WHERE "
                                     "TRIM(LEFT(subject_sealed, 4)) = 'k2' AND "
                                     "TRIM(LEFT(tokens_sealed, 4)) = 'k2'"),
                     1);
    assert_int_equal(world_number(w, "SELECT SUM(broken) FROM resealing WHERE "
                                     "name LIKE 'identity%%'"),
                     0);
    assert_true(str_eq(kept(w, &account).tokens.refresh, STR("r1")));
    assert_int_equal(identity_find(&w->a, &p, &found), ERR_OK);
    w->a.sealer = w->sealer;
    sealer_free(&keys);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, fresh)
    const struct CMUnitTest tests[] = {
        T(kept_tokens_are_renewed_by_one_at_a_time),
        T(a_new_sign_in_replaces_kept_tokens_but_no_refresh_token_by_none),
        T(tokens_that_do_not_fit_are_not_kept),
        T(kept_tokens_open_under_the_newest_sealing_key_KEY_1),
    };
    return cmocka_run_group_tests(tests, world_up, world_down);
}
