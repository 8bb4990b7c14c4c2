/* SPDX-License-Identifier: MIT */
/* The table of everything that can be asked for. Order matters where a literal
 * segment stands beside {id}: the literal comes first. */
#include "api/routes.h"

#include <assert.h>

#include "api/api.h"
#include "api/api_audit.h"
#include "api/api_oauth2.h"
#include "api/api_otp.h"
#include "api/api_page.h"
#include "api/api_person.h"
#include "api/api_provider.h"
#include "api/api_security.h"
#include "api/api_watch.h"
#include "api/api_user.h"
#include "api/cdi_people.h"
#include "api/api_code.h"
#include "api/fdi_routes.h"
#include "api/api_two_factor.h"
#include "api/cdi_password.h"
#include "api/cdi_user.h"
#include "api/cdi_keys.h"
#include "api/cdi_member.h"
#include "api/cdi_meta.h"
#include "api/cdi_session.h"
#include "api/cdi_tenant.h"
#include "domain/session_token.h"
#include "domain/text.h"

#define EMAIL_MAX 320     /* longer is no address (RFC 3696 erratum 1690) */
#define PASSWORD_MAX 1024 /* bytes; more is only work for the hasher */
#define NAME_MAX_BYTES 400
#define LABEL_MAX_BYTES 256 /* 64 characters */
#define TOKEN_MAX 8192

/* What is shown to people later must not steer a terminal or fake a line. */
static const char *check_plain(struct str text)
{
    return str_has_control(text) ? "CONTROL_CHARACTER" : NULL;
}

static const struct json_field register_fields[] = {
    {"email", JSON_STRING, true, 1, EMAIL_MAX, check_plain},
    {"password", JSON_STRING, true, 1, PASSWORD_MAX, NULL},
    {"name", JSON_STRING, false, 0, NAME_MAX_BYTES, check_plain},
};

/* No shape is asked of an address here: what is none is an unknown one, and
 * both get the same answer. */
static const struct json_field login_fields[] = {
    {"email", JSON_STRING, true, 1, EMAIL_MAX, NULL},
    {"password", JSON_STRING, true, 1, PASSWORD_MAX, NULL},
};

static const char *check_locale(struct str text)
{
    return text.n == 0 || text_locale(text) ? NULL : "WRONG_VALUE";
}

static const char *check_method(struct str text)
{
    return str_eq_nocase(text, STR("totp")) || str_eq_nocase(text, STR("email"))
               ? NULL
               : "UNKNOWN_METHOD";
}

/* A mailed code is `email`, and `mail` for older clients. */
static const struct json_field two_factor_fields[] = {
    {"totp", JSON_ANY, false, 0, API_CODE_MAX, api_code_check},
    {"email", JSON_ANY, false, 0, API_CODE_MAX, api_code_check},
    {"mail", JSON_ANY, false, 0, API_CODE_MAX, api_code_check},
    {"password", JSON_STRING, false, 1, PASSWORD_MAX, NULL},
    {"trustDevice", JSON_BOOLEAN, false, 0, 1, NULL},
};

static const struct json_field step_up_code_fields[] = {
    {"totp", JSON_ANY, false, 0, API_CODE_MAX, api_code_check},
    {"email", JSON_ANY, false, 0, API_CODE_MAX, api_code_check},
    {"mail", JSON_ANY, false, 0, API_CODE_MAX, api_code_check},
};

static const struct json_field step_up_fields[] = {
    {"password", JSON_STRING, false, 0, PASSWORD_MAX, NULL},
};

static const struct json_field totp_fields[] = {
    {"token", JSON_STRING, true, 1, TOKEN_MAX, NULL},
    {"code", JSON_ANY, true, 0, API_CODE_MAX, api_code_check},
};

static const struct json_field code_fields[] = {
    {"code", JSON_ANY, true, 0, API_CODE_MAX, api_code_check},
};

static const struct json_field recover_fields[] = {
    {"code", JSON_STRING, true, 1, API_CODE_MAX, NULL},
};

static const struct json_field method_fields[] = {
    {"method", JSON_STRING, true, 1, 16, check_method},
};

