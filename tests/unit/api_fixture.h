/* SPDX-License-Identifier: MIT */
/* A request through dispatch() with the rules below it replaced by fakes that
 * answer what a test wants and count how often they were asked. */
#ifndef GATEHOUSE_TESTS_API_FIXTURE_H
#define GATEHOUSE_TESTS_API_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "api/dispatch.h"
#include "api/routes.h"
#include "domain/lineage.h"

#define FIXTURE_ORIGIN "https://id.test"
#define FIXTURE_ACCESS "aaa.bbb.ccc"
#define FIXTURE_REFRESH "opaque-refresh"
#define FIXTURE_PROOF "sealed-proof"
#define FIXTURE_API_KEY "ghk_key"
#define FIXTURE_PATH_MAX 128

/* What the fakes answer, and what they were asked. */
struct fake {
    enum err session_check, session_of_refresh;
    enum err session_revoke, session_label, session_list, data_put;
    enum err account_register, account_login, account_refresh;
    bool no_account;
    bool admin; /* the session's roles hold ADMIN */
    enum err api_key_check, refresh_token_open, useragent;
    enum err db_ready, keyring_sync, keyring_jwks, seal_lookup, touch;
    enum lineage_verdict verdict;
    unsigned asked;   /* calls of anything that knows sessions or accounts */
    unsigned handled; /* calls that change something */
    unsigned touched;
    unsigned tokens_revoked, sessions_revoked;
    char access[64], refresh[64], api_key[64]; /* as presented */
    char reason[32], device_token[32];
};

extern struct fake fake;

struct api_fixture {
    struct arena *arena;
    struct config *config;
    struct sealer *sealer;
    struct api api;
    struct ctx ctx;
    struct http_request req;
    struct http_response res;
    struct call call;
    struct http_pair fields[24], cookies[12];
    struct str allowed;
};

/* cmocka setup and teardown; *state is a struct api_fixture. */
int api_fixture_setup(void **state);
int api_fixture_teardown(void **state);

/* Begins a request by HTTPS with nothing on it; the fakes say yes again. */
void api_request(struct api_fixture *f, enum http_method method,
                 const char *path);
/* Adds a header field (CGI form), a cookie, a body of a media type. */
void api_field(struct api_fixture *f, const char *name, const char *value);
void api_cookie_in(struct api_fixture *f, const char *name, const char *value);
void api_body(struct api_fixture *f, const char *type, const char *text);
/* Dispatches; the status. */
int api_send(struct api_fixture *f);

/* Begins a good request for a row: every credential it needs by cookie or
 * header, own origin, and a body its route takes. */
void api_request_row(struct api_fixture *f, const struct route *row,
                     bool by_cookie);

/* Sends it and asserts that the row's handler answered: with 200 where its
 * rules are faked; the others find no database. */
void api_assert_handled(struct api_fixture *f, const struct route *row);

/* The nth value of a field of the answer; NULL: no such one. */
const char *api_answer_field(struct api_fixture *f, const char *name, size_t n);
/* The Set-Cookie line of a cookie; NULL: not set. */
const char *api_answer_cookie(struct api_fixture *f, const char *name);
/* Number of Set-Cookie lines. */
size_t api_answer_cookies(const struct api_fixture *f);
/* The body as a C string. */
const char *api_answer_body(struct api_fixture *f);
/* Asserts status and problem code. */
void api_assert_problem(struct api_fixture *f, int status, const char *code);

#endif
