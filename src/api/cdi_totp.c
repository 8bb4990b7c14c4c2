/* SPDX-License-Identifier: MIT */
/* TOTP devices of applications' users, and the codes they show. */
#include "api/cdi.h"
#include "api/cdi_people.h"
#include "api/cdi_totp.h"
#include "domain/app_totp.h"

enum { MAKE_USER, MAKE_NAME, MAKE_SKEW, MAKE_PERIOD, MAKE_SECRET };
enum { RENAME_USER, RENAME_FROM, RENAME_TO };
enum { DEVICE_USER, DEVICE_NAME, DEVICE_CODE };
enum { CODE_USER, CODE_CODE };

/* Texts that may not be empty, in the order they are looked at. */
static enum err not_empty(struct call *c, size_t i, const char *text)
{
    const struct json_value *v = cdi_value(c, i);

    return v->present && v->text.n == 0 ? cdi_bad(c, text) : ERR_OK;
}

static enum err make_check(struct call *c)
{
    enum err e = not_empty(c, MAKE_USER, "userId cannot be empty");

    if (e == ERR_OK)
        e = not_empty(c, MAKE_NAME, "deviceName cannot be empty");
    if (e == ERR_OK && cdi_value(c, MAKE_SKEW)->integer < 0)
        e = cdi_bad(c, "skew must be >= 0");
    if (e == ERR_OK && cdi_value(c, MAKE_PERIOD)->integer <= 0)
        e = cdi_bad(c, "period must be > 0");
    return e;
}

static enum err make(struct call *c, struct str secret, struct str *name_r,
                     struct str *secret_r)
{
    const struct app_totp_new n = {
        .user_id = cdi_value(c, MAKE_USER)->text,
        .name = cdi_value(c, MAKE_NAME)->text,
        .skew = cdi_value(c, MAKE_SKEW)->integer,
        .period_s = cdi_value(c, MAKE_PERIOD)->integer,
        .secret = secret,
        .verified = secret.p != NULL,
    };

    return app_totp_make(c->ctx, &c->app, &n, name_r, secret_r);
}

static enum err make_answer(struct call *c, enum err e, struct str name,
                            struct str secret)
{
    if (e == ERR_APP_DEVICE_EXISTS)
        return cdi_status(c, "DEVICE_ALREADY_EXISTS_ERROR");
    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_str(&c->res->json, "deviceName", name);
    if (secret.p != NULL)
        json_str(&c->res->json, "secret", secret);
    cdi_end(c);
    return ERR_OK;
}

enum err cdi_totp_make(struct call *c)
{
    struct str name = {NULL, 0}, secret = {NULL, 0};
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = make_check(c);
    if (e == ERR_OK)
        e = make(c, (struct str){NULL, 0}, &name, &secret);
    return make_answer(c, e, name, secret);
}

enum err cdi_totp_import(struct call *c)
{
    struct str name = {NULL, 0}, secret;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = make_check(c);
    if (e == ERR_OK)
        e = not_empty(c, MAKE_SECRET, "secretKey cannot be empty");
    if (e == ERR_OK)
        e = make(c, cdi_value(c, MAKE_SECRET)->text, &name, &secret);
    if (e == ERR_VALIDATION)
        return cdi_field_wrong(c, "secretKey");
    return make_answer(c, e, name, (struct str){NULL, 0});
}

enum err cdi_totp_rename(struct call *c)
{
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = not_empty(c, RENAME_USER, "userId cannot be empty");
    if (e == ERR_OK)
        e = not_empty(c, RENAME_FROM, "existingDeviceName cannot be empty");
    if (e == ERR_OK)
        e = not_empty(c, RENAME_TO, "newDeviceName cannot be empty");
    if (e == ERR_OK)
        e = app_totp_rename(c->ctx, &c->app, cdi_value(c, RENAME_USER)->text,
                            cdi_value(c, RENAME_FROM)->text,
                            cdi_value(c, RENAME_TO)->text);
    if (e == ERR_APP_DEVICE_UNKNOWN)
        return cdi_status(c, "UNKNOWN_DEVICE_ERROR");
    if (e == ERR_APP_DEVICE_EXISTS)
        return cdi_status(c, "DEVICE_ALREADY_EXISTS_ERROR");
    return e != ERR_OK ? e : cdi_status(c, "OK");
}

