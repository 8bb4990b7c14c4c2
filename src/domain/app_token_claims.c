/* SPDX-License-Identifier: MIT */
/* Every form has the claims of the one before it and one more; the first of
 * them keeps the application's in an object of their own. */
#include "domain/app_token_claims.h"

#include "base/json_read.h"
#include "base/json_scan.h"
#include "base/json_write.h"

/* Wider than what a payload may be, with our claims beside it. */
#define CLAIMS_DEPTH 32
#define CLAIMS_KEYS 1088

/* Our claims, and the first form that has them. */
static const struct {
    struct str name;
    enum app_token_form since;
} claims_ours[] = {
    {STR_INIT("sub"), APP_TOKEN_V3},
    {STR_INIT("exp"), APP_TOKEN_V3},
    {STR_INIT("iat"), APP_TOKEN_V3},
    {STR_INIT("sessionHandle"), APP_TOKEN_V3},
    {STR_INIT("refreshTokenHash1"), APP_TOKEN_V3},
    {STR_INIT("parentRefreshTokenHash1"), APP_TOKEN_V3},
    {STR_INIT("antiCsrfToken"), APP_TOKEN_V3},
    {STR_INIT("tId"), APP_TOKEN_V4},
    {STR_INIT("rsub"), APP_TOKEN_V5},
};

static bool claims_reserved(enum app_token_form form, struct str name)
{
    for (size_t i = 0; i < sizeof(claims_ours) / sizeof(claims_ours[0]); i++)
        if (form >= claims_ours[i].since && str_eq(claims_ours[i].name, name))
            return true;
    return false;
}

enum err app_token_payload(struct arena *a, enum app_token_form form,
                           struct str payload)
{
    struct json_walk w = json_walk(payload);
    struct json_part part;
    struct str name;

    while (json_walk_next(&w, &part)) {
        enum err e = json_read_key(a, part.key, &name);

        if (e == ERR_OK && claims_reserved(form, name))
            e = ERR_APP_PAYLOAD;
        if (e != ERR_OK)
            return e;
    }
    return ERR_OK;
}

/* As it stands: keys are escaped already. */
static void claims_put(struct buf *b, const struct json_part *part)
{
    buf_text(b, ",\"");
    buf_str(b, part->key);
    buf_text(b, "\":");
    buf_str(b, part->value);
}

static void claims_put_old(struct json_out *j, const struct app_token *t)
{
    json_str(j, "userId", t->sub);
    json_str(j, "refreshTokenHash1", t->hash1);
    if (t->parent.p != NULL)
        json_str(j, "parentRefreshTokenHash1", t->parent);
    json_raw(j, "userData", t->payload);
    if (t->anti_csrf.p != NULL)
        json_str(j, "antiCsrfToken", t->anti_csrf);
    json_int(j, "expiryTime", t->expiry_ms);
    json_int(j, "timeCreated", t->created_ms);
    json_str(j, "sessionHandle", t->handle);
}

static void claims_put_ours(struct json_out *j, const struct app_token *t)
{
    json_int(j, "iat", t->created_ms / 1000);
    json_int(j, "exp", t->expiry_ms / 1000);
    json_str(j, "sub", t->sub);
    if (t->form >= APP_TOKEN_V4)
        json_str(j, "tId", t->tenant);
    if (t->form >= APP_TOKEN_V5)
        json_str(j, "rsub", t->rsub);
    json_str(j, "sessionHandle", t->handle);
    json_str(j, "refreshTokenHash1", t->hash1);
    json_str(j, "parentRefreshTokenHash1", t->parent);
    json_str(j, "antiCsrfToken", t->anti_csrf);
}

enum err app_token_claims_write(struct arena *a, struct app_token *t)
{
    struct buf b = buf_new(a);
    struct json_out j = json_out(&b);
    struct json_walk w = json_walk(t->payload);
    struct json_part part;
    enum err e = app_token_payload(a, t->form, t->payload);

    if (e != ERR_OK)
        return e;
    json_open(&j, NULL, '{');
    if (t->form == APP_TOKEN_V2) {
        claims_put_old(&j, t);
    } else {
        claims_put_ours(&j, t);
        while (json_walk_next(&w, &part))
            claims_put(&b, &part);
    }
    json_close(&j, '}');
    return buf_done(&b, &t->claims);
}

static enum err claims_text(struct arena *a, struct str json, const char *name,
                            struct str *text_r)
{
    return json_read_text(a, json_read_member(json, str_of(name)), text_r);
}

/* A claim that may be null but must be there. */
static enum err claims_text_or_null(struct arena *a, struct str json,
                                    const char *name, struct str *text_r)
{
    struct str value = json_read_member(json, str_of(name));

    if (value.p == NULL || !json_read_null(value))
        return json_read_text(a, value, text_r);
    *text_r = (struct str){NULL, 0};
    return ERR_OK;
}