static const struct json_field label_fields[] = {
    {"label", JSON_STRING, true, 0, LABEL_MAX_BYTES, check_plain},
};

/* By the names of RFC 7662 section 2.1 and RFC 7009 section 2.1. */
static const struct json_field token_fields[] = {
    {"token", JSON_STRING, true, 1, TOKEN_MAX, NULL},
    {"token_type_hint", JSON_STRING, false, 0, 64, NULL},
};

#include "api/routes_person_fields.def"
#include "api/routes_oauth2_fields.def"
#include "api/routes_admin_fields.def"
#include "api/routes_provider_fields.def"
#include "api/routes_cdi_app_fields.def"
#include "api/routes_cdi_session_fields.def"
#include "api/routes_cdi_keys_fields.def"
#include "api/routes_cdi_user_fields.def"
#include "api/routes_cdi_people_fields.def"
#include "api/routes_fdi_fields.def"

#define FIELDS(array) array, sizeof(array) / sizeof((array)[0])
#define NO_FIELDS NULL, 0
#define AUTH "/api/auth/"
#define MINE "/api/users/me/"
#define SECURITY "/api/security/"
/* Where a row's pattern is, and where it ends. */
#define PATTERN(literal) literal, sizeof(literal) - 1
/* A row of the core interface. */
#define CDI(path, method, body, fields, handle, name, summary, marks)          \
    {                                                                          \
        PATTERN(path), method, NEED_CORE_KEY, CSRF_NONE, body, fields, handle, \
            name, summary, (marks) | ROUTE_CDI                                 \
    }
/* One of the frontend interface (FDI), whose patterns begin with what stands
 * for fdi.base_path. */
#define FDI(path, method, need, csrf, handle, name, summary, marks)            \
    {                                                                          \
        PATTERN(ROUTE_FDI_BASE path), method, need, csrf, BODY_NONE,           \
            NO_FIELDS, handle, name, summary, (marks) | ROUTE_FDI              \
    }

/* GET /refresh is a state change by GET: the older clients it is kept for ask
 * so, and the origin check and SameSite stand before it. */
