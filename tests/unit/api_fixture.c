/* SPDX-License-Identifier: MIT */
/* Requests built by hand, and answers taken apart. */
#include "api_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

#define ARENA_LIMIT (4u << 20)

int api_fixture_setup(void **state)
{
    struct api_fixture *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return -1;
    f->arena = arena_new(ARENA_LIMIT);
    f->config = config_load(NULL, stderr);
    if (f->arena == NULL || f->config == NULL)
        return -1;
    f->config->http_public_url = FIXTURE_ORIGIN;
    f->allowed = STR("https://app.test");
    f->config->http_allowed_origins = (struct config_list){&f->allowed, 1};
    (void)log_open(LOG_FILE, LOG_LOGFMT, LOG_LEVEL_ERROR, "/dev/null");
    *state = f;
    return 0;
}

int api_fixture_teardown(void **state)
{
    struct api_fixture *f = *state;

    arena_free(&f->arena);
    config_free(&f->config);
    free(f);
    return 0;
}

void api_request(struct api_fixture *f, enum http_method method,
                 const char *path)
{
    struct str id = STR("01938f6e-0000-7000-8000-000000000001");

    arena_reset(f->arena);
    memset(&fake, 0, sizeof(fake));
    fake.verdict = LINEAGE_CURRENT;
    f->req = (struct http_request){
        .method = method,
        .path = str_of(path),
        .target = str_of(path),
        .fields = f->fields,
        .cookies = f->cookies,
        .https = true,
        .request_id = id,
    };
    f->ctx = (struct ctx){.config = f->config,
                          .clock = clock_system(),
                          .arena = f->arena,
                          .realm_id = 1};
    f->res = http_response_new(f->arena);
}

void api_field(struct api_fixture *f, const char *name, const char *value)
{
    assert_true(f->req.field_count < sizeof(f->fields) / sizeof(f->fields[0]));
    f->fields[f->req.field_count++] =
        (struct http_pair){str_of(name), str_of(value)};
}

void api_cookie_in(struct api_fixture *f, const char *name, const char *value)
{
    assert_true(f->req.cookie_count <
                sizeof(f->cookies) / sizeof(f->cookies[0]));
    f->cookies[f->req.cookie_count++] =
        (struct http_pair){str_of(name), str_of(value)};
}

void api_body(struct api_fixture *f, const char *type, const char *text)
{
    if (type != NULL)
        api_field(f, "CONTENT_TYPE", type);
    f->req.body = str_of(text);
}

int api_send(struct api_fixture *f)
{
    assert_int_equal(api_init(&f->api, f->arena, f->config, NULL), ERR_OK);
    dispatch(&f->api, &f->ctx, &f->req, &f->res, &f->call);
    return f->res.status;
}

static void row_credentials(struct api_fixture *f, const struct route *row,
                            bool by_cookie)
{
    bool refresh = row->need == NEED_REFRESH;

    if (row->need == NEED_NONE)
        return;
    if (row->need == NEED_API_KEY) {
        api_field(f, "AUTHORIZATION", "Bearer " FIXTURE_API_KEY);
    } else if (by_cookie) {
        api_cookie_in(f, refresh ? "refresh_token" : "access_token",
                      refresh ? FIXTURE_REFRESH : FIXTURE_ACCESS);
        api_field(f, "ORIGIN", FIXTURE_ORIGIN);
    } else {
        api_field(f, "AUTHORIZATION",
                  refresh ? "Bearer " FIXTURE_REFRESH
                          : "Bearer " FIXTURE_ACCESS);
    }
}

/* A body by the names of the declared fields. */
static void row_body(struct api_fixture *f, const struct route *row)
{
    struct buf b = buf_new(f->arena);
    struct json_out j = json_out(&b);
    struct str text;

    if (row->body == BODY_NONE)
        return;
    json_open(&j, NULL, '{');
    for (size_t i = 0; i < row->field_count; i++)
        if (row->fields[i].required)
            json_str(&j, row->fields[i].name, STR("value@example.test"));
    json_close(&j, '}');
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    api_body(f, "application/json", text.p);
}

/* The pattern with an id in the place of {id}. */
static const char *row_path(struct api_fixture *f, const struct route *row)
{
    struct buf b = buf_new(f->arena);
    struct str text;
    const char *brace = strchr(row->pattern, '{');

    if (brace == NULL)
        return row->pattern;
    buf_put(&b, row->pattern, (size_t)(brace - row->pattern));
    buf_text(&b, "01938f6e-0000-7000-8000-0000000000ff");
    buf_text(&b, strchr(brace, '}') + 1);
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    return text.p;
}

void api_request_row(struct api_fixture *f, const struct route *row,
                     bool by_cookie)
{
    api_request(f, row->method, row->pattern);
    f->req.path = str_of(row_path(f, row));
    row_credentials(f, row, by_cookie);
    row_body(f, row);
}

static const char *copy(struct api_fixture *f, struct str s)
{
    const char *text = arena_strdup(f->arena, s);

    assert_non_null(text);
    return text;
}

const char *api_answer_field(struct api_fixture *f, const char *name, size_t n)
{
    for (size_t i = 0; i < f->res.field_count; i++)
        if (str_eq_nocase(f->res.fields[i].name, str_of(name)) && n-- == 0)
            return copy(f, f->res.fields[i].value);
    return NULL;
}

const char *api_answer_cookie(struct api_fixture *f, const char *name)
{
    const char *line;
    size_t length = strlen(name);

    for (size_t i = 0; (line = api_answer_field(f, "Set-Cookie", i)); i++)
        if (strncmp(line, name, length) == 0 && line[length] == '=')
            return line;
    return NULL;
}

size_t api_answer_cookies(const struct api_fixture *f)
{
    size_t count = 0;

    for (size_t i = 0; i < f->res.field_count; i++)
        count += str_eq(f->res.fields[i].name, STR("Set-Cookie"));
    return count;
}

const char *api_answer_body(struct api_fixture *f)
{
    struct str text;

    assert_int_equal(buf_done(&f->res.body, &text), ERR_OK);
    return text.p;
}

void api_assert_problem(struct api_fixture *f, int status, const char *code)
{
    char member[96];

    assert_int_equal(f->res.status, status);
    assert_string_equal(f->res.content_type,
                        "application/problem+json; charset=utf-8");
    (void)snprintf(member, sizeof(member), "\"code\":\"%s\"", code);
    if (strstr(api_answer_body(f), member) == NULL)
        fail_msg("no %s in %s", member, api_answer_body(f));
}
