/* SPDX-License-Identifier: MIT */
/* Addresses of pages, for messages. Tokens are base64url: nothing to escape. */
#include "domain/link.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

static const char *const link_paths[] = {
    [LINK_VERIFY_EMAIL] = "/account/verify-email",
    [LINK_RESET_PASSWORD] = "/account/reset-password",
    [LINK_SIGN_OUT_DEVICE] = "/account/sign-out-device",
};
static_assert(sizeof(link_paths) / sizeof(*link_paths) == LINK_COUNT,
              "a page per kind");

const char *link_path(enum link_kind kind)
{
    return kind < LINK_COUNT ? link_paths[kind] : "/";
}

static const char *link_configured(const struct config *config,
                                   enum link_kind kind)
{
    switch (kind) {
    case LINK_VERIFY_EMAIL:
        return config->links_verify_email;
    case LINK_RESET_PASSWORD:
        return config->links_reset_password;
    case LINK_SIGN_OUT_DEVICE:
        return config->links_sign_out_device;
    case LINK_COUNT:
        break;
    }
    return "";
}

enum err link_url(struct ctx *c, enum link_kind kind, struct str token,
                  struct str *url_r)
{
    const char *page = link_configured(c->config, kind);
    struct buf b = buf_new(c->arena);

    if (page[0] != '\0') {
        buf_text(&b, page);
    } else {
        buf_text(&b, c->config->http_public_url);
        buf_text(&b, link_path(kind));
    }
    buf_char(&b, strchr(page, '?') != NULL ? '&' : '?');
    buf_text(&b, "token=");
    buf_str(&b, token);
    return buf_done(&b, url_r);
}

enum err link_minutes(struct ctx *c, int64_t seconds, struct str *text_r)
{
    struct buf b = buf_new(c->arena);

    buf_int(&b, (seconds + 59) / 60);
    return buf_done(&b, text_r);
}

static enum err link_queue(struct ctx *c, const struct link_letter *l,
                           struct str token)
{
    struct str url, minutes;
    enum err e = link_url(c, l->page, token, &url);

    if (e == ERR_OK)
        e = link_minutes(c, l->lifetime_s, &minutes);
    if (e != ERR_OK)
        return e;
    const struct mail_value values[] = {{"name", l->name},
                                        {"link", url},
                                        {"minutes", minutes},
                                        {"email", l->to}};
    /* Only a message about a change of address tells one. */
    const size_t count = l->mail == MAIL_CHANGE_EMAIL ? 4 : 3;

    return mail_queue(c, &(struct mail){.kind = l->mail,
                                        .channel = STORE_CHANNEL_MAIL,
                                        .account_id = l->ch.account_id,
                                        .to = l->to,
                                        .locale = l->locale,
                                        .values = values,
                                        .count = count,
                                        .lifetime_s = l->lifetime_s});
}

enum err link_send(struct ctx *c, struct link_letter *letter)
{
    struct str token;

    letter->ch.lifetime_s = letter->lifetime_s;
    enum err e = challenge_link_make(c, letter->challenge, &letter->ch, &token);

    return e != ERR_OK || letter->unsent ? e : link_queue(c, letter, token);
}
