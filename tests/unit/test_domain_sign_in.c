/* SPDX-License-Identifier: MIT */
/* What was proved and what is wanted on top, what is told of it, and the words
 * of the audit: rules without a database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "domain/audit.h"
#include "domain/group.h"
#include "domain/link.h"
#include "domain/sign_in.h"
#include "domain/two_factor.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum {
    PWD = SIGN_IN_PASSWORD,
    MAIL = SIGN_IN_EMAIL_CODE,
    SMS = SIGN_IN_SMS_CODE,
    TOTP = SIGN_IN_TOTP,
    RECOVERY = SIGN_IN_RECOVERY_CODE,
    GUEST = SIGN_IN_GUEST,
    FED = SIGN_IN_PROVIDER,
    STRONG = SIGN_IN_PROVIDER_STRONG
};

static void tokens_tell_what_was_proved_N63B_12(void **state)
{
    static const struct {
        unsigned proved;
        const char *amr, *acr;
    } cases[] = {
        {0, "[]", "0"},
        {GUEST, "[]", "0"},
        {PWD, "[\"pwd\"]", "1"},
        {MAIL, "[\"otp\"]", "1"},
        {SMS, "[\"sms\"]", "1"},
        {TOTP, "[\"otp\"]", "1"},
        {RECOVERY, "[\"otp\"]", "1"},
        /* Two things held are no two kinds. */
        {MAIL | SMS, "[\"otp\",\"sms\"]", "1"},
        {MAIL | TOTP, "[\"otp\"]", "1"},
        {PWD | MAIL, "[\"pwd\",\"otp\",\"mfa\"]", "2"},
        {PWD | TOTP, "[\"pwd\",\"otp\",\"mfa\"]", "2"},
        {PWD | RECOVERY, "[\"pwd\",\"otp\",\"mfa\"]", "2"},
        {PWD | SMS, "[\"pwd\",\"sms\",\"mfa\"]", "2"},
        {PWD | SMS | TOTP, "[\"pwd\",\"otp\",\"sms\",\"mfa\"]", "2"},
        /* A provider is something known, unless it is configured to do. */
        {FED, "[\"fed\"]", "1"},
        {FED | TOTP, "[\"fed\",\"otp\",\"mfa\"]", "2"},
        {FED | SMS, "[\"fed\",\"otp\",\"sms\",\"mfa\"]", "2"},
        {FED | STRONG, "[\"fed\",\"mfa\"]", "2"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(sign_in_amr(cases[i].proved), cases[i].amr);
        assert_string_equal(sign_in_acr(cases[i].proved), cases[i].acr);
    }
}

/* TFL-6 */
static void no_means_of_proof_counts_twice(void **state)
{
    static const struct {
        unsigned on, proved;
        bool forced, password, reset;
        unsigned wanted;
    } cases[] = {
        /* Nothing is on: nothing is wanted. */
        {0, PWD, false, true, false, 0},
        {0, MAIL, false, true, false, 0},
        {0, GUEST, false, false, false, 0},
        /* Any other that is on would do. */
        {TOTP, PWD, false, true, false, TOTP},
        {MAIL, PWD, false, true, false, MAIL},
        {TOTP | MAIL, PWD, false, true, false, TOTP | MAIL},
        {TOTP, MAIL, false, true, false, TOTP},
        {TOTP, SMS, false, false, false, TOTP},
        {TOTP, 0, false, false, false, TOTP},
        /* The one that is on was the first: the password, if it is good. */
        {MAIL, MAIL, false, true, false, PWD},
        {MAIL, MAIL, false, true, true, 0},
        {MAIL, MAIL, false, false, false, 0},
        {TOTP, TOTP, false, true, false, PWD},
        {TOTP, RECOVERY, false, true, false, PWD},
        {TOTP | MAIL, MAIL, false, true, false, TOTP},
        /* Two different ones are enough, one of them twice is not. */
        {TOTP, PWD | TOTP, false, true, false, 0},
        {TOTP, PWD | RECOVERY, false, true, false, 0},
        {MAIL, PWD | MAIL, false, true, false, 0},
        {TOTP | MAIL, MAIL | SMS, false, true, false, 0},
        {TOTP, TOTP | RECOVERY, false, true, false, PWD},
        /* A role that wants one counts codes by mail as on. */
        {0, PWD, true, true, false, MAIL},
        {0, MAIL, true, true, false, PWD},
        {0, MAIL, true, false, false, 0},
        {0, GUEST, true, false, false, 0},
        {TOTP, FED, false, false, false, TOTP},
        {TOTP, FED | STRONG, false, false, false, 0},
        {TOTP, FED | TOTP, false, true, false, 0},
        {0, FED, true, false, false, MAIL},
    };
    static char hash[] = "$argon2id$";

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct store_account row = {
            .has_totp = (cases[i].on & TOTP) != 0,
            .email_factor_us = (cases[i].on & MAIL) != 0 ? 1 : 0,
            .password_hash = cases[i].password ? hash : NULL,
            .reset_required_us = cases[i].reset ? 1 : 0};
        const unsigned wanted =
            sign_in_wanted(&row, cases[i].proved, cases[i].forced);

        if (wanted != cases[i].wanted)
            fail_msg("case %zu: %u", i, wanted);
    }
}

