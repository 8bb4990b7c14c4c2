/* SPDX-License-Identifier: MIT */
/* Where one SQL statement of a file ends and the next begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "store/migrate_script.h"

struct script_case {
    const char *name, *text;
    const char *statements[3];
};

static const struct script_case cases[] = {
    {"an empty file", "", {NULL}},
    {"blanks only", " \n\t\r\n", {NULL}},
    {"semicolons only", ";;\n;", {NULL}},
    {"comments only", "-- a;\n# b;\n/* c; */", {NULL}},
    {"one without semicolon", "SELECT 1", {"SELECT 1"}},
    {"two", "A;B;", {"A", "B"}},
    {"a trailing comment", "A; -- the end", {"A"}},
    {"semicolon in single quotes", "A ';' B;C", {"A ';' B", "C"}},
    {"semicolon in double quotes", "A \";\" B;C", {"A \";\" B", "C"}},
    {"semicolon in backquotes", "A `;` B;C", {"A `;` B", "C"}},
    {"a doubled quote", "A 'it''s;' B;C", {"A 'it''s;' B", "C"}},
    {"an escaped quote", "A 'it\\';' B;C", {"A 'it\\';' B", "C"}},
    {"no escape in backquotes", "A `\\`;B", {"A `\\`", "B"}},
    {"semicolon in a line comment", "A -- ;\nB;C", {"A -- ;\nB", "C"}},
    {"semicolon in a hash comment", "A # ;\nB;C", {"A # ;\nB", "C"}},
    {"semicolon in a block comment", "A /* ; */ B;C", {"A /* ; */ B", "C"}},
    {"a quote in a comment", "A -- it's\n;B", {"A -- it's\n", "B"}},
    {"a comment mark in quotes", "A '-- ' ;B", {"A '-- ' ", "B"}},
    {"two minus signs are no comment", "A 1--1;B", {"A 1--1", "B"}},
    {"a comment that never ends", "A /* ;B", {"A /* ;B"}},
    {"a quote that never ends", "A ';B", {"A ';B"}},
    {"an escape at the very end", "A '\\", {"A '\\"}},
    {"dashes at the very end", "A;--", {"A"}},
};

static void test_statements_end_where_the_server_ends_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct str rest = str_of(cases[i].text), got;
        size_t n = 0;
        while (migrate_script_next(&rest, &got)) {
            if (n == 3 || cases[i].statements[n] == NULL ||
                !str_eq(got, str_of(cases[i].statements[n])))
                fail_msg("%s: got \"%.*s\"", cases[i].name, STR_FMT(got));
            n++;
        }
        if (n < 3 && cases[i].statements[n] != NULL)
            fail_msg("%s: lacks \"%s\"", cases[i].name, cases[i].statements[n]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements_end_where_the_server_ends_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
