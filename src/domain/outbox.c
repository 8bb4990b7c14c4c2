/* SPDX-License-Identifier: MIT */
/* A message is delivered at least once: the row goes only after somebody else
 * has taken the message. Between the two nothing but a crash can come. */
#include "domain/outbox.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/log.h"
#include "crypto/secret.h"

#define OUTBOX_SETTLE_TRIES 20
#define OUTBOX_SETTLE_PAUSE_NS 100000000L

int64_t outbox_delay_us(int64_t attempt, uint64_t random)
{
    int64_t delay = OUTBOX_DELAY_FIRST;

    for (int64_t i = 1; i < attempt && delay < OUTBOX_DELAY_MOST; i++)
        delay *= 2;
    if (delay > OUTBOX_DELAY_MOST)
        delay = OUTBOX_DELAY_MOST;
    /* Hosts that failed together do not come back together. */
    int64_t fifth = delay / 5;
    return delay - fifth + (int64_t)(random % (uint64_t)(2 * fifth + 1));
}

enum err outbox_is_due(struct ctx *c, bool *due_r)
{
    return store_outbox_is_due(
        c->db, mail_enabled(c->config, STORE_CHANNEL_MAIL),
        mail_enabled(c->config, STORE_CHANNEL_SMS), due_r);
}

/* A pass under way. */
struct pass {
    struct ctx *c;
    const struct outbox_job *job;
    struct outbox_pass done;
};

static enum err outbox_open(const struct pass *p, const struct store_outbox *m,
                            const char *column, struct str sealed,
                            struct str *text_r)
{
    struct buf b = buf_new(p->job->work);
    struct str place;

    buf_put(&b, m->id.b, sizeof(m->id.b));
    buf_text(&b, column);
    enum err e = buf_done(&b, &place);

    return e != ERR_OK ? e
                       : seal_open(p->c->sealer, p->job->work, SEAL_OUTBOX,
                                   place, sealed, text_r);
}

/* Lines of name=value, as mail_queue wrote them. */
static enum err outbox_values(struct arena *a, struct str lines,
                              struct outbox_message *m)
{
    size_t count = 0;

    for (size_t i = 0; i < lines.n; i++)
        count += lines.p[i] == '\n';
    m->values = arena_alloc(a, (count + 1) * sizeof(*m->values));
    if (m->values == NULL)
        return ERR_NO_MEMORY;
    while (m->count < count) {
        struct str value = str_cut(&lines, '\n');
        struct str name = str_cut(&value, '=');
        struct mail_value *v = &m->values[m->count++];

        v->name = arena_strdup(a, name);
        v->text = value;
        if (v->name == NULL)
            return ERR_NO_MEMORY;
    }
    return ERR_OK;
}

static enum err outbox_read(const struct pass *p,
                            const struct store_outbox *row,
                            struct outbox_message *m)
{
    struct str lines;

    *m = (struct outbox_message){.id = row->id,
                                 .channel = row->channel,
                                 .kind = mail_kind_of(row->kind),
                                 .locale = row->locale,
                                 .attempts = row->attempts + 1,
                                 .created_us = row->created_us,
                                 .expires_us = row->expires_us};
    if (m->kind == MAIL_COUNT)
        return ERR_VALIDATION;
    enum err e =
        outbox_open(p, row, "recipient", row->recipient_sealed, &m->to);

    if (e == ERR_OK)
        e = outbox_open(p, row, "values", row->values_sealed, &lines);
    return e == ERR_OK ? outbox_values(p->job->work, lines, m) : e;
}

/* Nobody's address is in the line. */
static void outbox_log(enum log_level level, const char *event,
                       const struct store_outbox *row, const char *reason)
{
    char id[ID_TEXT_LEN + 1];

    id_text(&row->id, id);
    log_event(level, event,
              (struct log_field[]){
                  LOG_TEXT("id", str_of(id)), LOG_TEXT("kind", row->kind),
                  LOG_INT("attempt", row->attempts + 1),
                  LOG_TEXT("reason", str_of(reason)), LOG_END});
}

/* The message is out of the house: a database that is away for a moment is no
 * reason to send it twice. */
