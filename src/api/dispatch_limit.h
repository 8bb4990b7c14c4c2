/* SPDX-License-Identifier: MIT */
/* The steps of dispatch that count requests. */
#ifndef GATEHOUSE_API_DISPATCH_LIMIT_H
#define GATEHOUSE_API_DISPATCH_LIMIT_H

#include "api/call.h"
#include "base/err.h"

/* Counts a request of the client's network, before anybody looks at who it is
 * from. ERR_IP_RATE_LIMIT. Costs nothing when there is no limit. */
enum err dispatch_limit_network(struct call *c);

/* Counts a request of the person it is from. ERR_USER_RATE_LIMIT. */
enum err dispatch_limit_account(struct call *c);

/* Tells in the answer how much is left: of the rate that is nearer its end. */
void dispatch_limit_tell(struct call *c);

#endif