static const struct route route_rows[] = {
    {PATTERN(AUTH "status"), METHOD_GET, NEED_ACCESS_OPTIONAL, CSRF_NONE,
     BODY_NONE, NO_FIELDS, api_auth_status, "auth.status",
     "Who am I, and on which session?", ROUTE_PENDING},
    {PATTERN(AUTH "register"), METHOD_POST, NEED_NONE, CSRF_ALWAYS, BODY_JSON,
     FIELDS(register_fields), api_auth_register, "auth.register",
     "Creates an account.", ROUTE_HASHES},
    {PATTERN(AUTH "login"), METHOD_POST, NEED_NONE, CSRF_ALWAYS, BODY_JSON,
     FIELDS(login_fields), api_auth_login, "auth.login",
     "Signs in with a password.", ROUTE_HASHES},
    {PATTERN(AUTH "refresh"), METHOD_POST, NEED_REFRESH, CSRF_COOKIE, BODY_JSON,
     NO_FIELDS, api_auth_refresh, "auth.refresh",
     "Gives new tokens for a refresh token.", 0},
    {PATTERN(AUTH "refresh"), METHOD_GET, NEED_REFRESH, CSRF_COOKIE, BODY_NONE,
     NO_FIELDS, api_auth_refresh, "auth.refresh",
     "Gives new tokens for a refresh token.", 0},
    {PATTERN(AUTH "logout"), METHOD_POST, NEED_ANY_OPTIONAL, CSRF_COOKIE,
     BODY_JSON, NO_FIELDS, api_auth_logout, "auth.logout",
     "Ends the session and clears the cookies.", ROUTE_PENDING},
    {PATTERN(AUTH "sessions"), METHOD_GET, NEED_ACCESS, CSRF_NONE, BODY_NONE,
     NO_FIELDS, api_session_list, "session.list",
     "Lists the caller's live sessions.", 0},
    {PATTERN(AUTH "session"), METHOD_GET, NEED_ACCESS, CSRF_NONE, BODY_NONE,
     NO_FIELDS, api_session_list, "session.list",
     "Lists the caller's live sessions.", 0},
    {PATTERN(MINE "sessions"), METHOD_GET, NEED_ACCESS, CSRF_NONE, BODY_NONE,
     NO_FIELDS, api_session_list, "session.list",
     "Lists the caller's live sessions.", 0},
    {PATTERN(AUTH "sessions/others"), METHOD_DELETE, NEED_ACCESS, CSRF_COOKIE,
     BODY_NONE, NO_FIELDS, api_session_revoke_others, "session.revoke_others",
     "Ends all the caller's sessions but this one.", ROUTE_STEP_UP_OTHERS},
    {PATTERN(AUTH "sessions/{id}"), METHOD_DELETE, NEED_ACCESS, CSRF_COOKIE,
     BODY_NONE, NO_FIELDS, api_session_revoke, "session.revoke",
     "Ends one of the caller's sessions.", 0},
    {PATTERN(MINE "sessions/{id}"), METHOD_DELETE, NEED_ACCESS, CSRF_COOKIE,
     BODY_NONE, NO_FIELDS, api_session_revoke, "session.revoke",
     "Ends one of the caller's sessions.", 0},
    {PATTERN(AUTH "sessions/{id}"), METHOD_PATCH, NEED_ACCESS, CSRF_COOKIE,
     BODY_JSON, FIELDS(label_fields), api_session_label, "session.label",
     "Names the device of a session.", 0},
    {PATTERN(AUTH "sessions"), METHOD_DELETE, NEED_ACCESS, CSRF_COOKIE,
     BODY_NONE, NO_FIELDS, api_session_revoke_all, "session.revoke_all",
     "Ends all the caller's sessions, this one too.", ROUTE_STEP_UP_OTHERS},
    {PATTERN(MINE "sessions"), METHOD_DELETE, NEED_ACCESS, CSRF_COOKIE,
     BODY_NONE, NO_FIELDS, api_session_revoke_all, "session.revoke_all",
     "Ends all the caller's sessions, this one too.", ROUTE_STEP_UP_OTHERS},
    {PATTERN(AUTH "session/data"), METHOD_GET, NEED_ACCESS, CSRF_NONE,
     BODY_NONE, NO_FIELDS, api_session_data_get, "session.data_get",
     "Gives the JSON object kept with the session.", 0},
    {PATTERN(AUTH "session/data"), METHOD_PUT, NEED_ACCESS, CSRF_COOKIE,
     BODY_RAW_JSON, NO_FIELDS, api_session_data_put, "session.data_put",
     "Replaces the JSON object kept with the session.", 0},
    {PATTERN(AUTH "2fa/login"), METHOD_POST, NEED_TWO_FACTOR, CSRF_COOKIE,
     BODY_JSON, FIELDS(two_factor_fields), api_two_factor_login,
     "two_factor.login", "Passes the second factor of a sign-in.",
     ROUTE_HASHES},
    {PATTERN(AUTH "2fa/step-up"), METHOD_POST, NEED_TWO_FACTOR_AND_ACCESS,
     CSRF_COOKIE, BODY_JSON, FIELDS(step_up_code_fields),
     api_two_factor_step_up, "two_factor.step_up",
     "Passes the second factor of a fresh proof.", ROUTE_PENDING},
    {PATTERN(AUTH "step-up"), METHOD_POST, NEED_ACCESS, CSRF_COOKIE, BODY_JSON,
     FIELDS(step_up_fields), api_step_up, "auth.step_up",
     "Proves afresh who asks.", ROUTE_HASHES | ROUTE_PENDING},
    {PATTERN(AUTH "2fa/totp/setup"), METHOD_GET, NEED_ACCESS, CSRF_NONE,
     BODY_NONE, NO_FIELDS, api_two_factor_totp_begin, "two_factor.totp_begin",
     "Begins to set TOTP up.", ROUTE_STEP_UP},
    {PATTERN(AUTH "2fa/setup"), METHOD_GET, NEED_ACCESS, CSRF_NONE, BODY_NONE,
     NO_FIELDS, api_two_factor_totp_begin, "two_factor.totp_begin",
     "Begins to set TOTP up.", ROUTE_STEP_UP},
    {PATTERN(AUTH "2fa/totp/setup"), METHOD_POST, NEED_ACCESS, CSRF_COOKIE,
     BODY_JSON, FIELDS(totp_fields), api_two_factor_totp_enable,
     "two_factor.totp_enable", "Switches TOTP on.", ROUTE_STEP_UP},
    {PATTERN(AUTH "2fa/setup"), METHOD_POST, NEED_ACCESS, CSRF_COOKIE,
     BODY_JSON, FIELDS(totp_fields), api_two_factor_totp_enable,
     "two_factor.totp_enable", "Switches TOTP on.", ROUTE_STEP_UP},
    {PATTERN(AUTH "2fa/totp"), METHOD_DELETE, NEED_ACCESS, CSRF_COOKIE,
     BODY_NONE, NO_FIELDS, api_two_factor_totp_disable,
     "two_factor.totp_disable", "Switches TOTP off.", ROUTE_STEP_UP},
    {PATTERN(AUTH "2fa/totp/recover"), METHOD_POST, NEED_TWO_FACTOR,
     CSRF_COOKIE, BODY_JSON, FIELDS(recover_fields), api_two_factor_recover,
     "two_factor.recover", "Signs in with a recovery code.", 0},
    {PATTERN(AUTH "2fa/recover"), METHOD_POST, NEED_TWO_FACTOR, CSRF_COOKIE,
     BODY_JSON, FIELDS(recover_fields), api_two_factor_recover,
     "two_factor.recover", "Signs in with a recovery code.", 0},
    {PATTERN(AUTH "2fa/recovery-codes"), METHOD_POST, NEED_ACCESS, CSRF_COOKIE,
     BODY_JSON, NO_FIELDS, api_two_factor_renew, "two_factor.renew",
     "Gives new recovery codes for the old ones.", ROUTE_STEP_UP},
    {PATTERN(AUTH "2fa/email/send"), METHOD_POST, NEED_ACCESS_OR_TWO_FACTOR,
     CSRF_COOKIE, BODY_JSON, NO_FIELDS, api_two_factor_email_send,
     "two_factor.email_send", "Mails a code.", ROUTE_PENDING},
    {PATTERN(AUTH "2fa/email/cooldown"), METHOD_GET, NEED_ACCESS_OR_TWO_FACTOR,
     CSRF_NONE, BODY_NONE, NO_FIELDS, api_two_factor_email_cooldown,
     "two_factor.email_cooldown", "Says when the next code may be asked for.",
     ROUTE_PENDING},
    {PATTERN(AUTH "2fa/email/enable"), METHOD_POST, NEED_ACCESS, CSRF_COOKIE,
     BODY_JSON, FIELDS(code_fields), api_two_factor_email_enable,
     "two_factor.email_enable", "Switches codes by mail on.", ROUTE_STEP_UP},
    {PATTERN(AUTH "2fa/email"), METHOD_DELETE, NEED_ACCESS, CSRF_COOKIE,
     BODY_NONE, NO_FIELDS, api_two_factor_email_disable,
     "two_factor.email_disable", "Switches codes by mail off.", ROUTE_STEP_UP},
    {PATTERN(AUTH "2fa/preferred-method"), METHOD_POST, NEED_ACCESS,
     CSRF_COOKIE, BODY_JSON, FIELDS(method_fields), api_two_factor_prefer,
     "two_factor.prefer", "Says which second factor to ask for first.",
     ROUTE_STEP_UP},
    {PATTERN(MINE "trusted-devices"), METHOD_GET, NEED_ACCESS, CSRF_NONE,
     BODY_NONE, NO_FIELDS, api_two_factor_trusted, "two_factor.trusted",
     "Lists the devices that need no second factor.", 0},
    {PATTERN(MINE "trusted-devices/{id}"), METHOD_DELETE, NEED_ACCESS,
     CSRF_COOKIE, BODY_NONE, NO_FIELDS, api_two_factor_distrust,
     "two_factor.distrust", "Asks a device for a second factor again.", 0},
    {PATTERN(AUTH "not-me"), METHOD_POST, NEED_NONE, CSRF_ALWAYS, BODY_JSON,
     FIELDS(link_fields), api_watch_not_me, "watch.not_me",
     "Ends the session an alert was about, and demands a new password.", 0},
    {PATTERN(AUTH "introspect"), METHOD_POST, NEED_API_KEY, CSRF_NONE,
     BODY_FORM, FIELDS(token_fields), api_backend_introspect,
     "backend.introspect", "Tells a back end what a token is worth (RFC 7662).",
     0},
    {PATTERN(AUTH "revoke"), METHOD_POST, NEED_API_KEY, CSRF_NONE, BODY_FORM,
     FIELDS(token_fields), api_backend_revoke, "backend.revoke",
     "Revokes an access token, or a refresh token's session (RFC 7009).", 0},
    {PATTERN(SECURITY "secrets/rotate-keys"), METHOD_POST, NEED_ACCESS,
     CSRF_COOKIE, BODY_JSON, NO_FIELDS, api_security_rotate, "security.rotate",
     "Seals everything anew and renews the signing key.", ROUTE_ADMIN},
    {PATTERN(SECURITY "secrets/rotate-keys/status"), METHOD_GET, NEED_ACCESS,
     CSRF_NONE, BODY_NONE, NO_FIELDS, api_security_status,
     "security.rotate_status", "Tells how far that has come.", ROUTE_ADMIN},
    {PATTERN("/.well-known/jwks.json"), METHOD_GET, NEED_NONE, CSRF_NONE,
     BODY_NONE, NO_FIELDS, api_meta_jwks, "meta.jwks",
     "Gives the public keys of access tokens (RFC 7517).", 0},
    {PATTERN("/healthz"), METHOD_GET, NEED_NONE, CSRF_NONE, BODY_NONE,
     NO_FIELDS, api_meta_healthz, "meta.healthz",
     "Says that the process answers.", ROUTE_PLAIN},
    {PATTERN("/readyz"), METHOD_GET, NEED_NONE, CSRF_NONE, BODY_NONE, NO_FIELDS,
     api_meta_readyz, "meta.readyz",
     "Says whether database, schema and keys are there.", ROUTE_PLAIN},
/* clang-format off */
#include "api/routes_person.def"
#include "api/routes_oauth2.def"
#include "api/routes_provider.def"
/* Patterns with {id}: after every row that has a literal in its place. */
#include "api/routes_admin.def"
#include "api/routes_cdi_meta.def"
#include "api/routes_cdi_app.def"
#include "api/routes_cdi_session.def"
#include "api/routes_cdi_keys.def"
#include "api/routes_cdi_user.def"
#include "api/routes_cdi_people.def"
#include "api/routes_fdi.def"
    /* clang-format on */
};

