/* SPDX-License-Identifier: MIT */
/* Files of sealing keys: what is taken seals, and read anew it opens. */
#include "fuzz.h"

#include "crypto/secret.h"
#include "crypto/seal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    FUZZ_CHECK(crypto_init() == ERR_OK);
    return 0;
}

static void check_round(struct arena *a, const struct sealer *one,
                        const struct sealer *other)
{
    struct str sealed;
    struct str opened;

    FUZZ_CHECK(seal(one, a, SEAL_EMAIL, STR("1"), STR("content"), &sealed) ==
               ERR_OK);
    FUZZ_CHECK(seal_open(other, a, SEAL_EMAIL, STR("1"), sealed, &opened) ==
               ERR_OK);
    FUZZ_CHECK(str_eq(opened, STR("content")));
}

/* A sound file with a key of its own put first still opens what it sealed. */
static void check_rotated(struct arena *a, const struct sealer *s,
                          struct str lines)
{
    const struct str fresh =
        STR("zzzz:AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM\n");
    struct sealer *rotated = NULL;
    char *text = arena_alloc(a, fresh.n + lines.n);

    FUZZ_CHECK(text != NULL);
    for (size_t i = 0; i < fresh.n + lines.n; i++)
        text[i] = i < fresh.n ? fresh.p[i] : lines.p[i - fresh.n];
    /* 17 lines, or that id was there before. */
    if (sealer_new((struct str){text, fresh.n + lines.n}, &rotated) != ERR_OK)
        return;
    check_round(a, s, rotated);
    sealer_free(&rotated);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = fuzz_arena();
    struct str lines = fuzz_text(data, size);
    struct sealer *s = NULL;
    struct sealer *again = NULL;
    enum err e = sealer_new(lines, &s);

    FUZZ_CHECK(e == ERR_OK || e == ERR_VALIDATION);
    if (e != ERR_OK) {
        FUZZ_CHECK(s == NULL);
        return 0;
    }
    FUZZ_CHECK(fuzz_free_of(lines, " \t\r="));
    FUZZ_CHECK(sealer_new(lines, &again) == ERR_OK);
    check_round(a, s, again);
    check_rotated(a, s, lines);
    sealer_free(&s);
    sealer_free(&again);
    return 0;
}
