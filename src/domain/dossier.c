/* SPDX-License-Identifier: MIT */
/* Everything that a table keeps of a person must be told here and must end
 * here: a new one is a new line in both. */
#include "domain/dossier.h"

#include "base/json_write.h"
#include "domain/account_delete.h"
#include "domain/account_read.h"
#include "domain/event.h"
#include "store/store_dossier.h"

#define DOSSIER_EVENTS 500

struct dossier {
    struct ctx *c;
    struct json_out *j;
    struct store_event last;
    int64_t rows;
};

static void dossier_ip(struct json_out *j, const struct ip *ip)
{
    char text[IP_TEXT_LEN + 1];

    ip_text(ip, text);
    json_str(j, "ipAddress",
             text[0] != '\0' ? str_of(text) : (struct str){NULL, 0});
}

static enum err dossier_session(void *data,
                                const struct store_dossier_session *s)
{
    struct dossier *p = data;
    struct json_out *j = p->j;

    json_open(j, NULL, '{');
    json_id(j, "id", &s->row.id);
    json_time(j, "createdAt", s->row.created_us);
    json_time(j, "lastActiveAt", s->row.active_us);
    json_time(j, "expiresAt", s->row.expires_us);
    json_time(j, "endedAt", s->row.revoked_us);
    json_str(j, "endedBy", s->revoked_reason);
    json_raw(j, "authMethods", s->row.amr.n > 0 ? s->row.amr : STR("[]"));
    json_str(j, "label", s->row.label);
    json_str(j, "browser", s->row.browser);
    json_str(j, "os", s->row.os);
    json_str(j, "deviceType", s->device_word);
    json_str(j, "userAgent", s->row.user_agent);
    dossier_ip(j, &s->row.ip);
    json_str(j, "country", s->country);
    json_str(j, "city", s->city);
    json_raw(j, "claims", s->row.claims.n > 0 ? s->row.claims : STR("null"));
    json_raw(j, "data", s->data.n > 0 ? s->data : STR("null"));
    json_close(j, '}');
    return ERR_OK;
}

static enum err dossier_fact(void *data, const struct store_dossier_fact *fact)
{
    struct dossier *p = data;

    json_open(p->j, NULL, '{');
    json_str(p->j, "name", fact->name);
    json_time(p->j, "since", fact->since_us);
    json_time(p->j, "until", fact->until_us);
    json_close(p->j, '}');
    return ERR_OK;
}

static enum err dossier_metadata(void *data,
                                 const struct store_dossier_fact *fact)
{
    struct dossier *p = data;

    json_raw(p->j, NULL, fact->name);
    return ERR_OK;
}

static enum err dossier_event(void *data, const struct store_event *e)
{
    struct dossier *p = data;
    struct json_out *j = p->j;

    json_open(j, NULL, '{');
    json_time(j, "at", e->at_us);
    json_str(j, "kind", str_of(e->kind));
    if (id_is_nil(&e->session_id))
        json_null(j, "session");
    else
        json_id(j, "session", &e->session_id);
    dossier_ip(j, &e->ip);
    json_str(j, "userAgent",
             e->user_agent.n > 0 ? e->user_agent : (struct str){NULL, 0});
    json_raw(j, "detail", e->detail.n > 0 ? e->detail : STR("{}"));
    json_close(j, '}');
    p->last.id = e->id;
    p->rows++;
    return ERR_OK;
}

static enum err dossier_events(struct dossier *p)
{
    enum err e = ERR_OK;

    json_open(p->j, "events", '[');
    do {
        p->rows = 0;
        e = store_dossier_events(p->c->db, p->c->arena, &p->last,
                                 DOSSIER_EVENTS, dossier_event, p);
    } while (e == ERR_OK && p->rows == DOSSIER_EVENTS);
    json_close(p->j, ']');
    return e;
}

static enum err dossier_facts(struct dossier *p, const struct id *account)
{
    static const char *const keys[STORE_DOSSIER_COUNT] = {
        [STORE_DOSSIER_DEVICES] = "trustedDevices",
        [STORE_DOSSIER_COUNTRIES] = "countries",
        [STORE_DOSSIER_FACTORS] = "factors",
        [STORE_DOSSIER_PROVIDERS] = "providers",
        [STORE_DOSSIER_TENANTS] = "tenants",
        [STORE_DOSSIER_EXTERNAL] = "externalIds",
        [STORE_DOSSIER_ROLES] = "applicationRoles",
        [STORE_DOSSIER_CODES] = "applicationDevices",
        [STORE_DOSSIER_METADATA] = "metadata"};
    enum err e = ERR_OK;