const struct route *routes_all(size_t *count_r)
{
    *count_r = sizeof(route_rows) / sizeof(route_rows[0]);
    return route_rows;
}

/* A row's pattern as face.c has its path: what stands before it is cut off. */
static const char *pattern_of(const struct route *row)
{
    return (row->marks & ROUTE_FDI) == 0
               ? row->pattern
               : row->pattern + sizeof(ROUTE_FDI_BASE) - 1;
}

/* Every request walks the table, so most rows must go at their first glance:
 * by their last byte, since many begin alike. */
static bool row_fits(const struct route *row, unsigned face, struct str path,
                     struct str params_r[ROUTER_PARAMS_MAX])
{
    const char last = row->pattern[row->pattern_n - 1];

    return (row->marks & ROUTE_FACES) == face && path.n > 0 &&
           (last == '}' || last == path.p[path.n - 1]) &&
           router_match(pattern_of(row), path, params_r);
}

/* Of every row that answers at path, POST before all others. */
static unsigned marks_at(unsigned face, struct str path)
{
    struct str params[ROUTER_PARAMS_MAX];
    unsigned marks = 0, seen = 0;
    size_t count;
    const struct route *rows = routes_all(&count);

    for (size_t i = 0; i < count; i++) {
        const unsigned method = 1u << rows[i].method;

        if ((seen & method) != 0 || !row_fits(&rows[i], face, path, params))
            continue;
        if (rows[i].method == METHOD_POST)
            return rows[i].marks;
        seen |= method;
        marks |= rows[i].marks;
    }
    return marks;
}

