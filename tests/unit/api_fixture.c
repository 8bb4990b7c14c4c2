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
#include "crypto/secret.h"

#define ARENA_LIMIT (4u << 20)
#define SEALING_KEY STR("k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")

int api_fixture_setup(void **state)
{
    struct api_fixture *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return -1;
    f->arena = arena_new(ARENA_LIMIT);
    f->config = config_load(NULL, stderr);
    if (f->arena == NULL || f->config == NULL)
        return -1;
    if (crypto_init() != ERR_OK ||
        sealer_new(SEALING_KEY, &f->sealer) != ERR_OK)
        return -1;
    f->config->http_public_url = FIXTURE_ORIGIN;
    f->allowed = STR("https://app.test");
    f->config->http_allowed_origins = (struct config_list){&f->allowed, 1};
    /* So that every row of the table is there. */
    f->config->oauth2_enabled = true;
    (void)log_open(LOG_FILE, LOG_LOGFMT, LOG_LEVEL_ERROR, "/dev/null");
    *state = f;
    return 0;
}

int api_fixture_teardown(void **state)
{
    struct api_fixture *f = *state;

    sealer_free(&f->sealer);
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
                          .sealer = f->sealer,
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

static void row_proof(struct api_fixture *f, const char *cookie,
                      const char *field, bool by_cookie)
{
    if (by_cookie)
        api_cookie_in(f, cookie, FIXTURE_PROOF);
    else
        api_field(f, field, FIXTURE_PROOF);
}

static void row_credentials(struct api_fixture *f, const struct route *row,
                            bool by_cookie)
{
    bool refresh = row->need == NEED_REFRESH;

    if (row->need == NEED_NONE)
        return;
    fake.admin = (row->marks & ROUTE_ADMIN) != 0;
    if (row->need == NEED_TWO_FACTOR || row->need == NEED_TWO_FACTOR_AND_ACCESS)
        row_proof(f, "two_factor_authentication_token",
                  "X_TWO_FACTOR_AUTHENTICATION_TOKEN", by_cookie);
    if (row->need != NEED_API_KEY)
        row_proof(f, "step_up_token", "X_STEP_UP_TOKEN", by_cookie);
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

static void row_value(struct json_out *j, const struct json_field *field)
{
    switch (field->type) {
    case JSON_INTEGER:
        json_int(j, field->name, field->min);
        break;
    case JSON_BOOLEAN:
    case JSON_FLAG:
        json_bool(j, field->name, true);
        break;
    case JSON_OBJECT:
        json_raw(j, field->name, STR("{}"));
        break;
    case JSON_STRINGS:
        json_raw(j, field->name, STR("[\"value\"]"));
        break;
    case JSON_OBJECTS:
        json_raw(j, field->name, STR("[{}]"));
        break;
    case JSON_STRING:
    case JSON_IDENTIFIER:
    case JSON_ANY:
        json_str(j, field->name, STR("value@example.test"));
        break;
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
            row_value(&j, &row->fields[i]);
    json_close(&j, '}');
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    api_body(f, "application/json", text.p);
}

/* The pattern with an id in the place of each {…}. */
static const char *row_path(struct api_fixture *f, const struct route *row)
{
    struct buf b = buf_new(f->arena);
    const char *rest = row->pattern;
    const char *brace;
    struct str text;

    while ((brace = strchr(rest, '{')) != NULL) {
        buf_put(&b, rest, (size_t)(brace - rest));
        buf_text(&b, "01938f6e-0000-7000-8000-0000000000ff");
        rest = strchr(brace, '}') + 1;
    }
    buf_text(&b, rest);
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

static bool row_is_faked(const struct route *row)
{
    static const char *const names[] = {
        "auth.status",    "auth.register",      "auth.login",
        "auth.refresh",   "auth.logout",        "session.list",
        "session.revoke", "session.revoke_all", "session.revoke_others",
        "session.label",  "session.data_get",   "session.data_put",
        "meta.jwks",      "backend.introspect", "backend.revoke",
        "meta.healthz",   "meta.readyz"};

    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(row->name, names[i]) == 0)
            return true;
    return false;
}

void api_assert_handled(struct api_fixture *f, const struct route *row)
{
    int status = api_send(f);
    const bool refused = status == 401 || status == 403 || status == 405 ||
                         status == 415 || status == 500;

    if (row_is_faked(row) ? status != 200 : refused)
        fail_msg("%s %s: %d %s", http_method_text(row->method), row->pattern,
                 status, api_answer_body(f));
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