static enum err outbox_sent(struct pass *p, const struct store_outbox *row)
{
    const struct timespec pause = {.tv_nsec = OUTBOX_SETTLE_PAUSE_NS};
    enum err e = store_outbox_done(p->c->db, &row->id);

    for (int i = 1; e != ERR_OK && i < OUTBOX_SETTLE_TRIES; i++) {
        (void)nanosleep(&pause, NULL);
        e = store_outbox_done(p->c->db, &row->id);
    }
    p->done.sent++;
    outbox_log(LOG_LEVEL_INFO, "outbox.sent", row, "");
    return e;
}

static enum err outbox_dead(struct pass *p, const struct store_outbox *row,
                            const char *reason)
{
    outbox_log(LOG_LEVEL_WARNING, "outbox.given_up", row, reason);
    return store_outbox_dead(p->c->db, &row->id, str_of(reason));
}

static enum err outbox_failed(struct pass *p, const struct store_outbox *row,
                              const char *reason)
{
    uint64_t random;
    enum err e = random_bytes(&random, sizeof(random));

    if (e != ERR_OK)
        return e;
    int64_t delay = outbox_delay_us(row->attempts + 1, random);
    if (clock_us(&p->c->clock) + delay >= row->expires_us)
        return outbox_dead(p, row, reason);
    outbox_log(LOG_LEVEL_NOTICE, "outbox.failed", row, reason);
    return store_outbox_later(p->c->db, &row->id, delay, str_of(reason));
}

static enum err outbox_note(struct pass *p, const struct store_outbox *row,
                            enum outbox_end end, const char *reason)
{
    switch (end) {
    case OUTBOX_SENT:
        return outbox_sent(p, row);
    case OUTBOX_REFUSED:
        return outbox_dead(p, row, reason);
    case OUTBOX_FAILED:
    case OUTBOX_AWAY:
        return outbox_failed(p, row, reason);
    case OUTBOX_STOPPED:
        break;
    }
    return store_outbox_later(p->c->db, &row->id, 0, str_of("interrupted"));
}

static enum err outbox_one(struct pass *p, const struct store_outbox *row)
{
    struct outbox_message m;
    char reason[OUTBOX_REASON_MAX] = "";
    bool mine = false;

    if (row->expires_us <= clock_us(&p->c->clock))
        return outbox_dead(p, row, row->error.n > 0 ? row->error.p : "expired");
    enum err e = store_outbox_claim(p->c->db, row, p->job->hold_us, &mine);
    if (e != ERR_OK || !mine)
        return e;
    e = outbox_read(p, row, &m);
    if (e == ERR_VALIDATION)
        return outbox_dead(p, row, "cannot be read");
    if (e != ERR_OK)
        return e;
    p->done.last = p->job->deliver(p->job->data, &m, p->job->work, reason);
    return outbox_note(p, row, p->done.last, reason);
}

/* Rows of one batch; what they point to lives in the context's arena. */
struct batch {
    struct store_outbox *rows;
    size_t count, most;
};

static enum err outbox_collect(void *data, const struct store_outbox *row)
{
    struct batch *b = data;

    if (b->count < b->most)
        b->rows[b->count++] = *row;
    return ERR_OK;
}

enum err outbox_run(struct ctx *c, const struct outbox_job *job,
                    struct outbox_pass *pass_r)
{
    struct pass p = {.c = c, .job = job};
    struct batch b = {.most = (size_t)c->config->mail_batch};

    b.rows = arena_alloc(c->arena, b.most * sizeof(*b.rows));
    if (b.rows == NULL)
        return ERR_NO_MEMORY;
    enum err e = store_outbox_due(c->db, c->arena, job->channel,
                                  c->config->mail_batch, outbox_collect, &b);

    for (size_t i = 0; i < b.count && e == ERR_OK; i++) {
        e = outbox_one(&p, &b.rows[i]);
        arena_reset(job->work);
        p.done.seen++;
        if (p.done.last == OUTBOX_AWAY || p.done.last == OUTBOX_STOPPED)
            break;
    }
    if (e == ERR_OK)
        *pass_r = p.done;
    return e;
}
