/* SPDX-License-Identifier: MIT */
/* A row per sealed column. The tests re-seal what the owners have sealed, so a
 * place that differs from theirs is found out. */
#include "domain/reseal_place.h"

#include "base/buf.h"
#include "domain/account_read.h"
#include "domain/app_once.h"
#include "domain/app_totp.h"
#include "domain/identity_key.h"

/* The place is prefix (or the row's kind), key, suffix. */
static const struct {
    const char *suffix;
    enum seal_purpose purpose;
    bool kind; /* "kind:" before the key */
} places[] = {
    [STORE_SEALED_ACCOUNT_EMAIL] = {ACCOUNT_EMAIL, SEAL_EMAIL, false},
    [STORE_SEALED_ACCOUNT_NAME] = {ACCOUNT_NAME, SEAL_EMAIL, false},
    [STORE_SEALED_ACCOUNT_PHONE] = {ACCOUNT_PHONE, SEAL_PHONE, false},
    [STORE_SEALED_CHALLENGE] = {"", SEAL_CHALLENGE, true},
    [STORE_SEALED_OUTBOX_RECIPIENT] = {"recipient", SEAL_OUTBOX, false},
    [STORE_SEALED_OUTBOX_VALUES] = {"values", SEAL_OUTBOX, false},
    [STORE_SEALED_SIGNING_KEY] = {"", SEAL_SIGNING_KEY, false},
    [STORE_SEALED_APP_TOTP] = {APP_TOTP_SECRET, SEAL_TOTP, false},
    [STORE_SEALED_APP_SECRET] = {"", SEAL_APP_SECRET, false},
    [STORE_SEALED_APP_TOKEN] = {APP_ONCE_EMAIL, SEAL_EMAIL, false},
    [STORE_SEALED_REALM_PROVIDERS] = {"providers", SEAL_PROVIDER_TOKENS, false},
    [STORE_SEALED_TOTP] = {"", SEAL_TOTP, false},
    [STORE_SEALED_IDENTITY_SUBJECT] = {IDENTITY_SUBJECT, SEAL_IDENTITY, false},
    [STORE_SEALED_IDENTITY_TOKENS] = {IDENTITY_TOKENS, SEAL_PROVIDER_TOKENS,
                                      false},
};

enum err reseal_place(struct arena *a, enum store_sealed column,
                      const struct store_sealed_row *row,
                      enum seal_purpose *purpose_r, struct str *place_r)
{
    struct buf b = buf_new(a);

    if (places[column].kind) {
        buf_str(&b, row->kind);
        buf_char(&b, ':');
    }
    buf_str(&b, row->key);
    buf_text(&b, places[column].suffix);
    enum err e = buf_done(&b, place_r);

    if (e == ERR_OK)
        *purpose_r = places[column].purpose;
    return e;
}
