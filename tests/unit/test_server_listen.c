/* SPDX-License-Identifier: MIT */
/* Sockets, their files and peers; signals; what the service manager is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <errno.h>
#include <signal.h>

#include <cmocka.h>

#include "base/clock.h"
#include "server/listen.h"
#include "server/notify.h"
#include "server/signals.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct place {
    char dir[32];
    char path[64], listen[80], lock[80];
    struct config config;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));

    assert_non_null(p);
    (void)strcpy(p->dir, "/tmp/gh-listen-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    (void)snprintf(p->path, sizeof(p->path), "%s/sock", p->dir);
    (void)snprintf(p->lock, sizeof(p->lock), "%s.lock", p->path);
    (void)snprintf(p->listen, sizeof(p->listen), "unix:%s", p->path);
    p->config = (struct config){.server_listen = p->listen,
                                .server_listen_mode = 0660,
                                .server_listen_group = "",
                                .server_backlog = 8};
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;

    (void)unlink(p->path);
    (void)unlink(p->lock);
    (void)rmdir(p->dir);
    free(p);
    return 0;
}

static int dial(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    (void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static void the_socket_has_its_mode_and_goes_with_us_FCGI_7(void **state)
{
    struct place *p = *state;
    struct listen l;
    struct stat s;

    for (unsigned mode = 0600; mode <= 0666; mode += 066) {
        p->config.server_listen_mode = mode;
        assert_int_equal(listen_open(&p->config, &l), ERR_OK);
        assert_int_equal(stat(p->path, &s), 0);
        assert_int_equal(s.st_mode & 0777, mode);
        assert_true(l.local);
        assert_int_equal(listen_accept(&l), -1);
        assert_int_equal(errno, EAGAIN);
        int peer = dial(p->path);
        assert_true(peer >= 0);
        int fd = listen_accept(&l);
        assert_true(fd >= 0);
        (void)close(fd);
        (void)close(peer);
        listen_close(&l);
        assert_int_equal(stat(p->path, &s), -1);
    }
}

static void a_live_socket_is_not_taken_over(void **state)
{
    struct place *p = *state;
    struct listen first;
    struct listen second;

    assert_int_equal(listen_open(&p->config, &first), ERR_OK);
    assert_int_equal(listen_open(&p->config, &second), ERR_CONFLICT);
    /* Nor one whose owner does not know our lock. */
    (void)unlink(p->lock);
    assert_int_equal(listen_open(&p->config, &second), ERR_CONFLICT);
    int peer = dial(p->path);
    assert_true(peer >= 0);
    (void)close(peer);
    listen_close(&first);
}

static void a_dead_socket_is_replaced_and_a_file_is_not(void **state)
{
    struct place *p = *state;
    struct listen l;

    assert_int_equal(listen_open(&p->config, &l), ERR_OK);
    free(l.path); /* dies without cleaning up */
    l.path = NULL;
    listen_close(&l);
    assert_int_equal(dial(p->path), -1);
    assert_int_equal(listen_open(&p->config, &l), ERR_OK);
    listen_close(&l);
    FILE *f = fopen(p->path, "we");
    assert_non_null(f);
    (void)fclose(f);
    assert_int_equal(listen_open(&p->config, &l), ERR_CONFLICT);
    assert_int_equal(access(p->path, F_OK), 0);
}

static void what_cannot_be_bound_is_refused(void **state)
{
    struct place *p = *state;
    static const char *const bad[] = {
        "unix:/no/such/folder/sock", "tcp:192.0.2.1:80", "tcp:[2001:db8::1]:80",
        "unix:/tmp/"
        "0123456789012345678901234567890123456789012345678901234567890"
        "12345678901234567890123456789012345678901234567890"};
    struct listen l = {.fd = 77};

    for (size_t i = 0; i < COUNT(bad); i++) {
        p->config.server_listen = bad[i];
        assert_int_equal(listen_open(&p->config, &l), ERR_UNAVAILABLE);
    }
    assert_int_equal(l.fd, 77);
    p->config.server_listen = p->listen;
    p->config.server_listen_group = "no-such-group-anywhere";
    assert_int_equal(listen_open(&p->config, &l), ERR_UNAVAILABLE);
    assert_int_equal(access(p->path, F_OK), -1);
}

static void a_passed_socket_must_listen(void **state)
{
    struct place *p = *state;
    struct listen own;
    struct listen passed;
    int pair[2];

    assert_int_equal(listen_open(&p->config, &own), ERR_OK);
    assert_int_equal(listen_inherit(own.fd, &passed), ERR_OK);
    assert_true(passed.local);
    assert_null(passed.path);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(listen_inherit(pair[0], &passed), ERR_UNAVAILABLE);
    assert_int_equal(listen_inherit(STDERR_FILENO, &passed), ERR_UNAVAILABLE);
    assert_int_equal(listen_inherit(-1, &passed), ERR_UNAVAILABLE);
    (void)close(pair[0]);
    (void)close(pair[1]);
    listen_close(&own);
}

