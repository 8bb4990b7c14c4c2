/* SPDX-License-Identifier: MIT */
/* SHA-256 and HMAC-SHA-256 against the vectors of FIPS 180-4 and RFC 4231. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "crypto/digest.h"
#include "crypto/secret.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void assert_digest(const struct digest *d, const char *hex)
{
    char text[2 * DIGEST_LEN + 1];

    enc_hex(d->b, sizeof(d->b), text);
    assert_string_equal(text, hex);
}

static void sha256_gives_the_published_values(void **state)
{
    static const struct {
        const char *text, *hex;
    } cases[] = {
        {"",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct digest d;

        assert_int_equal(digest_sha256(str_of(cases[i].text), &d), ERR_OK);
        assert_digest(&d, cases[i].hex);
    }
}

static void sha256_of_a_million_a(void **state)
{
    char *text = malloc(1000000);
    struct digest d;

    (void)state;
    assert_non_null(text);
    memset(text, 'a', 1000000);
    assert_int_equal(digest_sha256((struct str){text, 1000000}, &d), ERR_OK);
    free(text);
    assert_digest(
        &d, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void sha256_of_nothing_at_all_is_that_of_empty_text(void **state)
{
    struct digest none;
    struct digest empty;

    (void)state;
    assert_int_equal(digest_sha256((struct str){NULL, 0}, &none), ERR_OK);
    assert_int_equal(digest_sha256(STR(""), &empty), ERR_OK);
    assert_memory_equal(&none, &empty, sizeof(none));
}

/* The example of RFC 7638 section 3.1. */
static void thumbprint_text_of_the_rfc_R7638_3(void **state)
{
    struct digest d;
    char text[ENC_B64_LEN(DIGEST_LEN) + 1];
    struct str json =
        STR("{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZpt"
            "N9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc"
            "_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7"
            "_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0"
            "zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0"
            "fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnq"
            "DKgw\"}");

    (void)state;
    assert_int_equal(digest_sha256(json, &d), ERR_OK);
    (void)enc_b64url(d.b, sizeof(d.b), text);
    assert_string_equal(text, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

struct hmac_case {
    uint8_t key_byte;
    size_t key_n;
    const char *key; /* NULL: key_n times key_byte */
    const char *text;
    const char *hex;
};

static void assert_hmac(const struct hmac_case *c)
{
    uint8_t key[131];
    struct digest d;

    if (c->key == NULL)
        memset(key, c->key_byte, c->key_n);
    else
        memcpy(key, c->key, c->key_n);
    assert_int_equal(digest_hmac(key, c->key_n, str_of(c->text), &d), ERR_OK);
    assert_digest(&d, c->hex);
}

static void hmac_gives_the_values_of_rfc_4231(void **state)
{
    static const struct hmac_case cases[] = {
        {0x0b, 20, NULL, "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {0, 4, "Jefe", "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {0xaa, 131, NULL,
         "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {0xaa, 131, NULL,
         "This is a test using a larger than block-size key and a larger than "
         "block-size data. The key needs to be hashed before being used by the "
         "HMAC algorithm.",
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_hmac(&cases[i]);
}

static void sha512_gives_the_published_value(void **state)
{
    uint8_t out[DIGEST_512_LEN];
    char text[2 * DIGEST_512_LEN + 1];

    (void)state;
    assert_int_equal(digest_sha512(STR("abc"), out), ERR_OK);
    enc_hex(out, sizeof(out), text);
    assert_string_equal(
        text,
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_published_values),
        cmocka_unit_test(sha512_gives_the_published_value),
        cmocka_unit_test(sha256_of_a_million_a),
        cmocka_unit_test(sha256_of_nothing_at_all_is_that_of_empty_text),
        cmocka_unit_test(thumbprint_text_of_the_rfc_R7638_3),
        cmocka_unit_test(hmac_gives_the_values_of_rfc_4231),
    };

    if (crypto_init() != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
