/* SPDX-License-Identifier: MIT */
/* Time-based one-time passwords of applications' users: several devices each,
 * of any period and tolerance. Tenants share devices; codes that were tried
 * count in one. */
#ifndef GATEHOUSE_DOMAIN_APP_TOTP_H
#define GATEHOUSE_DOMAIN_APP_TOTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "domain/app.h"
#include "domain/ctx.h"

#define APP_TOTP_SECRET "app" /* behind the id in the place of the seal */
#define APP_TOTP_DIGITS 6     /* of a code */
#define APP_TOTP_NAME_MAX 255 /* bytes of a device's name */
#define APP_TOTP_SKEW_MAX 100 /* steps to each side */
#define APP_TOTP_PERIOD_MAX 31536000 /* seconds */

/* A device that is to be made. */
struct app_totp_new {
    struct str user_id;
    struct str name; /* {NULL, 0}: "TOTP Device" and a number */
    int64_t period_s, skew;
    struct str secret; /* base32 of one that is known; {NULL, 0}: a new one */
    bool verified;
};

/* A device as it is listed. */
struct app_totp_device {
    struct str name;
    int64_t period_s, skew;
    bool verified;
};

/* How a user's tries stand. */
struct app_totp_tally {
    int64_t failed, limit; /* wrong codes in a row, and how many are too many */
    int64_t retry_ms;      /* until the next is looked at, beside
                            * ERR_TOO_MANY_REQUESTS */
};

/* Makes a device, in the place of one of its name that nobody has proved to
 * have; *name_r, and *secret_r in base32. ERR_APP_DEVICE_EXISTS; ERR_VALIDATION
 * when the secret is no base32. */
enum err app_totp_make(struct ctx *c, const struct app *app,
                       const struct app_totp_new *n, struct str *name_r,
                       struct str *secret_r);

/* Renames a device. ERR_APP_DEVICE_UNKNOWN, ERR_APP_DEVICE_EXISTS. */
enum err app_totp_rename(struct ctx *c, const struct app *app,
                         struct str user_id, struct str from, struct str to);

/* Deletes a device; *done_r false when there was none. */
enum err app_totp_remove(struct ctx *c, const struct app *app,
                         struct str user_id, struct str name, bool *done_r);

/* Calls each with a user's devices, oldest first. */
enum err app_totp_list(struct ctx *c, const struct app *app, struct str user_id,
                       enum err (*each)(void *data,
                                        const struct app_totp_device *device),
                       void *data);

/* A code that is tried in app's tenant. */
struct app_totp_try {
    struct str user_id;
    struct str device; /* {NULL, 0}: of any device that is proved */
    struct str code;
};

/* Judges a code, and marks the device it names as proved; *already_r: it was,
 * and nothing is judged. A right code opens once. ERR_CODE_WRONG and
 * ERR_TOO_MANY_REQUESTS with *tally_r; ERR_APP_DEVICE_UNKNOWN, or
 * ERR_USER_NOT_FOUND when no device is named and none is proved. */
enum err app_totp_verify(struct ctx *c, const struct app *app,
                         const struct app_totp_try *t, bool *already_r,
                         struct app_totp_tally *tally_r);

#endif
