/* SPDX-License-Identifier: MIT */
/* Encrypted refresh tokens: what others have made opens, what is changed does
 * not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/enc.h"
#include "crypto/secret.h"
#include "crypto/token_cipher.h"

#define SECRET STR("1000:00ff:a1b2")
#define CONTENT "{\"nonce\":\"x\"}"

/* By node:crypto: pbkdf2Sync(secret, iv, 100, 32, "sha512"), aes-256-gcm. */
#define MADE                                                                   \
    "000102030405060708090a0b1061a04a9e1be88a8"                                \
    "d90551bf18bf85de9fe397db652491bc628bd3ea1"

static int up(void **state)
{
    *state = arena_new((size_t)1 << 20);
    return *state != NULL && crypto_init() == ERR_OK ? 0 : -1;
}

static int down(void **state)
{
    struct arena *a = *state;

    arena_free(&a);
    return 0;
}

static void S03_what_another_program_has_made_opens(void **state)
{
    uint8_t made[(sizeof(MADE) - 1) / 2];
    struct str content;

    assert_true(enc_unhex(STR(MADE), made, sizeof(made)));
    assert_int_equal(token_cipher_open(*state, SECRET,
                                       (struct str){(char *)made, sizeof(made)},
                                       &content),
                     ERR_OK);
    assert_true(str_eq(content, STR(CONTENT)));
}

static void S03_every_changed_bit_is_seen(void **state)
{
    struct str made, content;

    assert_int_equal(token_cipher_make(*state, SECRET, STR(CONTENT), &made),
                     ERR_OK);
    assert_int_equal(made.n, sizeof(CONTENT) - 1 + TOKEN_CIPHER_OVERHEAD);
    char *bytes = arena_strdup(*state, made);

    for (size_t i = 0; i < 8 * made.n; i++) {
        bytes[i / 8] = (char)(bytes[i / 8] ^ (1 << i % 8));
        assert_int_equal(token_cipher_open(*state, SECRET,
                                           (struct str){bytes, made.n},
                                           &content),
                         ERR_VALIDATION);
        bytes[i / 8] = (char)(bytes[i / 8] ^ (1 << i % 8));
    }
    for (size_t n = 0; n < made.n; n++)
        assert_int_equal(
            token_cipher_open(*state, SECRET, (struct str){bytes, n}, &content),
            ERR_VALIDATION);
    assert_int_equal(
        token_cipher_open(*state, STR("1000:00ff:a1b3"), made, &content),
        ERR_VALIDATION);
    assert_int_equal(token_cipher_open(*state, SECRET, made, &content), ERR_OK);
    assert_true(str_eq(content, STR(CONTENT)));
}

static void no_text_is_encrypted_the_same_way_twice(void **state)
{
    struct str one, other;

    assert_int_equal(token_cipher_make(*state, SECRET, STR(""), &one), ERR_OK);
    assert_int_equal(token_cipher_make(*state, SECRET, STR(""), &other),
                     ERR_OK);
    assert_int_equal(one.n, TOKEN_CIPHER_OVERHEAD);
    assert_false(str_eq(one, other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(S03_what_another_program_has_made_opens),
        cmocka_unit_test(S03_every_changed_bit_is_seen),
        cmocka_unit_test(no_text_is_encrypted_the_same_way_twice),
    };

    return cmocka_run_group_tests(tests, up, down);
}
