/* SPDX-License-Identifier: MIT */
/* Of parallel requests one conditional UPDATE decides which of them tells of a
 * change; the others find it done. */
#include "domain/watch.h"

#include <string.h>

#include "base/log.h"
#include "domain/account_read.h"
#include "domain/challenge.h"
#include "domain/event.h"
#include "domain/password_reset.h"
#include "domain/sign_in.h"
#include "domain/throttle.h"
#include "domain/watch_rules.h"
#include "domain/watch_tell.h"
#include "store/store_person.h"
#include "store/store_watch.h"

#define WATCH_REASON "suspicious"
#define WATCH_NOT_ME "not-me"
#define WATCH_COOLDOWN "mail-suspicious"

static const struct str none = {NULL, 0};

/* One look, as its transaction needs it. */
struct watching {
    struct ctx *c;
    const struct store_session_state *state;
    struct store_session was, is;
    unsigned changes;
    enum config_watch policy;
    bool won;
};

/* A client that sends no User-Agent is no other one. */
static bool watch_stirred(const struct ctx *c, const struct store_session *row,
                          bool refresh)
{
    const struct client *now = &c->client;

    if (now->user_agent.n > 0 && !str_eq(now->user_agent, row->user_agent))
        return true;
    return now->places && (memcmp(&now->ip, &row->ip, sizeof(now->ip)) != 0 ||
                           (refresh && row->place_us == 0));
}

static bool watch_same_place(const struct store_place *a,
                             const struct store_place *b)
{
    return str_eq(a->country, b->country) && str_eq(a->city, b->city) &&
           a->measured == b->measured && a->latitude_e6 == b->latitude_e6 &&
           a->longitude_e6 == b->longitude_e6;
}

static bool watch_named(struct str name)
{
    return name.n > 0 && !str_eq(name, STR("Unknown"));
}

/* The row as it is after this use: what is not known now stays as it was. */
static struct store_session watch_next(const struct watching *w)
{
    const struct client *now = &w->c->client;
    struct store_session is = w->was;

    is.ip = now->ip;
    if (now->user_agent.n > 0 && !str_eq(now->user_agent, is.user_agent)) {
        is.user_agent = now->user_agent;
        is.device_type = now->device_type;
        if (watch_named(now->browser))
            is.browser = now->browser;
        if (watch_named(now->os))
            is.os = now->os;
    }
    if (now->where.country.n > 0 && !watch_same_place(&now->where, &is.place)) {
        is.place = now->where;
        is.place_us = w->state->now_us;
    }
    return is;
}

static void watch_compare(struct watching *w, int64_t used_us)
{
    const struct store_session *was = &w->was;
    struct client *now = &w->c->client;
    const int64_t last = used_us > was->place_us ? used_us : was->place_us;
    const struct watch_use before = {was->browser, was->os, was->place, last};
    const struct watch_use after = {now->browser, now->os, now->where,
                                    w->state->now_us};

    w->changes =
        watch_rules_changes(&before, &after, w->c->config->watch_travel_speed);
    /* The same header, told apart only by Client Hints that come and go. */
    if (str_eq(now->user_agent, was->user_agent))
        w->changes &= 1u << WATCH_KIND_COUNTRY | 1u << WATCH_KIND_TRAVEL;
    w->policy = watch_rules_strictest(w->c->config, w->changes);
}

/* A telephone between two networks must not write at every request. */
static bool watch_worth(const struct watching *w)
{
    const int64_t interval =
        w->c->config->sessions_activity_interval * CLOCK_SECOND;

    if (w->changes != 0 || !str_eq(w->is.user_agent, w->was.user_agent))
        return true;
    return w->is.place_us != w->was.place_us &&
           w->was.place_us <= w->state->now_us - interval;
}

static enum err watch_event(const struct watching *w, enum watch_kind kind)
{
    static const char *const policies[] = {[WATCH_LOG] = "log",
                                           [WATCH_NOTIFY] = "notify",
                                           [WATCH_STEP_UP] = "step-up",
                                           [WATCH_REVOKE] = "revoke"};
    const struct client *now = &w->c->client;
    const bool place = kind == WATCH_KIND_COUNTRY || kind == WATCH_KIND_TRAVEL;
    const bool browser = kind == WATCH_KIND_BROWSER;
    const struct log_field fields[] = {
        LOG_TEXT("kind", str_of(watch_rules_word(kind))),
        LOG_TEXT("policy",
                 str_of(policies[watch_rules_policy(w->c->config, kind)])),
        LOG_TEXT("from", place     ? w->was.place.country
                         : browser ? w->was.browser
                                   : w->was.os),
        LOG_TEXT("to", place     ? now->where.country
                       : browser ? now->browser
                                 : now->os),
        LOG_END};
    struct str detail;
    enum err e = event_detail(w->c, fields, &detail);

