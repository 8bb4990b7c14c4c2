/* SPDX-License-Identifier: MIT */
/* Configuration files: taken whole or refused with a reason, and what is taken
 * can be shown and taken again. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/source.h"

/* What every file needs; put before an input that does not begin with "-". */
#define NEEDED                                                                 \
    "[http]\npublic_url = https://id.example.org\n"                            \
    "[keys]\nsealing_key_file = seal.key\n"

static char dir[64];
static char conf[80];
static char seal_key[80];

/* Always a new file: ext4 flushes one that is cut to nothing and written. */
static void write_file(const char *path, struct str head, struct str text)
{
    (void)unlink(path);
    FILE *file = fopen(path, "w");

    FUZZ_CHECK(file != NULL);
    FUZZ_CHECK(fwrite(head.p, 1, head.n, file) == head.n);
    FUZZ_CHECK(text.n == 0 || fwrite(text.p, 1, text.n, file) == text.n);
    FUZZ_CHECK(fclose(file) == 0);
}

static void remove_dir(void)
{
    (void)unlink(seal_key);
    (void)unlink(conf);
    (void)rmdir(dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *parent = getenv("TMPDIR");

    (void)argc;
    (void)argv;
    if (parent == NULL || strlen(parent) > 32)
        parent = "/tmp";
    (void)snprintf(dir, sizeof(dir), "%s/gatehouse-fuzz-XXXXXX", parent);
    FUZZ_CHECK(mkdtemp(dir) != NULL);
    (void)snprintf(conf, sizeof(conf), "%s/main.conf", dir);
    (void)snprintf(seal_key, sizeof(seal_key), "%s/seal.key", dir);
    write_file(seal_key, STR("1:key\n"), STR(""));
    FUZZ_CHECK(chmod(seal_key, 0600) == 0);
    return atexit(remove_dir);
}

/* "file:line: text" and nothing that steers a terminal. */
static void check_errors(struct str errors)
{
    struct str prefix = str_of(dir);

    FUZZ_CHECK(errors.n > 0 && errors.p[errors.n - 1] == '\n');
    FUZZ_CHECK(str_utf8(errors));
    while (errors.n > 0) {
        struct str line = str_cut(&errors, '\n');

        FUZZ_CHECK(!str_has_control(line));
        FUZZ_CHECK(str_starts(line, prefix) ||
                   str_starts(line, STR("default:")));
    }
}

/* Of a refused configuration nothing is left, of a taken one no error told. */
static struct config *load(void)
{
    char *text = NULL;
    size_t n = 0;
    FILE *errors = open_memstream(&text, &n);

    FUZZ_CHECK(errors != NULL);
    struct config *c = config_load(conf, errors);

    FUZZ_CHECK(fclose(errors) == 0);
    if (c == NULL)
        check_errors((struct str){text, n});
    else
        FUZZ_CHECK(n == 0);
    free(text);
    return c;
}

static char *show(const struct config *c)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);

    FUZZ_CHECK(out != NULL);
    config_show(c, out);
    FUZZ_CHECK(fclose(out) == 0);
    FUZZ_CHECK(strlen(text) == n);
    return text;
}

/* A path made absolute can make its line longer than a line may be. */
static bool lines_fit(struct str text)
{
    while (text.n > 0)
        if (str_cut(&text, '\n').n > SOURCE_LINE_MAX)
            return false;
    return true;
}

static void check_again(const struct config *c)
{
    char *shown = show(c);

    if (!lines_fit(str_of(shown))) {
        free(shown);
        return;
    }
    write_file(conf, STR(""), str_of(shown));
    struct config *again = load();

    FUZZ_CHECK(again != NULL);
    char *twice = show(again);

    FUZZ_CHECK(strcmp(shown, twice) == 0);
    config_free(&again);
    free(shown);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = fuzz_text(data, size);
    bool whole = str_starts(text, STR("-\n"));

    if (whole)
        text = (struct str){text.p + 2, text.n - 2};
    write_file(conf, whole ? STR("") : STR(NEEDED), text);
    struct config *c = load();

    if (c != NULL)
        check_again(c);
    config_free(&c);
    return 0;
}
