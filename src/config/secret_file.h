/* SPDX-License-Identifier: MIT */
/* Secrets that stand in files of their own. */
#ifndef GATEHOUSE_CONFIG_SECRET_FILE_H
#define GATEHOUSE_CONFIG_SECRET_FILE_H

#include "config/config.h"
#include "config/internal.h"
#include "config/report.h"

/* Reads the file a SECRET key of c names. A file others than owner and
 * group may use, an empty or an overlong one is reported and not taken. */
void secret_file_read(struct config *c, const struct key_slot *key,
                      struct report *r);

#endif
