/* SPDX-License-Identifier: MIT */
/* Handlers of sign-in by a code alone. */
#ifndef GATEHOUSE_API_API_OTP_H
#define GATEHOUSE_API_API_OTP_H

#include "api/call.h"
#include "base/err.h"

/* POST /api/auth/send-otp */
enum err api_otp_send(struct call *c);
/* POST /api/auth/verify-otp */
enum err api_otp_verify(struct call *c);

#endif
