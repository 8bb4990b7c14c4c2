/* SPDX-License-Identifier: MIT */
/* SQL files: statements are cut out in order, nothing is lost between them, and
 * each stays whole when it is cut alone. */
#include "fuzz.h"

#include "store/migrate_script.h"

/* Alone it is one statement; "--" at its end has then become a comment. */
static void check_alone(struct str statement)
{
    struct str rest = statement;
    struct str again;

    if (!migrate_script_next(&rest, &again)) {
        FUZZ_CHECK(statement.n >= 2 && statement.p[statement.n - 1] == '-' &&
                   statement.p[statement.n - 2] == '-');
        return;
    }
    FUZZ_CHECK(str_eq(again, statement));
    FUZZ_CHECK(!migrate_script_next(&rest, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = fuzz_text(data, size);
    struct str rest = text;
    struct str statement;
    const char *last = text.p;

    while (migrate_script_next(&rest, &statement)) {
        FUZZ_CHECK(fuzz_is_slice(statement, text) && statement.n > 0);
        FUZZ_CHECK(statement.p >= last);
        FUZZ_CHECK(fuzz_is_slice(rest, text));
        last = statement.p + statement.n;
        FUZZ_CHECK(rest.p == last || (rest.p == last + 1 && *last == ';'));
        check_alone(statement);
    }
    FUZZ_CHECK(rest.n == 0);
    return 0;
}
