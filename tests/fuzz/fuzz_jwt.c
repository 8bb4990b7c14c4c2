/* SPDX-License-Identifier: MIT */
/* Access tokens as they come: the corpus has sound ones, and whatever else is
 * taken is a forgery. */
#include "fuzz.h"

#include <string.h>

#include "base/enc.h"
#include "crypto/secret.h"
#include "fuzz_token.h"

static struct key *keys[2];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    keys[0] = fuzz_key_hmac();
    keys[1] = fuzz_key_ecdsa();
    return 0;
}

/* The MAC, computed here from the text as it came. */
static void check_mac(struct str token, const struct key *k)
{
    struct str secret = key_hmac_secret(k);
    uint8_t said[DIGEST_LEN];
    struct digest mac;
    size_t n = token.n;
    size_t said_n = 0;

    while (token.p[n - 1] != '.')
        n--;
    FUZZ_CHECK(enc_unb64url((struct str){token.p + n, token.n - n}, said,
                            sizeof(said), &said_n));
    FUZZ_CHECK(digest_hmac((const uint8_t *)secret.p, secret.n,
                           (struct str){token.p, n - 1}, &mac) == ERR_OK);
    FUZZ_CHECK(said_n == sizeof(said) && memcmp(said, mac.b, said_n) == 0);
}

/* No neighbour of a sound token is sound. */
static void check_flips(struct arena *a, struct str token, const struct key *k)
{
    char *copy = arena_strdup(a, token);
    struct jwt_claims c;

    FUZZ_CHECK(copy != NULL);
    for (size_t i = 0; i < token.n; i += 7) {
        copy[i] = (char)(copy[i] ^ 1 << i % 8);
        enum err e =
            jwt_verify(a, (struct str){copy, token.n}, k, &fuzz_rules, &c);

        FUZZ_CHECK(e == ERR_ACCESS_TOKEN_INVALID);
        copy[i] = token.p[i];
    }
}

static bool verify(struct arena *a, struct str token, const struct key *k,
                   const struct str *kid)
{
    struct jwt_claims c;
    enum err e = jwt_verify(a, token, k, &fuzz_rules, &c);

    FUZZ_CHECK(e == ERR_OK || e == ERR_ACCESS_TOKEN_INVALID ||
               e == ERR_ACCESS_TOKEN_EXPIRED);
    if (e == ERR_ACCESS_TOKEN_INVALID)
        return false;
    FUZZ_CHECK(kid != NULL && str_eq(*kid, str_of(key_id(k))));
    if (key_alg(k) == KEY_HS256)
        check_mac(token, k);
    if (e == ERR_OK)
        check_flips(a, token, k);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena();
    struct str token = fuzz_text(data, size);
    struct str kid = STR("untouched");
    enum err e = jwt_kid(a, token, &kid);

    FUZZ_CHECK(e == ERR_OK || e == ERR_ACCESS_TOKEN_INVALID);
    if (e == ERR_OK)
        FUZZ_CHECK(kid.n == KEY_ID_LEN);
    bool first = verify(a, token, keys[0], e == ERR_OK ? &kid : NULL);
    bool second = verify(a, token, keys[1], e == ERR_OK ? &kid : NULL);

    FUZZ_CHECK(!first || !second);
    return 0;
}
