/* SPDX-License-Identifier: MIT */
/* Its id is what binds a sign-in under way to the browser that began it: it is
 * sealed, so nobody can name another's. */
#include "domain/session_token.h"

#include "base/buf.h"
#include "domain/pack.h"
#include "domain/proof_token.h"
#include "domain/text.h"

enum err session_token_make(struct ctx *c, struct session_token *t,
                            struct str *token_r)
{
    struct buf b = buf_new(c->arena);
    struct str more;
    enum err e = ERR_OK;

    if (t->browser.n > SESSION_TOKEN_NAME_MAX ||
        t->os.n > SESSION_TOKEN_NAME_MAX || t->locale.n > TEXT_LOCALE_MAX)
        return ERR_VALIDATION;
    if (id_is_nil(&t->id))
        e = id_new(clock_us(&c->clock), &t->id);
    pack_text(&b, t->browser);
    pack_text(&b, t->os);
    pack_text(&b, t->locale);
    if (e == ERR_OK)
        e = buf_done(&b, &more);
    return e != ERR_OK
               ? e
               : proof_token_make_with(c, PROOF_SESSION, &t->id, more, token_r);
}

enum err session_token_open(struct ctx *c, struct str token,
                            struct session_token *t_r)
{
    struct session_token t;
    struct str rest;

    if (token.n == 0)
        return ERR_SESSION_TOKEN_MISSING;
    enum err e = proof_token_open_with(c, PROOF_SESSION, token, &t.id, &rest);

    if (e != ERR_OK)
        return e;
    if (!unpack_text(&rest, &t.browser) || !unpack_text(&rest, &t.os) ||
        !unpack_text(&rest, &t.locale) || rest.n != 0)
        return ERR_SESSION_TOKEN_INVALID;
    *t_r = t;
    return ERR_OK;
}

void session_token_apply(struct ctx *c, const struct session_token *t)
{
    struct client *client = &c->client;

    if (t->browser.n > 0)
        client->browser = t->browser;
    if (t->os.n > 0)
        client->os = t->os;
    if (t->locale.n > 0 && !client->locale_asked) {
        client->locale = t->locale;
        client->locale_asked = true;
    }
}