    for (unsigned i = 0; i < STORE_DOSSIER_COUNT && e == ERR_OK; i++) {
        json_open(p->j, keys[i], '[');
        e = store_dossier_facts(
            p->c->db, p->c->arena, (enum store_dossier_facts)i, account,
            i == STORE_DOSSIER_METADATA ? dossier_metadata : dossier_fact, p);
        json_close(p->j, ']');
    }
    return e;
}

static void dossier_account(struct json_out *j, const struct account *a)
{
    json_id(j, "id", &a->id);
    json_str(j, "email", a->email);
    json_str(j, "name", a->name);
    json_str(j, "phone", a->phone.n > 0 ? a->phone : (struct str){NULL, 0});
    json_str(j, "locale", a->locale.n > 0 ? a->locale : (struct str){NULL, 0});
    json_str(j, "status", a->active ? STR("active") : STR("disabled"));
    json_time(j, "createdAt", a->created_us);
    json_bool(j, "hasPassword", a->has_password);
    json_bool(j, "emailVerified", a->email_verified);
    json_bool(j, "emailFactor", a->email_factor);
    json_words(j, "roles", a->roles);
    json_words(j, "groups", a->groups);
}

enum err dossier_export(struct ctx *c, const struct id *account,
                        struct buf *out)
{
    struct json_out j = json_out(out);
    struct dossier p = {.c = c, .j = &j, .last = {.realm_id = c->realm_id}};
    struct store_account row;
    struct account person;
    enum err e = store_account_by_id(c->db, c->arena, account, &row);

    if (e == ERR_NO_ROW || (e == ERR_OK && row.realm_id != c->realm_id))
        return ERR_USER_NOT_FOUND;
    if (e == ERR_OK)
        e = account_read(c, &row, &person);
    if (e == ERR_OK)
        e = account_subject(c, account, &p.last.subject);
    if (e != ERR_OK)
        return e;
    json_open(&j, NULL, '{');
    dossier_account(&j, &person);
    e = dossier_facts(&p, account);
    json_open(&j, "sessions", '[');
    if (e == ERR_OK)
        e = store_dossier_sessions(c->db, c->arena, account, dossier_session,
                                   &p);
    json_close(&j, ']');
    if (e == ERR_OK)
        e = dossier_events(&p);
    json_close(&j, '}');
    if (e == ERR_OK)
        e = event_record(c, EVENT_ACCOUNT_EXPORTED, p.last.subject, NULL,
                         (struct str){NULL, 0});
    return e;
}

struct dossier_erasure {
    struct ctx *c;
    struct str subject, other;
    struct str external; /* what back ends say instead; {NULL, 0}: nothing */
    uint64_t events;
};

static enum err dossier_erase_events(void *data)
{
    struct dossier_erasure *x = data;
    struct ctx *c = x->c;
    uint64_t more = 0;
    enum err e = store_dossier_rename(c->db, c->realm_id, x->subject, x->other,
                                      &x->events);

    if (e == ERR_OK && x->external.p != NULL)
        e = store_dossier_rename(c->db, c->realm_id, x->external, x->other,
                                 &more);
    x->events += more;
    if (e != ERR_OK || x->events == 0)
        return e;
    return event_record(c, EVENT_ACCOUNT_ERASED, x->other, NULL,
                        (struct str){NULL, 0});
}

/* The account first: nobody may sign in, and so make events, in between. */
enum err dossier_erase(struct ctx *c, const struct id *account, const char *by,
                       uint64_t *events_r)
{
    struct dossier_erasure x = {.c = c};
    struct id other;
    int64_t app_id;
    enum err e =
        store_dossier_names(c->db, c->arena, account, &app_id, &x.external);

    if (e == ERR_OK)
        e = account_delete(c, account, by);
    if (e == ERR_USER_NOT_FOUND || e == ERR_NO_ROW)
        e = ERR_OK;
    if (e == ERR_OK)
        e = id_new(clock_us(&c->clock), &other);
    if (e == ERR_OK)
        e = account_subject(c, account, &x.subject);
    if (e == ERR_OK)
        e = account_subject(c, &other, &x.other);
    if (e == ERR_OK)
        e = db_transact(c->db, dossier_erase_events, &x);
    if (e == ERR_OK)
        *events_r = x.events;
    return e;
}