/* Few rows have marks of one kind, so that most requests are done with here. */
unsigned routes_marks(unsigned face, struct str path, unsigned wanted)
{
    struct str params[ROUTER_PARAMS_MAX];
    size_t count;
    const struct route *rows = routes_all(&count);

    for (size_t i = 0; i < count; i++)
        if ((rows[i].marks & wanted) != 0 &&
            row_fits(&rows[i], face, path, params))
            return marks_at(face, path) & wanted;
    return 0;
}

const struct route *routes_find(unsigned face, enum http_method method,
                                struct str path,
                                struct str params_r[ROUTER_PARAMS_MAX],
                                unsigned *allow_r)
{
    /* RFC 9110 section 9.3.2: the same answer, without its body. */
    enum http_method wanted = method == METHOD_HEAD ? METHOD_GET : method;
    size_t count;
    const struct route *rows = routes_all(&count);

    *allow_r = 0;
    for (size_t i = 0; i < count; i++) {
        if (!row_fits(&rows[i], face, path, params_r))
            continue;
        if (rows[i].method == wanted)
            return &rows[i];
        *allow_r |= 1u << rows[i].method;
    }
    if ((*allow_r & (1u << METHOD_GET)) != 0)
        *allow_r |= 1u << METHOD_HEAD;
    if (*allow_r != 0)
        *allow_r |= 1u << METHOD_OPTIONS;
    return NULL;
}

