/* SPDX-License-Identifier: MIT */
/* A secret is kept as a keyed hash over kind, id and text: a code of six digits
 * in a stolen table cannot be tried out without the sealing key, and none opens
 * another row. Single use is decided by the UPDATE's affected rows. */
#include "domain/challenge.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "crypto/secret.h"
#include "store/store_challenge.h"

#define CHALLENGE_SECRET 32 /* bytes of a link's secret */
#define CHALLENGE_LINK (16 + CHALLENGE_SECRET)
#define CHALLENGE_CODE_MAX 12

/* Words at rest. */
static const char *const challenge_words[] = {
    [CHALLENGE_SIGN_IN] = "sign-in",
    [CHALLENGE_STEP_UP] = "step-up",
    [CHALLENGE_FACTOR_CODE] = "factor-code",
    [CHALLENGE_SIGN_IN_CODE] = "sign-in-code",
    [CHALLENGE_VERIFY_EMAIL] = "verify-email",
    [CHALLENGE_CHANGE_EMAIL] = "change-email",
    [CHALLENGE_RESET] = "reset",
    [CHALLENGE_NOT_ME] = "not-me",
    [CHALLENGE_OAUTH2] = "oauth2",
};
static_assert(sizeof(challenge_words) / sizeof(*challenge_words) ==
                  CHALLENGE_COUNT,
              "a word per kind");

/* Kind and id: where a secret or payload belongs. */
static enum err challenge_place(struct ctx *c, enum challenge_kind kind,
                                const struct id *id, struct str more,
                                struct str *place_r)
{
    struct buf b = buf_new(c->arena);

    buf_text(&b, challenge_words[kind]);
    buf_char(&b, ':');
    buf_put(&b, id->b, sizeof(id->b));
    buf_str(&b, more);
    return buf_done(&b, place_r);
}

static enum err challenge_hash(struct ctx *c, enum challenge_kind kind,
                               const struct id *id, struct str secret,
                               struct digest *d_r)
{
    struct str value;
    enum err e = challenge_place(c, kind, id, secret, &value);

    return e != ERR_OK ? e : seal_lookup(c->sealer, "challenge", value, d_r);
}

static enum err challenge_drop_older(struct ctx *c, enum challenge_kind kind,
                                     const struct challenge *ch)
{
    static const struct digest none;

    /* Who knows a password could otherwise end its owner's attempts. */
    if (kind == CHALLENGE_SIGN_IN || kind == CHALLENGE_STEP_UP)
        return ERR_OK;
    /* Each is about another session. */
    if (kind == CHALLENGE_NOT_ME)
        return ERR_OK;
    /* Each tab has its own. */
    if (kind == CHALLENGE_OAUTH2)
        return ERR_OK;
    if (!id_is_nil(&ch->account_id))
        return challenge_drop(c, kind, &ch->account_id);
    if (memcmp(&ch->address, &none, sizeof(none)) == 0)
        return ERR_OK;
    return store_challenge_drop_sent(c->db, c->realm_id, challenge_words[kind],
                                     ch->address.b);
}

static enum err challenge_seal(struct ctx *c, enum challenge_kind kind,
                               const struct challenge *ch, struct str *sealed_r)
{
    struct str place;

    if (ch->payload.n == 0) {
        *sealed_r = (struct str){NULL, 0};
        return ERR_OK;
    }
    enum err e =
        challenge_place(c, kind, &ch->id, (struct str){NULL, 0}, &place);

    return e != ERR_OK ? e
                       : seal(c->sealer, c->arena, SEAL_CHALLENGE, place,
                              ch->payload, sealed_r);
}

enum err challenge_make(struct ctx *c, enum challenge_kind kind,
                        struct challenge *ch, struct str secret)
{
    struct store_challenge row = {.realm_id = c->realm_id,
                                  .kind = str_of(challenge_words[kind]),
                                  .account_id = ch->account_id,
                                  .session_id = ch->session_id,
                                  .tries_left = ch->tries};
    struct digest hash;
    enum err e = id_new(clock_us(&c->clock), &ch->id);

