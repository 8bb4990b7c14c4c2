/* SPDX-License-Identifier: MIT */
/* Events: the row is for people, the line for fail2ban and the operator. */
#include "domain/event.h"

#include <assert.h>

#include "base/json_write.h"
#include "domain/text.h"
#include "store/store_event.h"

#define EVENT_USER_AGENT_MAX 512
#define EVENT_REQUEST_MAX 36
/* A log tells sessions apart by the random end of their ids, no more. */
#define EVENT_SESSION_TAIL 12

static const struct {
    const char *word;
    enum log_level level;
} event_kinds[] = {
#define EVENT(name, word, level) {word, LOG_LEVEL_##level},
#include "domain/event.def"
#undef EVENT
};

static_assert(sizeof(event_kinds) / sizeof(*event_kinds) == EVENT_COUNT,
              "one row per kind");

const char *event_word(enum event_kind kind)
{
    return event_kinds[kind].word;
}

void event_log(struct ctx *c, enum event_kind kind, struct str subject,
               const struct id *session_id, struct str detail)
{
    struct log_field fields[5] = {LOG_END, LOG_END, LOG_END, LOG_END, LOG_END};
    char ip[IP_TEXT_LEN + 1];
    char session[ID_TEXT_LEN + 1];
    unsigned n = 0;

    ip_text(&c->client.ip, ip);
    fields[n++] = LOG_TEXT("ip", str_of(ip));
    if (subject.n > 0)
        fields[n++] = LOG_TEXT("subject", subject);
    if (session_id != NULL) {
        id_text(session_id, session);
        fields[n++] = LOG_TEXT(
            "session", str_of(session + ID_TEXT_LEN - EVENT_SESSION_TAIL));
    }
    if (detail.n > 0)
        fields[n++] = LOG_TEXT("detail", detail);
    log_event(event_kinds[kind].level, event_kinds[kind].word, fields);
}

static enum err event_store(struct ctx *c, struct store_event *row)
{
    enum err e = id_new(row->at_us, &row->id);

    if (e == ERR_OK)
        e = text_clean(c->arena, c->client.user_agent, EVENT_USER_AGENT_MAX,
                       &row->user_agent);
    if (e == ERR_OK)
        e = text_ascii(c->arena, c->client.request_id, EVENT_REQUEST_MAX,
                       &row->request_id);
    return e != ERR_OK ? e : store_event_insert(c->db, row);
}

enum err event_record(struct ctx *c, enum event_kind kind, struct str subject,
                      const struct id *session_id, struct str detail)
{
    struct store_event row = {
        .realm_id = c->realm_id,
        .at_us = clock_us(&c->clock),
        .kind = event_kinds[kind].word,
        .subject = subject,
        .ip = c->client.ip,
        .detail = detail.n > 0 ? detail : STR("{}"),
    };

    if (session_id != NULL)
        row.session_id = *session_id;
    enum err e = event_store(c, &row);

    event_log(c, kind, subject, session_id, detail);
    if (e != ERR_OK)
        log_msg(LOG_LEVEL_ERROR, "event.not_stored", "%s: %s",
                event_kinds[kind].word, err_name(e));
    return e;
}

enum err event_detail(struct ctx *c, const struct log_field *fields,
                      struct str *detail_r)
{
    struct buf b = buf_new(c->arena);
    struct json_out j = json_out(&b);

    json_open(&j, NULL, '{');
    for (; fields->key != NULL; fields++) {
        if (fields->text.p != NULL)
            json_str(&j, fields->key, fields->text);
        else
            json_int(&j, fields->key, fields->number);
    }
    json_close(&j, '}');
    return buf_done(&b, detail_r);
}
