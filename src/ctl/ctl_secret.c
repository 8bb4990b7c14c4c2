/* SPDX-License-Identifier: MIT */
/* Commands about the sealing-key file and what is sealed under it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "ctl/commands.h"
#include "domain/reseal.h"

#define SECRET_FILE_MAX 4096
#define DEVICE_LIFETIME_S ((int64_t)2 * 366 * 86400)

static bool write_all(int fd, struct str text)
{
    while (text.n > 0) {
        ssize_t n = write(fd, text.p, text.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text.p += n;
        text.n -= (size_t)n;
    }
    return true;
}

/* Never overwrites: a lost sealing key takes sessions and addresses with it. */
static int write_new(const char *path, struct str text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good;

    if (fd < 0)
        return -1;
    good = write_all(fd, text) && write_all(fd, STR("\n")) && fsync(fd) == 0;
    if (close(fd) != 0 || !good) {
        unlink(path);
        return -1;
    }
    return 0;
}

enum ctl_exit ctl_secret_create(struct ctl *c, struct ctl_args *args)
{
    struct str line;
    enum err e;

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    e = sealer_new_line(c->ctx.arena, STR("k1"), &line);
    if (e != ERR_OK)
        return ctl_result(c, e, "secret create");
    if (write_new(args->words[0], line) != 0) {
        perror(args->words[0]);
        return CTL_FAILED;
    }
    return CTL_OK;
}

/* A file that gets one more line. */
struct rotation {
    char path[PATH_MAX]; /* behind any link: the link stays one */
    char fresh[PATH_MAX + 8];
    char text[SECRET_FILE_MAX];
    size_t n;
    struct stat st;
};

/* NULL, or what is wrong. */
static const char *rotation_read(struct rotation *r, const char *path)
{
    if (realpath(path, r->path) == NULL)
        return strerror(errno);
    int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return strerror(errno);
    ssize_t n = read(fd, r->text, sizeof(r->text));
    const char *why = n < 0 || fstat(fd, &r->st) != 0 ? strerror(errno) : NULL;

    (void)close(fd); /* only read from */
    if (why == NULL &&
        (!S_ISREG(r->st.st_mode) || n == 0 || (size_t)n == sizeof(r->text)))
        why = "no sealing-key file";
    if (why == NULL)
        r->n = (size_t)n;
    return why;
}

/* k1, k2 and so on: one that no line has. */
static enum err rotation_line(struct arena *a, const struct sealer *keys,
                              struct str *line_r)
{
    char id[5];

    for (unsigned i = 2; i < 1000; i++) {
        (void)snprintf(id, sizeof(id), "k%u", i);
        if (!sealer_holds(keys, str_of(id)))
            return sealer_new_line(a, str_of(id), line_r);
    }
    return ERR_INTERNAL;
}

/* Beside the file and then in its place, so that whoever reads it sees the old
 * one or the new one. The name is fixed: two rotations at once are one. */
static bool rotation_write(struct rotation *r, struct str line)
{
    (void)snprintf(r->fresh, sizeof(r->fresh), "%s.new", r->path);
    int fd = open(r->fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0) {
        perror(r->fresh);
        return false;
    }
    bool good = write_all(fd, line) && write_all(fd, STR("\n")) &&
                write_all(fd, (struct str){r->text, r->n}) &&
                fchown(fd, r->st.st_uid, r->st.st_gid) == 0 &&
                fchmod(fd, r->st.st_mode & 07777) == 0 && fsync(fd) == 0;

    good = close(fd) == 0 && good && rename(r->fresh, r->path) == 0;
    if (!good) {
        perror(r->path);
        (void)unlink(r->fresh);
    }
    return good;
}

static bool rotation_sync(const struct rotation *r)
{
    char folder[PATH_MAX];

    (void)snprintf(folder, sizeof(folder), "%s", r->path);
    char *slash = strrchr(folder, '/');

    slash[slash == folder ? 1 : 0] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        (void)close(fd);
    return good;
}

/* Both files are read as the service would: what it would refuse is not made.
 */
static enum ctl_exit rotate_file(struct ctl *c, struct rotation *r)
{
    struct sealer *keys = NULL;
    struct str line;
    enum err e = sealer_new((struct str){r->text, r->n}, &keys);

    if (e == ERR_OK && sealer_key(keys, SEAL_KEYS_MAX - 1).p != NULL)
        e = ERR_CONFLICT; /* full: an old line must go first */
    if (e == ERR_OK)
        e = rotation_line(c->ctx.arena, keys, &line);
    sealer_free(&keys);
    if (e == ERR_CONFLICT) {
        fprintf(stderr, "gatehousectl: %s is full; remove an unused key\n",
                r->path);
        return CTL_FAILED;
    }
    if (e == ERR_VALIDATION) {
        fprintf(stderr, "gatehousectl: %s is not sound\n", r->path);
        return CTL_CONFIG;
    }
    if (e != ERR_OK)
        return ctl_result(c, e, r->path);
    if (!rotation_write(r, line))
        return CTL_FAILED;
    if (!rotation_sync(r))
        perror(r->path);
    ctl_row_begin(c);
    ctl_row_str(c, "key", str_cut(&line, ':'));
    return ctl_result(c, ctl_row_end(c), r->path);
}

enum ctl_exit ctl_secret_rotate(struct ctl *c, struct ctl_args *args)
{
    struct rotation r = {.n = 0};

