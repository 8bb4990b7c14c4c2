/* SPDX-License-Identifier: MIT */
/* Hashes other programs have made, and those made for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "crypto/bcrypt.h"
#include "crypto/password.h"
#include "crypto/secret.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define WAIT_MS 5000
#define A72                                                                    \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SIGNER                                                                 \
    "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYU" \
    "SDzZvpjeJ9WmXA=="
#define FIREBASE_HASH                                                          \
    "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo7" \
    "8198JAdRuid5lQ=="
#define FIREBASE "$f_scrypt$" FIREBASE_HASH "$42xEC+ixf3L2lw==$m=14$r=8$s=Bw=="
#define BCRYPT_SALT "CCCCCCCCCCCCCCCCCCCCC."
#define BCRYPT_TAIL "E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
#define ARGON2_SALT "c29tZXNhbHQ"

static struct hasher *hasher;
static const struct password_form argon2 = {.kind = PASSWORD_ARGON2};
static const struct password_form bcrypt = {PASSWORD_BCRYPT, 4};

static int set_up(void **state)
{
    static const struct password_params params = {64, 2};

    (void)state;
    return hasher_new(&params, 1, &hasher) == ERR_OK &&
                   hasher_firebase(hasher, STR(SIGNER)) == ERR_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    hasher_free(&hasher);
    return 0;
}

static enum err check(const struct password_form *form, struct str password,
                      const char *hash, bool *rehash)
{
    *rehash = false;
    return password_verify_as(hasher, form, password, hash, WAIT_MS, rehash);
}

static void hashes_of_others_are_verified_E02(void **state)
{
    static const struct {
        const char *password, *hash;
        enum password_kind kind;
    } cases[] = {
        {"U*U", "$2a$05$" BCRYPT_SALT BCRYPT_TAIL, PASSWORD_BCRYPT},
        {"U*U", "$2b$05$" BCRYPT_SALT BCRYPT_TAIL, PASSWORD_BCRYPT},
        {"U*U", "$2y$05$" BCRYPT_SALT BCRYPT_TAIL, PASSWORD_BCRYPT},
        {"\xa3", "$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq",
         PASSWORD_BCRYPT},
        {"\xff\xff\xa3",
         "$2a$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e",
         PASSWORD_BCRYPT},
        {"password",
         "$argon2i$v=19$m=256,t=2,p=1$" ARGON2_SALT
         "$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
         PASSWORD_ARGON2},
        {"password",
         "$argon2i$v=19$m=256,t=2,p=2$" ARGON2_SALT
         "$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E",
         PASSWORD_ARGON2},
        {"password",
         "$argon2id$v=19$m=256,t=2,p=2$" ARGON2_SALT
         "$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
         PASSWORD_ARGON2},
        {"user1password", FIREBASE, PASSWORD_FIREBASE},
    };
    bool rehash;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *hash = cases[i].hash;

        assert_int_equal(password_kind(str_of(hash)), cases[i].kind);
        assert_int_equal(
            check(&bcrypt, str_of(cases[i].password), hash, &rehash), ERR_OK);
        assert_int_equal(
            check(&argon2, str_of(cases[i].password), hash, &rehash), ERR_OK);
        assert_int_equal(check(&bcrypt, STR("Password"), hash, &rehash),
                         ERR_INVALID_CREDENTIALS);
        assert_int_equal(check(&bcrypt, STR(""), hash, &rehash),
                         ERR_INVALID_CREDENTIALS);
    }
}

static void what_is_no_hash_is_of_no_kind_E02(void **state)
{
    static const char *const cases[] = {
        "",
        "secret",
        "$2x$05$" BCRYPT_SALT BCRYPT_TAIL,
        "$2$05$" BCRYPT_SALT BCRYPT_TAIL,
        "$2a$03$" BCRYPT_SALT BCRYPT_TAIL,
        "$2a$21$" BCRYPT_SALT BCRYPT_TAIL,
        "$2a$5$" BCRYPT_SALT BCRYPT_TAIL "a",
        "$2a$05$" BCRYPT_SALT BCRYPT_TAIL "a",
        "$2a$05$" BCRYPT_SALT "E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
        "$2a$05$" BCRYPT_SALT "E5YPO9kmyuRGyh0XouQYb4YMJKvyOe=",
        "$argon2x$v=19$m=256,t=2,p=1$" ARGON2_SALT "$" FIREBASE_HASH,
        "$argon2id$v=19$m=256,t=2,p=17$" ARGON2_SALT
        "$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        "$argon2id$v=19$m=8,t=2,p=2$" ARGON2_SALT
        "$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        "$f_scrypt$" FIREBASE_HASH "$42xEC+ixf3L2lw==$m=14$r=8",
        "$f_scrypt$" FIREBASE_HASH "$42xEC+ixf3L2lw==$r=8$m=14$s=Bw==",
        "$f_scrypt$" FIREBASE_HASH "$42xEC+ixf3L2lw==$m=18$r=8$s=Bw==",
        "$f_scrypt$" FIREBASE_HASH "$42xEC+ixf3L2lw==$m=14$r=33$s=Bw==",
        "$f_scrypt$" FIREBASE_HASH "$42xEC+ixf3L2lw==$m=14$r=8$s=Bw",
        "$f_scrypt$$42xEC+ixf3L2lw==$m=14$r=8$s=Bw==",
        "$f_scrypt$ä$42xEC+ixf3L2lw==$m=14$r=8$s=Bw==",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(password_kind(str_of(cases[i])), PASSWORD_KIND_COUNT);
}

static void firebase_hash_needs_its_project_s_key_E02(void **state)
{
    static const char *const keys[] = {"", "%", "AAAA", FIREBASE_HASH};
    bool rehash;

    (void)state;
    for (size_t i = 0; i < COUNT(keys); i++) {
        assert_int_equal(hasher_firebase(hasher, str_of(keys[i])), ERR_OK);
        assert_int_equal(
            check(&bcrypt, STR("user1password"), FIREBASE, &rehash),
            ERR_INVALID_CREDENTIALS);
    }
    assert_int_equal(hasher_firebase(hasher, STR(SIGNER)), ERR_OK);
    assert_int_equal(check(&bcrypt, STR("user1password"), FIREBASE, &rehash),
                     ERR_OK);
}

static void new_hashes_are_of_the_form_asked_for_E02(void **state)
{
    char out[PASSWORD_HASH_MAX];
    bool rehash;

    (void)state;
    assert_int_equal(
        password_hash_as(hasher, &bcrypt, STR("secret"), WAIT_MS, out), ERR_OK);
    assert_int_equal(strncmp(out, "$2b$04$", 7), 0);
    assert_int_equal(check(&bcrypt, STR("secret"), out, &rehash), ERR_OK);
    assert_false(rehash);
    assert_int_equal(check(&bcrypt, STR("Secret"), out, &rehash),
                     ERR_INVALID_CREDENTIALS);
    assert_int_equal(check(&bcrypt, STR("secret\0"), out, &rehash),
                     ERR_INVALID_CREDENTIALS);
    assert_int_equal(
        password_hash_as(hasher, &argon2, STR("secret"), WAIT_MS, out), ERR_OK);
    assert_int_equal(strncmp(out, "$argon2id$", 10), 0);
    assert_int_equal(check(&argon2, STR("secret"), out, &rehash), ERR_OK);
    assert_false(rehash);
}

static void bcrypt_never_cuts_a_password_of_ours_E02(void **state)
{
    char out[PASSWORD_HASH_MAX];
    bool rehash;

    (void)state;
    assert_int_equal(password_hash_as(hasher, &bcrypt, STR(A72), WAIT_MS, out),
                     ERR_OK);
    assert_int_equal(strncmp(out, "$2b$", 4), 0);
    assert_int_equal(
        password_hash_as(hasher, &bcrypt, STR(A72 "b"), WAIT_MS, out), ERR_OK);
    assert_int_equal(strncmp(out, "$argon2id$", 10), 0);
    assert_int_equal(check(&bcrypt, STR(A72 "b"), out, &rehash), ERR_OK);
    assert_false(rehash);
    assert_int_equal(check(&bcrypt, STR(A72 "c"), out, &rehash),
                     ERR_INVALID_CREDENTIALS);
}

static void weaker_hashes_are_to_be_made_anew_E02(void **state)
{
    static const struct password_form strong = {PASSWORD_BCRYPT, 6};
    static const char bcrypt_5[] = "$2a$05$" BCRYPT_SALT BCRYPT_TAIL;
    bool rehash;

    (void)state;
    assert_int_equal(check(&bcrypt, STR("U*U"), bcrypt_5, &rehash), ERR_OK);
    assert_false(rehash);
    assert_int_equal(check(&strong, STR("U*U"), bcrypt_5, &rehash), ERR_OK);
    assert_true(rehash);
    assert_int_equal(check(&argon2, STR("U*U"), bcrypt_5, &rehash), ERR_OK);
    assert_true(rehash);
    assert_int_equal(check(&bcrypt, STR("user1password"), FIREBASE, &rehash),
                     ERR_OK);
    assert_true(rehash);
}

static void nobody_s_hash_never_fits_E05(void **state)
{
    bool rehash;

    (void)state;
    assert_int_equal(check(&bcrypt, STR("secret"), NULL, &rehash),
                     ERR_INVALID_CREDENTIALS);
    assert_int_equal(check(&argon2, STR("secret"), NULL, &rehash),
                     ERR_INVALID_CREDENTIALS);
    assert_int_equal(check(&bcrypt, STR("secret"), "damaged", &rehash),
                     ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_of_others_are_verified_E02),
        cmocka_unit_test(what_is_no_hash_is_of_no_kind_E02),
        cmocka_unit_test(firebase_hash_needs_its_project_s_key_E02),
        cmocka_unit_test(new_hashes_are_of_the_form_asked_for_E02),
        cmocka_unit_test(bcrypt_never_cuts_a_password_of_ours_E02),
        cmocka_unit_test(weaker_hashes_are_to_be_made_anew_E02),
        cmocka_unit_test(nobody_s_hash_never_fits_E05),
    };

    if (crypto_init() != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
