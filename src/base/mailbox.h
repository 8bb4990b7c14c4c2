/* SPDX-License-Identifier: MIT */
/* The one judge of addresses that are written into messages. */
#ifndef GATEHOUSE_BASE_MAILBOX_H
#define GATEHOUSE_BASE_MAILBOX_H

#include <stdbool.h>

#include "base/str.h"

/* Is it local@domain, of UTF-8 without blanks, control characters and what
 * means something in a header field or an SMTP command? */
bool mailbox_is_plain(struct str address);

#endif
