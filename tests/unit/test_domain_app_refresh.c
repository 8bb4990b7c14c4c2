/* SPDX-License-Identifier: MIT */
/* Lineages of applications: promotion at first use, and rotation with grace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app_session_world.h"
#include "domain/app_keys.h"
#include "domain/janitor.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void refused(struct ctx *c, const struct app *app, struct str token,
                    int how)
{
    struct app_session_view view;
    struct app_session_theft theft;

    assert_int_equal(app_world_try(c, app, token, how, &view, &theft),
                     ERR_SESSION_INVALID);
}

static void S04_a_parent_is_good_until_a_child_is_used(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view one = app_world_refresh(&w->a, &app, &p, 0);
    struct app_session_view two = app_world_refresh(&w->b, &app, &p, 0);

    assert_false(str_eq(one.refresh.text, two.refresh.text));
    (void)app_world_verify(&w->a, &app, one.access.text, false);
    assert_string_equal(app_world_theft(&w->b, &app, &p, 0), "");
    /* It is told, and left to the back end to end the session. */
    assert_int_equal(app_world_number(w, &p, "revoked_us"), 0);
    (void)app_world_refresh(&w->b, &app, &one, 0);
}

static void S05_the_sibling_of_a_used_child_loses(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view one = app_world_refresh(&w->a, &app, &p, 0);
    struct app_session_view two = app_world_refresh(&w->b, &app, &p, 0);

    (void)app_world_verify(&w->a, &app, one.access.text, false);
    (void)app_world_theft(&w->a, &app, &two, 0);
    /* Its access token stays good, and is not renewed. */
    struct app_session_view seen =
        app_world_verify(&w->b, &app, two.access.text, false);

    assert_null(seen.access.text.p);
    one = app_world_refresh(&w->b, &app, &one, 0);
    one = app_world_refresh(&w->a, &app, &one, 0);
    assert_null(
        app_world_verify(&w->b, &app, two.access.text, true).access.text.p);
}

static void S05_the_child_of_a_losing_sibling_is_theft_too(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view won = app_world_refresh(&w->a, &app, &p, 0);
    struct app_session_view lost = app_world_refresh(&w->a, &app, &p, 0);
    struct app_session_view child = app_world_refresh(&w->b, &app, &lost, 0);

    /* That use of `lost` made it the one that counts. */
    (void)app_world_theft(&w->a, &app, &won, 0);
    (void)app_world_refresh(&w->a, &app, &child, 0);
    (void)app_world_theft(&w->b, &app, &lost, 0);
}

static void S06_the_first_verification_promotes_and_renews(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{\"k\":1}");
    struct app_session_view child = app_world_refresh(&w->a, &app, &p, 0);

    assert_true(str_has_nocase(child.token_payload,
                               STR("\"parentRefreshTokenHash1\":\"")));
    struct app_session_view first =
        app_world_verify(&w->b, &app, child.access.text, false);

    assert_non_null(first.access.text.p);
    assert_true(str_has_nocase(first.token_payload,
                               STR("\"parentRefreshTokenHash1\":null")));
    assert_true(str_eq(first.payload, STR("{\"k\":1}")));
    struct app_session_view second =
        app_world_verify(&w->a, &app, first.access.text, false);

    assert_null(second.access.text.p);
    /* The one before is still answered with a fresh one. */
    assert_non_null(
        app_world_verify(&w->a, &app, child.access.text, false).access.text.p);
    (void)app_world_theft(&w->a, &app, &p, 0);
}

static void S07_a_refresh_by_the_child_promotes_it(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view child = app_world_refresh(&w->a, &app, &p, 0);

    (void)app_world_refresh(&w->b, &app, &child, 0);
    (void)app_world_theft(&w->a, &app, &p, 0);
    (void)app_world_refresh(&w->a, &app, &child, 0);
}

