/* SPDX-License-Identifier: MIT */
/* The loop is the whole life of a request: read, dispatch, write, finish, and
 * then what may wait. Nothing of one request is left when the next begins. */
#include "server/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "api/dispatch.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/secret.h"
#include "domain/janitor.h"
#include "fcgi/fcgi.h"
#include "http/response.h"
#include "oidc/oidc.h"
#include "server/background.h"
#include "server/courier.h"
#include "server/desk.h"
#include "server/signals.h"

#define WORKER_LEAVE CLOCK_SECOND
#define WORKER_STRETCH (CLOCK_SECOND / 1000)
#define WORKER_MS(us) ((int)((us) / 1000) + 1)

struct worker {
    const struct service *service;
    const struct worker_seat *seat;
    struct desk desk;
    struct oidc *oidc; /* NULL: sign-in by providers is off */
    struct api api;    /* the service's, with the above */
    struct fcgi *fcgi;
    struct fcgi_rules rules;
    struct listen_peers peers;
    struct background background; /* when alone */
    struct courier_watch courier; /* the same */
    struct signals seen;
    int signal_fd, epoll_fd;
    bool crowded; /* the request at hand finds the relay full */
    uint64_t quota, served;
    int64_t idle_since_us;
};

uint64_t worker_quota(uint64_t max, uint64_t random)
{
    return max == 0 ? 0 : max + random % (max / 10 + 1);
}

static bool worker_takes(const struct worker *w)
{
    return w->seat->relays != NULL && w->seat->takes != RELAY_NONE;
}

static const struct relay *worker_relay(const struct worker *w)
{
    return &w->seat->relays[w->seat->takes];
}

/* EPOLLEXCLUSIVE wakes one worker for a connection, not the whole pool. */
static bool worker_watches(struct worker *w, int fd, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.fd = fd};

    return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &e) == 0;
}

static enum err worker_watch(struct worker *w)
{
    const uint32_t one = EPOLLIN | EPOLLEXCLUSIVE;

    w->signal_fd = signals_open();
    w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (w->signal_fd < 0 || w->epoll_fd < 0 ||
        !worker_watches(w, w->signal_fd, EPOLLIN) ||
        (!w->seat->deaf && !worker_watches(w, w->seat->listen->fd, one)) ||
        (worker_takes(w) && !worker_watches(w, worker_relay(w)->out, one)))
        return ERR_UNAVAILABLE;
    return ERR_OK;
}

/* Leaves to the takers what takes long. When asked to stop, nobody may be left
 * who takes. */
static bool worker_move(void *data, int fd, struct str uri)
{
    struct worker *w = data;

    if (w->seen.stop)
        return false;
    enum relay_lane lane = relay_lane(w->service->config, uri);
    if (lane == RELAY_NONE || lane == w->seat->takes)
        return false;
    w->crowded = !relay_send(&w->seat->relays[lane], fd);
    return !w->crowded;
}

static struct fcgi_rules worker_rules(const struct config *c)
{
    return (struct fcgi_rules){
        .limits = {.url = (size_t)c->http_max_url,
                   .header = (size_t)c->http_max_header,
                   .body = (size_t)c->http_max_body,
                   .cookies = (size_t)c->http_max_cookies},
        .trusted = c->http_trusted_proxies.items,
        .trusted_count = c->http_trusted_proxies.count,
        .io_timeout_s = (int)c->server_io_timeout};
}

static void worker_close(struct worker *w)
{
    /* Whoever works on need not wait for it to run out. */
    if (w->seat->alone && w->background.well)
        janitor_leave(&w->desk.ctx, &w->background.owner);
    fcgi_free(&w->fcgi);
    oidc_free(&w->oidc);
    desk_close(&w->desk);
    listen_peers_free(&w->peers);
    if (w->epoll_fd >= 0)
        (void)close(w->epoll_fd);
    if (w->signal_fd >= 0)
        (void)close(w->signal_fd);
}

/* Also where the relay keeps what asks providers from coming: who is asked to
 * stop serves it himself. */
static enum err worker_api(struct worker *w)
{
    enum err e = ERR_OK;

    w->api = w->service->api;
    if (w->service->config->oauth2_enabled)
        e = oidc_new(w->service->config, &w->oidc);
    w->api.oidc = w->oidc;
    return e;
}

static enum err worker_open(struct worker *w)
{
    const struct config *c = w->service->config;
    uint64_t random;
    enum err e = random_bytes(&random, sizeof(random));