const char *routes_need_text(enum route_need need)
{
    static const char *const texts[] = {
        [NEED_NONE] = "none",
        [NEED_ACCESS] = "access",
        [NEED_ACCESS_OPTIONAL] = "access, optional",
        [NEED_ANY_OPTIONAL] = "access or refresh, optional",
        [NEED_REFRESH] = "refresh",
        [NEED_TWO_FACTOR] = "two-factor",
        [NEED_TWO_FACTOR_AND_ACCESS] = "two-factor and access",
        [NEED_ACCESS_OR_TWO_FACTOR] = "access or two-factor",
        [NEED_API_KEY] = "API key",
        [NEED_CORE_KEY] = "core key",
        [NEED_FRONTEND] = "frontend session",
    };
    static_assert(sizeof(texts) / sizeof(texts[0]) == NEED_COUNT,
                  "a text each");

    return texts[need];
}

const char *routes_marks_text(const struct route *row)
{
    if ((row->marks & ROUTE_ADMIN) != 0)
        return row->method == METHOD_GET
                   ? ", role ADMIN"
                   : ", role ADMIN, step-up if configured";
    if ((row->marks & ROUTE_STEP_UP) != 0)
        return ", step-up";
    return (row->marks & ROUTE_STEP_UP_OTHERS) != 0 ? ", step-up if configured"
                                                    : "";
}

const char *routes_csrf_text(enum route_csrf csrf)
{
    static const char *const texts[] = {
        [CSRF_NONE] = "none",
        [CSRF_COOKIE] = "cookie",
        [CSRF_ALWAYS] = "browser",
    };
    static_assert(sizeof(texts) / sizeof(texts[0]) == CSRF_COUNT,
                  "a text each");

    return texts[csrf];
}

const char *routes_body_text(enum route_body body)
{
    static const char *const texts[] = {
        [BODY_NONE] = "none",         [BODY_JSON] = "JSON",
        [BODY_FORM] = "form or JSON", [BODY_RAW_JSON] = "any JSON object",
        [BODY_CDI] = "JSON",
    };
    static_assert(sizeof(texts) / sizeof(texts[0]) == BODY_COUNT,
                  "a text each");

    return texts[body];
}
