/* SPDX-License-Identifier: MIT */
/* The issuer in both places, as authenticator apps want it. */
#include "domain/totp_url.h"

#include "base/buf.h"
#include "base/url.h"

enum err totp_url(struct ctx *c, struct str label, struct str secret,
                  struct str *url_r)
{
    const char *name = c->config->mail_app_name;
    struct str issuer = str_of(name[0] != '\0' ? name : "Gatehouse");
    struct buf b = buf_new(c->arena);

    buf_text(&b, "otpauth://totp/");
    url_escape(&b, issuer);
    buf_char(&b, ':');
    url_escape(&b, label);
    buf_text(&b, "?secret=");
    buf_str(&b, secret);
    buf_text(&b, "&issuer=");
    url_escape(&b, issuer);
    buf_text(&b, "&algorithm=SHA1&digits=6&period=30");
    return buf_done(&b, url_r);
}
