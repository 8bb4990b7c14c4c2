/* SPDX-License-Identifier: MIT */
/* Forms that would need quotes are left out: an address that ends a header line
 * or a command is worse than one that is refused. */
#include "base/mailbox.h"

#include <string.h>

bool mailbox_is_plain(struct str address)
{
    struct str domain = address;
    struct str local = str_cut(&domain, '@');

    if (!str_utf8(address) || str_has_control(address) || local.n == 0 ||
        domain.n == 0)
        return false;
    for (size_t i = 0; i < address.n; i++)
        if (address.p[i] == ' ' ||
            strchr("<>()[],;:\\\"", address.p[i]) != NULL)
            return false;
    return memchr(domain.p, '@', domain.n) == NULL;
}
