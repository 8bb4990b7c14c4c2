/* SPDX-License-Identifier: MIT */
/* What little must be known of a URL before another server is asked, and how
 * text becomes part of one. */
#ifndef GATEHOUSE_BASE_URL_H
#define GATEHOUSE_BASE_URL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

/* Is host this machine itself: 127.0.0.0/8, ::1 (also in brackets) or
 * localhost? Nothing is looked up. */
bool url_is_loopback(struct str host);

/* May a server be asked at url: https, or http to 127.0.0.0/8, [::1] or
 * localhost, of characters RFC 3986 knows, without user part and fragment?
 * Where the others are not is for the network to tell. */
bool url_may_be_asked(struct str url);

/* Appends text with all but the unreserved characters of RFC 3986 section 2.3
 * percent-encoded. */
void url_escape(struct buf *b, struct str text);

#endif
