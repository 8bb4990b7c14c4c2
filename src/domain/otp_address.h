/* SPDX-License-Identifier: MIT */
/* Addresses that codes go to, in the forms that are compared and kept. */
#ifndef GATEHOUSE_DOMAIN_OTP_ADDRESS_H
#define GATEHOUSE_DOMAIN_OTP_ADDRESS_H

#include <stdbool.h>

#include "crypto/digest.h"
#include "domain/ctx.h"
#include "domain/otp.h"

/* An address as otp needs it. Texts in the arena. */
struct otp_target {
    enum store_channel channel;
    struct str text;       /* to send to and to keep: NFC, or E.164 */
    struct str normal;     /* to compare */
    struct digest account; /* hash of the account's column */
    struct digest code;    /* hash of the challenge's column */
};

/* From what was typed. ERR_EMAIL_INVALID, ERR_OTP_PHONE. */
enum err otp_target(struct ctx *c, const struct otp_address *address,
                    struct otp_target *target_r);

/* As a challenge's payload, and back. */
enum err otp_target_put(struct ctx *c, const struct otp_target *target,
                        struct str *payload_r);
/* The reverse of otp_target_put. */
enum err otp_target_get(struct ctx *c, struct str payload,
                        struct otp_target *target_r);

/* The account with that address, disabled or not; ERR_NO_ROW. */
enum err otp_target_account(struct ctx *c, const struct otp_target *target,
                            struct store_account *row_r);

#endif
