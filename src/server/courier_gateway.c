/* SPDX-License-Identifier: MIT */
/* The gateway believes what is signed with the secret both know, and lets what
 * it has seen (by id, by time) not be sent again. */
#include <stdio.h>

#include "base/enc.h"
#include "base/json_write.h"
#include "crypto/digest.h"
#include "server/courier_transport.h"

static enum outbox_end gateway_end(const struct courier_net_end *end,
                                   char *reason)
{
    if (end->result == COURIER_NET_STOPPED)
        return OUTBOX_STOPPED;
    if (end->result == COURIER_NET_BROKEN) {
        (void)snprintf(reason, OUTBOX_REASON_MAX, "gateway: %s", end->why);
        return OUTBOX_AWAY;
    }
    if (end->code >= 200 && end->code < 300)
        return OUTBOX_SENT;
    (void)snprintf(reason, OUTBOX_REASON_MAX, "gateway answered %ld",
                   end->code);
    switch (end->code) {
    case 400:
    case 404:
    case 410:
    case 413:
    case 422:
        return OUTBOX_REFUSED;
    default:
        return OUTBOX_FAILED;
    }
}

static enum err gateway_body(struct arena *a, const struct outbox_message *m,
                             struct str text, struct str *body_r)
{
    struct buf b = buf_new(a);
    struct json_out j = json_out(&b);

    json_open(&j, NULL, '{');
    json_id(&j, "id", &m->id);
    json_str(&j, "kind", str_of(mail_word(m->kind)));
    json_str(&j, "locale", m->locale);
    json_str(&j, "to", m->to);
    json_str(&j, "text", text);
    json_close(&j, '}');
    return buf_done(&b, body_r);
}

/* HMAC-SHA-256 of "time.body". */
static enum err gateway_sign(struct arena *a, const struct config_secret *key,
                             int64_t now_s, struct str body,
                             const char **field_r)
{
    struct buf b = buf_new(a), f = buf_new(a);
    char hex[2 * DIGEST_LEN + 1];
    struct str signed_text, field;
    struct digest d;

    buf_int(&b, now_s);
    buf_char(&b, '.');
    buf_str(&b, body);
    enum err e = buf_done(&b, &signed_text);

    if (e == ERR_OK)
        e = digest_hmac((const uint8_t *)key->value, key->n, signed_text, &d);
    if (e != ERR_OK)
        return e;
    enc_hex(d.b, sizeof(d.b), hex);
    buf_text(&f, "X-Gatehouse-Signature: sha256=");
    buf_text(&f, hex);
    e = buf_done(&f, &field);
    if (e == ERR_OK)
        *field_r = field.p;
    return e;
}

enum outbox_end courier_gateway(const struct courier_road *r,
                                const struct outbox_message *m, struct str text,
                                int64_t now_s, char *reason)
{
    char time[48];
    const char *fields[] = {"Content-Type: application/json", "Expect:", time,
                            NULL, NULL};
    struct courier_net_post post = {.url = r->config->sms_gateway_url,
                                    .fields = fields,
                                    .timeout_s = r->config->sms_timeout};

    (void)snprintf(time, sizeof(time), "X-Gatehouse-Timestamp: %lld",
                   (long long)now_s);
    enum err e = gateway_body(r->arena, m, text, &post.body);

    if (e == ERR_OK)
        e = gateway_sign(r->arena, &r->config->sms_secret_file, now_s,
                         post.body, &fields[3]);
    if (e != ERR_OK) {
        (void)snprintf(reason, OUTBOX_REASON_MAX, "%s", err_name(e));
        return OUTBOX_FAILED;
    }
    struct courier_net_end end = courier_net_post(r->net, &post);

    return gateway_end(&end, reason);
}
