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
    return link_paths[kind];
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

    if (page[0] == '\0')
        buf_text(&b, c->config->http_public_url);
    buf_text(&b, page[0] == '\0' ? link_paths[kind] : page);
    buf_char(&b, strchr(page, '?') != NULL ? '&' : '?');
    buf_text(&b, "token=");
    buf_str(&b, token);
    return buf_done(&b, url_r);
}
