/* SPDX-License-Identifier: MIT */
/* A QR code as an SVG picture. */
#ifndef GATEHOUSE_HTTP_QR_SVG_H
#define GATEHOUSE_HTTP_QR_SVG_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

/* text (at most 1024 bytes) as one path in an svg element, with the quiet zone
 * that scanners need; in the arena. ERR_VALIDATION when it is longer,
 * ERR_NO_MEMORY. */
enum err qr_svg(struct arena *a, struct str text, struct str *svg_r);

#endif
