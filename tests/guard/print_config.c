/* SPDX-License-Identifier: MIT */
/* Prints every key with its default, as the sample file shows them. */
#include <stdio.h>

#include "config/config.h"

int main(void)
{
    struct config *c = config_load(NULL, stderr);

    if (c == NULL)
        return 1;
    config_show(c, stdout);
    config_free(&c);
    return ferror(stdout) ? 1 : 0;
}
