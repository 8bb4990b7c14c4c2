/* SPDX-License-Identifier: MIT */
/* SQL files: statements are cut out in order, nothing is lost between them, and
 * each stays whole when it is cut alone. */
#include "fuzz.h"

#include "store/migrate_script.h"

/* What the bytes behind a place belong to. */
enum inside { CODE, LINE, BLOCK, SINGLE = '\'', DOUBLE = '"', BACK = '`' };

/* Where the text at p begins to be: one step of the server's lexer, which takes
 * *n_r bytes. */
static enum inside enter(const char *p, size_t n, size_t *n_r)
{
    *n_r = 1;
    if (p[0] == '\'' || p[0] == '"' || p[0] == '`')
        return (enum inside)p[0];
    if (p[0] == '#')
        return LINE;
    if (n < 2)
        return CODE;
    if (p[0] == '-' && p[1] == '-' && (n == 2 || fuzz_among(p[2], " \t\r\n")))
        return LINE;
    *n_r = p[0] == '/' && p[1] == '*' ? 2 : 1;
    return *n_r == 2 ? BLOCK : CODE;
}

static enum inside leave(const char *p, size_t n, enum inside at, size_t *n_r)
{
    *n_r = 1;
    if (at == LINE)
        return p[0] == '\n' ? CODE : LINE;
    if (at == BLOCK) {
        bool end = n >= 2 && p[0] == '*' && p[1] == '/';

        *n_r = end ? 2 : 1;
        return end ? CODE : BLOCK;
    }
    if (p[0] == '\\' && at != BACK)
        *n_r = n >= 2 ? 2 : 1;
    return p[0] == (char)at ? CODE : at;
}

/* Bytes before the first semicolon that is code. */
static size_t code_until_semicolon(struct str s)
{
    enum inside at = CODE;
    size_t step = 1;
    size_t i = 0;

    for (; i < s.n && !(at == CODE && s.p[i] == ';'); i += step)
        at = at == CODE ? enter(s.p + i, s.n - i, &step)
                        : leave(s.p + i, s.n - i, at, &step);
    return i;
}

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
        FUZZ_CHECK(code_until_semicolon((struct str){
                       statement.p, (size_t)(text.p + text.n - statement.p)}) ==
                   statement.n);
        FUZZ_CHECK(rest.p == last || (rest.p == last + 1 && *last == ';'));
        check_alone(statement);
    }
    FUZZ_CHECK(rest.n == 0);
    return 0;
}
