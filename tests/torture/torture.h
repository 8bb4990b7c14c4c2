/* SPDX-License-Identifier: MIT */
/* One call in one request fails: what driver and interposer tell each other
 * through a page of shared memory, and what the interposer's files share. */
#ifndef GATEHOUSE_TESTS_TORTURE_H
#define GATEHOUSE_TESTS_TORTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The calls that are counted, each kind by itself. */
enum torture_kind {
    TORTURE_MEMORY,
    TORTURE_RANDOM,
    TORTURE_CRYPTO,
    TORTURE_MYSQL,
    TORTURE_SQL, /* those of the client that send a command */
    TORTURE_FREE,
    TORTURE_KINDS
};

/* What becomes of the n-th. The last three are planted bugs, by which the
 * driver shows that it would notice. */
enum torture_act {
    TORTURE_PASS,
    TORTURE_FAIL,       /* not done, and said to have failed */
    TORTURE_LOSE,       /* done, and said to have failed */
    TORTURE_KILL,       /* the process dies before it */
    TORTURE_KILL_AFTER, /* or just after it */
    TORTURE_LIE,        /* not done, and said to have succeeded */
    TORTURE_CRASH,
    TORTURE_SWALLOW /* a block that is never given back */
};

enum { TORTURE_IDLE, TORTURE_RUNNING, TORTURE_DONE };

#define TORTURE_TEXT 32768

/* The file named by GATEHOUSE_TORTURE. The driver writes the first part, then
 * armed; the next process to accept a connection takes it up. */
struct torture_page {
    uint64_t armed;
    uint64_t kind, nth; /* nth 0: only count */
    uint64_t act;
    uint64_t number; /* what mysql_errno says of the failure */
    uint64_t always; /* kind + 1: every such call, in every process */
    uint64_t watch;  /* 1: note who allocates; 2: tell which of it is left */
    uint64_t state, pid;
    uint64_t count[TORTURE_KINDS];
    uint64_t fired;
    uint64_t live; /* heap blocks of the process when the request ended */
    char trace[TORTURE_TEXT]; /* who made the call that failed */
    char held[TORTURE_TEXT];  /* callers whose blocks were not freed */
};

/* Counts a call and says what becomes of it; TORTURE_KILL and TORTURE_CRASH
 * do not come back. */
enum torture_act torture_call(enum torture_kind kind);

/* After the call was made: TORTURE_KILL_AFTER does not come back. */
void torture_made(enum torture_act act);

/* Puts the address of the next definition of a function where to points to. */
void torture_find(const char *name, void *to);

/* Was the service itself the caller, and not a library? */
bool torture_ours(const void *caller);

/* The page of this process, or NULL; and whether a request is under way. */
struct torture_page *torture_page(void);
bool torture_running(void);

/* Between these nothing is counted; they nest. */
void torture_pause(void);
void torture_resume(void);

/* Appends the callers of this function, "module+offset" each, to a text of
 * TORTURE_TEXT bytes, but not the first `skip`. */
void torture_tell(char *text, unsigned skip);

/* Heap blocks of this process. */
uint64_t torture_live(void);

/* Begins to note who allocates, or not; tells which of it was not freed. */
void torture_forget(void);
void torture_tell_held(char *text);

#endif
