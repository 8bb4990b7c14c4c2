/* SPDX-License-Identifier: MIT */
/* A second look at who connects, for hosts where the web server's group has
 * other members. */
#include <pwd.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/str.h"
#include "server/listen.h"

/* A name or a number; false when there is no such user. */
static bool listen_user(struct str word, uid_t *id_r)
{
    char name[64];
    uint64_t number;

    if (str_uint(word, UINT32_MAX - 1, &number)) {
        *id_r = (uid_t)number;
        return true;
    }
    if (word.n >= sizeof(name))
        return false;
    for (size_t i = 0; i < word.n; i++)
        name[i] = word.p[i];
    name[word.n] = '\0';
    const struct passwd *user = getpwnam(name);
    if (user == NULL)
        return false;
    *id_r = user->pw_uid;
    return true;
}

enum err listen_peers_new(const struct config *c, struct listen_peers *p_r)
{
    const struct config_list *list = &c->server_peer_users;
    uid_t *ids = calloc(list->count + 1, sizeof(*ids));
    size_t count = 0;

    if (ids == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < list->count; i++) {
        if (listen_user(list->items[i], &ids[count]))
            count++;
        else
            log_event(LOG_LEVEL_WARNING, "server.peer_user_unknown",
                      (struct log_field[]){LOG_TEXT("user", list->items[i]),
                                           LOG_END});
    }
    *p_r = (struct listen_peers){ids, count, list->count == 0};
    return ERR_OK;
}

void listen_peers_free(struct listen_peers *p)
{
    free(p->ids);
    *p = (struct listen_peers){NULL, 0, false};
}

bool listen_admits(const struct listen *l, const struct listen_peers *p, int fd)
{
    struct ucred peer;
    socklen_t n = sizeof(peer);

    if (!l->local || p->everybody)
        return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
        return false;
    for (size_t i = 0; i < p->count; i++)
        if (p->ids[i] == peer.uid)
            return true;
    return false;
}
