/* SPDX-License-Identifier: MIT */
/* How TOTP devices and codes are told by both interfaces of applications. */
#ifndef GATEHOUSE_API_CDI_TOTP_H
#define GATEHOUSE_API_CDI_TOTP_H

#include "base/err.h"
#include "base/json_write.h"
#include "domain/app_totp.h"

/* A device as a member of a list; data is the struct json_out. */
enum err cdi_totp_put_device(void *data, const struct app_totp_device *device);

/* The status of a code that opens nothing; NULL: e is no such thing. */
const char *cdi_totp_status(enum err e);

/* How tries stand, behind such a status; nothing where none was judged. */
void cdi_totp_put_tally(struct json_out *j, const struct app_totp_tally *tally);

#endif
