/* SPDX-License-Identifier: MIT */
/* Which factors are on, and the form of an attempt. */
#include "domain/two_factor.h"

#include "base/buf.h"
#include "domain/account_read.h"
#include "domain/event.h"
#include "domain/mail.h"
#include "domain/pack.h"
#include "domain/sign_in.h"

bool two_factor_email_default(const struct config *config)
{
    return config->two_factor_email_default &&
           mail_enabled(config, STORE_CHANNEL_MAIL);
}

/* Also while mail is switched off: a factor that cannot be used just now is no
 * reason to do without it. */
unsigned two_factor_on(const struct store_account *row)
{
    return (row->has_totp ? SIGN_IN_TOTP : 0u) |
           (row->email_factor_us != 0 ? SIGN_IN_EMAIL_CODE : 0u);
}

enum store_factor two_factor_preferred(const struct store_account *row,
                                       unsigned wanted)
{
    const bool totp = (wanted & SIGN_IN_TOTP) != 0;
    const bool email = (wanted & SIGN_IN_EMAIL_CODE) != 0;

    if (totp && email)
        return row->preferred == STORE_FACTOR_EMAIL ? STORE_FACTOR_EMAIL
                                                    : STORE_FACTOR_TOTP;
    if (totp)
        return STORE_FACTOR_TOTP;
    return email ? STORE_FACTOR_EMAIL : STORE_FACTOR_NONE;
}

enum err two_factor_attempt_put(struct ctx *c,
                                const struct two_factor_attempt *attempt,
                                struct str *payload_r)
{
    struct buf b = buf_new(c->arena);

    buf_char(&b, (char)attempt->proved);
    pack_id(&b, &attempt->device);
    pack_int(&b, attempt->version);
    if (attempt->person.subject.n > 0) {
        pack_text(&b, attempt->person.issuer);
        pack_text(&b, attempt->person.subject);
        pack_text(&b, attempt->person.sid);
    }
    return buf_done(&b, payload_r);
}

enum err two_factor_attempt_get(struct str payload,
                                struct two_factor_attempt *attempt_r)
{
    struct two_factor_attempt attempt = {.proved = 0};
    struct str rest = payload;
    int64_t version;

    if (rest.n < 1)
        return ERR_INTERNAL;
    attempt.proved = (unsigned char)payload.p[0];
    rest = (struct str){payload.p + 1, payload.n - 1};
    if (!unpack_id(&rest, &attempt.device) || !unpack_int(&rest, &version))
        return ERR_INTERNAL;
    attempt.version = version;
    if (rest.n > 0 && (!unpack_text(&rest, &attempt.person.issuer) ||
                       !unpack_text(&rest, &attempt.person.subject) ||
                       !unpack_text(&rest, &attempt.person.sid) || rest.n > 0))
        return ERR_INTERNAL;
    *attempt_r = attempt;
    return ERR_OK;
}

enum err two_factor_trusted(struct ctx *c, const struct id *account,
                            enum err (*each)(void *data,
                                             const struct store_trust *t),
                            void *data)
{
    return store_factor_trust_list(c->db, c->arena, account, each, data);
}

/* The end of a trust, as its transaction needs it. */
struct two_factor_ending {
    struct ctx *c;
    const struct id *account, *device;
    struct str subject;
};

static enum err two_factor_end_trust(void *data)
{
    const struct two_factor_ending *t = data;
    bool ended = false;
    enum err e = store_factor_distrust(t->c->db, t->account, t->device, &ended);

    if (e == ERR_OK && !ended)
        e = ERR_NOT_FOUND;
    return e != ERR_OK ? e
                       : event_record(t->c, EVENT_DEVICE_DISTRUSTED, t->subject,
                                      NULL, (struct str){NULL, 0});
}

enum err two_factor_distrust(struct ctx *c, const struct id *account,
                             const struct id *device)
{
    struct two_factor_ending t = {c, account, device, {NULL, 0}};
    enum err e = account_subject(c, account, &t.subject);

    return e != ERR_OK ? e : db_transact(c->db, two_factor_end_trust, &t);
}

enum err two_factor_owner(struct ctx *c, const struct store_session *session,
                          struct account *account_r)
{
    struct store_account row;

    if (id_is_nil(&session->account_id))
        return ERR_USER_NOT_FOUND;
    enum err e =
        store_account_by_id(c->db, c->arena, &session->account_id, &row);

    if (e == ERR_NO_ROW || (e == ERR_OK && row.email_sealed.n == 0))
        return ERR_USER_NOT_FOUND;
    if (e == ERR_OK && row.password_hash == NULL)
        return ERR_NO_PASSWORD;
    return e != ERR_OK ? e : account_read(c, &row, account_r);
}