static void S12_only_a_move_of_the_lineage_slides_the_end(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");

    app_world_shift(w, &p, "expires_us", -DAY_US);
    int64_t end = app_world_number(w, &p, "expires_us");
    struct app_session_view child = app_world_refresh(&w->a, &app, &p, 0);

    assert_int_equal(app_world_number(w, &p, "expires_us"), end);
    (void)app_world_refresh(&w->a, &app, &child, 0);
    assert_true(app_world_number(w, &p, "expires_us") > end + DAY_US / 2);
    /* Rotation slides, another answer within the grace does not. */
    app_world_shift(w, &p, "expires_us", -DAY_US);
    end = app_world_number(w, &p, "expires_us");
    (void)app_world_refresh(&w->a, &app, &child, APP_ROTATES);
    assert_true(app_world_number(w, &p, "expires_us") > end + DAY_US / 2);
    end = app_world_number(w, &p, "expires_us");
    int64_t since = app_world_number(w, &p, "cur_issued_us");

    (void)app_world_refresh(&w->a, &app, &child, APP_ROTATES);
    assert_int_equal(app_world_number(w, &p, "expires_us"), end);
    assert_int_equal(app_world_number(w, &p, "cur_issued_us"), since);
}

static void S13_a_session_past_its_end_is_unauthorised(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");

    app_world_shift(w, &p, "expires_us", -101 * DAY_US);
    for (int how = APP_PROMOTES; how <= APP_ROTATES; how++)
        refused(&w->a, &app, p.refresh.text, how);
}

static void S13_the_janitor_takes_what_is_over(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view live = app_world_begin(&w->a, &app, "u", "{}");
    uint64_t count = 0;

    app_world_shift(w, &p, "expires_us", -1000 * DAY_US);
    assert_int_equal(janitor_purge(&w->b, &count), ERR_OK);
    assert_true(count >= 1);
    assert_int_equal(app_world_number(w, &p, "COUNT(*)"), 0);
    assert_int_equal(app_world_number(w, &live, "COUNT(*)"), 1);
}

static void S09_the_parent_is_good_within_the_grace(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view one =
        app_world_refresh(&w->a, &app, &p, APP_ROTATES);

    assert_true(str_has_nocase(one.token_payload,
                               STR("\"parentRefreshTokenHash1\":null")));
    app_world_shift(w, &p, "cur_issued_us", -29 * CLOCK_SECOND);
    struct app_session_view two =
        app_world_refresh(&w->b, &app, &p, APP_ROTATES);

    (void)app_world_refresh(&w->b, &app, &two, APP_ROTATES);
    /* Now it is two generations old. */
    assert_string_equal(app_world_theft(&w->a, &app, &p, APP_ROTATES),
                        "STALE_LINEAGE");
}

static void S09_the_parent_after_the_grace_ends_the_session(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view one =
        app_world_refresh(&w->a, &app, &p, APP_ROTATES);

    app_world_shift(w, &p, "cur_issued_us", -31 * CLOCK_SECOND);
    assert_string_equal(app_world_theft(&w->b, &app, &p, APP_ROTATES),
                        "RECENT_PREV");
    assert_int_not_equal(app_world_number(w, &p, "revoked_us"), 0);
    refused(&w->a, &app, one.refresh.text, APP_ROTATES);
    refused(&w->a, &app, p.refresh.text, APP_ROTATES);
    assert_int_equal(world_events(w, "token.reuse"), 1);
}

static void S10_a_displaced_child_is_an_orphan(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view lost =
        app_world_refresh(&w->a, &app, &p, APP_ROTATES);

    (void)app_world_refresh(&w->a, &app, &p, APP_ROTATES);
    assert_string_equal(app_world_theft(&w->b, &app, &lost, APP_ROTATES),
                        "ORPHANED_BRANCH");
    refused(&w->a, &app, p.refresh.text, APP_ROTATES);
}