    return e != ERR_OK
               ? e
               : event_record(w->c, EVENT_SUSPICIOUS, w->state->row.subject,
                              &w->was.id, detail);
}

/* Two that take turns on one session must not fill their owner's mailbox. */
static enum err watch_mail(const struct watching *w)
{
    struct ctx *c = w->c;
    const char *reason = NULL;

    for (unsigned kind = 0; kind < WATCH_KIND_COUNT; kind++) {
        if ((w->changes & (1u << kind)) != 0 &&
            watch_rules_policy(c->config, (enum watch_kind)kind) != WATCH_LOG)
            reason = watch_rules_word((enum watch_kind)kind);
    }
    if (reason == NULL)
        return ERR_OK;
    enum err e = throttle_cooldown(c, WATCH_COOLDOWN, w->state->row.subject);

    if (e == ERR_MAIL_COOLDOWN) {
        c->retry_after_s = 0;
        return ERR_OK;
    }
    return e != ERR_OK
               ? e
               : watch_tell(c, MAIL_SUSPICIOUS, &w->state->row.account_id,
                            &w->was.id, reason);
}

static enum err watch_decide(struct watching *w)
{
    const struct store_session *row = &w->state->row;
    struct ctx *c = w->c;
    uint64_t ended = 0;

    if (w->policy != WATCH_REVOKE)
        return store_watch_move(c->db, &w->was, &w->is,
                                w->policy == WATCH_STEP_UP, &w->won);
    enum err e = store_session_revoke(c->db, c->realm_id, row->subject,
                                      &row->id, WATCH_REASON, &ended);

    w->won = ended == 1;
    if (e != ERR_OK || !w->won)
        return e;
    return event_record(c, EVENT_SESSION_REVOKED, row->subject, &row->id,
                        STR("{\"reason\":\"" WATCH_REASON "\"}"));
}

static enum err watch_work(void *data)
{
    struct watching *w = data;
    enum err e = watch_decide(w);

    if (e != ERR_OK || !w->won)
        return e;
    for (unsigned kind = 0; kind < WATCH_KIND_COUNT && e == ERR_OK; kind++) {
        if ((w->changes & (1u << kind)) != 0)
            e = watch_event(w, (enum watch_kind)kind);
    }
    return e != ERR_OK ? e : watch_mail(w);
}

/* What the change means for the request at hand. */
static enum err watch_settle(struct watching *w,
                             struct store_session_state *state)
{
    struct store_session now;

    if (w->won && w->policy == WATCH_REVOKE)
        return ERR_SESSION_INVALID;
    if (w->won && w->policy == WATCH_STEP_UP)
        state->row.step_up_required_us = state->now_us;
    if (w->won)
        return ERR_OK;
    /* Another request was faster: what it has decided holds for this one. */
    enum err e = store_watch_read(w->c->db, w->c->arena, &state->row.id, &now);

    if (e == ERR_NO_ROW || (e == ERR_OK && now.revoked_us != 0))
        return ERR_SESSION_INVALID;
    if (e == ERR_OK)
        state->row.step_up_required_us = now.step_up_required_us;
    return e;
}

/* A store that cannot write must not shut people out over what is only told. */
static enum err watch_failed(const struct watching *w, enum err e)
{
    if (w->policy >= WATCH_STEP_UP)
        return e;
    log_msg(LOG_LEVEL_WARNING, "session.not_watched", "%s", err_name(e));
    return ERR_OK;
}

enum err watch_look(struct ctx *c, struct store_session_state *state,
                    int64_t used_us, bool refresh)
{
    struct watching w = {.c = c, .state = state};

    if (!watch_stirred(c, &state->row, refresh))
        return ERR_OK;
    enum err e = watch_tell_identify(c);

    if (e == ERR_OK)
        e = store_watch_read(c->db, c->arena, &state->row.id, &w.was);
    if (e == ERR_NO_ROW || (e == ERR_OK && w.was.revoked_us != 0))
        return ERR_SESSION_INVALID;
    if (e != ERR_OK)
        return e;
    /* Another request may have been faster since the state was read. */
    state->row.step_up_required_us = w.was.step_up_required_us;
    watch_compare(&w, used_us);
    w.is = watch_next(&w);
    if (!watch_worth(&w))
        return ERR_OK;
    e = db_transact(c->db, watch_work, &w);
    if (e != ERR_OK)
        return watch_failed(&w, e);
    return watch_settle(&w, state);
}

