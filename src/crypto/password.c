/* SPDX-License-Identifier: MIT */
/* One mapping, made before the fork: a page of locks, then the arenas. Mapping
 * memory anew for each hash costs four times the hash itself, and the number of
 * arenas bounds how many processors a sign-in storm can take. */
#include "crypto/password.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <argon2.h>

#include "base/clock.h"
#include "crypto/bcrypt.h"
#include "crypto/firebase.h"
#include "crypto/phc.h"
#include "crypto/secret.h"

#define ARENAS_MAX 64
#define LOCKS_BYTES 4096
#define SALT_LEN 16
#define HASH_LEN 32
/* Longest wait for one arena before trying the next: short beside a hash, or an
 * arena that was left meanwhile stays idle. */
#define SLICE_US INT64_C(1000)

_Static_assert(sizeof(pthread_mutex_t) * ARENAS_MAX <= LOCKS_BYTES, "locks");

struct hasher {
    struct password_params params;
    unsigned arenas;
    size_t arena_n; /* bytes of one */
    size_t mapped_n;
    uint8_t *mapped; /* LOCKS_BYTES, then the arenas */
    char *signer;    /* Firebase's signer key; NULL: none */
};

/* Memory lent to libargon2 for one call. */
struct loan {
    uint8_t *p;
    size_t n;
};

/* libargon2's hooks have no argument to carry the loan, so it is parked here
 * from the start of one argon2id_ctx call to its end. */
static struct loan *loan(void)
{
    static _Thread_local struct loan current;

    return &current;
}

static int lend(uint8_t **memory, size_t n)
{
    if (n > loan()->n)
        return ARGON2_MEMORY_ALLOCATION_ERROR;
    *memory = loan()->p;
    return ARGON2_OK;
}

/* libargon2 has wiped the memory before it calls this. */
static void take_back(uint8_t *memory, size_t n)
{
    (void)memory;
    (void)n;
}

static pthread_mutex_t *lock_of(const struct hasher *h, unsigned i)
{
    return (pthread_mutex_t *)(void *)h->mapped + i;
}

static uint8_t *arena_of(const struct hasher *h, unsigned i)
{
    return h->mapped + LOCKS_BYTES + i * h->arena_n;
}

/* Shared by all workers; a holder's death is told to the next. */
static int init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    int bad = pthread_mutexattr_init(&attr);

    if (bad != 0)
        return bad;
    bad |= pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    bad |= pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    if (bad == 0)
        bad = pthread_mutex_init(lock, &attr);
    (void)pthread_mutexattr_destroy(&attr);
    return bad;
}

static enum err map_arenas(struct hasher *h)
{
    h->arena_n = (size_t)h->params.memory_kib * 1024;
    h->mapped_n = LOCKS_BYTES + h->arenas * h->arena_n;
    h->mapped = mmap(NULL, h->mapped_n, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (h->mapped == MAP_FAILED) {
        h->mapped = NULL;
        return ERR_NO_MEMORY;
    }
    /* What is derived from a password has no place in a core file. */
    (void)madvise(h->mapped, h->mapped_n, MADV_DONTDUMP);
    for (unsigned i = 0; i < h->arenas; i++) {
        if (init_lock(lock_of(h, i)) != 0)
            return ERR_INTERNAL;
    }
    return ERR_OK;
}

enum err hasher_new(const struct password_params *params, unsigned arenas,
                    struct hasher **h_r)
{
    struct hasher *h = NULL;
    enum err e = ERR_OK;

    if (arenas == 0 || arenas > ARENAS_MAX || params->passes == 0 ||
        params->memory_kib < ARGON2_MIN_MEMORY)
        return ERR_VALIDATION;
    h = calloc(1, sizeof(*h));
    if (h == NULL)
        return ERR_NO_MEMORY;
    h->params = *params;
    h->arenas = arenas;
    e = map_arenas(h);
    if (e != ERR_OK) {
        hasher_free(&h);
        return e;
    }
    *h_r = h;
    return ERR_OK;
}

/* The locks are not destroyed: other processes may hold them. */
void hasher_free(struct hasher **h)
{
    struct hasher *old = *h;

    if (old == NULL)
        return;
    if (old->mapped != NULL)
        (void)munmap(old->mapped, old->mapped_n);
    if (old->signer != NULL)
        secret_wipe(old->signer, strlen(old->signer));
    free(old->signer);
    free(old);
    *h = NULL;
}

/* Waits at most us for one arena; 0, or an error number. */
static int lock_arena(const struct hasher *h, unsigned i, int64_t us)
{
    int64_t until = 0;
    struct timespec at;
    struct clock wall = clock_system();
    int failed = 0;

    until = clock_us(&wall) + us;
    at.tv_sec = (time_t)(until / CLOCK_SECOND);
    at.tv_nsec = (long)(until % CLOCK_SECOND) * 1000;
    failed = pthread_mutex_timedlock(lock_of(h, i), &at);
    if (failed != EOWNERDEAD)
        return failed;
    /* The holder died in the middle: nothing in there is worth keeping. */
    secret_wipe(arena_of(h, i), h->arena_n);
    return pthread_mutex_consistent(lock_of(h, i));
}

/* Looks at every arena once without waiting, then waits at each in turn, so
 * that whichever is left first is taken. */
static enum err take_arena(const struct hasher *h, int wait_ms, unsigned *i_r)
{
    int64_t end = clock_monotonic_us() + (int64_t)wait_ms * 1000;
    unsigned first = (unsigned)getpid() % h->arenas;