static void S10_reuse_may_be_told_as_unauthorised_but_a_stale_one(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view lost =
        app_world_refresh(&w->a, &app, &p, APP_ROTATES);
    struct app_session_view view;
    struct app_session_theft theft;

    (void)app_world_refresh(&w->a, &app, &p, APP_ROTATES);
    app.settings.reuse_unauthorised = true;
    assert_int_equal(app_world_try(&w->a, &app, lost.refresh.text, APP_ROTATES,
                                   &view, &theft),
                     ERR_SESSION_INVALID);
    assert_string_equal(theft.subtype, "ORPHANED_BRANCH");
    assert_int_not_equal(app_world_number(w, &p, "revoked_us"), 0);

    p = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view one =
        app_world_refresh(&w->a, &app, &p, APP_ROTATES);

    (void)app_world_refresh(&w->a, &app, &one, APP_ROTATES);
    assert_string_equal(app_world_theft(&w->a, &app, &p, APP_ROTATES),
                        "STALE_LINEAGE");
}

static void S10_sessions_go_from_one_interface_to_the_other(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");
    struct app_session_view child = app_world_refresh(&w->a, &app, &p, 0);
    /* A child nobody has used is rotated as the current one is. */
    struct app_session_view next =
        app_world_refresh(&w->b, &app, &child, APP_ROTATES);

    (void)app_world_refresh(&w->a, &app, &child, APP_ROTATES);
    next = app_world_refresh(&w->a, &app, &child, APP_ROTATES);
    next = app_world_refresh(&w->b, &app, &next, 0);
    next = app_world_refresh(&w->b, &app, &next, APP_ROTATES);
    (void)app_world_verify(&w->a, &app, next.access.text, true);
    assert_string_equal(app_world_theft(&w->a, &app, &p, 0), "");
}

/* What one of many processes does: asks with its tokens, and tells each answer
 * by a byte and the text of the new token by a line. */
struct racing {
    struct world *w;
    const struct app *app;
    const struct str *tokens;
    size_t count;
    int how;
};

static int race_one(const struct racing *r, int out)
{
    struct ctx c = r->w->b;

    c.db = NULL;
    c.app_keys = NULL;
    if (db_new(r->w->config, DB_SERVICE, &c.db) != ERR_OK ||
        app_keys_new(&c.app_keys) != ERR_OK)
        return 1;
    for (size_t i = 0; i < r->count; i++) {
        struct app_session_view view = {.payload_update = false};
        struct app_session_theft theft;
        enum err e =
            app_world_try(&c, r->app, r->tokens[i], r->how, &view, &theft);
        char line[2048];
        int n = snprintf(line, sizeof(line), "%c%.*s\n",
                         e == ERR_OK                ? '+'
                         : e == ERR_TOKEN_THEFT     ? 't'
                         : e == ERR_SESSION_INVALID ? 'i'
                                                    : '!',
                         STR_FMT(view.refresh.text));

        if (write(out, line, (size_t)n) != n)
            return 1;
    }
    return 0;
}

#define RACERS 10
#define EACH 5

/* All at once; the answers in the arena of the first worker. */
static void race(struct world *w, const struct app *app,
                 const struct str *tokens, int how, struct str *answers)
{
    int out[RACERS][2];
    pid_t pids[RACERS];

    for (size_t i = 0; i < RACERS; i++) {
        const struct racing r = {w, app, tokens + i * EACH, EACH, how};

        assert_int_equal(pipe(out[i]), 0);
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            _exit(race_one(&r, out[i][1]));
        close(out[i][1]);
    }
    for (size_t i = 0; i < RACERS; i++) {
        struct buf b = buf_new(w->a.arena);
        char piece[4096];
        struct str text;
        int status = 1;
        ssize_t n;

        while ((n = read(out[i][0], piece, sizeof(piece))) > 0)
            buf_put(&b, piece, (size_t)n);
        close(out[i][0]);
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
        assert_int_equal(buf_done(&b, &text), ERR_OK);
        for (size_t k = 0; k < EACH; k++)
            answers[i * EACH + k] = str_cut(&text, '\n');
    }
}