    if (e == ERR_OK)
        e = listen_peers_new(c, &w->peers);
    if (e == ERR_OK)
        e = desk_open(w->service, &w->desk);
    if (e == ERR_OK)
        e = worker_api(w);
    if (e == ERR_OK)
        e = fcgi_new(&w->fcgi);
    /* After libfcgi, which sets handlers of its own. */
    signals_block();
    if (e == ERR_OK)
        e = worker_watch(w);
    if (e == ERR_OK && w->seat->alone)
        e = background_new(&w->background);
    if (e == ERR_OK && w->seat->alone)
        e = courier_watch_new(&w->courier);
    if (e != ERR_OK) {
        log_msg(LOG_LEVEL_ERROR, "worker.failed", "%s", err_name(e));
        return e;
    }
    w->quota = worker_quota((uint64_t)c->server_max_requests, random);
    w->rules = worker_rules(c);
    if (w->seat->relays != NULL) {
        w->rules.move = worker_move;
        w->rules.data = w;
    }
    w->idle_since_us = clock_monotonic_us();
    return ERR_OK;
}

/* Without the frontend interface whoever asks as a gate is not let in. */
static void worker_refuse(struct http_response *res, struct str request_id)
{
    http_problem(res, ERR_FORBIDDEN, NULL, request_id, 0);
    http_response_harden(res, 0);
}

static void worker_log(const struct http_request *req,
                       const struct http_response *res, const char *route,
                       int64_t since_us)
{
    log_event(LOG_LEVEL_DEBUG, "http.request",
              (struct log_field[]){
                  LOG_TEXT("method", req->method_text),
                  LOG_TEXT("route", str_of(route)),
                  LOG_INT("status", res->status),
                  LOG_INT("us", clock_monotonic_us() - since_us), LOG_END});
}

static void worker_answer(struct worker *w, const struct http_request *req,
                          enum fcgi_role role, int64_t since_us)
{
    struct http_response res = http_response_new(w->desk.arena);
    struct call call = {.api = NULL};
    struct http_request asked;
    const struct config *config = w->service->config;
    const bool gate = role == FCGI_ROLE_AUTHORIZER || req->refused;
    bool api = !w->crowded &&
               (gate ? config->fdi_enabled : role == FCGI_ROLE_RESPONDER);
    struct str text = STR("Status: 503 Service Unavailable\r\n"
                          "Retry-After: 1\r\nContent-Length: 0\r\n\r\n");

    log_request(req->request_id);
    if (gate) {
        asked = dispatch_gate(config, w->desk.arena, req);
        req = &asked;
    }
    if (w->crowded)
        http_problem(&res, ERR_UNAVAILABLE, NULL, req->request_id, 1);
    else if (api)
        dispatch(&w->api, &w->desk.ctx, req, &res, &call);
    else
        worker_refuse(&res, req->request_id);
    /* As dispatch does it. */
    if (!api && req->gate && req->mute)
        http_response_reset(&res, res.status);
    if (http_response_text(&res, req->method == METHOD_HEAD, &text) != ERR_OK)
        log_msg(LOG_LEVEL_ERROR, "http.answer_failed", "no memory");
    if (fcgi_write(w->fcgi, text) != ERR_OK)
        log_msg(LOG_LEVEL_INFO, "http.peer_gone", "answer not taken");
    fcgi_finish(w->fcgi);
    if (api)
        dispatch_after(&call);
    worker_log(req, &res, call.route == NULL ? "" : call.route->name, since_us);
    log_request((struct str){NULL, 0});
}

static void worker_serve(struct worker *w, int fd)
{
    int64_t now = clock_monotonic_us();
    struct http_request req;
    enum fcgi_role role;

    w->crowded = false;
    if (!listen_admits(w->seat->listen, &w->peers, fd)) {
        log_msg(LOG_LEVEL_NOTICE, "server.peer_refused", "not a peer user");
        (void)close(fd);
        return;
    }
    scoreboard_begin(w->seat->slot, now);
    if (fcgi_read(w->fcgi, fd, w->desk.arena, &w->rules, &req, &role) != ERR_OK)
        log_msg(LOG_LEVEL_INFO, "server.peer_dropped", "no whole request");
    else if (role != FCGI_ROLE_MOVED)
        worker_answer(w, &req, role, now);
    desk_clear(&w->desk);
    scoreboard_end(w->seat->slot);
    w->served++;
    w->idle_since_us = clock_monotonic_us();
}

static bool worker_spent(const struct worker *w)
{
    int64_t idle = w->service->config->server_max_idle * CLOCK_SECOND;

    if (w->quota > 0 && w->served >= w->quota)
        return true;
    return idle > 0 && clock_monotonic_us() - w->idle_since_us >= idle;
}

/* Out of descriptors or memory: the connection stays queued, and trying again
 * at once would only burn the processor. */
static void worker_pause(void)
{
    const struct timespec pause = {.tv_nsec = 50000000L};

    log_msg(LOG_LEVEL_ERROR, "server.accept_failed", "%s", strerror(errno));
    (void)nanosleep(&pause, NULL);
}

