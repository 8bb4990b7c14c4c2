/* SPDX-License-Identifier: MIT */
/* Sealed values. The first line is the place, the rest a sealed value and also
 * a content; a number at the end picks the purpose and a bit to flip. */
#include "fuzz.h"

#include "fuzz_token.h"

static struct sealer *sealer;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    sealer = fuzz_sealer();
    return 0;
}

static void check_shut(struct arena *a, enum seal_purpose purpose,
                       struct str place, struct str sealed)
{
    struct str content = STR("untouched");
    const char *before = content.p;

    FUZZ_CHECK(seal_open(sealer, a, purpose, place, sealed, &content) ==
               ERR_VALIDATION);
    FUZZ_CHECK(content.p == before);
}

/* What was sealed here opens as it was, and in no other way. */
static void check_round(struct arena *a, struct str place, struct str content,
                        size_t number)
{
    enum seal_purpose purpose =
        (enum seal_purpose)(number % SEAL_PURPOSE_COUNT);
    struct str sealed;
    struct str opened;

    FUZZ_CHECK(seal(sealer, a, purpose, place, content, &sealed) == ERR_OK);
    FUZZ_CHECK(sealed.n == content.n + SEAL_OVERHEAD);
    FUZZ_CHECK(seal_open(sealer, a, purpose, place, sealed, &opened) == ERR_OK);
    FUZZ_CHECK(str_eq(opened, content));
    check_shut(a, (enum seal_purpose)((number + 1) % SEAL_PURPOSE_COUNT), place,
               sealed);
    check_shut(a, purpose, (struct str){"elsewhere\n", 10}, sealed);
    check_shut(a, purpose, place, (struct str){sealed.p, sealed.n - 1});
    char *copy = arena_strdup(a, sealed);

    FUZZ_CHECK(copy != NULL);
    copy[number % sealed.n] = (char)(copy[number % sealed.n] ^ 1 << number % 8);
    check_shut(a, purpose, place, (struct str){copy, sealed.n});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena();
    struct str rest = fuzz_text(data, size);
    size_t number = fuzz_number(&rest);
    struct str place = fuzz_line(&rest);
    struct str opened;
    enum err e =
        seal_open(sealer, a, (enum seal_purpose)(number % SEAL_PURPOSE_COUNT),
                  place, rest, &opened);

    FUZZ_CHECK(e == ERR_OK || e == ERR_VALIDATION);
    if (e == ERR_OK)
        FUZZ_CHECK(opened.n + SEAL_OVERHEAD == rest.n);
    check_round(a, place, rest, number);
    return 0;
}
