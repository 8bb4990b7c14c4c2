/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over stored inputs: the files and folders named, or else
 * tests/fuzz/corpus/NAME of the source tree for the program fuzz_NAME. No input
 * at all is a failure. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Not every target has one. */
#pragma weak LLVMFuzzerInitialize

#define PATH_LEN 4096

/* A heap block of exactly the file's size, so that a sanitizer or valgrind sees
 * a read one byte past it. */
static uint8_t *load(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size > 0 ? size : 1);

    if (file == NULL || data == NULL || fread(data, 1, size, file) != size) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }
    (void)fclose(file);
    return data;
}

static size_t replay_file(const char *path, size_t size)
{
    uint8_t *data = load(path, size);

    /* Before the run: the last name in the log is the culprit's. */
    (void)printf("%s\n", path);
    (void)fflush(stdout);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

static size_t replay(const char *path)
{
    struct dirent **names = NULL;
    struct stat st;
    size_t count = 0;

    if (stat(path, &st) != 0) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }
    if (!S_ISDIR(st.st_mode))
        return replay_file(path, (size_t)st.st_size);
    int n = scandir(path, &names, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        char inner[PATH_LEN];
        const char *name = names[i]->d_name;
        int length = snprintf(inner, sizeof(inner), "%s/%s", path, name);

        FUZZ_CHECK(length > 0 && (size_t)length < sizeof(inner));
        if (name[0] != '.')
            count += replay(inner);
        free(names[i]);
    }
    free(names);
    return count;
}

static size_t replay_own(const char *program)
{
    const char *slash = strrchr(program, '/');
    const char *name = slash == NULL ? program : slash + 1;
    const char *source = getenv("top_srcdir");
    char path[PATH_LEN];

    if (strncmp(name, "fuzz_", 5) != 0)
        return 0;
    int length = snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s",
                          source == NULL ? "." : source, name + 5);

    FUZZ_CHECK(length > 0 && (size_t)length < sizeof(path));
    return replay(path);
}

int main(int argc, char **argv)
{
    size_t count = 0;

    if (LLVMFuzzerInitialize != NULL)
        (void)LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    if (argc == 1)
        count = replay_own(argv[0]);
    (void)printf("%zu inputs\n", count);
    return count > 0 ? 0 : 1;
}
