/* SPDX-License-Identifier: MIT */
/* The list of database servers in the configuration. */
#include <string.h>

#include "store/db_conn.h"

bool db_host_at(const struct db *db, size_t at, char *out, size_t cap)
{
    struct str rest = str_of(db->config->database_host);
    struct str host = str_cut(&rest, ',');
    for (; at > 0 && rest.p != NULL; at--)
        host = str_cut(&rest, ',');
    host = str_trim(host);
    if (at > 0 || host.n >= cap)
        return false;
    if (host.n > 0)
        memcpy(out, host.p, host.n);
    out[host.n] = '\0';
    return true;
}

size_t db_host_count(const struct db *db)
{
    char host[DB_HOST_CAP];
    size_t count = 0;
    while (db_host_at(db, count, host, sizeof(host)))
        count++;
    return count;
}