static void systemds_sockets_are_counted_once(void **state)
{
    char self[16];
    (void)snprintf(self, sizeof(self), "%d", (int)getpid());
    const struct {
        const char *pid, *fds;
        int count;
    } cases[] = {
        {self, "1", 1}, {self, "2", 2},   {self, "0", 0},  {"1", "1", 0},
        {NULL, "1", 0}, {self, NULL, 0},  {self, "x", 0},  {self, "-1", 0},
        {"", "1", 0},   {self, "999", 0}, {self, "1 ", 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (cases[i].pid != NULL)
            (void)setenv("LISTEN_PID", cases[i].pid, 1);
        if (cases[i].fds != NULL)
            (void)setenv("LISTEN_FDS", cases[i].fds, 1);
        assert_int_equal(listen_activated(), cases[i].count);
        assert_null(getenv("LISTEN_PID"));
        assert_null(getenv("LISTEN_FDS"));
    }
}

static void only_listed_users_are_admitted_FCGI_7(void **state)
{
    char self[16];
    char other[16];
    (void)snprintf(self, sizeof(self), "%u", (unsigned)getuid());
    (void)snprintf(other, sizeof(other), "%u", (unsigned)getuid() + 1);
    struct str users[3][2] = {{str_of(other), str_of(self)},
                              {str_of(other), STR("no-such-user-anywhere")},
                              {STR("no-such-user-anywhere"), str_of("-1")}};
    static const bool admitted[] = {true, false, false};
    const struct listen local = {.local = true};
    const struct listen tcp = {.local = false};
    struct config c = {.server_peer_users = {.items = NULL}};
    struct listen_peers peers;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(listen_peers_new(&c, &peers), ERR_OK);
    assert_true(listen_admits(&local, &peers, pair[0]));
    listen_peers_free(&peers);
    for (size_t i = 0; i < COUNT(admitted); i++) {
        c.server_peer_users = (struct config_list){users[i], 2};
        assert_int_equal(listen_peers_new(&c, &peers), ERR_OK);
        assert_int_equal(listen_admits(&local, &peers, pair[0]), admitted[i]);
        assert_true(listen_admits(&tcp, &peers, pair[0]));
        listen_peers_free(&peers);
        listen_peers_free(&peers);
    }
    (void)close(pair[0]);
    (void)close(pair[1]);
}

static void each_signal_means_one_thing(void **state)
{
    static const struct {
        int number;
        struct signals means;
    } cases[] = {
        {SIGTERM, {.stop = true}},   {SIGINT, {.stop = true}},
        {SIGQUIT, {.stop = true}},   {SIGHUP, {.reload = true}},
        {SIGUSR1, {.reopen = true}}, {SIGCHLD, {.stop = false}},
    };

    (void)state;
    signals_block();
    int fd = signals_open();
    assert_true(fd >= 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct signals taken = {.stop = false};
        struct signals waited = {.stop = false};
        (void)raise(cases[i].number);
        signals_take(fd, &taken);
        /* CHLD only ends a wait. */
        if (cases[i].number != SIGCHLD)
            assert_memory_equal(&taken, &cases[i].means, sizeof(taken));
        (void)raise(cases[i].number);
        signals_wait(CLOCK_SECOND, &waited);
        assert_memory_equal(&waited, &cases[i].means, sizeof(waited));
    }
    struct signals none = {.stop = false};
    signals_wait(0, &none);
    assert_false(none.stop || none.reload || none.reopen);
    (void)close(fd);
}

static void the_service_manager_is_told_by_datagram(void **state)
{
    struct place *p = *state;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char text[32] = "";

    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", p->path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
    (void)setenv("NOTIFY_SOCKET", p->path, 1);
    notify_send("READY=1");
    assert_int_equal(recv(fd, text, sizeof(text), MSG_DONTWAIT), 7);
    assert_memory_equal(text, "READY=1", 7);
    (void)setenv("NOTIFY_SOCKET", "nonsense", 1);
    notify_send("READY=1");
    (void)unsetenv("NOTIFY_SOCKET");
    notify_send("READY=1");
    assert_int_equal(recv(fd, text, sizeof(text), MSG_DONTWAIT), -1);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_socket_has_its_mode_and_goes_with_us_FCGI_7, setup, teardown),
        cmocka_unit_test_setup_teardown(a_live_socket_is_not_taken_over, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_dead_socket_is_replaced_and_a_file_is_not, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_bound_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_passed_socket_must_listen, setup,
                                        teardown),
        cmocka_unit_test(systemds_sockets_are_counted_once),
        cmocka_unit_test(only_listed_users_are_admitted_FCGI_7),
        cmocka_unit_test(each_signal_means_one_thing),
        cmocka_unit_test_setup_teardown(the_service_manager_is_told_by_datagram,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