    if (e == ERR_OK)
        e = challenge_hash(c, kind, &ch->id, secret, &hash);
    if (e == ERR_OK)
        e = challenge_seal(c, kind, ch, &row.payload_sealed);
    if (e == ERR_OK)
        e = challenge_drop_older(c, kind, ch);
    if (e != ERR_OK)
        return e;
    row.id = ch->id;
    memcpy(row.address_hash, ch->address.b, STORE_HASH_LEN);
    memcpy(row.secret_hash, hash.b, STORE_HASH_LEN);
    return store_challenge_insert(c->db, &row, ch->lifetime_s * CLOCK_SECOND);
}

/* The challenge of a row, its payload opened. */
static enum err challenge_read(struct ctx *c, enum challenge_kind kind,
                               const struct store_challenge *row,
                               struct challenge *ch_r)
{
    struct challenge ch = {.id = row->id,
                           .account_id = row->account_id,
                           .session_id = row->session_id,
                           .tries = row->tries_left,
                           .created_us = row->created_us,
                           .expires_us = row->expires_us,
                           .used = row->used_us != 0};
    struct str place;
    enum err e = ERR_OK;

    if (row->realm_id != c->realm_id ||
        !str_eq(row->kind, str_of(challenge_words[kind])))
        return ERR_NOT_FOUND;
    memcpy(ch.address.b, row->address_hash, STORE_HASH_LEN);
    if (row->payload_sealed.n > 0) {
        e = challenge_place(c, kind, &row->id, (struct str){NULL, 0}, &place);
        if (e == ERR_OK)
            e = seal_open(c->sealer, c->arena, SEAL_CHALLENGE, place,
                          row->payload_sealed, &ch.payload);
    }
    if (e == ERR_OK)
        *ch_r = ch;
    return e == ERR_VALIDATION ? ERR_INTERNAL : e;
}

static enum err challenge_row(struct ctx *c, const struct id *id,
                              struct store_challenge *row_r)
{
    enum err e = store_challenge_by_id(c->db, c->arena, id, row_r);

    return e == ERR_NO_ROW ? ERR_NOT_FOUND : e;
}

enum err challenge_find(struct ctx *c, enum challenge_kind kind,
                        const struct id *id, struct challenge *ch_r)
{
    struct store_challenge row;
    enum err e = challenge_row(c, id, &row);

    return e != ERR_OK ? e : challenge_read(c, kind, &row, ch_r);
}

enum err challenge_find_address(struct ctx *c, enum challenge_kind kind,
                                const struct digest *address,
                                struct challenge *ch_r)
{
    struct store_challenge row;
    enum err e = store_challenge_by_address(
        c->db, c->arena, c->realm_id, challenge_words[kind], address->b, &row);

    if (e == ERR_NO_ROW)
        return ERR_NOT_FOUND;
    return e != ERR_OK ? e : challenge_read(c, kind, &row, ch_r);
}

enum err challenge_try(struct ctx *c, enum challenge_kind kind,
                       const struct id *id, struct challenge *ch_r)
{
    struct store_challenge row;
    struct challenge ch;
    bool taken = false;
    enum err e = store_challenge_try(c->db, id, challenge_words[kind], &taken);

    if (e == ERR_OK)
        e = challenge_row(c, id, &row);
    if (e == ERR_OK)
        e = challenge_read(c, kind, &row, &ch);
    if (e != ERR_OK)
        return e;
    if (!taken && ch.used)
        return ERR_NOT_FOUND;
    if (!taken)
        return ch.expires_us <= row.now_us ? ERR_CODE_EXPIRED : ERR_CODE_TRIES;
    *ch_r = ch;
    return ERR_OK;
}