/* Notes the country of a sign-in. *first_r: it is the account's first of all;
 * *new_r: of a country the account has not been used from. */
static enum err watch_country(struct ctx *c, const struct store_session *row,
                              bool *first_r, bool *new_r)
{
    const bool named = row->place.country.n > 0;
    struct str country =
        named ? row->place.country : STR(STORE_COUNTRY_UNKNOWN);
    struct store_countries known;
    bool added = false;
    enum err e =
        store_watch_countries(c->db, &row->account_id, country, &known);

    if (e == ERR_OK && !known.here)
        e = store_watch_country_add(c->db, &row->account_id, country, &added);
    if (e != ERR_OK)
        return e;
    *first_r = known.all == 0;
    /* With the first file all countries are new, and that is no news. */
    *new_r = added && named && known.named > 0;
    return ERR_OK;
}

enum err watch_sign_in(struct ctx *c, const struct store_session *row,
                       bool new_device)
{
    bool first = false, new_country = false;

    if (id_is_nil(&row->account_id))
        return ERR_OK;
    enum err e = watch_country(c, row, &first, &new_country);

    if (e != ERR_OK || first || (!new_device && !new_country))
        return e;
    if (new_device)
        e = event_record(c, EVENT_NEW_DEVICE, row->subject, &row->id, none);
    if (e == ERR_OK && new_country)
        e = event_record(c, EVENT_NEW_COUNTRY, row->subject, &row->id, none);
    return e != ERR_OK ? e
                       : watch_tell(c, MAIL_NEW_DEVICE, &row->account_id,
                                    &row->id, NULL);
}

enum err watch_reuse(struct ctx *c, const struct id *account)
{
    struct str device;
    enum err e = id_is_nil(account) ? ERR_OK : watch_tell_identify(c);

    if (e == ERR_OK)
        e = watch_tell_device(c, &device);
    if (e != ERR_OK || id_is_nil(account))
        return e;
    const struct mail_value values[] = {{"device", device}};

    return mail_alert(c, MAIL_TOKEN_REUSE, account, values, 1);
}

enum err watch_step_up_done(struct ctx *c, const struct id *session,
                            unsigned proved)
{
    /* A guest has nothing to prove, so nothing is fresher than it was. */
    const bool none_proved = (proved & ~(unsigned)SIGN_IN_GUEST) == 0;

    return store_watch_proved(c->db, session,
                              none_proved ? NULL : sign_in_amr(proved),
                              sign_in_acr(proved));
}

/* One "this was not me", as its transaction needs it. */
struct watch_disowning {
    struct ctx *c;
    struct challenge ch;
    struct str subject;
};

static enum err watch_disown_work(void *data)
{
    const struct watch_disowning *d = data;
    struct ctx *c = d->c;
    const struct id *account = &d->ch.account_id;
    uint64_t ended = 0;
    enum err e = challenge_use(c, CHALLENGE_NOT_ME, &d->ch.id);

    if (e == ERR_OK)
        e = store_session_revoke(c->db, c->realm_id, d->subject,
                                 &d->ch.session_id, WATCH_NOT_ME, &ended);
    if (e == ERR_OK)
        e = store_watch_force_reset(c->db, account);
    if (e == ERR_OK)
        e = store_person_distrust(c->db, account);
    /* Who knows the password may be waiting at the second factor. */
    if (e == ERR_OK)
        e = challenge_drop(c, CHALLENGE_SIGN_IN, account);
    if (e == ERR_OK)
        e = event_record(c, EVENT_NOT_ME, d->subject, &d->ch.session_id, none);
    if (e != ERR_OK)
        return e;
    e = password_reset_mail(c, account);
    /* The account is safe also when nothing can be mailed to it any more. */
    return e == ERR_MAIL_DISABLED || e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err watch_not_me(struct ctx *c, struct str token)
{
    struct watch_disowning d = {.c = c};
    enum err e = challenge_link_open(c, CHALLENGE_NOT_ME, token, &d.ch);

    if (e == ERR_OK)
        e = account_subject(c, &d.ch.account_id, &d.subject);
    if (e == ERR_OK)
        e = db_transact(c->db, watch_disown_work, &d);
    /* Somebody else has used it up, or the account is gone. */
    return e == ERR_NOT_FOUND ? ERR_LINK_INVALID : e;
}