/* false: there was none. */
static bool worker_take(struct worker *w)
{
    unsigned limit = (unsigned)w->service->config->server_request_timeout;
    int fd = listen_accept(w->seat->listen);

    if (fd < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            worker_pause();
        return false;
    }
    /* Without a master SIGALRM's default action is the watchdog. */
    if (w->seat->alone)
        (void)alarm(limit);
    worker_serve(w, fd);
    if (w->seat->alone)
        (void)alarm(0);
    return true;
}

/* While connections wait, to ask what is pending would tell just that; yet
 * signals and the relay wait, too. */
static void worker_take_some(struct worker *w)
{
    const int64_t until = clock_monotonic_us() + WORKER_STRETCH;

    while (worker_take(w) && clock_monotonic_us() < until && !worker_spent(w))
        continue;
}

/* Has the web server closed it meanwhile? Then no provider need be asked. */
static bool worker_is_left(int fd)
{
    struct pollfd p = {.fd = fd};

    return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

/* One of those that wait in the relay; false: none does. */
static bool worker_take_moved(struct worker *w)
{
    int fd = relay_receive(worker_relay(w));

    if (fd >= 0 && w->seat->takes == RELAY_OUTBOUND && worker_is_left(fd)) {
        log_msg(LOG_LEVEL_INFO, "server.peer_gone", "tired of waiting");
        (void)close(fd);
    } else if (fd >= 0) {
        worker_serve(w, fd);
    }
    return fd >= 0;
}

/* The last takers leave nobody waiting; but those that wait for a slow provider
 * could keep us for ever, and on a reload others take them. */
static void worker_leave(struct worker *w)
{
    int64_t end = clock_monotonic_us() + WORKER_LEAVE;

    if (!w->seen.stop || !worker_takes(w))
        return;
    while ((w->seat->takes != RELAY_OUTBOUND || clock_monotonic_us() < end) &&
           worker_take_moved(w))
        continue;
}

/* Milliseconds until something is due without a connection; -1: never. */
static int worker_patience(const struct worker *w)
{
    int64_t idle = w->service->config->server_max_idle * CLOCK_SECOND;
    int64_t now = clock_monotonic_us();
    int64_t left = idle > 0 ? w->idle_since_us + idle - now : INT64_MAX;

    if (w->seat->alone && w->background.due_us - now < left)
        left = w->background.due_us - now;
    if (w->seat->alone && w->courier.due_us - now < left)
        left = w->courier.due_us - now;
    if (left == INT64_MAX)
        return -1;
    return left > 0 ? WORKER_MS(left) : 0;
}

/* What somebody else does where there is a master. The courier is looked after
 * also under load: whoever asked has the answer by now. */
static void worker_background(struct worker *w, bool idle)
{
    if (!w->seat->alone || w->seen.stop || w->seen.reload)
        return;
    if (idle)
        background_tick(&w->background, &w->desk);
    courier_watch_tick(&w->courier, w->service, &w->desk);
}

/* One turn: what is pending, then some connections, and one of the relay's. */
static void worker_turn(struct worker *w)
{
    struct epoll_event events[3];
    bool connection = false;
    bool relayed = false;
    int n = epoll_wait(w->epoll_fd, events, 3, worker_patience(w));

    for (int i = 0; i < n; i++) {
        if (events[i].data.fd == w->signal_fd)
            signals_take(w->signal_fd, &w->seen);
        else if (worker_takes(w) && events[i].data.fd == worker_relay(w)->out)
            relayed = true;
        else
            connection = true;
    }
    if (w->seen.reopen)
        (void)log_reopen();
    w->seen.reopen = false;
    if (w->seen.stop && !w->seat->alone && getppid() != w->seat->master)
        listen_orphan(w->seat->listen);
    /* The master alone reads the configuration, if there is one. */
    w->seen.reload = w->seen.reload && w->seat->alone;
    /* Also when asked to stop: nobody else was woken for this connection. */
    if (connection)
        worker_take_some(w);
    worker_background(w, !connection);
    if (relayed)
        (void)worker_take_moved(w);
}

enum worker_end worker_run(const struct service *s,
                           const struct worker_seat *seat)
{
    struct worker w = {
        .service = s, .seat = seat, .signal_fd = -1, .epoll_fd = -1};
    enum worker_end end = WORKER_FAILED;

    if (worker_open(&w) == ERR_OK) {
        while (!w.seen.stop && !w.seen.reload && !worker_spent(&w))
            worker_turn(&w);
        worker_leave(&w);
        end = w.seen.stop     ? WORKER_STOPPED
              : w.seen.reload ? WORKER_RELOAD
                              : WORKER_SPENT;
    }
    worker_close(&w);
    return end;
}
