/* SPDX-License-Identifier: MIT */
/* One host at a time delivers, by the lease; should two ever do so, a row is
 * still taken by one of them. */
#include "server/courier.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/courier_message.h"
#include "server/courier_transport.h"
#include "server/process.h"
#include "server/signals.h"
#include "store/store_event.h"

#define COURIER_LEASE "courier"
#define COURIER_ARENA ((size_t)8 << 20)
#define COURIER_IDLE CLOCK_SECOND          /* between two looks */
#define COURIER_WATCH (2 * CLOCK_SECOND)   /* the same of a worker */
#define COURIER_TROUBLE (5 * CLOCK_SECOND) /* after a failure of ours */
#define COURIER_MARGIN (5 * CLOCK_SECOND)  /* beyond a transport's timeout */
#define COURIER_REST_FIRST CLOCK_SECOND
#define COURIER_REST_MOST (30 * CLOCK_SECOND)
#define COURIER_CHANNELS 2

/* A channel whose server is away is left alone for a while. */
struct courier_channel {
    enum store_channel channel;
    int64_t rest_us, until_us; /* the last rest, and its end (monotonic) */
};

struct courier {
    const struct service *service;
    struct desk desk;
    struct arena *work;
    struct courier_templates templates;
    struct id owner;
    int signal_fd;
    struct signals seen;
    struct courier_channel channels[COURIER_CHANNELS];
};

bool courier_wanted(const struct config *config)
{
    return mail_enabled(config, STORE_CHANNEL_MAIL) ||
           mail_enabled(config, STORE_CHANNEL_SMS);
}

static enum err courier_open(const struct service *s, const struct id *owner,
                             struct courier *c_r)
{
    struct courier c = {.service = s,
                        .owner = *owner,
                        .templates = courier_render_templates(s->config),
                        .channels = {{.channel = STORE_CHANNEL_MAIL},
                                     {.channel = STORE_CHANNEL_SMS}}};
    enum err e = desk_open(s, &c.desk);

    if (e != ERR_OK)
        return e;
    c.signal_fd = signals_open();
    c.work = arena_new(COURIER_ARENA);
    if (c.signal_fd < 0 || c.work == NULL) {
        desk_close(&c.desk);
        return ERR_NO_MEMORY;
    }
    *c_r = c;
    return ERR_OK;
}

static void courier_close(struct courier *c)
{
    arena_free(&c->work);
    desk_close(&c->desk);
    (void)close(c->signal_fd);
}

/* One message on its road. */
struct courier_load {
    struct courier *courier;
    struct courier_net *net;
};

static enum outbox_end courier_mail(const struct courier_road *r,
                                    const struct outbox_message *m,
                                    const struct courier_text *text,
                                    char *reason)
{
    const struct config *config = r->config;
    struct courier_letter letter = {.to = m->to,
                                    .from = str_of(config->mail_from),
                                    .from_name = str_of(config->mail_from_name),
                                    .kind = mail_word(m->kind),
                                    .id = m->id,
                                    .at_us = m->created_us,
                                    .text = *text};
    struct str message;

    if (letter.from_name.n == 0)
        letter.from_name = courier_render_templates(config).app;
    enum err e = courier_message(r->arena, &letter, &message);

    if (e == ERR_VALIDATION) {
        (void)snprintf(reason, OUTBOX_REASON_MAX, "not an address");
        return OUTBOX_REFUSED;
    }
    if (e != ERR_OK) {
        (void)snprintf(reason, OUTBOX_REASON_MAX, "%s", err_name(e));
        return OUTBOX_FAILED;
    }
    return config->mail_transport == MAIL_TRANSPORT_SENDMAIL
               ? courier_pipe(r, message, reason)
               : courier_smtp(r, m->to, message, reason);
}

static enum outbox_end courier_deliver(void *data,
                                       const struct outbox_message *m,
                                       struct arena *work, char *reason)
{
    struct courier_load *load = data;
    struct courier *c = load->courier;
    const struct courier_road road = {.config = c->service->config,
                                      .net = load->net,
                                      .arena = work,
                                      .signal_fd = c->signal_fd,
                                      .seen = &c->seen};
    struct courier_text text;

    if (c->seen.stop)
        return OUTBOX_STOPPED;
    enum err e = courier_render(work, &c->templates, m, &text);

    if (e != ERR_OK) {
        (void)snprintf(reason, OUTBOX_REASON_MAX, "template %s: %s",
                       mail_word(m->kind),
                       e == ERR_NOT_FOUND ? "there is none" : err_name(e));
        log_msg(LOG_LEVEL_ERROR, "courier.template", "%s", reason);
        return OUTBOX_FAILED;
    }
    if (m->channel == STORE_CHANNEL_SMS)
        return courier_gateway(&road, m, text.text, clock_s(&c->desk.ctx.clock),
                               reason);
    return courier_mail(&road, m, &text, reason);
}

static int64_t courier_hold(const struct config *config,
                            enum store_channel channel)
{
    int64_t timeout = channel == STORE_CHANNEL_SMS ? config->sms_timeout
                                                   : config->mail_timeout;

    return timeout * CLOCK_SECOND + COURIER_MARGIN;
}

/* Long enough for a message by either channel. */
static int64_t courier_lease(const struct config *config)
{
    return courier_hold(config, STORE_CHANNEL_MAIL) +
           courier_hold(config, STORE_CHANNEL_SMS);
}

