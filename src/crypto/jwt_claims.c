/* SPDX-License-Identifier: MIT */
/* libjwt 1.10 takes duplicate names, floats and strings for numbers and the
 * algorithm from the token: JSON is judged by json_scan before it, every type
 * is checked after it, and it never sees a key. */
#include "crypto/jwt_claims.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jwt.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/json_scan.h"
#include "base/json_write.h"

#define TIME_MAX UINT64_C(253402300799)      /* the end of the year 9999 */
#define NUMBER_MAX ((UINT64_C(1) << 53) - 1) /* RFC 7493 */

/* Ours first, then those of RFC 7519, 9068, 8693, 7800 and OpenID Connect that
 * an application must not put words into. */
static const char *const reserved[] = {
    "iss", "aud",     "sub",   "sid",          "jti",       "iat",     "exp",
    "nbf", "acr",     "amr",   "auth_time",    "client_id", "roles",   "groups",
    "ver", "rth",     "prh",   "rti",          "scope",     "azp",     "act",
    "cnf", "may_act", "nonce", "entitlements", "events",    "at_hash", "c_hash",
};
#define RESERVED_N (sizeof(reserved) / sizeof(reserved[0]))

/* crit: none is understood (RFC 7515 4.1.11). jku, jwk, x5u, x5c: keys come
 * from our table only (RFC 8725 3.10). zip, b64: other forms of the payload. */
static const char *const forbidden[] = {"crit", "jku", "jwk", "x5u",
                                        "x5c",  "zip", "b64"};
#define FORBIDDEN_N (sizeof(forbidden) / sizeof(forbidden[0]))

/* Reads members one by one; the first error stays. */
struct reader {
    struct arena *arena;
    jwt_t *jwt;
    enum err e;
};

bool jwt_claims_reserved(struct str name)
{
    for (size_t i = 0; i < RESERVED_N; i++) {
        if (str_eq(name, str_of(reserved[i])))
            return true;
    }
    return false;
}

static void fail(struct reader *r, enum err e)
{
    if (r->e == ERR_OK)
        r->e = e;
}

static struct str keep(struct reader *r, const char *text)
{
    struct str copy = arena_str(r->arena, str_of(text));

    if (copy.p == NULL)
        fail(r, ERR_NO_MEMORY);
    return copy;
}

/* A string member, not empty. */
static struct str read_text(struct reader *r, const char *name)
{
    const char *text = jwt_get_grant(r->jwt, name);

    if (text == NULL || text[0] == '\0') {
        fail(r, ERR_ACCESS_TOKEN_INVALID);
        return (struct str){NULL, 0};
    }
    return keep(r, text);
}

/* libjwt says the same of a text that is none and of want of memory; only
 * errno, cleared before, tells them apart. */
static enum err blame(enum err e)
{
    return errno == ENOMEM ? ERR_NO_MEMORY : e;
}

/* A member as JSON text, to be freed; NULL, and a failure, when there is none.
 */
static char *read_json(struct reader *r, const char *name)
{
    errno = 0;
    char *text = jwt_get_grants_json(r->jwt, name);

    if (text == NULL)
        fail(r, blame(ERR_ACCESS_TOKEN_INVALID));
    return text;
}

/* A number by its text, because jwt_get_grant_int answers 0 for 1.5 and "7".
 * RFC 7519 section 2 lets a NumericDate be a float; ours never are. */
static int64_t read_number(struct reader *r, const char *name, uint64_t max)
{
    char *text = read_json(r, name);
    uint64_t value = 0;

    if (text == NULL || !str_uint(str_of(text), max, &value))
        fail(r, ERR_ACCESS_TOKEN_INVALID);
    free(text);
    return (int64_t)value;
}

/* Is there such a member? libjwt answers NULL for none and for no memory, and
 * only errno tells; a claim must not vanish for want of memory. */
