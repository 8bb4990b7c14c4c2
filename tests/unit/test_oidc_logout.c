/* SPDX-License-Identifier: MIT */
/* Logout tokens: only a provider's own, for us, of now, and nothing that could
 * be an ID token. */
#include "oidc_world.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

#define EVENTS "{\"http://schemas.openid.net/event/backchannel-logout\":{}}"

static struct str claims(struct world *w)
{
    struct buf b = buf_new(w->arena);
    struct str text;

    buf_fmt(&b,
            "{\"iss\":\"" WORLD_ISSUER "\",\"aud\":[\"x\",\"" WORLD_CLIENT
            "\"],\"iat\":%lld,\"jti\":\"j1\",\"sub\":\"person-1\","
            "\"sid\":\"there-1\",\"events\":" EVENTS "}",
            (long long)w->now_s - 10);
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    return text;
}

static struct str header(struct world *w)
{
    return world_with(w->arena, world_header(w), "typ", "\"logout+jwt\"");
}

static enum err end(struct world *w, struct str head, struct str payload,
                    struct oidc_logout *out_r)
{
    struct oidc_logout out;

    world_publish(w);
    return oidc_logout_token(w->oidc, w->arena, &w->provider,
                             world_sign(w->arena, w->key, head, payload),
                             w->now_s, out_r == NULL ? &out : out_r);
}

static void a_sound_logout_token_says_who_left(void **state)
{
    struct world *w = *state;
    struct oidc_logout out;

    assert_int_equal(end(w, header(w), claims(w), &out), ERR_OK);
    assert_true(str_eq(out.issuer, STR(WORLD_ISSUER)));
    assert_true(str_eq(out.subject, STR("person-1")));
    assert_true(str_eq(out.sid, STR("there-1")));
    assert_int_equal(out.issued_s, WORLD_NOW - 10);
    assert_int_equal(end(w, world_header(w), claims(w), &out), ERR_OK);
    assert_int_equal(
        end(w, world_with(w->arena, header(w), "typ", NULL), claims(w), &out),
        ERR_OK);
}

static void other_tokens_end_nothing(void **state)
{
    static const struct {
        const char *name, *value;
        bool good;
    } cases[] = {
        {"iss", "\"https://evil.example.org\"", false},
        {"iss", NULL, false},
        {"aud", "\"client-2\"", false},
        {"aud", NULL, false},
        {"aud", "\"" WORLD_CLIENT "\"", true},
        {"iat", NULL, false},
        {"iat", "1699999640", true},
        {"iat", "1699999639", false},
        {"iat", "1700000060", true},
        {"iat", "1700000061", false},
        {"iat", "\"1700000000\"", false},
        {"exp", "1699999941", true},
        {"exp", "1699999940", false},
        {"exp", "\"\"", false},
        {"jti", NULL, false},
        {"nonce", "\"n\"", false},
        {"nonce", "null", false},
        {"events", NULL, false},
        {"events", "{}", false},
        {"events", "[]", false},
        {"events", "\"http://schemas.openid.net/event/backchannel-logout\"",
         false},
        {"events", "{\"http://schemas.openid.net/event/other\":{}}", false},
        {"events",
         "{\"http://schemas.openid.net/event/backchannel-logout\":true}",
         false},
        {"sid", NULL, true},
        {"sub", NULL, true},
        {"sid", "\"a\\nb\"", false},
    };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str bent =
            world_with(w->arena, claims(w), cases[i].name, cases[i].value);
        enum err e = end(w, header(w), bent, NULL);

        if (e != (cases[i].good ? ERR_OK : ERR_VALIDATION))
            fail_msg("%s = %s: %s", cases[i].name,
                     cases[i].value == NULL ? "absent" : cases[i].value,
                     err_name(e));
    }
}

static void nobody_in_particular_is_not_ended(void **state)
{
    struct world *w = *state;
    struct str nobody = world_with(w->arena, claims(w), "sub", NULL);

    nobody = world_with(w->arena, nobody, "sid", "\"\"");
    assert_int_equal(end(w, header(w), nobody, NULL), ERR_VALIDATION);
}

static void id_tokens_and_forgeries_end_nothing(void **state)
{
    struct world *w = *state;
    struct oidc_logout out;
    struct str forged;

    assert_int_equal(end(w, world_header(w), world_claims(w), NULL),
                     ERR_VALIDATION);
    assert_int_equal(end(w, world_with(w->arena, header(w), "alg", "\"none\""),
                         claims(w), NULL),
                     ERR_VALIDATION);
    assert_int_equal(end(w,
                         world_with(w->arena, header(w), "typ", "\"at+jwt\""),
                         claims(w), NULL),
                     ERR_VALIDATION);
    forged = world_sign(w->arena, w->other, header(w), claims(w));
    assert_int_equal(oidc_logout_token(w->oidc, w->arena, &w->provider, forged,
                                       w->now_s, &out),
                     ERR_VALIDATION);
    assert_int_equal(oidc_logout_token(w->oidc, w->arena, &w->provider, STR(""),
                                       w->now_s, &out),
                     ERR_VALIDATION);
    w->provider.kind = PROVIDER_OAUTH2;
    assert_int_equal(end(w, header(w), claims(w), NULL), ERR_VALIDATION);
}

static void a_provider_that_is_away_is_told_apart_F54(void **state)
{
    struct world *w = *state;
    struct oidc_logout out;

    assert_int_equal(
        oidc_logout_token(w->oidc, w->arena, &w->provider,
                          world_sign(w->arena, w->key, header(w), claims(w)),
                          w->now_s, &out),
        ERR_PROVIDER_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name)                                                                \
    cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
        T(a_sound_logout_token_says_who_left),
        T(other_tokens_end_nothing),
        T(nobody_in_particular_is_not_ended),
        T(id_tokens_and_forgeries_end_nothing),
        T(a_provider_that_is_away_is_told_apart_F54),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