enum err challenge_compare(struct ctx *c, enum challenge_kind kind,
                           const struct id *id, struct str secret)
{
    struct store_challenge row;
    struct digest hash;
    enum err e = challenge_row(c, id, &row);

    if (e == ERR_OK)
        e = challenge_hash(c, kind, id, secret, &hash);
    if (e != ERR_OK)
        return e;
    return secret_eq(hash.b, row.secret_hash, DIGEST_LEN) ? ERR_OK
                                                          : ERR_CODE_WRONG;
}

enum err challenge_use(struct ctx *c, enum challenge_kind kind,
                       const struct id *id)
{
    bool used = false;
    enum err e = store_challenge_use(c->db, id, challenge_words[kind], &used);

    if (e != ERR_OK)
        return e;
    return used ? ERR_OK : ERR_NOT_FOUND;
}

enum err challenge_drop(struct ctx *c, enum challenge_kind kind,
                        const struct id *account)
{
    return store_challenge_drop_account(c->db, account, challenge_words[kind]);
}

/* Bytes of 250 and more are thrown away: 256 is no multiple of ten. */
enum err challenge_code(struct ctx *c, unsigned n, struct str *code_r)
{
    char *text = arena_alloc(c->arena, CHALLENGE_CODE_MAX + 1);
    unsigned made = 0;

    if (n > CHALLENGE_CODE_MAX)
        return ERR_INTERNAL;
    if (text == NULL)
        return ERR_NO_MEMORY;
    while (made < n) {
        uint8_t byte;
        enum err e = random_bytes(&byte, 1);

        if (e != ERR_OK)
            return e;
        if (byte < 250)
            text[made++] = (char)('0' + byte % 10);
    }
    text[n] = '\0';
    *code_r = (struct str){text, n};
    return ERR_OK;
}

enum err challenge_link_make(struct ctx *c, enum challenge_kind kind,
                             struct challenge *ch, struct str *token_r)
{
    uint8_t link[CHALLENGE_LINK];
    char *text = arena_alloc(c->arena, ENC_B64_LEN(sizeof(link)) + 1);
    enum err e = random_bytes(link + 16, CHALLENGE_SECRET);

    if (text == NULL)
        e = ERR_NO_MEMORY;
    ch->tries = 1;
    if (e == ERR_OK)
        e = challenge_make(
            c, kind, ch,
            (struct str){(const char *)link + 16, CHALLENGE_SECRET});
    if (e == ERR_OK) {
        memcpy(link, ch->id.b, sizeof(ch->id.b));
        token_r->n = enc_b64url(link, sizeof(link), text);
        token_r->p = text;
    }
    secret_wipe(link, sizeof(link));
    return e;
}

enum err challenge_link_find(struct ctx *c, enum challenge_kind kind,
                             struct str token, struct challenge *ch_r)
{
    uint8_t link[CHALLENGE_LINK];
    struct id id;
    size_t n;

    if (token.n != ENC_B64_LEN(sizeof(link)) ||
        !enc_unb64url(token, link, sizeof(link), &n) || n != sizeof(link))
        return ERR_LINK_INVALID;
    memcpy(id.b, link, sizeof(id.b));
    enum err e = challenge_compare(
        c, kind, &id, (struct str){(const char *)link + 16, CHALLENGE_SECRET});

    secret_wipe(link, sizeof(link));
    if (e == ERR_OK)
        e = challenge_find(c, kind, &id, ch_r);
    return e == ERR_CODE_WRONG || e == ERR_NOT_FOUND ? ERR_LINK_INVALID : e;
}

enum err challenge_link_open(struct ctx *c, enum challenge_kind kind,
                             struct str token, struct challenge *ch_r)
{
    struct challenge ch;
    enum err e = challenge_link_find(c, kind, token, &ch);

    if (e == ERR_OK && ch.used)
        e = ERR_LINK_INVALID;
    if (e == ERR_OK && ch.expires_us <= clock_us(&c->clock))
        e = ERR_LINK_EXPIRED;
    if (e == ERR_OK)
        *ch_r = ch;
    return e;
}
