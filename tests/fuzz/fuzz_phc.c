/* SPDX-License-Identifier: MIT */
/* Stored password hashes: a value has one text. */
#include "fuzz.h"

#include "crypto/phc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = fuzz_text(data, size);
    char again[PASSWORD_HASH_MAX];
    struct phc phc;
    enum err e = phc_parse(text, &phc);

    FUZZ_CHECK(e == ERR_OK || e == ERR_VALIDATION);
    if (e != ERR_OK)
        return 0;
    FUZZ_CHECK(phc.salt_n >= 8 && phc.salt_n <= PHC_SALT_MAX);
    FUZZ_CHECK(phc.hash_n >= 16 && phc.hash_n <= PHC_HASH_MAX);
    FUZZ_CHECK(phc.params.memory_kib <= 4u << 20 && phc.params.passes <= 1000);
    e = phc_write(&phc, again);
    FUZZ_CHECK(e == ERR_OK || e == ERR_INTERNAL);
    if (e == ERR_OK)
        FUZZ_CHECK(str_eq(str_of(again), text));
    return 0;
}