static enum err claims_seconds(struct str json, const char *name, int64_t *ms_r)
{
    int64_t s;

    if (!json_read_int(json_read_member(json, str_of(name)), &s) || s < 0 ||
        s > INT64_MAX / 1000)
        return ERR_VALIDATION;
    *ms_r = s * 1000;
    return ERR_OK;
}

static enum err claims_own(struct arena *a, struct str json,
                           struct app_token *t)
{
    struct buf b = buf_new(a);
    struct json_walk w = json_walk(json);
    struct json_part part;
    struct str name;

    buf_char(&b, '{');
    while (json_walk_next(&w, &part)) {
        enum err e = json_read_key(a, part.key, &name);

        if (e != ERR_OK)
            return e;
        if (claims_reserved(t->form, name))
            continue;
        buf_text(&b, b.n > 1 ? ",\"" : "\"");
        buf_str(&b, part.key);
        buf_text(&b, "\":");
        buf_str(&b, part.value);
    }
    buf_char(&b, '}');
    return buf_done(&b, &t->payload);
}

static enum err claims_users(struct arena *a, struct str json,
                             struct app_token *t)
{
    enum err e = claims_text(a, json, "sub", &t->sub);

    t->rsub = t->sub;
    t->tenant = STR(APP_PUBLIC);
    if (e == ERR_OK && t->form >= APP_TOKEN_V4)
        e = claims_text(a, json, "tId", &t->tenant);
    if (e == ERR_OK && t->form >= APP_TOKEN_V5)
        e = claims_text(a, json, "rsub", &t->rsub);
    return e;
}

static enum err claims_get_ours(struct arena *a, struct str json,
                                struct app_token *t)
{
    enum err e = claims_users(a, json, t);

    if (e == ERR_OK)
        e = claims_seconds(json, "exp", &t->expiry_ms);
    if (e == ERR_OK)
        e = claims_seconds(json, "iat", &t->created_ms);
    if (e == ERR_OK)
        e = claims_text(a, json, "sessionHandle", &t->handle);
    if (e == ERR_OK)
        e = claims_text(a, json, "refreshTokenHash1", &t->hash1);
    if (e == ERR_OK)
        e = claims_text_or_null(a, json, "parentRefreshTokenHash1", &t->parent);
    if (e == ERR_OK)
        e = claims_text_or_null(a, json, "antiCsrfToken", &t->anti_csrf);
    return e == ERR_OK ? claims_own(a, json, t) : e;
}

/* A claim that need not be there. */
static enum err claims_optional(struct arena *a, struct str json,
                                const char *name, struct str *text_r)
{
    *text_r = (struct str){NULL, 0};
    return json_read_member(json, str_of(name)).p == NULL
               ? ERR_OK
               : claims_text_or_null(a, json, name, text_r);
}

static enum err claims_get_old(struct arena *a, struct str json,
                               struct app_token *t)
{
    enum err e = claims_text(a, json, "userId", &t->sub);

    t->rsub = t->sub;
    t->tenant = STR(APP_PUBLIC);
    t->payload = json_read_member(json, STR("userData"));
    if (!json_read_int(json_read_member(json, STR("expiryTime")),
                       &t->expiry_ms) ||
        !json_read_int(json_read_member(json, STR("timeCreated")),
                       &t->created_ms) ||
        t->payload.n == 0 || t->payload.p[0] != '{')
        return ERR_VALIDATION;
    if (e == ERR_OK)
        e = claims_text(a, json, "sessionHandle", &t->handle);
    if (e == ERR_OK)
        e = claims_text(a, json, "refreshTokenHash1", &t->hash1);
    if (e == ERR_OK)
        e = claims_optional(a, json, "parentRefreshTokenHash1", &t->parent);
    if (e == ERR_OK)
        e = claims_optional(a, json, "antiCsrfToken", &t->anti_csrf);
    return e;
}

enum err app_token_claims_read(struct arena *a, struct str json,
                               struct app_token *t)
{
    /* No member is shorter than four bytes, and room for members costs. */
    const struct json_limits limits = {
        CLAIMS_DEPTH, json.n / 4 < CLAIMS_KEYS ? json.n / 4 : CLAIMS_KEYS,
        json.n};
    enum err e = json_scan(a, json, &limits);

    t->claims = json;
    if (e == ERR_OK)
        e = t->form == APP_TOKEN_V2 ? claims_get_old(a, json, t)
                                    : claims_get_ours(a, json, t);
    return e == ERR_MALFORMED_JSON || e == ERR_VALIDATION
               ? ERR_ACCESS_TOKEN_INVALID
               : e;
}