/* The longer a server stays away, the rarer it is asked. */
static void courier_rest(struct courier_channel *ch, bool away)
{
    if (!away) {
        ch->rest_us = 0;
        return;
    }
    ch->rest_us = ch->rest_us == 0 ? COURIER_REST_FIRST : 2 * ch->rest_us;
    if (ch->rest_us > COURIER_REST_MOST)
        ch->rest_us = COURIER_REST_MOST;
    ch->until_us = clock_monotonic_us() + ch->rest_us;
}

/* Batch after batch, for as long as the lease is ours. */
static enum err courier_channel(struct courier *c, struct courier_channel *ch,
                                struct courier_net *net)
{
    struct ctx *ctx = &c->desk.ctx;
    struct courier_load load = {c, net};
    const struct outbox_job job = {.channel = ch->channel,
                                   .hold_us =
                                       courier_hold(ctx->config, ch->channel),
                                   .work = c->work,
                                   .deliver = courier_deliver,
                                   .data = &load};
    struct outbox_pass pass;
    bool mine = false;
    enum err e;

    do {
        e = store_lease_take(ctx->db, COURIER_LEASE, &c->owner, 2 * job.hold_us,
                             &mine);
        if (e != ERR_OK || !mine)
            return e;
        e = outbox_run(ctx, &job, &pass);
        arena_reset(ctx->arena);
        if (e != ERR_OK)
            return e;
        courier_rest(ch, pass.last == OUTBOX_AWAY);
    } while (pass.seen >= (unsigned)ctx->config->mail_batch &&
             pass.last != OUTBOX_AWAY && !c->seen.stop);
    return ERR_OK;
}

static enum err courier_pass(struct courier *c)
{
    const struct config *config = c->service->config;
    struct courier_net *net = NULL;
    enum err e = courier_net_new(c->signal_fd, &c->seen, &net);

    for (size_t i = 0; i < COURIER_CHANNELS && e == ERR_OK; i++) {
        struct courier_channel *ch = &c->channels[i];

        if (mail_enabled(config, ch->channel) && !c->seen.stop &&
            clock_monotonic_us() >= ch->until_us)
            e = courier_channel(c, ch, net);
    }
    courier_net_free(&net);
    (void)store_lease_release(c->desk.db, COURIER_LEASE, &c->owner);
    return e;
}

static enum err courier_tick(struct courier *c)
{
    bool due = false;
    enum err e = outbox_is_due(&c->desk.ctx, &due);

    if (e == ERR_OK && due)
        e = courier_pass(c);
    arena_reset(c->desk.arena);
    if (e != ERR_OK)
        log_msg(LOG_LEVEL_WARNING, "courier.failed", "%s", err_name(e));
    return e;
}

static void courier_wait(struct courier *c, int64_t wait_us)
{
    struct pollfd p = {.fd = c->signal_fd, .events = POLLIN};

    (void)poll(&p, 1, (int)(wait_us / 1000));
    signals_take(c->signal_fd, &c->seen);
    if (c->seen.reopen)
        (void)log_reopen();
    c->seen.reopen = false;
}

int courier_run(const struct service *s, const struct id *owner)
{
    struct courier c;

    if (courier_open(s, owner, &c) != ERR_OK) {
        log_msg(LOG_LEVEL_ERROR, "courier.failed", "cannot begin");
        return 1;
    }
    while (!c.seen.stop) {
        enum err e = courier_tick(&c);

        if (!c.seen.stop)
            courier_wait(&c, e == ERR_OK ? COURIER_IDLE : COURIER_TROUBLE);
    }
    courier_close(&c);
    return 0;
}

enum err courier_watch_new(struct courier_watch *w_r)
{
    struct clock clock = clock_system();
    struct id owner;
    enum err e = id_new(clock_us(&clock), &owner);

    if (e == ERR_OK)
        *w_r = (struct courier_watch){.owner = owner,
                                      .due_us = clock_monotonic_us()};
    return e;
}

/* The child of a worker: one pass. The parent owns connection and socket. */
static _Noreturn void courier_once(const struct courier_watch *w,
                                   const struct service *s, pid_t parent)
{
    struct courier c;
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

    (void)dup2(nowhere, 0);
    if (process_follow(parent) && courier_open(s, &w->owner, &c) == ERR_OK) {
        (void)courier_tick(&c);
        courier_close(&c);
    }
    _exit(0);
}

/* Is a child still at it? */
static bool courier_watch_busy(struct courier_watch *w)
{
    int status;

    if (w->child > 0 && waitpid(w->child, &status, WNOHANG) != 0)
        w->child = 0;
    return w->child > 0;
}

void courier_watch_tick(struct courier_watch *w, const struct service *s,
                        struct desk *d)
{
    bool due = false;

    if (clock_monotonic_us() < w->due_us)
        return;
    w->due_us = clock_monotonic_us() + COURIER_WATCH;
    if (!courier_wanted(s->config))
        w->due_us = INT64_MAX;
    if (courier_watch_busy(w) || !courier_wanted(s->config))
        return;
    enum err e = outbox_is_due(&d->ctx, &due);

    if (e == ERR_OK && due)
        e = store_lease_take(d->db, COURIER_LEASE, &w->owner,
                             courier_lease(s->config), &due);
    arena_reset(d->arena);
    if (e != ERR_OK || !due) {
        if (e != ERR_OK)
            log_msg(LOG_LEVEL_WARNING, "courier.failed", "%s", err_name(e));
        return;
    }
    pid_t parent = getpid();

    (void)fflush(NULL);
    w->child = fork();
    if (w->child == 0)
        courier_once(w, s, parent);
    if (w->child < 0) {
        w->child = 0;
        log_msg(LOG_LEVEL_ERROR, "courier.failed", "cannot fork");
    }
}