    for (unsigned tries = 0;; tries++) {
        unsigned i = (first + tries) % h->arenas;
        int64_t left = end - clock_monotonic_us();
        int failed = 0;

        if (tries < h->arenas)
            left = 0;
        else if (left <= 0)
            return ERR_UNAVAILABLE;
        failed = lock_arena(h, i, left < SLICE_US ? left : SLICE_US);
        if (failed == 0) {
            *i_r = i;
            return ERR_OK;
        }
        if (failed != ETIMEDOUT)
            return ERR_INTERNAL;
    }
}

/* argon2_context has no const, though it only writes with a flag we never
 * set. */
static uint8_t *unconst(struct str s)
{
    union {
        const char *in;
        uint8_t *out;
    } u = {s.p};

    return u.out;
}

static int argon2_of(enum phc_kind kind, argon2_context *c)
{
    if (kind == PHC_I)
        return argon2i_ctx(c);
    return kind == PHC_D ? argon2d_ctx(c) : argon2id_ctx(c);
}

/* Fills out->hash (out->hash_n bytes) from password, out->salt and
 * out->params. A hash that needs more than an arena, stored under stronger
 * settings of old, takes memory of its own, still one for each lock. */
static enum err compute(struct hasher *h, struct str password, int wait_ms,
                        struct phc *out)
{
    unsigned i = 0;
    argon2_context c = {
        .out = out->hash,
        .outlen = (uint32_t)out->hash_n,
        .pwd = unconst(password),
        .pwdlen = (uint32_t)password.n,
        .salt = out->salt,
        .saltlen = (uint32_t)out->salt_n,
        .t_cost = out->params.passes,
        .m_cost = out->params.memory_kib,
        .lanes = out->lanes > 1 ? out->lanes : 1,
        .threads = 1,
        .version = ARGON2_VERSION_13,
    };
    int failed = 0;
    enum err e = ERR_OK;

    if (password.n > UINT32_MAX)
        return ERR_VALIDATION;
    e = take_arena(h, wait_ms, &i);
    if (e != ERR_OK)
        return e;
    if (out->params.memory_kib <= h->params.memory_kib) {
        *loan() = (struct loan){arena_of(h, i), h->arena_n};
        c.allocate_cbk = lend;
        c.free_cbk = take_back;
    }
    failed = argon2_of(out->kind, &c);
    *loan() = (struct loan){NULL, 0};
    (void)pthread_mutex_unlock(lock_of(h, i));
    if (failed == ARGON2_MEMORY_ALLOCATION_ERROR)
        return ERR_NO_MEMORY;
    return failed == ARGON2_OK ? ERR_OK : ERR_INTERNAL;
}

/* 16 random bytes of salt: RFC 9106 section 3.1. */
enum err password_hash(struct hasher *h, struct str password, int wait_ms,
                       char out[PASSWORD_HASH_MAX])
{
    struct phc phc = {
        .params = h->params, .salt_n = SALT_LEN, .hash_n = HASH_LEN};
    enum err e = random_bytes(phc.salt, SALT_LEN);

    if (e == ERR_OK)
        e = compute(h, password, wait_ms, &phc);
    if (e == ERR_OK)
        e = phc_write(&phc, out);
    secret_wipe(&phc, sizeof(phc));
    return e;
}

enum err hasher_firebase(struct hasher *h, struct str signer_key)
{
    char *copy = calloc(1, signer_key.n + 1);