static bool has(struct reader *r, const char *name,
                char *(*get)(jwt_t *jwt, const char *name))
{
    char *text = get(r->jwt, name);
    bool absent = text == NULL && errno == EINVAL;

    if (text == NULL && !absent)
        fail(r, ERR_NO_MEMORY);
    free(text);
    return !absent;
}

static int64_t read_optional_time(struct reader *r, const char *name)
{
    bool present = has(r, name, jwt_get_grants_json);

    return present ? read_number(r, name, TIME_MAX) : 0;
}

/* str_of(NULL) is empty text, which no reader below takes: a claim that is
 * missing or not a string is refused like a wrong one. */
static struct id read_id(struct reader *r, const char *name)
{
    struct id id = {{0}};

    if (!id_parse(str_of(jwt_get_grant(r->jwt, name)), &id))
        fail(r, ERR_ACCESS_TOKEN_INVALID);
    return id;
}

static struct digest read_digest(struct reader *r, const char *name)
{
    struct str text = str_of(jwt_get_grant(r->jwt, name));
    struct digest d = {{0}};
    size_t n = 0;

    if (!enc_unb64url(text, d.b, sizeof(d.b), &n) || n != sizeof(d.b))
        fail(r, ERR_ACCESS_TOKEN_INVALID);
    return d;
}

/* Behind the string that starts at p, or NULL. The text is sound JSON. */
static const char *skip_string(const char *p)
{
    if (*p++ != '"')
        return NULL;
    while (*p != '"')
        p += *p == '\\' ? 2 : 1;
    return p + 1;
}

/* Is sound, compact JSON an array of strings? */
static bool is_string_array(const char *p)
{
    if (strcmp(p, "[]") == 0)
        return true;
    if (*p++ != '[')
        return false;
    while ((p = skip_string(p)) != NULL && *p == ',')
        p++;
    return p != NULL && *p == ']';
}

static struct str read_list(struct reader *r, const char *name)
{
    char *text = read_json(r, name);
    struct str copy = {NULL, 0};

    if (text == NULL || !is_string_array(text))
        fail(r, ERR_ACCESS_TOKEN_INVALID);
    else
        copy = keep(r, text);
    free(text);
    return copy;
}

/* What is left when all that is ours is gone. Comes last: it empties r->jwt. */
static struct str read_custom(struct reader *r)
{
    struct str copy = {NULL, 0};
    char *text = NULL;

    for (size_t i = 0; i < RESERVED_N; i++)
        (void)jwt_del_grants(r->jwt, reserved[i]);
    text = jwt_get_grants_json(r->jwt, NULL);
    if (text == NULL)
        fail(r, ERR_NO_MEMORY);
    else if (strcmp(text, "{}") != 0)
        copy = keep(r, text);
    free(text);
    return copy;
}

static struct jwt_claims read_all(struct reader *r)
{
    struct jwt_claims c = {
        .iss = read_text(r, "iss"),
        .aud = read_text(r, "aud"),
        .sub = read_text(r, "sub"),
        .client_id = read_text(r, "client_id"),
        .sid = read_id(r, "sid"),
        .jti = read_id(r, "jti"),
        .iat = read_number(r, "iat", TIME_MAX),
        .exp = read_number(r, "exp", TIME_MAX),
        .auth_time = read_number(r, "auth_time", TIME_MAX),
        .amr = read_list(r, "amr"),
        .roles = read_list(r, "roles"),
        .groups = read_list(r, "groups"),
        .ver = read_number(r, "ver", NUMBER_MAX),
        .rth = read_digest(r, "rth"),
        .rti = read_number(r, "rti", NUMBER_MAX),
    };

    if (has(r, "acr", jwt_get_grants_json))
        c.acr = read_text(r, "acr");
    if (has(r, "prh", jwt_get_grants_json))
        c.prh = read_digest(r, "prh");
    c.custom = read_custom(r);
    return c;
}

