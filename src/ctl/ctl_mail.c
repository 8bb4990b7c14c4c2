/* SPDX-License-Identifier: MIT */
/* Commands about messages. They never touch a mail server: what is queued here
 * goes the way every message goes. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/commands.h"
#include "domain/mail.h"
#include "store/store_outbox.h"

#define MAIL_TEST_LIFETIME_S 300
#define MAIL_TEST_MARGIN_S 10
#define MAIL_TEST_LOOK_NS 100000000L
#define MAIL_TEST_VALUE 64

static struct str outbox_state(const struct store_outbox *m)
{
    if (m->dead_us != 0)
        return STR("given-up");
    return m->attempts == 0 ? STR("waiting") : STR("trying");
}

static enum err outbox_row(void *data, const struct store_outbox *m)
{
    struct ctl *c = data;

    ctl_row_begin(c);
    ctl_row_id(c, "id", &m->id);
    ctl_row_str(c, "channel",
                m->channel == STORE_CHANNEL_SMS ? STR("sms") : STR("mail"));
    ctl_row_str(c, "kind", m->kind);
    ctl_row_str(c, "locale", m->locale);
    ctl_row_str(c, "state", outbox_state(m));
    ctl_row_int(c, "attempts", m->attempts);
    ctl_row_time(c, "createdAt", m->created_us);
    ctl_row_time(c, "dueAt", m->due_us);
    ctl_row_time(c, "expiresAt", m->expires_us);
    ctl_row_str(c, "error", m->error);
    return ctl_row_end(c);
}

enum ctl_exit ctl_outbox_list(struct ctl *c, struct ctl_args *args)
{
    if (!ctl_left(args, 0))
        return CTL_USAGE;
    return ctl_result(c,
                      store_outbox_list(c->ctx.db, c->ctx.arena, outbox_row, c),
                      "outbox list");
}

static enum ctl_exit outbox_rows(struct ctl *c, enum err e, const char *name,
                                 uint64_t rows)
{
    if (e == ERR_OK) {
        ctl_row_begin(c);
        ctl_row_int(c, name, (int64_t)rows);
        e = ctl_row_end(c);
    }
    return ctl_result(c, e, "outbox");
}

enum ctl_exit ctl_outbox_retry(struct ctl *c, struct ctl_args *args)
{
    bool all = ctl_take_flag(args, "--all");
    struct id id = {{0}};
    uint64_t rows = 0;

    if (!ctl_left(args, all ? 0 : 1))
        return CTL_USAGE;
    if (!all && (!id_parse(str_of(args->words[0]), &id) || id_is_nil(&id)))
        return ctl_result(c, ERR_NOT_FOUND, args->words[0]);
    enum err e = store_outbox_retry(c->ctx.db, &id, &rows);

    if (e == ERR_OK && !all && rows == 0)
        return ctl_result(c, ERR_NOT_FOUND, args->words[0]);
    return outbox_rows(c, e, "retried", rows);
}

enum ctl_exit ctl_outbox_purge(struct ctl *c, struct ctl_args *args)
{
    uint64_t rows = 0;

    if (!ctl_left(args, 0))
        return CTL_USAGE;
    enum err e = store_outbox_drop_dead(c->ctx.db, &rows);

    return outbox_rows(c, e, "deleted", rows);
}

/* What a test message says where a real one says something of somebody. */
static struct str mail_sample(const struct ctl *c, struct str name)
{
    static const struct {
        const char *name, *text;
    } samples[] = {
        {"name", "Ann Example"}, {"code", "12345678"},
        {"minutes", "10"},       {"email", "new@example.org"},
        {"reason", "country"},   {"method", "totp"},
        {"left", "5"},           {"device", "Firefox on Linux"},
        {"provider", "Acme"},    {"providers", "Acme, GitHub"},
        {"link", NULL},
    };

    for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
        if (str_eq(name, str_of(samples[i].name)))
            return str_of(samples[i].text != NULL ? samples[i].text
                                                  : c->config->http_public_url);
    return STR("");
}

static enum err mail_samples(struct ctl *c, enum mail_kind kind,
                             struct mail_value values[MAIL_VALUES_MAX],
                             size_t *count_r)
{
    struct str rest = str_of(mail_value_names(kind));
    size_t n = 0;

    while (rest.n > 0 && n < MAIL_VALUES_MAX) {
        struct str name = str_cut(&rest, ' ');
        const char *word = arena_strdup(c->ctx.arena, name);

        if (word == NULL)
            return ERR_NO_MEMORY;
        values[n++] = (struct mail_value){word, mail_sample(c, name)};
    }
    *count_r = n;
    return ERR_OK;
}

/* Until the courier has had it in its hands and is done. */
static enum ctl_exit mail_wait(struct ctl *c, const struct id *id)
{
    const struct timespec pause = {.tv_nsec = MAIL_TEST_LOOK_NS};
    int64_t end = clock_monotonic_us() +
                  (c->config->mail_timeout + MAIL_TEST_MARGIN_S) * CLOCK_SECOND;
    struct store_outbox row;
    enum err e;

    while ((e = store_outbox_by_id(c->ctx.db, c->ctx.arena, id, &row)) ==
           ERR_OK) {
        bool failed = row.error.n > 0;

        if (failed || clock_monotonic_us() > end) {
            fprintf(stderr, "gatehousectl: %s: %.*s\n",
                    row.dead_us != 0 ? "given up" : "still in the outbox",
                    STR_FMT(failed ? row.error : STR("nobody took it yet")));
            return CTL_FAILED;
        }
        (void)nanosleep(&pause, NULL);
    }
    return ctl_result(c, e == ERR_NO_ROW ? ERR_OK : e, "mail test");
}

static enum ctl_exit mail_test(struct ctl *c, const char *to,
                               enum mail_kind kind, const char *locale,
                               bool wait)
{
    struct mail_value values[MAIL_VALUES_MAX];
    struct id id;
    struct mail m = {.kind = kind,
                     .channel =
                         to[0] == '+' ? STORE_CHANNEL_SMS : STORE_CHANNEL_MAIL,
                     .to = str_of(to),
                     .locale = str_of(locale),
                     .values = values,
                     .lifetime_s = MAIL_TEST_LIFETIME_S,
                     .queued_r = &id};
    enum err e = mail_samples(c, kind, values, &m.count);

    if (e == ERR_OK)
        e = mail_queue(&c->ctx, &m);
    if (e == ERR_MAIL_DISABLED) {
        fputs("gatehousectl: the configuration names no way out\n", stderr);
        return CTL_FAILED;
    }
    if (e != ERR_OK || !wait)
        return ctl_result(c, e, "mail test");
    return mail_wait(c, &id);
}

enum ctl_exit ctl_mail_test(struct ctl *c, struct ctl_args *args)
{
    const char *word = ctl_take(args, "--kind");
    const char *locale = ctl_take(args, "--locale");
    bool wait = !ctl_take_flag(args, "--no-wait");
    enum mail_kind kind = word == NULL ? MAIL_TEST : mail_kind_of(str_of(word));

    if (!ctl_left(args, 1) || kind == MAIL_COUNT)
        return CTL_USAGE;
    return mail_test(c, args->words[0], kind, locale, wait);
}
