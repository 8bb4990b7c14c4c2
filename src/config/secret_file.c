/* SPDX-License-Identifier: MIT */
/* Reads a secret only from a file that nobody else can read or swap. */
#include "config/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/internal.h"

/* A link made by somebody who owns neither end decides which secret is used
 * (the rule of the kernel's protected_symlinks). */
static bool is_foreign_link(const char *path, const struct stat *target)
{
    struct stat link;
    if (lstat(path, &link) != 0)
        return true;
    return S_ISLNK(link.st_mode) && link.st_uid != 0 &&
           link.st_uid != geteuid() && link.st_uid != target->st_uid;
}

/* NULL when the opened file may be used. It asks the descriptor, not the
 * name, which could be given to another file in between. */
static const char *refusal(int fd, const char *path)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "no regular file";
    if ((st.st_mode & S_IRWXO) != 0)
        return "others than owner and group may use the file (chmod o= it)";
    if (is_foreign_link(path, &st))
        return "a symbolic link made by another user";
    return NULL;
}

/* Reads up to cap bytes; -1 with errno set on error. Not stdio: its buffer
 * would keep a copy that nobody wipes. */
static ssize_t read_all(int fd, char *out, size_t cap)
{
    size_t n = 0;
    while (n < cap) {
        ssize_t got = read(fd, out + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    return (ssize_t)n;
}

static const char *take(int fd, struct config_secret *secret, char *buffer,
                        size_t max)
{
    ssize_t got = read_all(fd, buffer, max + 2);
    if (got < 0)
        return strerror(errno);
    size_t n = (size_t)got;
    if (n > 0 && buffer[n - 1] == '\n')
        n--;
    if (n == 0)
        return "the file is empty";
    if (n > max)
        return "the file is too long";
    if (memchr(buffer, '\0', n) != NULL)
        return "the file has a NUL byte";
    buffer[n] = '\0';
    secret->value = buffer;
    secret->n = n;
    return NULL;
}

static const char *load(struct config *c, struct config_secret *secret,
                        size_t max)
{
    /* Room for one byte too many, a newline and the NUL. */
    char *buffer = arena_alloc(c->store->arena, max + 3);
    if (buffer == NULL)
        return "out of memory";
    /* O_NONBLOCK: a FIFO in this place would hold the start up for ever. */
    int fd = open(secret->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return strerror(errno);
    const char *why = refusal(fd, secret->path);
    if (why == NULL)
        why = take(fd, secret, buffer, max);
    (void)close(fd); /* only read from */
    return why;
}

void secret_file_read(struct config *c, const struct key_slot *key,
                      struct report *r)
{
    struct config_secret secret;
    char *member = key->base + key->row->offset;
    memcpy(&secret, member, sizeof secret);
    if (secret.path == NULL || *secret.path == '\0')
        return;
    const char *why = load(c, &secret, (size_t)key->row->max);
    r->at = *key->place;
    if (why != NULL)
        report_key(r, key, "%s: %s", secret.path, why);
    else
        memcpy(member, &secret, sizeof secret);
}