/* libjwt's two ways in, and out again. */
struct way {
    int (*add)(jwt_t *jwt, const char *json);
    char *(*get)(jwt_t *jwt, const char *name);
};

static const struct way grants = {jwt_add_grants_json, jwt_get_grants_json};
static const struct way headers = {jwt_add_headers_json, jwt_get_headers_json};

static enum err parse_once(const char *text, const struct way *way,
                           jwt_t **jwt_r)
{
    jwt_t *jwt = NULL;
    enum err e = ERR_OK;

    if (jwt_new(&jwt) != 0)
        return ERR_NO_MEMORY;
    errno = 0;
    if (way->add(jwt, text) == 0) {
        *jwt_r = jwt;
        return ERR_OK;
    }
    e = blame(ERR_MALFORMED_JSON);
    jwt_free(jwt);
    return e;
}

static bool alike(jwt_t *a, jwt_t *b, const struct way *way)
{
    char *one = way->get(a, NULL);
    char *two = way->get(b, NULL);
    bool same = one != NULL && two != NULL && strcmp(one, two) == 0;

    free(one);
    free(two);
    return same;
}

/* Strict text into a new jwt_t. Twice, because jansson below it drops a byte of
 * a string that it gets no room for, and tells nobody: a role or a subject
 * would become another. */
static enum err parse(struct arena *a, struct str json, const struct way *way,
                      jwt_t **jwt_r)
{
    enum err e = json_scan(a, json, &json_limits_default);
    const char *text = NULL;
    jwt_t *jwt = NULL;
    jwt_t *again = NULL;

    if (e != ERR_OK)
        return e;
    text = arena_strdup(a, json);
    if (text == NULL)
        return ERR_NO_MEMORY;
    e = parse_once(text, way, &jwt);
    if (e == ERR_OK)
        e = parse_once(text, way, &again);
    if (e == ERR_OK && !alike(jwt, again, way))
        e = ERR_NO_MEMORY;
    jwt_free(again);
    if (e == ERR_OK)
        *jwt_r = jwt;
    else
        jwt_free(jwt);
    return e;
}

/* A stranger's text that is not JSON is a token that is not ours. */
static enum err parse_token(struct arena *a, struct str json,
                            const struct way *way, jwt_t **jwt_r)
{
    enum err e = parse(a, json, way, jwt_r);

    return e == ERR_MALFORMED_JSON ? ERR_ACCESS_TOKEN_INVALID : e;
}

enum err jwt_claims_read(struct arena *a, struct str json,
                         struct jwt_claims *c_r, int64_t *nbf_r)
{
    struct reader r = {a, NULL, ERR_OK};
    struct jwt_claims c;
    int64_t nbf = 0;
    enum err e = parse_token(a, json, &grants, &r.jwt);

    if (e != ERR_OK)
        return e;
    nbf = read_optional_time(&r, "nbf");
    c = read_all(&r);
    jwt_free(r.jwt);
    if (r.e != ERR_OK)
        return r.e;
    *c_r = c;
    *nbf_r = nbf;
    return ERR_OK;
}

static bool has_forbidden(struct reader *r)
{
    for (size_t i = 0; i < FORBIDDEN_N; i++) {
        if (has(r, forbidden[i], jwt_get_headers_json))
            return true;
    }
    return false;
}

static struct str read_header(struct reader *r, const char *name)
{
    const char *text = jwt_get_header(r->jwt, name);

    if (text != NULL)
        return keep(r, text);
    fail(r, ERR_ACCESS_TOKEN_INVALID);
    return (struct str){NULL, 0};
}

enum err jwt_claims_header(struct arena *a, struct str json,
                           struct jwt_claims_header *h_r)
{
    struct reader r = {a, NULL, ERR_OK};
    struct jwt_claims_header h;
    enum err e = parse_token(a, json, &headers, &r.jwt);