static size_t count_of(const struct str *answers, char what)
{
    size_t n = 0;

    for (size_t i = 0; i < (size_t)RACERS * EACH; i++)
        n += answers[i].n > 0 && answers[i].p[0] == what ? 1 : 0;
    return n;
}

static void S08_parallel_refreshes_are_siblings_and_one_line_lives(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");
    struct str tokens[RACERS * EACH], answers[RACERS * EACH];

    for (size_t i = 0; i < COUNT(tokens); i++)
        tokens[i] = p.refresh.text;
    race(w, &app, tokens, APP_PROMOTES, answers);
    assert_int_equal(count_of(answers, '+'), COUNT(answers));
    for (size_t i = 0; i < COUNT(tokens); i++)
        tokens[i] = (struct str){answers[i].p + 1, answers[i].n - 1};
    race(w, &app, tokens, APP_PROMOTES, answers);
    assert_int_equal(count_of(answers, '+'), 1);
    assert_int_equal(count_of(answers, 't'), COUNT(answers) - 1);
    (void)app_world_theft(&w->a, &app, &p, 0);
}

static void S08_parallel_rotations_leave_one_child(void **state)
{
    struct world *w = *state;
    struct app app = app_world_app(w);
    struct app_session_view p = app_world_begin(&w->a, &app, "u", "{}");
    struct str tokens[RACERS * EACH], answers[RACERS * EACH];
    struct app_session_view view;
    struct app_session_theft theft;
    size_t good = 0;

    for (size_t i = 0; i < COUNT(tokens); i++)
        tokens[i] = p.refresh.text;
    race(w, &app, tokens, APP_ROTATES, answers);
    assert_int_equal(count_of(answers, '+'), COUNT(answers));
    /* Judged as older back ends do, who end nothing. */
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct str token = {answers[i].p + 1, answers[i].n - 1};

        good += app_world_try(&w->a, &app, token, 0, &view, &theft) == ERR_OK
                    ? 1
                    : 0;
    }
    assert_int_equal(good, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(S04_a_parent_is_good_until_a_child_is_used,
                               app_world_fresh),
        cmocka_unit_test_setup(S05_the_sibling_of_a_used_child_loses,
                               app_world_fresh),
        cmocka_unit_test_setup(S05_the_child_of_a_losing_sibling_is_theft_too,
                               app_world_fresh),
        cmocka_unit_test_setup(S06_the_first_verification_promotes_and_renews,
                               app_world_fresh),
        cmocka_unit_test_setup(S07_a_refresh_by_the_child_promotes_it,
                               app_world_fresh),
        cmocka_unit_test_setup(S12_only_a_move_of_the_lineage_slides_the_end,
                               app_world_fresh),
        cmocka_unit_test_setup(S13_a_session_past_its_end_is_unauthorised,
                               app_world_fresh),
        cmocka_unit_test_setup(S13_the_janitor_takes_what_is_over,
                               app_world_fresh),
        cmocka_unit_test_setup(S09_the_parent_is_good_within_the_grace,
                               app_world_fresh),
        cmocka_unit_test_setup(S09_the_parent_after_the_grace_ends_the_session,
                               app_world_fresh),
        cmocka_unit_test_setup(S10_a_displaced_child_is_an_orphan,
                               app_world_fresh),
        cmocka_unit_test_setup(
            S10_reuse_may_be_told_as_unauthorised_but_a_stale_one,
            app_world_fresh),
        cmocka_unit_test_setup(S10_sessions_go_from_one_interface_to_the_other,
                               app_world_fresh),
        cmocka_unit_test_setup(
            S08_parallel_refreshes_are_siblings_and_one_line_lives,
            app_world_fresh),
        cmocka_unit_test_setup(S08_parallel_rotations_leave_one_child,
                               app_world_fresh),
    };

    return cmocka_run_group_tests_name("domain_app_refresh", tests, world_up,
                                       world_down);
}
