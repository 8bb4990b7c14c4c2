/* SPDX-License-Identifier: MIT */
/* Paths of applications: [/appid-NAME][/TENANT]/api. The path as it stands is
 * tried first, so that no tenant can take an address away. */
#include "api/face.h"

#include <string.h>

#include "api/routes.h"
#include "domain/app.h"

#define APP_WORD "appid-"
#define APP_PREFIX "/" APP_WORD

/* These words begin addresses and are no tenant's name. */
static bool is_word(struct str s)
{
    static const char *const words[] = {"recipe", "config", "users", "hello"};

    if (str_starts(s, STR(APP_WORD)))
        return true;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (str_eq(s, str_of(words[i])))
            return true;
    return false;
}

static bool has_row(unsigned mark, struct str path)
{
    struct str params[ROUTER_PARAMS_MAX];
    unsigned allow = 0;

    return routes_find(mark, METHOD_GET, path, params, &allow) != NULL ||
           allow != 0;
}

/* Cuts the first segment of path off; what is left begins with a slash. */
static bool cut_segment(struct str *path, struct str *segment_r)
{
    struct str s = {path->p + 1, path->n - 1};
    size_t i = 0;

    while (i < s.n && s.p[i] != '/')
        i++;
    if (i == s.n)
        return false;
    *segment_r = (struct str){s.p, i};
    *path = (struct str){s.p + i, s.n - i};
    return true;
}

/* Cuts an address of its tenant off, when it is none as it stands. */
static void find_tenant(struct face *f)
{
    struct str rest = f->path, segment;

    if (has_row(f->mark, f->path) || f->path.n < 2 ||
        !cut_segment(&rest, &segment) || !app_name_fits(segment) ||
        (f->mark == ROUTE_CDI && is_word(segment)) || !has_row(f->mark, rest))
        return;
    f->path = rest;
    f->tenant = segment;
    f->tenant_given = true;
}

static void find_app(struct face *f)
{
    const size_t n = sizeof(APP_PREFIX) - 1;
    struct str rest = f->path, segment;

    if (has_row(f->mark, f->path) || !str_starts(f->path, STR(APP_PREFIX)))
        return;
    if (!cut_segment(&rest, &segment)) {
        segment = (struct str){rest.p + 1, rest.n - 1};
        rest = STR("/");
    }
    segment = (struct str){segment.p + n - 1, segment.n - (n - 1)};
    if (!app_name_fits(segment))
        return;
    f->app = segment;
    f->path = rest;
}

static struct str lower(struct arena *a, struct str s)
{
    char *p = a == NULL ? NULL : arena_strdup(a, s);

    if (p == NULL)
        return s;
    for (size_t i = 0; i < s.n; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] - 'A' + 'a');
    return (struct str){p, s.n};
}

/* The path behind base, beginning with a slash; false: it is not under it. */
static bool under(struct str path, struct str base, struct str *rest_r)
{
    struct str rest;

    if (!str_starts(path, base))
        return false;
    rest = (struct str){path.p + base.n, path.n - base.n};
    if (rest.n == 0 || rest.p[0] != '/')
        return false;
    if (rest.n > 1 && rest.p[rest.n - 1] == '/')
        rest.n--;
    *rest_r = rest;
    return true;
}

struct face face_of(const struct config *config, struct arena *a,
                    struct str path)
{
    struct face f = {0, path, STR(APP_PUBLIC), STR(APP_PUBLIC), false};

    if (config->fdi_enabled &&
        under(path, str_of(config->fdi_base_path), &f.path)) {
        f.mark = ROUTE_FDI;
        find_tenant(&f);
        return f;
    }
    if (!config->cdi_enabled ||
        !under(path, str_of(config->cdi_base_path), &f.path))
        return f;
    f.mark = ROUTE_CDI;
    f.path = lower(a, f.path);
    find_app(&f);
    find_tenant(&f);
    return f;
}