    if (!ctl_left(args, 1))
        return CTL_USAGE;
    const char *why = rotation_read(&r, args->words[0]);

    if (why != NULL) {
        fprintf(stderr, "gatehousectl: %s: %s\n", args->words[0], why);
        return CTL_FAILED;
    }
    enum ctl_exit code = rotate_file(c, &r);

    secret_wipe(r.text, sizeof(r.text));
    return code;
}

/* With --wait the work is done here, beside the janitor if one runs. */
static enum err reseal_here(struct ctl *c)
{
    bool more = true, foreign = false;
    enum err e = ERR_OK;

    while (more && e == ERR_OK) {
        arena_reset(c->ctx.arena);
        e = reseal_step(&c->ctx, &more, &foreign);
    }
    return e == ERR_OK && foreign ? ERR_CONFLICT : e;
}

enum ctl_exit ctl_secret_reseal(struct ctl *c, struct ctl_args *args)
{
    bool wait = ctl_take_flag(args, "--wait");

    if (!ctl_left(args, 0))
        return CTL_USAGE;
    enum err e = reseal_start(&c->ctx, (struct str){NULL, 0});

    if (wait && (e == ERR_OK || e == ERR_SECRET_ROTATION))
        e = reseal_here(c);
    return ctl_result(c, e, "secret reseal");
}

#define SECRET_USES_MAX ((size_t)2 * SEAL_KEYS_MAX)

/* What the values at rest and the progress say of the keys. */
struct secret_state {
    struct ctl *c;
    struct reseal_use uses[SECRET_USES_MAX]; /* by key, of all columns */
    char ids[SECRET_USES_MAX][5];
    size_t count;
    int64_t started_us; /* of the last order */
    bool open;
};

static struct reseal_use *state_of(struct secret_state *s, struct str id)
{
    for (size_t i = 0; i < s->count; i++) {
        if (str_eq(s->uses[i].key_id, id))
            return &s->uses[i];
    }
    if (s->count == SECRET_USES_MAX || id.n >= sizeof(s->ids[0]))
        return NULL;
    if (id.n > 0)
        memcpy(s->ids[s->count], id.p, id.n);
    s->uses[s->count].key_id = (struct str){s->ids[s->count], id.n};
    return &s->uses[s->count++];
}

static enum err state_use(void *data, const struct reseal_use *use)
{
    struct secret_state *s = data;
    struct reseal_use *of = state_of(s, use->key_id);

    if (of == NULL)
        return ERR_INTERNAL;
    of->values += use->values;
    of->broken += use->broken;
    return ERR_OK;
}

static enum err state_progress(void *data, const struct store_resealing *r)
{
    struct secret_state *s = data;

    if (r->started_us > s->started_us)
        s->started_us = r->started_us;
    s->open |= r->finished_us == 0;
    return ERR_OK;
}

/* Tokens are nowhere to be counted: those sealed under an older key before the
 * last order live as long as tokens do. */
static int64_t state_tokens_until(const struct secret_state *s, bool newest)
{
    int64_t life = s->c->config->tokens_refresh_lifetime;

    if (newest || s->started_us == 0)
        return 0;
    if (life < DEVICE_LIFETIME_S)
        life = DEVICE_LIFETIME_S;
    return s->started_us + life * CLOCK_SECOND;
}

static enum err state_row(struct secret_state *s, struct str id, bool newest,
                          bool last)
{
    const struct sealer *keys = s->c->sealer;
    const struct reseal_use *use = state_of(s, id);
    struct str state = newest ? STR("seals") : STR("opens");

    if (use == NULL)
        return ERR_INTERNAL;
    if (!sealer_holds(keys, id))
        state = STR("missing");
    ctl_row_begin(s->c);
    ctl_row_str(s->c, "key", id.n > 0 ? id : (struct str){NULL, 0});
    ctl_row_str(s->c, "state", state);
    ctl_row_str(s->c, "looksUp", last ? STR("yes") : STR("no"));
    ctl_row_int(s->c, "values", use->values);
    ctl_row_int(s->c, "broken", use->broken);
    ctl_row_time(s->c, "tokensUntil", state_tokens_until(s, newest));
    return ctl_row_end(s->c);
}

/* The keys of the file in its order, then those that values need beside. */
static enum err state_rows(struct secret_state *s)
{
    const struct sealer *keys = s->c->sealer;
    enum err e = ERR_OK;

    for (size_t i = 0; sealer_key(keys, i).p != NULL && e == ERR_OK; i++)
        e = state_row(s, sealer_key(keys, i), i == 0,
                      sealer_key(keys, i + 1).p == NULL);
    for (size_t i = 0; i < s->count && e == ERR_OK; i++) {
        if (!sealer_holds(keys, s->uses[i].key_id))
            e = state_row(s, s->uses[i].key_id, false, false);
    }
    return e;
}

enum ctl_exit ctl_secret_status(struct ctl *c, struct ctl_args *args)
{
    struct secret_state s = {.c = c};

    if (!ctl_left(args, 0))
        return CTL_USAGE;
    enum err e = reseal_survey(&c->ctx, state_use, &s);

    if (e == ERR_OK)
        e = reseal_status(&c->ctx, state_progress, &s);
    if (e == ERR_OK)
        e = state_rows(&s);
    if (e == ERR_OK && s.open)
        fputs("gatehousectl: re-sealing is under way\n", stderr);
    return ctl_result(c, e, "secret status");
}