enum err cdi_totp_remove(struct call *c)
{
    bool done = false;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = not_empty(c, DEVICE_USER, "userId cannot be empty");
    if (e == ERR_OK)
        e = not_empty(c, DEVICE_NAME, "deviceName cannot be empty");
    if (e == ERR_OK)
        e = app_totp_remove(c->ctx, &c->app, cdi_value(c, DEVICE_USER)->text,
                            cdi_value(c, DEVICE_NAME)->text, &done);
    if (e != ERR_OK)
        return e;
    return cdi_flag(c, "didDeviceExist", done);
}

enum err cdi_totp_put_device(void *data, const struct app_totp_device *device)
{
    struct json_out *j = data;

    json_open(j, NULL, '{');
    json_str(j, "name", device->name);
    json_int(j, "period", device->period_s);
    json_int(j, "skew", device->skew);
    json_bool(j, "verified", device->verified);
    json_close(j, '}');
    return ERR_OK;
}

enum err cdi_totp_list(struct call *c)
{
    struct str user_id;
    enum err e = cdi_public_only(c);

    if (e == ERR_OK)
        e = cdi_query(c, "userId", true, &user_id);
    if (e == ERR_OK && user_id.n == 0)
        e = cdi_bad(c, "userId cannot be empty");
    if (e != ERR_OK)
        return e;
    cdi_begin(c, "OK");
    json_open(&c->res->json, "devices", '[');
    e = app_totp_list(c->ctx, &c->app, user_id, cdi_totp_put_device,
                      &c->res->json);
    json_close(&c->res->json, ']');
    cdi_end(c);
    return e;
}

const char *cdi_totp_status(enum err e)
{
    switch (e) {
    case ERR_CODE_WRONG:
        return "INVALID_TOTP_ERROR";
    case ERR_TOO_MANY_REQUESTS:
        return "LIMIT_REACHED_ERROR";
    case ERR_USER_NOT_FOUND:
        return "UNKNOWN_USER_ID_ERROR";
    case ERR_APP_DEVICE_UNKNOWN:
        return "UNKNOWN_DEVICE_ERROR";
    default:
        return NULL;
    }
}

void cdi_totp_put_tally(struct json_out *j, const struct app_totp_tally *tally)
{
    if (tally->limit == 0)
        return;
    if (tally->retry_ms > 0)
        json_int(j, "retryAfterMs", tally->retry_ms);
    json_int(j, "currentNumberOfFailedAttempts", tally->failed);
    json_int(j, "maxNumberOfFailedAttempts", tally->limit);
}

/* What both ways to try a code answer but for success. */
static enum err try_refused(struct call *c, enum err e,
                            const struct app_totp_tally *tally)
{
    const char *status = cdi_totp_status(e);

    if (status == NULL)
        return e;
    cdi_begin(c, status);
    cdi_totp_put_tally(&c->res->json, tally);
    cdi_end(c);
    return ERR_OK;
}

static enum err code_check(struct call *c, size_t i)
{
    return cdi_value(c, i)->text.n == APP_TOTP_DIGITS
               ? ERR_OK
               : cdi_bad(c, "totp must be 6 characters long");
}

enum err cdi_totp_device_verify(struct call *c)
{
    const struct app_totp_try t = {cdi_value(c, DEVICE_USER)->text,
                                   cdi_value(c, DEVICE_NAME)->text,
                                   cdi_value(c, DEVICE_CODE)->text};
    struct app_totp_tally tally = {.failed = 0};
    bool already = false;
    enum err e = not_empty(c, DEVICE_USER, "userId cannot be empty");

    if (e == ERR_OK)
        e = not_empty(c, DEVICE_NAME, "deviceName cannot be empty");
    if (e == ERR_OK)
        e = code_check(c, DEVICE_CODE);
    if (e == ERR_OK)
        e = app_totp_verify(c->ctx, &c->app, &t, &already, &tally);
    if (e != ERR_OK)
        return try_refused(c, e, &tally);
    return cdi_flag(c, "wasAlreadyVerified", already);
}

enum err cdi_totp_verify(struct call *c)
{
    const struct app_totp_try t = {.user_id = cdi_value(c, CODE_USER)->text,
                                   .code = cdi_value(c, CODE_CODE)->text};
    struct app_totp_tally tally = {.failed = 0};
    bool already = false;
    enum err e = not_empty(c, CODE_USER, "userId cannot be empty");

    if (e == ERR_OK)
        e = code_check(c, CODE_CODE);
    if (e == ERR_OK)
        e = app_totp_verify(c->ctx, &c->app, &t, &already, &tally);
    return e != ERR_OK ? try_refused(c, e, &tally) : cdi_status(c, "OK");
}