    if (e != ERR_OK)
        return e;
    h.alg = read_header(&r, "alg");
    h.typ = read_header(&r, "typ");
    h.kid = read_header(&r, "kid");
    if (has_forbidden(&r))
        fail(&r, ERR_ACCESS_TOKEN_INVALID);
    jwt_free(r.jwt);
    if (r.e == ERR_OK)
        *h_r = h;
    return r.e;
}

static void write_digest(struct json_out *j, const char *name,
                         const struct digest *d)
{
    char text[ENC_B64_LEN(DIGEST_LEN) + 1];

    (void)enc_b64url(d->b, sizeof(d->b), text);
    json_str(j, name, str_of(text));
}

/* An empty list is written as one, so that readers find every member. */
static void write_list(struct json_out *j, const char *name, struct str list)
{
    json_raw(j, name, list.n == 0 ? STR("[]") : list);
}

static enum err write_ours(struct arena *a, const struct jwt_claims *c,
                           struct str *json_r)
{
    static const struct digest none;
    struct buf b = buf_new(a);
    struct json_out j = json_out(&b);

    json_open(&j, NULL, '{');
    json_str(&j, "iss", c->iss);
    json_str(&j, "aud", c->aud);
    json_str(&j, "sub", c->sub);
    json_str(&j, "client_id", c->client_id);
    json_id(&j, "sid", &c->sid);
    json_id(&j, "jti", &c->jti);
    json_int(&j, "iat", c->iat);
    json_int(&j, "exp", c->exp);
    json_int(&j, "auth_time", c->auth_time);
    if (c->acr.n > 0)
        json_str(&j, "acr", c->acr);
    write_list(&j, "amr", c->amr);
    write_list(&j, "roles", c->roles);
    write_list(&j, "groups", c->groups);
    json_int(&j, "ver", c->ver);
    write_digest(&j, "rth", &c->rth);
    if (memcmp(&c->prh, &none, sizeof(none)) != 0)
        write_digest(&j, "prh", &c->prh);
    json_int(&j, "rti", c->rti);
    json_close(&j, '}');
    return buf_done(&b, json_r);
}

/* Ours and behind it what custom has put into jwt, which must be none of ours.
 */
static enum err merge(struct arena *a, jwt_t *jwt, struct str ours,
                      struct str *json_r)
{
    struct reader r = {a, jwt, ERR_OK};
    struct buf b = buf_new(a);
    char *text = NULL;

    for (size_t i = 0; i < RESERVED_N; i++) {
        if (has(&r, reserved[i], jwt_get_grants_json))
            return r.e != ERR_OK ? r.e : ERR_VALIDATION;
    }
    text = jwt_get_grants_json(jwt, NULL);
    if (text == NULL)
        return ERR_NO_MEMORY;
    buf_str(&b, (struct str){ours.p, ours.n - 1});
    buf_text(&b, strcmp(text, "{}") == 0 ? "" : ",");
    buf_text(&b, text + 1);
    free(text);
    return buf_done(&b, json_r);
}

/* Custom members go through libjwt, which writes them anew; without any, ours
 * are complete as written. */
enum err jwt_claims_write(struct arena *a, const struct jwt_claims *c,
                          struct str *json_r)
{
    struct str whole;
    jwt_t *jwt = NULL;
    enum err e = ERR_OK;

    if (c->iss.n == 0 || c->aud.n == 0 || c->sub.n == 0 || c->client_id.n == 0)
        return ERR_VALIDATION;
    e = write_ours(a, c, &whole);
    if (e == ERR_OK && c->custom.n > 0) {
        e = parse(a, c->custom, &grants, &jwt);
        if (e == ERR_OK)
            e = merge(a, jwt, whole, &whole);
        jwt_free(jwt);
    }
    /* Members together may pass the limits that each part kept. */
    if (e == ERR_OK)
        e = json_scan(a, whole, &json_limits_default);
    if (e == ERR_OK)
        *json_r = whole;
    return e == ERR_MALFORMED_JSON ? ERR_VALIDATION : e;
}
