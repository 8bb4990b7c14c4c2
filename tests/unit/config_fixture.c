/* SPDX-License-Identifier: MIT */
/* A directory with a configuration in it, for the tests of src/config. */
#include "config_fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL)
        return -1;
    strcpy(f->dir, "/tmp/gatehouse-config-XXXXXX");
    if (mkdtemp(f->dir) == NULL)
        return -1;
    fixture_write(f, "seal.key", "1:key\n", 0600);
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    int rc = nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(f->errors);
    free(f);
    return rc;
}

const char *fixture_path(const struct fixture *f, const char *name)
{
    static char path[512];
    int n = snprintf(path, sizeof path, "%s/%s", f->dir, name);
    assert_in_range(n, 1, sizeof path - 1);
    return path;
}

void fixture_write(const struct fixture *f, const char *name, const char *text,
                   unsigned mode)
{
    const char *path = fixture_path(f, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

/* Takes the directory's name out of text, so that tables can be fixed. */
static void strip(char *text, const char *dir)
{
    size_t n = strlen(dir) + 1;
    for (char *at = strstr(text, dir); at != NULL; at = strstr(at, dir))
        memmove(at, at + n, strlen(at + n) + 1);
}

struct config *fixture_load(struct fixture *f)
{
    size_t n = 0;
    free(f->errors);
    f->errors = NULL;
    FILE *errors = open_memstream(&f->errors, &n);
    assert_non_null(errors);
    struct config *c = config_load(fixture_path(f, "gatehouse.conf"), errors);
    assert_int_equal(fclose(errors), 0);
    strip(f->errors, f->dir);
    return c;
}

struct config *fixture_take(struct fixture *f, const char *text)
{
    fixture_write(f, "gatehouse.conf", text, 0644);
    return fixture_load(f);
}

char *fixture_show(const struct config *c)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    assert_non_null(out);
    config_show(c, out);
    assert_int_equal(fclose(out), 0);
    return text;
}
