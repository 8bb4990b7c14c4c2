/* SPDX-License-Identifier: MIT */
/* Settings of applications over the configuration's, and what a process
 * remembers of applications. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "domain/app_cache.h"
#include "domain/app_settings.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SECOND CLOCK_SECOND

static struct arena *arena;
static struct config *config;

static int up(void **state)
{
    (void)state;
    arena = arena_new(1u << 20);
    config = config_load(NULL, stderr);
    return arena != NULL && config != NULL ? 0 : -1;
}

static int down(void **state)
{
    (void)state;
    arena_free(&arena);
    config_free(&config);
    return 0;
}

static enum err check(const char *text, bool shared, bool test_mode)
{
    struct str reason = {NULL, 0};
    enum err e;

    config->cdi_test_mode = test_mode;
    e = app_settings_check(config, arena, str_of(text), shared,
                           app_settings_of(config), &reason);
    assert_true((e == ERR_APP_CONFIG) == (reason.p != NULL));
    return e;
}

static void C05_values_are_judged_by_their_bounds(void **state)
{
    static const struct {
        const char *text;
        bool shared, test_mode;
        enum err want;
    } rows[] = {
        {"{}", true, false, ERR_OK},
        {"{\"anything\":[1]}", true, false, ERR_OK},
        {"{\"access_token_validity\":null}", true, false, ERR_OK},
        {"{\"access_token_validity\":2}", false, false, ERR_OK},
        {"{\"access_token_validity\":\"2\"}", true, false, ERR_OK},
        {"{\"access_token_validity\":0}", true, false, ERR_APP_CONFIG},
        {"{\"access_token_validity\":2.5}", true, false, ERR_APP_CONFIG},
        {"{\"access_token_validity\":[2]}", true, false, ERR_APP_CONFIG},
        {"{\"access_token_validity\":true}", true, false, ERR_APP_CONFIG},
        {"{\"access_token_validity\":\"2s\"}", true, false, ERR_APP_CONFIG},
        {"{\"access_token_validity\":60,\"refresh_token_validity\":1}", true,
         false, ERR_APP_CONFIG},
        {"{\"access_token_validity\":59,\"refresh_token_validity\":1}", true,
         false, ERR_OK},
        {"{\"access_token_dynamic_signing_key_update_interval\":\"0.001\"}",
         true, false, ERR_APP_CONFIG},
        {"{\"access_token_dynamic_signing_key_update_interval\":\"0.001\"}",
         true, true, ERR_OK},
        {"{\"access_token_dynamic_signing_key_update_interval\":0}", true, true,
         ERR_APP_CONFIG},
        {"{\"access_token_dynamic_signing_key_update_interval\":2}", false,
         false, ERR_APP_CONFIG},
        {"{\"password_hashing_alg\":\"ARGON2\"}", false, false, ERR_APP_CONFIG},
        {"{\"recent_token_reuse_behaviour\":\"\"}", true, false,
         ERR_APP_CONFIG},
        {"{\"base_path\":\"/x\"}", true, false, ERR_APP_CONFIG},
        {"{\"base_path\":\"\"}", false, false, ERR_OK},
        {"{\"ip_allow_regex\":\".*\"}", true, false, ERR_APP_CONFIG},
        {"{\"ip_allow_regex\":null}", true, false, ERR_OK},
        {"{\"ip_deny_regex\":\".*\"}", false, false, ERR_APP_CONFIG},
        {"{\"ip_deny_regex\":[]}", true, false, ERR_APP_CONFIG},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(check(rows[i].text, rows[i].shared, rows[i].test_mode),
                         rows[i].want);
}

static struct app_settings laid(const char *text, bool test_mode)
{
    struct app_settings s;

    config->cdi_test_mode = test_mode;
    s = app_settings_of(config);
    app_settings_lay(config, arena, str_of(text), true, &s);
    return s;
}

static void C05_units_become_ours(void **state)
{
    struct app_settings s =
        laid("{\"access_token_validity\":9,\"refresh_token_validity\":1.5,"
             "\"access_token_signing_key_update_interval\":2,"
             "\"access_token_validity_jitter\":0.05,"
             "\"refresh_token_rotation_grace_period\":7,"
             "\"recent_token_reuse_behaviour\":\"UNAUTHORISED\","
             "\"password_reset_token_lifetime\":5,"
             "\"email_verification_token_lifetime\":6,\"totp_max_attempts\":3,"
             "\"totp_rate_limit_cooldown_sec\":4,"
             "\"password_hashing_alg\":\"argon2\",\"bcrypt_log_rounds\":5}",
             false);

    (void)state;
    assert_int_equal(s.access_lifetime_s, 9);
    assert_int_equal(s.refresh_lifetime_us, 90 * SECOND);
    assert_int_equal(s.key_rotation_us, 7200 * SECOND);
    assert_int_equal(s.key_overlap_us, 60 * SECOND);
    assert_int_equal(s.jitter_ppm, 50000);
    assert_int_equal(s.grace_s, 7);
    assert_true(s.reuse_unauthorised);
    assert_int_equal(s.reset_lifetime_us, 5000);
    assert_int_equal(s.verify_lifetime_us, 6000);
    assert_int_equal(s.totp_attempts, 3);
    assert_int_equal(s.totp_cooldown_s, 4);
    assert_int_equal(s.password_hash, PASSWORD_HASH_ARGON2);
    assert_int_equal(s.bcrypt_rounds, 5);
}

static void C05_what_is_wrong_or_unset_stays(void **state)
{
    struct app_settings plain = laid("{}", false);
    struct app_settings s = laid(
        "{\"access_token_validity\":-1,\"totp_max_attempts\":null}", false);

    (void)state;
    assert_memory_equal(&s, &plain, sizeof(s));
    assert_int_equal(plain.jitter_ppm, 0);
}

static void S21_keys_of_a_test_suite_overlap_by_a_fifth(void **state)
{
    struct app_settings s =
        laid("{\"access_token_dynamic_signing_key_update_interval\":\"0.001\"}",
             true);

    (void)state;
    assert_int_equal(s.key_rotation_us, 3600000);
    assert_int_equal(s.key_overlap_us, 720000);
}

static void C05_a_change_is_merged_and_null_takes_away(void **state)
{
    static const struct {
        const char *old, *change, *want;
    } rows[] = {
        {"{}", "{}", "{}"},
        {"{\"a\":1}", "{}", "{\"a\":1}"},
        {"{\"a\":1,\"b\":[2]}", "{\"a\":null}", "{\"b\":[2]}"},
        {"{\"a\":1}", "{\"b\":\"x\",\"a\":{\"c\":3}}",
         "{\"b\":\"x\",\"a\":{\"c\":3}}"},
        {"{\"a\":1}", "{\"a\":null,\"b\":null}", "{}"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct str text;

        assert_int_equal(app_settings_merge(arena, str_of(rows[i].old),
                                            str_of(rows[i].change), &text),
                         ERR_OK);
        assert_true(str_eq(text, str_of(rows[i].want)));
    }
}

static struct app app_of(const char *name, const char *tenant, int64_t id)
{
    return (struct app){.name = str_of(name),
                        .tenant = str_of(tenant),
                        .app_id = id,
                        .realm_id = id + 1};
}

static void C04_a_process_remembers_by_both_names(void **state)
{
    struct app_cache *cache = NULL;
    struct app kept = app_of("a", "t", 7), asked;

    (void)state;
    assert_int_equal(app_cache_new(&cache), ERR_OK);
    kept.settings.grace_s = 9;
    app_cache_put(cache, &kept);
    asked = app_of("a", "t", 0);
    assert_true(app_cache_get(cache, &asked));
    assert_int_equal(asked.app_id, 7);
    assert_int_equal(asked.realm_id, 8);
    assert_int_equal(asked.settings.grace_s, 9);
    asked = app_of("t", "a", 0);
    assert_false(app_cache_get(cache, &asked));
    asked = app_of("a", "public", 0);
    assert_false(app_cache_get(cache, &asked));
    app_cache_clear(cache);
    asked = app_of("a", "t", 0);
    assert_false(app_cache_get(cache, &asked));
    app_cache_free(&cache);
    assert_null(cache);
}

static void C04_without_a_memory_nothing_is_remembered(void **state)
{
    struct app app = app_of("a", "t", 7);

    (void)state;
    app_cache_put(NULL, &app);
    assert_false(app_cache_get(NULL, &app));
    app_cache_clear(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C05_values_are_judged_by_their_bounds),
        cmocka_unit_test(C05_units_become_ours),
        cmocka_unit_test(C05_what_is_wrong_or_unset_stays),
        cmocka_unit_test(S21_keys_of_a_test_suite_overlap_by_a_fifth),
        cmocka_unit_test(C05_a_change_is_merged_and_null_takes_away),
        cmocka_unit_test(C04_a_process_remembers_by_both_names),
        cmocka_unit_test(C04_without_a_memory_nothing_is_remembered),
    };

    return cmocka_run_group_tests(tests, up, down);
}