/* */
static void a_role_obliges_by_its_whole_name(void **state)
{
    static struct str roles[] = {STR_INIT("ADMIN"), STR_INIT("EDITOR")};
    static const struct {
        const char *roles;
        bool obliged;
    } cases[] = {
        {"", false},           {"USER", false},
        {"ADMINS", false},     {"ADMI", false},
        {"admin", false},      {"USER EDITORS", false},
        {"ADMIN", true},       {"USER ADMIN", true},
        {"EDITOR USER", true}, {"USER EDITOR GUEST", true},
    };
    struct config config;

    (void)state;
    memset(&config, 0, sizeof(config));
    for (size_t i = 0; i < COUNT(cases); i++) {
        config.two_factor_required_roles.count = 0;
        assert_false(sign_in_obliged(&config, str_of(cases[i].roles)));
        config.two_factor_required_roles = (struct config_list){roles, 2};
        if (sign_in_obliged(&config, str_of(cases[i].roles)) !=
            cases[i].obliged)
            fail_msg("%s", cases[i].roles);
    }
}

/* PRF-1 */
static void the_preferred_factor_is_one_that_would_do(void **state)
{
    static const struct {
        enum store_factor preferred;
        unsigned wanted;
        enum store_factor asked;
    } cases[] = {
        {STORE_FACTOR_NONE, 0, STORE_FACTOR_NONE},
        {STORE_FACTOR_TOTP, 0, STORE_FACTOR_NONE},
        {STORE_FACTOR_EMAIL, PWD, STORE_FACTOR_NONE},
        {STORE_FACTOR_EMAIL, TOTP, STORE_FACTOR_TOTP},
        {STORE_FACTOR_TOTP, MAIL, STORE_FACTOR_EMAIL},
        {STORE_FACTOR_NONE, TOTP | MAIL, STORE_FACTOR_TOTP},
        {STORE_FACTOR_TOTP, TOTP | MAIL, STORE_FACTOR_TOTP},
        {STORE_FACTOR_EMAIL, TOTP | MAIL, STORE_FACTOR_EMAIL},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct store_account row = {.preferred = cases[i].preferred};

        assert_int_equal(two_factor_preferred(&row, cases[i].wanted),
                         cases[i].asked);
    }
}

/* Cut off there, it is none. */
static void assert_no_attempt(struct str payload, size_t n)
{
    struct two_factor_attempt got;

    assert_int_equal(two_factor_attempt_get((struct str){payload.p, n}, &got),
                     ERR_INTERNAL);
    assert_int_equal(two_factor_attempt_get((struct str){payload.p, 0}, &got),
                     ERR_INTERNAL);
}

static void an_attempt_remembers_its_first_half(void **state)
{
    static const struct str subjects[] = {STR_INIT(""), STR_INIT("Ann|1")};
    static const struct id device = {{1, 2, 3, [15] = 16}};
    struct arena *arena = arena_new((size_t)1 << 16);
    struct ctx c = {.arena = arena};

    (void)state;
    for (size_t i = 0; i < COUNT(subjects); i++) {
        const struct two_factor_attempt put = {
            .proved = SIGN_IN_PROVIDER_STRONG | PWD,
            .device = device,
            .version = INT64_MAX - 7,
            .person = {.issuer = STR("https://op.example"),
                       .subject = subjects[i],
                       .sid = STR("s")}};
        struct two_factor_attempt got;
        struct str payload;

        assert_int_equal(two_factor_attempt_put(&c, &put, &payload), ERR_OK);
        assert_int_equal(two_factor_attempt_get(payload, &got), ERR_OK);
        assert_int_equal(got.proved, put.proved);
        assert_memory_equal(&got.device, &put.device, sizeof(put.device));
        assert_true(got.version == put.version);
        assert_true(str_eq(got.person.subject, subjects[i]));
        assert_no_attempt(payload, 1 + sizeof(put.device) + 8 - 1);
        if (subjects[i].n > 0)
            assert_no_attempt(payload, payload.n - 1);
    }
    arena_free(&arena);
}

