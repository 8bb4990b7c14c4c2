/* SPDX-License-Identifier: MIT */
/* Address and values are sealed: they hold codes and links that open accounts.
 */
#include "domain/mail.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "domain/account_read.h"
#include "domain/text.h"
#include "store/store_account.h"

#define MAIL_VALUE_MAX 2048 /* characters of a value */

static const char *const mail_words[] = {
#define MAIL(name, word, on, values) word,
#include "domain/mail.def"
#undef MAIL
};
static_assert(sizeof(mail_words) / sizeof(*mail_words) == MAIL_COUNT,
              "a word per kind");

static const char *const mail_values_of[] = {
#define MAIL(name, word, on, values) values,
#include "domain/mail.def"
#undef MAIL
};

const char *mail_word(enum mail_kind kind)
{
    return mail_words[kind];
}

enum mail_kind mail_kind_of(struct str word)
{
    unsigned kind = 0;

    while (kind < MAIL_COUNT && !str_eq(word, str_of(mail_words[kind])))
        kind++;
    return (enum mail_kind)kind;
}

const char *mail_value_names(enum mail_kind kind)
{
    return mail_values_of[kind];
}

bool mail_enabled(const struct config *config, enum store_channel channel)
{
    if (channel == STORE_CHANNEL_SMS)
        return config->sms_gateway_url[0] != '\0';
    return config->mail_transport != MAIL_TRANSPORT_NONE;
}

/* Where in the configuration the switch of a kind is. */
#define MAIL_ALWAYS SIZE_MAX
#define mail_at_always MAIL_ALWAYS
#define mail_at_alerts_registration offsetof(struct config, alerts_registration)
#define mail_at_alerts_new_device offsetof(struct config, alerts_new_device)
#define mail_at_alerts_suspicious offsetof(struct config, alerts_suspicious)
#define mail_at_alerts_password_changed                                        \
    offsetof(struct config, alerts_password_changed)
#define mail_at_alerts_email_changed                                           \
    offsetof(struct config, alerts_email_changed)
#define mail_at_alerts_factor_changed                                          \
    offsetof(struct config, alerts_factor_changed)
#define mail_at_alerts_recovery_used                                           \
    offsetof(struct config, alerts_recovery_used)
#define mail_at_alerts_provider_changed                                        \
    offsetof(struct config, alerts_provider_changed)
#define mail_at_alerts_token_reuse offsetof(struct config, alerts_token_reuse)

static const size_t mail_switches[] = {
#define MAIL(name, word, on, values) mail_at_##on,
#include "domain/mail.def"
#undef MAIL
};
static_assert(sizeof(mail_switches) / sizeof(*mail_switches) == MAIL_COUNT,
              "a switch per kind");

bool mail_wanted(const struct config *config, enum mail_kind kind)
{
    const size_t at = mail_switches[kind];

    return at == MAIL_ALWAYS || *(const bool *)((const char *)config + at);
}

/* A line "name=value"; a clean value has no line end. */
static void mail_put(struct ctx *c, struct buf *b, const char *name,
                     struct str text)
{
    struct str clean;

    if (text_clean(c->arena, text, MAIL_VALUE_MAX, &clean) != ERR_OK) {
        b->failed = true;
        return;
    }
    buf_text(b, name);
    buf_char(b, '=');
    buf_str(b, clean);
    buf_char(b, '\n');
}

/* To the minute, as people write it. */
static void mail_put_time(struct ctx *c, struct buf *b)
{
    char time[CLOCK_RFC3339_LEN + 1];

    clock_rfc3339(clock_us(&c->clock), time);
    buf_text(b, "time=");
    buf_put(b, time, sizeof("2026-11-22") - 1);
    buf_char(b, ' ');
    buf_put(b, time + sizeof("2026-11-22T") - 1, sizeof("21:49") - 1);
    buf_text(b, " UTC\n");
}

/* What the caller has, and what the request tells of itself. */
static enum err mail_values(struct ctx *c, const struct mail *m,
                            struct str *lines_r)
{
    struct buf b = buf_new(c->arena);
    char ip[IP_TEXT_LEN + 1];

    ip_text(&c->client.ip, ip);
    for (size_t i = 0; i < m->count; i++)
        mail_put(c, &b, m->values[i].name, m->values[i].text);
    mail_put_time(c, &b);
    mail_put(c, &b, "ip", str_of(ip));
    mail_put(c, &b, "browser", c->client.browser);
    mail_put(c, &b, "os", c->client.os);
    mail_put(c, &b, "place", c->client.place);
    return buf_done(&b, lines_r);
}

static struct str mail_locale(const struct ctx *c, const struct mail *m)
{
    if (c->client.locale_asked)
        return c->client.locale;
    if (m->locale.n > 0)
        return m->locale;
    if (c->client.locale.n > 0)
        return c->client.locale;
    return str_of(c->config->mail_default_locale);
}

/* Bound to the row and its column. */
static enum err mail_seal(struct ctx *c, const struct id *id,
                          const char *column, struct str text,
                          struct str *sealed_r)
{
    struct buf b = buf_new(c->arena);
    struct str place;

    buf_put(&b, id->b, sizeof(id->b));
    buf_text(&b, column);
    enum err e = buf_done(&b, &place);

    return e != ERR_OK
               ? e
               : seal(c->sealer, c->arena, SEAL_OUTBOX, place, text, sealed_r);
}

enum err mail_queue(struct ctx *c, const struct mail *m)
{
    struct store_outbox row = {.realm_id = c->realm_id,
                               .account_id = m->account_id,
                               .channel = m->channel,
                               .kind = str_of(mail_words[m->kind]),
                               .locale = mail_locale(c, m)};
    int64_t life =
        m->lifetime_s > 0 ? m->lifetime_s : c->config->mail_retry_for;
    struct str values;

    if (!mail_enabled(c->config, m->channel))
        return ERR_MAIL_DISABLED;
    enum err e = id_new(clock_us(&c->clock), &row.id);

    if (e == ERR_OK)
        e = mail_values(c, m, &values);
    if (e == ERR_OK)
        e = mail_seal(c, &row.id, "recipient", m->to, &row.recipient_sealed);
    if (e == ERR_OK)
        e = mail_seal(c, &row.id, "values", values, &row.values_sealed);
    if (e == ERR_OK)
        e = store_outbox_insert(c->db, &row, life * CLOCK_SECOND);
    if (e == ERR_OK && m->queued_r != NULL)
        *m->queued_r = row.id;
    return e;
}

enum err mail_alert(struct ctx *c, enum mail_kind kind,
                    const struct id *account_id,
                    const struct mail_value *values, size_t count)
{
    struct store_account row;
    struct account account;
    struct mail_value all[MAIL_VALUES_MAX];

    if (!mail_wanted(c->config, kind) ||
        !mail_enabled(c->config, STORE_CHANNEL_MAIL))
        return ERR_OK;
    enum err e = store_account_by_id(c->db, c->arena, account_id, &row);

    if (e == ERR_NO_ROW)
        return ERR_OK;
    if (e == ERR_OK)
        e = account_read(c, &row, &account);
    if (e != ERR_OK || account.email.n == 0)
        return e;
    if (count >= MAIL_VALUES_MAX)
        return ERR_INTERNAL;
    if (count > 0)
        memcpy(all, values, count * sizeof(*all));
    all[count] = (struct mail_value){"name", account.name};
    return mail_queue(c, &(struct mail){.kind = kind,
                                        .channel = STORE_CHANNEL_MAIL,
                                        .account_id = *account_id,
                                        .to = account.email,
                                        .locale = account.locale,
                                        .values = all,
                                        .count = count + 1});
}
