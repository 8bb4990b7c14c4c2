/* SPDX-License-Identifier: MIT */
/* The encryption of applications' refresh tokens: the input is an encrypted
 * text, and the content of one. */
#include "fuzz.h"

#include "crypto/token_cipher.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

static void check_shut(struct arena *a, struct str secret, struct str made)
{
    struct str content = STR("untouched");

    FUZZ_CHECK(token_cipher_open(a, secret, made, &content) == ERR_VALIDATION);
    FUZZ_CHECK(str_eq(content, STR("untouched")));
}

/* Opens under its secret only, and not when a bit is another. */
static void check_bound(struct arena *a, struct str made, size_t number)
{
    char *copy = arena_strdup(a, made);

    FUZZ_CHECK(copy != NULL);
    copy[number % made.n] = (char)(copy[number % made.n] ^ 1 << number % 8);
    check_shut(a, STR("one secret"), (struct str){copy, made.n});
    check_shut(a, STR("another secret"), made);
    check_shut(a, STR("one secret"), (struct str){made.p, made.n - 1});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena();
    struct str text = fuzz_text(data, size);
    size_t number = fuzz_number(&text);
    struct str made, content;

    check_shut(a, STR("one secret"), text);
    FUZZ_CHECK(token_cipher_make(a, STR("one secret"), text, &made) == ERR_OK);
    FUZZ_CHECK(made.n == text.n + TOKEN_CIPHER_OVERHEAD);
    FUZZ_CHECK(token_cipher_open(a, STR("one secret"), made, &content) ==
               ERR_OK);
    FUZZ_CHECK(str_eq(content, text));
    check_bound(a, made, number);
    return 0;
}
