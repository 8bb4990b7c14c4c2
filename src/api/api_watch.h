/* SPDX-License-Identifier: MIT */
/* What an owner answers to an alert. */
#ifndef GATEHOUSE_API_API_WATCH_H
#define GATEHOUSE_API_API_WATCH_H

#include "api/call.h"
#include "base/err.h"

/* POST /api/auth/not-me */
enum err api_watch_not_me(struct call *c);

#endif
