/* SPDX-License-Identifier: MIT */
/* A worker in a process of its own, spoken to as a web server does, with no
 * database anywhere. */
#include "fcgi_wire.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/secret.h"
#include "server/listen.h"
#include "server/master.h"
#include "server/service.h"
#include "server/signals.h"
#include "server/worker.h"

#define EXIT_OF(end) (10 + (int)(end))

struct house {
    char dir[32];
    char path[64]; /* of the configuration */
    char sock[64];
    struct service service;
    struct listen listen;
    struct wire *wire;
    pid_t pid;
};

static const char *config_text(const struct house *h, const char *more)
{
    static char text[1024];

    (void)snprintf(text, sizeof(text),
                   "[server]\nlisten = unix:%s\nio_timeout = 1\nworkers = 2\n%s"
                   "[database]\nsocket = %s/no-database\n"
                   "[http]\npublic_url = https://id.example.org\n"
                   "useragent_rules =\nrequire_https = no\n"
                   "[passwords]\nmemory_kib = 8192\n"
                   "[keys]\nsealing_key_file = %s/key\n",
                   h->sock, more, h->dir, h->dir);
    return text;
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static void house_open(struct house *h, const char *more)
{
    char key[64];

    (void)strcpy(h->dir, "/tmp/gh-worker-XXXXXX");
    assert_non_null(mkdtemp(h->dir));
    (void)snprintf(h->path, sizeof(h->path), "%s/conf", h->dir);
    (void)snprintf(h->sock, sizeof(h->sock), "%s/sock", h->dir);
    (void)snprintf(key, sizeof(key), "%s/key", h->dir);
    write_file(key, "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    write_file(h->path, config_text(h, more));
    struct config *c = config_load(h->path, stderr);
    assert_non_null(c);
    assert_int_equal(service_open(c, h->path, &h->service), ERR_OK);
    assert_int_equal(listen_open(h->service.config, &h->listen), ERR_OK);
    h->wire = wire_new();
}

static void house_close(struct house *h)
{
    static const char *const names[] = {"conf", "key", "sock.lock"};
    char path[80];

    listen_close(&h->listen);
    service_close(&h->service);
    for (size_t i = 0; i < COUNT(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", h->dir, names[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(h->dir), 0);
    free(h->wire);
}

/* Begins a worker; alone: the kind that mod_fcgid spawns. */
static void begin(struct house *h, bool alone)
{
    struct scoreboard_slot slot = {.served = 0};
    const struct worker_seat seat = {.listen = &h->listen,
                                     .slot = &slot,
                                     .takes = RELAY_NONE,
                                     .alone = alone};

    (void)fflush(NULL);
    h->pid = fork();
    assert_true(h->pid >= 0);
    if (h->pid > 0)
        return;
    signals_block();
    exit(EXIT_OF(worker_run(&h->service, &seat)));
}

static void begin_master(struct house *h)
{
    (void)fflush(NULL);
    h->pid = fork();
    assert_true(h->pid >= 0);
    if (h->pid > 0)
        return;
    signals_block();
    exit(master_run(&h->service, &h->listen));
}

static int ended(struct house *h)
{
    int status = 0;

    assert_int_equal(waitpid(h->pid, &status, 0), h->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int dial(struct house *h)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", h->sock);
    assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

/* Sends what is built; the status of the answer, 0 when there is none. */
static int status_on(struct house *h, int fd)
{
    static const char begins[] = "Status: ";
    char text[16384];
    size_t n = 0;
    ssize_t got;

    assert_int_equal(send(fd, h->wire->p, h->wire->n, MSG_NOSIGNAL),
                     h->wire->n);
    h->wire->n = 0;
    while (n < sizeof(text) - 1 &&
           (got = recv(fd, text + n, sizeof(text) - 1 - n, 0)) > 0)
        n += (size_t)got;
    text[n] = '\0';
    (void)close(fd);
    if (n == 0)
        return 0;
    assert_memory_equal(text + 8, begins, sizeof(begins) - 1);
    return atoi(text + 8 + sizeof(begins) - 1);
}

static int status_of(struct house *h, unsigned role, const char *target)
{
    wire_get(h->wire, role, target);
    return status_on(h, dial(h));
}

static void it_serves_without_a_database_until_told_FCGI_9(void **state)
{
    static const struct {
        unsigned role;
        const char *target;
        int status;
    } cases[] = {
        {WIRE_RESPONDER, "/healthz", 200},
        {WIRE_RESPONDER, "/readyz", 503},
        {WIRE_RESPONDER, "/.well-known/jwks.json", 503},
        {WIRE_RESPONDER, "/nowhere", 404},
        {WIRE_RESPONDER, "/../healthz", 400},
        {WIRE_AUTHORIZER, "/healthz", 403},
        {WIRE_FILTER, "/healthz", 403},
        {9, "/healthz", 0},
        {WIRE_RESPONDER, "/healthz", 200},
    };
    struct house h;

    (void)state;
    for (int alone = 0; alone < 2; alone++) {
        house_open(&h, "");
        begin(&h, alone);
        for (size_t i = 0; i < COUNT(cases); i++)
            assert_int_equal(status_of(&h, cases[i].role, cases[i].target),
                             cases[i].status);
        (void)kill(h.pid, SIGUSR1);
        assert_int_equal(status_of(&h, WIRE_RESPONDER, "/healthz"), 200);
        (void)kill(h.pid, SIGTERM);
        assert_int_equal(ended(&h), EXIT_OF(WORKER_STOPPED));
        house_close(&h);
    }
}

static void a_waiting_peer_is_served_before_it_stops_FCGI_8(void **state)
{
    struct house h;

    (void)state;
    house_open(&h, "");
    begin(&h, false);
    assert_int_equal(status_of(&h, WIRE_RESPONDER, "/healthz"), 200);
    int fd = dial(&h);
    (void)kill(h.pid, SIGTERM);
    wire_get(h.wire, WIRE_RESPONDER, "/healthz");
    assert_int_equal(status_on(&h, fd), 200);
    assert_int_equal(ended(&h), EXIT_OF(WORKER_STOPPED));
    house_close(&h);
}

static void it_leaves_after_its_requests_F25(void **state)
{
    struct house h;

    (void)state;
    house_open(&h, "max_requests = 3\n");
    begin(&h, false);
    for (int i = 0; i < 3; i++)
        assert_int_equal(status_of(&h, WIRE_RESPONDER, "/healthz"), 200);
    assert_int_equal(ended(&h), EXIT_OF(WORKER_SPENT));
    house_close(&h);
}

static void it_leaves_when_idle(void **state)
{
    struct house h;

    (void)state;
    house_open(&h, "max_idle = 1\n");
    begin(&h, true);
    assert_int_equal(ended(&h), EXIT_OF(WORKER_SPENT));
    house_close(&h);
}

static void alone_it_asks_for_a_reload(void **state)
{
    struct house h;

    (void)state;
    house_open(&h, "");
    begin(&h, true);
    assert_int_equal(status_of(&h, WIRE_RESPONDER, "/healthz"), 200);
    (void)kill(h.pid, SIGHUP);
    assert_int_equal(ended(&h), EXIT_OF(WORKER_RELOAD));
    house_close(&h);
}

static void a_peer_that_is_not_listed_gets_nothing_FCGI_7(void **state)
{
    struct house h;
    char more[64];

    (void)state;
    (void)snprintf(more, sizeof(more), "peer_users = %u\n",
                   (unsigned)getuid() + 1);
    house_open(&h, more);
    begin(&h, false);
    int fd = dial(&h);
    char byte;
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    (void)close(fd);
    (void)kill(h.pid, SIGTERM);
    assert_int_equal(ended(&h), EXIT_OF(WORKER_STOPPED));
    house_close(&h);
}

static void a_half_open_peer_is_given_up_F43(void **state)
{
    struct house h;

    (void)state;
    house_open(&h, "");
    begin(&h, false);
    int fd = dial(&h);
    assert_int_equal(send(fd, "\x01\x01\x00\x01", 4, MSG_NOSIGNAL), 4);
    assert_int_equal(status_of(&h, WIRE_RESPONDER, "/healthz"), 200);
    (void)close(fd);
    (void)kill(h.pid, SIGTERM);
    assert_int_equal(ended(&h), EXIT_OF(WORKER_STOPPED));
    house_close(&h);
}

static void the_master_serves_reloads_and_drains_F38(void **state)
{
    static const char *const next[] = {
        "max_requests = 5\n", /* good */
        "no_such_key = 5\n",  /* the old one stays */
        "max_idle = 600\n",
    };
    struct house h;

    (void)state;
    house_open(&h, "");
    begin_master(&h);
    for (size_t i = 0; i < COUNT(next); i++) {
        for (int k = 0; k < 12; k++)
            assert_int_equal(status_of(&h, WIRE_RESPONDER, "/healthz"), 200);
        write_file(h.path, config_text(&h, next[i]));
        (void)kill(h.pid, SIGHUP);
    }
    (void)kill(h.pid, SIGUSR1);
    assert_int_equal(status_of(&h, WIRE_RESPONDER, "/healthz"), 200);
    (void)kill(h.pid, SIGTERM);
    assert_int_equal(ended(&h), 0);
    house_close(&h);
}

static void a_bad_reload_changes_nothing(void **state)
{
    static const char *const bad[] = {"no_such_key = 1\n", "io_timeout = x\n",
                                      "[nosuch]\na = b\n"};
    struct house h;

    (void)state;
    house_open(&h, "");
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct config *before = h.service.config;
        write_file(h.path, config_text(&h, bad[i]));
        assert_int_equal(service_reload(&h.service), ERR_VALIDATION);
        assert_ptr_equal(h.service.config, before);
    }
    write_file(h.path, config_text(&h, "request_timeout = 17\n"));
    assert_int_equal(service_reload(&h.service), ERR_OK);
    assert_int_equal(h.service.config->server_request_timeout, 17);
    assert_ptr_equal(h.service.api.config, h.service.config);
    char key[64];
    (void)snprintf(key, sizeof(key), "%s/key", h.dir);
    write_file(key, "not a key\n");
    assert_int_equal(service_reload(&h.service), ERR_VALIDATION);
    assert_int_equal(h.service.config->server_request_timeout, 17);
    house_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_serves_without_a_database_until_told_FCGI_9),
        cmocka_unit_test(a_waiting_peer_is_served_before_it_stops_FCGI_8),
        cmocka_unit_test(it_leaves_after_its_requests_F25),
        cmocka_unit_test(it_leaves_when_idle),
        cmocka_unit_test(alone_it_asks_for_a_reload),
        cmocka_unit_test(a_peer_that_is_not_listed_gets_nothing_FCGI_7),
        cmocka_unit_test(a_half_open_peer_is_given_up_F43),
        cmocka_unit_test(the_master_serves_reloads_and_drains_F38),
        cmocka_unit_test(a_bad_reload_changes_nothing),
    };

    if (crypto_init() != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
