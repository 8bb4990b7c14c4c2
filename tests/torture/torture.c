/* SPDX-License-Identifier: MIT */
/* The window of one request, from accept4 to the next wait for another, and
 * the count of calls in it. */
#include "torture.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAMES 40

static struct torture_page *page;
static bool running;
static int paused;
static int waiting_fd = -1;   /* the epoll that connections are awaited on */
static uintptr_t first, last; /* addresses of the program itself */

struct torture_page *torture_page(void)
{
    return page;
}

bool torture_running(void)
{
    return running;
}

void torture_pause(void)
{
    paused++;
}

void torture_resume(void)
{
    paused--;
}

void torture_find(const char *name, void *to)
{
    void *found;

    torture_pause();
    found = dlsym(RTLD_NEXT, name);
    torture_resume();
    if (found == NULL)
        abort();
    memcpy(to, &found, sizeof(found));
}

void torture_tell(char *text, unsigned skip)
{
    void *frames[FRAMES];
    size_t n = strlen(text);

    torture_pause();
    int count = backtrace(frames, FRAMES);
    for (int i = (int)skip + 1; i < count && n < TORTURE_TEXT - 1; i++) {
        Dl_info info;
        if (dladdr(frames[i], &info) == 0 || info.dli_fname == NULL)
            continue;
        int more =
            snprintf(text + n, TORTURE_TEXT - n, "%s+0x%zx\n", info.dli_fname,
                     (size_t)((char *)frames[i] - (char *)info.dli_fbase));
        n += more > 0 ? (size_t)more : 0;
    }
    torture_resume();
}

/* The first object is the program. */
static int torture_range(struct dl_phdr_info *info, size_t n, void *data)
{
    (void)n;
    (void)data;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t end = info->dlpi_addr + p->p_vaddr + p->p_memsz;
        if (p->p_type == PT_LOAD && end > last)
            last = end;
    }
    first = info->dlpi_addr;
    return 1;
}

bool torture_ours(const void *caller)
{
    return (uintptr_t)caller >= first && (uintptr_t)caller < last;
}

/* Loads what backtrace needs before anything is counted. */
__attribute__((constructor)) static void torture_open(void)
{
    const char *path = getenv("GATEHOUSE_TORTURE");
    void *frames[1];
    int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
    void *p;

    (void)backtrace(frames, 1);
    (void)dl_iterate_phdr(torture_range, NULL);
    if (fd < 0)
        return;
    p = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (p != MAP_FAILED)
        page = p;
}

static enum torture_act torture_fire(void)
{
    page->fired++;
    page->trace[0] = '\0';
    torture_tell(page->trace, 2);
    if (page->act == TORTURE_KILL)
        (void)kill(getpid(), SIGKILL);
    if (page->act == TORTURE_CRASH)
        abort();
    return (enum torture_act)page->act;
}

enum torture_act torture_call(enum torture_kind kind)
{
    if (page == NULL || paused > 0)
        return TORTURE_PASS;
    if (page->always == (uint64_t)kind + 1)
        return TORTURE_FAIL;
    if (!running)
        return TORTURE_PASS;
    page->count[kind]++;
    if (page->kind != (uint64_t)kind || page->count[kind] != page->nth)
        return TORTURE_PASS;
    return torture_fire();
}

void torture_made(enum torture_act act)
{
    if (act == TORTURE_KILL_AFTER)
        (void)kill(getpid(), SIGKILL);
}

static void torture_begin(void)
{
    page->armed = 0;
    page->pid = (uint64_t)getpid();
    memset(page->count, 0, sizeof(page->count));
    page->fired = 0;
    page->trace[0] = '\0';
    if (page->watch != 2)
        torture_forget();
    running = true;
    page->state = TORTURE_RUNNING;
}

static void torture_end(void)
{
    running = false;
    page->live = torture_live();
    page->held[0] = '\0';
    if (page->watch == 2)
        torture_tell_held(page->held);
    page->state = TORTURE_DONE;
}

int accept4(int fd, __SOCKADDR_ARG address, socklen_t *n, int flags)
{
    static __typeof__(&accept4) real;

    if (real == NULL)
        torture_find("accept4", &real);
    int taken = real(fd, address, n, flags);

    if (taken >= 0 && page != NULL && page->armed != 0)
        torture_begin();
    return taken;
}

int epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
    static __typeof__(&epoll_wait) real;

    if (real == NULL)
        torture_find("epoll_wait", &real);
    if (running && fd == waiting_fd)
        torture_end();
    if (!running)
        waiting_fd = fd;
    return real(fd, events, n, timeout);
}