    if (copy == NULL)
        return ERR_NO_MEMORY;
    if (signer_key.n > 0)
        memcpy(copy, signer_key.p, signer_key.n);
    free(h->signer);
    h->signer = copy;
    return ERR_OK;
}

/* bcrypt by one of the locks: it needs no arena, but a processor. */
static enum err hash_bcrypt(struct hasher *h, const struct password_form *form,
                            struct str password, int wait_ms,
                            char out[PASSWORD_HASH_MAX])
{
    unsigned i = 0;
    enum err e = take_arena(h, wait_ms, &i);

    if (e != ERR_OK)
        return e;
    e = bcrypt_make(password, form->rounds, out);
    (void)pthread_mutex_unlock(lock_of(h, i));
    return e;
}

static bool takes_bcrypt(const struct password_form *form, struct str password)
{
    return form->kind == PASSWORD_BCRYPT && password.n <= BCRYPT_PASSWORD_MAX;
}

enum err password_hash_as(struct hasher *h, const struct password_form *form,
                          struct str password, int wait_ms,
                          char out[PASSWORD_HASH_MAX])
{
    return takes_bcrypt(form, password)
               ? hash_bcrypt(h, form, password, wait_ms, out)
               : password_hash(h, password, wait_ms, out);
}

enum password_kind password_kind(struct str hash)
{
    struct phc phc;
    unsigned cost;

    if (bcrypt_form(hash, &cost))
        return PASSWORD_BCRYPT;
    if (firebase_form(hash))
        return PASSWORD_FIREBASE;
    return phc_parse_foreign(hash, &phc) == ERR_OK ? PASSWORD_ARGON2
                                                   : PASSWORD_KIND_COUNT;
}

/* The work of a check without an account to check. */
static enum err pretend(struct hasher *h, const struct password_form *form,
                        struct str password, int wait_ms)
{
    struct phc phc = {
        .params = h->params, .salt_n = SALT_LEN, .hash_n = HASH_LEN};
    char out[PASSWORD_HASH_MAX];
    enum err e = takes_bcrypt(form, password)
                     ? hash_bcrypt(h, form, password, wait_ms, out)
                     : compute(h, password, wait_ms, &phc);

    secret_wipe(&phc, sizeof(phc));
    return e == ERR_OK ? ERR_INVALID_CREDENTIALS : e;
}

static enum err verify_argon2(struct hasher *h, struct str password,
                              const char *hash, int wait_ms, bool *rehash_r)
{
    struct phc stored;
    struct phc given;
    enum err e = ERR_OK;

    if (phc_parse_foreign(str_of(hash), &stored) != ERR_OK)
        return ERR_INTERNAL;
    given = stored; /* same salt and parameters; the hash is overwritten */
    e = compute(h, password, wait_ms, &given);
    if (e == ERR_OK && !secret_eq(given.hash, stored.hash, stored.hash_n))
        e = ERR_INVALID_CREDENTIALS;
    if (e == ERR_OK)
        *rehash_r = stored.kind != PHC_ID ||
                    stored.params.memory_kib < h->params.memory_kib ||
                    stored.params.passes < h->params.passes;
    secret_wipe(&given, sizeof(given));
    secret_wipe(&stored, sizeof(stored));
    return e;
}

/* What others have made needs memory of its own or none, still one for each
 * lock. */
static enum err verify_other(struct hasher *h, struct str password,
                             struct str hash, int wait_ms)
{
    unsigned i = 0;
    enum err e = take_arena(h, wait_ms, &i);

    if (e != ERR_OK)
        return e;
    e = password_kind(hash) == PASSWORD_BCRYPT
            ? bcrypt_check(password, hash)
            : firebase_check(password, hash, str_of(h->signer));
    (void)pthread_mutex_unlock(lock_of(h, i));
    return e;
}

/* A good Argon2id hash is not made a bcrypt one, whatever new ones are. */
enum err password_verify_as(struct hasher *h, const struct password_form *form,
                            struct str password, const char *hash, int wait_ms,
                            bool *rehash_r)
{
    const struct str text = str_of(hash);
    bool rehash = true;
    unsigned cost = 0;

    if (hash == NULL)
        return pretend(h, form, password, wait_ms);
    const enum password_kind kind = password_kind(text);
    enum err e = kind == PASSWORD_BCRYPT || kind == PASSWORD_FIREBASE
                     ? verify_other(h, password, text, wait_ms)
                     : verify_argon2(h, password, hash, wait_ms, &rehash);

    if (e != ERR_OK)
        return e;
    if (form->kind == PASSWORD_BCRYPT && kind == PASSWORD_ARGON2)
        rehash = !str_starts(text, STR("$argon2id$"));
    if (form->kind == PASSWORD_BCRYPT && bcrypt_form(text, &cost))
        rehash = cost < form->rounds;
    *rehash_r = rehash;
    return ERR_OK;
}

enum err password_verify(struct hasher *h, struct str password,
                         const char *hash, int wait_ms, bool *rehash_r)
{
    const struct password_form form = {.kind = PASSWORD_ARGON2};

    return password_verify_as(h, &form, password, hash, wait_ms, rehash_r);
}
