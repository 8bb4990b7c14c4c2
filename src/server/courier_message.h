/* SPDX-License-Identifier: MIT */
/* A message as it travels (RFC 5322, MIME). */
#ifndef GATEHOUSE_SERVER_COURIER_MESSAGE_H
#define GATEHOUSE_SERVER_COURIER_MESSAGE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "base/str.h"
#include "server/courier_render.h"

struct courier_letter {
    struct str to, from; /* addresses */
    struct str from_name;
    const char *kind;
    struct id id;  /* names the message: a copy can be told from another */
    int64_t at_us; /* its date */
    struct courier_text text;
};

/* The whole message with CRLF line ends, 7 bit but for an address that is not;
 * text and HTML as alternatives. In a. ERR_VALIDATION when `to` is no address,
 * ERR_NO_MEMORY. */
enum err courier_message(struct arena *a, const struct courier_letter *l,
                         struct str *bytes_r);

#endif
