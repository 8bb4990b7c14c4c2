/* SPDX-License-Identifier: MIT */
/* PHC strings: one exact form in, one out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "crypto/phc.h"
#include "crypto/secret.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SALT "c29tZXNhbHRzb21lc2FsdA"
#define HASH "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"

static void good_string_is_read_and_written_back(void **state)
{
    static const struct {
        const char *text;
        uint32_t memory_kib, passes;
        size_t salt_n, hash_n;
    } cases[] = {
        {"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" HASH, 19456, 2, 16, 32},
        {"$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" HASH, 8, 1, 8, 32},
        {"$argon2id$v=19$m=4194304,t=1000,p=1$" SALT "$" SALT, 4194304, 1000,
         16, 16},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[PASSWORD_HASH_MAX];
        struct phc phc;

        assert_int_equal(phc_parse(str_of(cases[i].text), &phc), ERR_OK);
        assert_int_equal(phc.params.memory_kib, cases[i].memory_kib);
        assert_int_equal(phc.params.passes, cases[i].passes);
        assert_int_equal(phc.salt_n, cases[i].salt_n);
        assert_int_equal(phc.hash_n, cases[i].hash_n);
        assert_memory_equal(phc.salt, "somesaltsomesalt", phc.salt_n);
        assert_int_equal(phc_write(&phc, text), ERR_OK);
        assert_string_equal(text, cases[i].text);
    }
}

static void anything_else_is_refused(void **state)
{
    static const char *const cases[] = {
        NULL,
        "",
        "!",
        "$",
        "$argon2id",
        "argon2id$v=19$m=64,t=2,p=1$" SALT "$" HASH,
        "$argon2i$v=19$m=64,t=2,p=1$" SALT "$" HASH,
        "$argon2d$v=19$m=64,t=2,p=1$" SALT "$" HASH,
        "$argon2ID$v=19$m=64,t=2,p=1$" SALT "$" HASH,
        "$2b$12$KIXQ4y1J0e6mC2N6y7u5eO",
        "$argon2id$m=64,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=16$m=64,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=019$m=64,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=19$t=2,m=64,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=64,t=2$" SALT "$" HASH,
        "$argon2id$v=19$m=64,t=2,p=2$" SALT "$" HASH,
        "$argon2id$v=19$m=64,t=2,p=01$" SALT "$" HASH,
        "$argon2id$v=19$m=64,t=2,p=1,x=1$" SALT "$" HASH,
        "$argon2id$v=19$m=7,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=064,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=-64,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=4194305,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=99999999999999999999,t=2,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=64,t=0,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=64,t=1001,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=64,t=,p=1$" SALT "$" HASH,
        "$argon2id$v=19$m=64,t=2,p=1$$" HASH,
        "$argon2id$v=19$m=64,t=2,p=1$c29tZXM$" HASH,
        "$argon2id$v=19$m=64,t=2,p=1$" SALT SALT SALT "$" HASH,
        "$argon2id$v=19$m=64,t=2,p=1$" SALT "==$" HASH,
        "$argon2id$v=19$m=64,t=2,p=1$" SALT,
        "$argon2id$v=19$m=64,t=2,p=1$" SALT "$",
        "$argon2id$v=19$m=64,t=2,p=1$" SALT "$CTFhFdXP",
        "$argon2id$v=19$m=64,t=2,p=1$" SALT "$" HASH "$",
        "$argon2id$v=19$m=64,t=2,p=1$" SALT "$" HASH "=",
        "$argon2id$v=19$m=64,t=2,p=1$" SALT "$" HASH "\n",
        "$argon2id$v=19$m=64,t=2,p=1$" SALT "$" HASH HASH HASH,
        /* base64url is another alphabet; unused low bits set */
        "$argon2id$v=19$m=64,t=2,p=1$" SALT
        "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GR_Pc",
        "$argon2id$v=19$m=64,t=2,p=1$" SALT
        "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPd",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct phc phc = {.salt_n = 77};

        assert_int_equal(phc_parse(str_of(cases[i]), &phc), ERR_VALIDATION);
        assert_int_equal(phc.salt_n, 77);
    }
}

static void string_that_does_not_fit_is_internal(void **state)
{
    struct phc phc = {.params = {4194304, 1000},
                      .salt_n = PHC_SALT_MAX,
                      .hash_n = PHC_HASH_MAX};
    char text[PASSWORD_HASH_MAX] = "untouched";

    (void)state;
    assert_int_equal(phc_write(&phc, text), ERR_INTERNAL);
    assert_string_equal(text, "untouched");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_string_is_read_and_written_back),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(string_that_does_not_fit_is_internal),
    };

    if (crypto_init() != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
