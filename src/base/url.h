/* SPDX-License-Identifier: MIT */
/* What little must be known of a URL before another server is asked. */
#ifndef GATEHOUSE_BASE_URL_H
#define GATEHOUSE_BASE_URL_H

#include <stdbool.h>

#include "base/str.h"

/* Is host this machine itself: 127.0.0.0/8, ::1 (also in brackets) or
 * localhost? Nothing is looked up. */
bool url_is_loopback(struct str host);

/* May a server be asked at url: https, or http to 127.0.0.0/8, [::1] or
 * localhost, in printable ASCII without user part, fragment and backslash?
 * Where the others are not is for the network to tell. */
bool url_may_be_asked(struct str url);

#endif
