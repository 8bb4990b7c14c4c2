/* SPDX-License-Identifier: MIT */
/* The files of a configuration: the main one and its drop-ins. */
#ifndef GATEHOUSE_CONFIG_SOURCE_H
#define GATEHOUSE_CONFIG_SOURCE_H

#include "config/config.h"
#include "config/report.h"

/* Longest line taken. inih silently splits longer lines than its buffer (200
 * bytes as Debian builds it), which would turn a tail into a key. */
#define SOURCE_LINE_MAX 190

/* Sets every key of file and then of FILE.d/NAME.conf in byte order; problems
 * go to r. */
void source_read(struct config *c, const char *file, struct report *r);

#endif
