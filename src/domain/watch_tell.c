/* SPDX-License-Identifier: MIT */
/* Every message about a session has a link of its own: a second message must
 * not take the first one's link away. */
#include "domain/watch_tell.h"

#include "base/buf.h"
#include "domain/challenge.h"
#include "domain/link.h"

/* People read such mail late. */
#define WATCH_LINK_LIFETIME_S (INT64_C(7) * 86400)

enum err watch_tell_identify(struct ctx *c)
{
    return c->client.identify == NULL
               ? ERR_OK
               : c->client.identify(c->client.identify_data);
}

static bool watch_named(struct str name)
{
    return name.n > 0 && !str_eq(name, STR("Unknown"));
}

enum err watch_tell_device(struct ctx *c, struct str *text_r)
{
    const struct client *client = &c->client;
    struct buf b = buf_new(c->arena);

    if (watch_named(client->browser))
        buf_str(&b, client->browser);
    if (watch_named(client->browser) && watch_named(client->os))
        buf_text(&b, " on ");
    if (watch_named(client->os))
        buf_str(&b, client->os);
    return buf_done(&b, text_r);
}

static enum err watch_link(struct ctx *c, const struct id *account,
                           const struct id *session, struct str *url_r)
{
    struct challenge ch = {.account_id = *account,
                           .session_id = *session,
                           .lifetime_s = WATCH_LINK_LIFETIME_S};
    struct str token;
    enum err e = challenge_link_make(c, CHALLENGE_NOT_ME, &ch, &token);

    return e != ERR_OK ? e : link_url(c, LINK_SIGN_OUT_DEVICE, token, url_r);
}

enum err watch_tell(struct ctx *c, enum mail_kind kind,
                    const struct id *account, const struct id *session,
                    const char *reason)
{
    struct str url, device;

    if (id_is_nil(account) || !mail_wanted(c->config, kind) ||
        !mail_enabled(c->config, STORE_CHANNEL_MAIL))
        return ERR_OK;
    enum err e = watch_tell_identify(c);

    if (e == ERR_OK)
        e = watch_tell_device(c, &device);
    if (e == ERR_OK)
        e = watch_link(c, account, session, &url);
    if (e != ERR_OK)
        return e;
    const struct mail_value values[] = {
        {"link", url}, {"device", device}, {"reason", str_of(reason)}};

    return mail_alert(c, kind, account, values, reason == NULL ? 2 : 3);
}
