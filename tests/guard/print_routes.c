/* SPDX-License-Identifier: MIT */
/* Prints the route table: doc/routes.md as it must be, or with --json for
 * tests that make cases of every row. */
#include <stdio.h>
#include <string.h>

#include "api/routes.h"

#define ARENA_LIMIT (1u << 20)

static const char *print_kind(const struct json_field *f)
{
    switch (f->type) {
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
        return "integer";
    case JSON_BOOLEAN:
        return "boolean";
    case JSON_OBJECT:
        return "object";
    case JSON_ANY:
    default:
        return "any";
    }
}

static void markdown_fields(const struct route *row)
{
    for (size_t i = 0; i < row->field_count; i++)
        (void)printf("%s`%s`%s", i > 0 ? ", " : ": ", row->fields[i].name,
                     row->fields[i].required ? "" : " (optional)");
}

static void markdown_row(const struct route *row)
{
    bool bare = row->body == BODY_JSON && row->field_count == 0;

    (void)printf("| %s | `%s` | %s%s | %s | %s", http_method_text(row->method),
                 row->pattern, routes_need_text(row->need),
                 routes_marks_text(row), routes_csrf_text(row->csrf),
                 bare ? "empty, or JSON `{}`" : routes_body_text(row->body));
    markdown_fields(row);
    (void)printf(" | %s | %s%s |\n", row->name, row->summary,
                 (row->marks & ROUTE_PLAIN) != 0 ? " Also without HTTPS." : "");
}

#define MARKDOWN_HEAD                                                          \
    "| Method | Path | Needs | Origin | Body | Name | Does |\n"                \
    "|---|---|---|---|---|---|---|"

static void markdown_face(const struct route *rows, size_t count, unsigned face)
{
    for (size_t i = 0; i < count; i++)
        if ((rows[i].marks & ROUTE_FACES) == face)
            markdown_row(&rows[i]);
}

static void print_markdown(const struct route *rows, size_t count)
{
    (void)puts("# Routes\n\n"
               "Printed from the table in `src/api/routes.c` by `make "
               "update-docs`; `make check` compares.\n"
               "`api.md` tells each in detail.\n\n"
               "- **Needs**: the credential that opens the route.\n"
               "- **Origin**: when a foreign page is refused: `cookie`, if the "
               "credential came as a cookie;\n"
               "  `browser`, also without one if a browser asks; `none`, "
               "never, because nothing changes or no cookie counts.\n"
               "- A GET row answers HEAD too. OPTIONS answers CORS preflights "
               "on every path.\n\n" MARKDOWN_HEAD);
    markdown_face(rows, count, 0);
    (void)puts("\n## Core interface\n\n"
               "Behind `cdi.base_path`, and behind `/appid-NAME` and `/TENANT` "
               "where they are not the public ones;\n"
               "`supertokens.md` tells of it.\n\n" MARKDOWN_HEAD);
    markdown_face(rows, count, ROUTE_CDI);
    (void)puts("\n## Frontend interface\n\n"
               "`/auth` stands for `fdi.base_path`; a tenant's name may follow "
               "it.\n\n" MARKDOWN_HEAD);
    markdown_face(rows, count, ROUTE_FDI);
}

static void json_put_field(struct json_out *j, const struct json_field *f)
{
    json_open(j, NULL, '{');
    json_str(j, "name", str_of(f->name));
    json_str(j, "type", str_of(print_kind(f)));
    json_bool(j, "required", f->required);
    json_int(j, "min", f->min);
    json_int(j, "max", f->max);
    json_close(j, '}');
}

static const char *face_name(const struct route *row)
{
    if ((row->marks & ROUTE_CDI) != 0)
        return "cdi";
    return (row->marks & ROUTE_FDI) != 0 ? "fdi" : "own";
}

static void json_put_row(struct json_out *j, const struct route *row)
{
    json_open(j, NULL, '{');
    json_str(j, "face", str_of(face_name(row)));
    json_str(j, "method", str_of(http_method_text(row->method)));
    json_str(j, "path", str_of(row->pattern));
    json_str(j, "need", str_of(routes_need_text(row->need)));
    json_str(j, "csrf", str_of(routes_csrf_text(row->csrf)));
    json_str(j, "body", str_of(routes_body_text(row->body)));
    json_bool(j, "plain", (row->marks & ROUTE_PLAIN) != 0);
    json_bool(j, "stepUp", (row->marks & ROUTE_STEP_UP) != 0);
    json_bool(j, "stepUpOthers", (row->marks & ROUTE_STEP_UP_OTHERS) != 0);
    json_bool(j, "admin", (row->marks & ROUTE_ADMIN) != 0);
    json_str(j, "name", str_of(row->name));
    json_str(j, "summary", str_of(row->summary));
    json_open(j, "fields", '[');
    for (size_t i = 0; i < row->field_count; i++)
        json_put_field(j, &row->fields[i]);
    json_close(j, ']');
    json_close(j, '}');
}

static int print_json(const struct route *rows, size_t count)
{
    struct arena *a = arena_new(ARENA_LIMIT);
    struct str text;
    int rc = 1;

    if (a == NULL)
        return 1;
    struct buf out = buf_new(a);
    struct json_out j = json_out(&out);

    json_open(&j, NULL, '[');
    for (size_t i = 0; i < count; i++)
        json_put_row(&j, &rows[i]);
    json_close(&j, ']');
    if (buf_done(&out, &text) == ERR_OK && puts(text.p) >= 0)
        rc = 0;
    arena_free(&a);
    return rc;
}

int main(int argc, char **argv)
{
    size_t count;
    const struct route *rows = routes_all(&count);

    if (argc == 2 && strcmp(argv[1], "--json") == 0)
        return print_json(rows, count);
    if (argc != 1) {
        (void)fputs("usage: print_routes [--json]\n", stderr);
        return 2;
    }
    print_markdown(rows, count);
    return ferror(stdout) ? 1 : 0;
}
