/* SPDX-License-Identifier: MIT */
/* How many Argon2id hashes a second these cores can do when nothing else is in
 * the way: threads with memory of their own, kept between hashes. */
#include <argon2.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define THREADS_MAX 64

struct lane {
    pthread_t thread;
    uint32_t memory_kib;
    uint32_t passes;
    double until;
    double spent; /* the last hash ends after the time, so each lane says */
    long hashes;
};

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The hook has no argument, so each thread parks its memory here. */
static uint8_t **kept(void)
{
    static _Thread_local uint8_t *memory;

    return &memory;
}

static int lend(uint8_t **memory, size_t n)
{
    (void)n;
    *memory = *kept();
    return *memory == NULL ? ARGON2_MEMORY_ALLOCATION_ERROR : ARGON2_OK;
}

static void take_back(uint8_t *memory, size_t n)
{
    (void)memory;
    (void)n;
}

static int hash(const struct lane *l, long salt)
{
    uint8_t out[32], salt_bytes[16] = {0}, password[] = "a long enough phrase";
    argon2_context c = {
        .out = out,
        .outlen = sizeof(out),
        .pwd = password,
        .pwdlen = sizeof(password) - 1,
        .salt = salt_bytes,
        .saltlen = sizeof(salt_bytes),
        .t_cost = l->passes,
        .m_cost = l->memory_kib,
        .lanes = 1,
        .threads = 1,
        .version = ARGON2_VERSION_13,
        .allocate_cbk = lend,
        .free_cbk = take_back,
    };

    memcpy(salt_bytes, &salt, sizeof(salt));
    return argon2id_ctx(&c);
}

static void *lane_run(void *arg)
{
    struct lane *l = arg;
    double begun;
    size_t n = (size_t)l->memory_kib * 1024;
    void *memory = mmap(NULL, n, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (memory == MAP_FAILED)
        return NULL;
    *kept() = memory;
    begun = now();
    while (now() < l->until && hash(l, l->hashes) == ARGON2_OK)
        l->hashes++;
    l->spent = now() - begun;
    (void)munmap(memory, n);
    return NULL;
}

int main(int argc, char **argv)
{
    struct lane lanes[THREADS_MAX];
    long threads = argc == 5 ? strtol(argv[1], NULL, 10) : 0;
    double rate = 0;

    if (threads < 1 || threads > THREADS_MAX) {
        fputs("usage: argon2_rate THREADS SECONDS MEMORY_KIB PASSES\n", stderr);
        return 2;
    }
    for (long i = 0; i < threads; i++) {
        lanes[i] = (struct lane){
            .memory_kib = (uint32_t)strtoul(argv[3], NULL, 10),
            .passes = (uint32_t)strtoul(argv[4], NULL, 10),
            .until = now() + strtod(argv[2], NULL),
        };
        if (pthread_create(&lanes[i].thread, NULL, lane_run, &lanes[i]) != 0)
            return 1;
    }
    for (long i = 0; i < threads; i++) {
        (void)pthread_join(lanes[i].thread, NULL);
        if (lanes[i].hashes == 0)
            return 1;
        rate += (double)lanes[i].hashes / lanes[i].spent;
    }
    printf("{\"rate\":%.2f}\n", rate);
    return 0;
}