static void events_have_a_result(void **state)
{
    static const struct {
        const char *kind, *result;
    } cases[] = {
        {"auth.sign_in_failed", "failure"},
        {"auth.two_factor_failed", "failure"},
        {"auth.step_up_failed", "failure"},
        {"auth.sign_in_throttled", "throttled"},
        {"auth.two_factor_wanted", "pending"},
        {"auth.code_sent", "pending"},
        {"token.reuse", "reuse"},
        {"session.revoked", "ended"},
        {"session.sign_out", "ended"},
        {"auth.sign_in", "success"},
        {"auth.step_up", "success"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct store_event event = {.kind = cases[i].kind};

        assert_string_equal(audit_result(&event), cases[i].result);
    }
}

static void what_others_did_is_told_from_what_one_did(void **state)
{
    static const struct {
        const char *detail;
        bool other;
    } cases[] = {
        {"", false},
        {"{}", false},
        {"{\"reason\":\"logout\"}", false},
        {"{\"count\":3}", false},
        {"{\"reason\":\"operator\"}", true},
        {"{\"reason\":\"backend\"}", true},
        {"{\"role\":\"ADMIN\",\"by\":\"0193\"}", true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct store_event event = {.detail = str_of(cases[i].detail)};

        assert_int_equal(audit_by_other(&event), cases[i].other);
    }
}

static void a_group_is_named_in_the_language_that_fits_best(void **state)
{
    static const struct group group = {.texts = {{.locale = STR_INIT("de")},
                                                 {.locale = STR_INIT("de-AT")},
                                                 {.locale = STR_INIT("en")},
                                                 {.locale = STR_INIT("fr")}},
                                       .count = 4};
    static const struct {
        const char *wanted, *fallback, *picked;
    } cases[] = {
        {"de-AT", "en", "de-AT"}, {"de", "en", "de"}, {"de-CH", "en", "de"},
        {"DE-at", "en", "de-AT"}, {"it", "en", "en"}, {"", "fr", "fr"},
        {"it", "es", "de"},       {"d", "en", "en"},  {"deu", "en", "en"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct str got = group_pick(&group, str_of(cases[i].wanted),
                                    str_of(cases[i].fallback))
                             ->locale;

        if (!str_eq(got, str_of(cases[i].picked)))
            fail_msg("%s: %s", cases[i].wanted, got.p);
    }
}

static void links_lead_to_the_page_that_is_configured(void **state)
{
    static const struct {
        const char *page, *url;
    } cases[] = {
        {"", "https://id.example.org/account/reset-password?token=abc"},
        {"https://app.example.org/r", "https://app.example.org/r?token=abc"},
        {"https://app.example.org/?p=1",
         "https://app.example.org/?p=1&token=abc"},
    };
    struct arena *arena = arena_new((size_t)1 << 16);
    struct config config;
    struct ctx c = {.arena = arena, .config = &config};
    struct str url, minutes;

    (void)state;
    memset(&config, 0, sizeof(config));
    config.http_public_url = "https://id.example.org";
    for (size_t i = 0; i < COUNT(cases); i++) {
        config.links_reset_password = cases[i].page;
        assert_int_equal(link_url(&c, LINK_RESET_PASSWORD, STR("abc"), &url),
                         ERR_OK);
        assert_string_equal(url.p, cases[i].url);
    }
    assert_int_equal(link_minutes(&c, 61, &minutes), ERR_OK);
    assert_string_equal(minutes.p, "2");
    assert_int_equal(link_minutes(&c, 60, &minutes), ERR_OK);
    assert_string_equal(minutes.p, "1");
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_tell_what_was_proved_N63B_12),
        cmocka_unit_test(no_means_of_proof_counts_twice),
        cmocka_unit_test(a_role_obliges_by_its_whole_name),
        cmocka_unit_test(the_preferred_factor_is_one_that_would_do),
        cmocka_unit_test(an_attempt_remembers_its_first_half),
        cmocka_unit_test(events_have_a_result),
        cmocka_unit_test(what_others_did_is_told_from_what_one_did),
        cmocka_unit_test(a_group_is_named_in_the_language_that_fits_best),
        cmocka_unit_test(links_lead_to_the_page_that_is_configured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
