/* SPDX-License-Identifier: MIT */
/* Sealed form: key id (4, padded with blanks) | nonce (24) | ciphertext, tag.
 * Nonces are random: 192 bits never repeat in practice (ASVS 11.3.4). */
#include "crypto/seal.h"

#include <string.h>

#include <sodium.h>

#include "base/enc.h"
#include "crypto/secret.h"

#define ID_LEN 4
#define KEY_LEN 32
#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN crypto_aead_xchacha20poly1305_ietf_ABYTES
#define LOOKUP_SUBKEY 1000

_Static_assert(SEAL_OVERHEAD == ID_LEN + NONCE_LEN + TAG_LEN, "sealed form");
_Static_assert(KEY_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "AEAD");
_Static_assert(KEY_LEN == crypto_kdf_KEYBYTES, "derivation");

/* Sub-key numbers are data at rest: a purpose keeps its number for ever. */
static const uint8_t subkey_numbers[] = {
    [SEAL_SIGNING_KEY] = 1,       [SEAL_EMAIL] = 2,
    [SEAL_REFRESH_TOKEN] = 3,     [SEAL_DEVICE_TOKEN] = 4,
    [SEAL_SESSION_TOKEN] = 5,     [SEAL_TWO_FACTOR_TOKEN] = 6,
    [SEAL_STEP_UP_TOKEN] = 7,     [SEAL_TOTP] = 8,
    [SEAL_TOTP_SETUP] = 9,        [SEAL_CHALLENGE] = 10,
    [SEAL_OUTBOX] = 11,           [SEAL_PHONE] = 12,
    [SEAL_CONNECTION_TOKEN] = 13, [SEAL_IDENTITY] = 14,
    [SEAL_PROVIDER_TOKENS] = 15,  [SEAL_APP_SECRET] = 16,
};
_Static_assert(sizeof(subkey_numbers) == SEAL_PURPOSE_COUNT, "one each");

static const char kdf_context[crypto_kdf_CONTEXTBYTES] = {'g', 'a', 't', 'e',
                                                          'h', 's', 'e', '1'};

struct sealing_key {
    char id[ID_LEN];
    uint8_t subkeys[SEAL_PURPOSE_COUNT][KEY_LEN];
};

struct sealer {
    size_t n;
    struct sealing_key keys[SEAL_KEYS_MAX]; /* the first seals */
    uint8_t lookup[KEY_LEN];
};

/* The id as it stands in a sealed value. */
static bool padded_id(struct str id, char out[ID_LEN])
{
    if (id.n == 0 || id.n > ID_LEN)
        return false;
    memset(out, ' ', ID_LEN);
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
            return false;
        out[i] = c;
    }
    return true;
}

/* The id is public and read from the sealed value: no secret is compared. */
static const struct sealing_key *key_of(const struct sealer *s,
                                        const char id[ID_LEN])
{
    for (size_t i = 0; i < s->n; i++) {
        if (memcmp(s->keys[i].id, id, ID_LEN) == 0)
            return &s->keys[i];
    }
    return NULL;
}

static struct str unpadded(const char id[ID_LEN])
{
    size_t n = 0;

    while (n < ID_LEN && id[n] != ' ')
        n++;
    return (struct str){id, n};
}

/* BLAKE2b under libsodium's KDF: no purpose can open another's values even if
 * its sub-key leaks. */
static enum err derive(const uint8_t master[KEY_LEN], uint64_t number,
                       uint8_t out[KEY_LEN])
{
    if (crypto_kdf_derive_from_key(out, KEY_LEN, number, kdf_context, master) !=
        0)
        return ERR_INTERNAL;
    return ERR_OK;
}

/* All sub-keys of one master key; the lookup key of a later line replaces the
 * one before, so that the last (oldest) line's stays. */
static enum err add_master(struct sealer *s, const char id[ID_LEN],
                           const uint8_t master[KEY_LEN])
{
    struct sealing_key *k = &s->keys[s->n];
    enum err e = derive(master, LOOKUP_SUBKEY, s->lookup);

    memcpy(k->id, id, ID_LEN);
    for (size_t i = 0; e == ERR_OK && i < SEAL_PURPOSE_COUNT; i++)
        e = derive(master, subkey_numbers[i], k->subkeys[i]);
    if (e == ERR_OK)
        s->n++;
    return e;
}

static enum err add_line(struct sealer *s, struct str line)
{
    uint8_t master[KEY_LEN];
    char id[ID_LEN];
    struct str name = str_cut(&line, ':');
    size_t n = 0;
    enum err e = ERR_VALIDATION;

    if (s->n == SEAL_KEYS_MAX || !padded_id(name, id) || key_of(s, id) != NULL)
        return ERR_VALIDATION;
    if (line.p != NULL && enc_unb64url(line, master, sizeof(master), &n) &&
        n == KEY_LEN)
        e = add_master(s, id, master);
    secret_wipe(master, sizeof(master));
    return e;
}

enum err sealer_new(struct str lines, struct sealer **s_r)
{
    struct secret memory;
    struct sealer *s = NULL;
    enum err e = secret_new(sizeof(*s), &memory);

    if (e != ERR_OK)
        return e;
    s = (struct sealer *)(void *)memory.p;
    if (lines.n > 0 && lines.p[lines.n - 1] == '\n')
        lines.n--;
    do {
        e = add_line(s, str_cut(&lines, '\n'));
    } while (e == ERR_OK && lines.p != NULL);
    if (e != ERR_OK) {
        sealer_free(&s);
        return e;
    }
    (void)sodium_mprotect_readonly(s);
    *s_r = s;
    return ERR_OK;
}

void sealer_free(struct sealer **s)
{
    sodium_free(*s);
    *s = NULL;
}

struct str sealer_key(const struct sealer *s, size_t i)
{
    return i < s->n ? unpadded(s->keys[i].id) : (struct str){NULL, 0};
}

bool sealer_holds(const struct sealer *s, struct str id)
{
    char padded[ID_LEN];

    return padded_id(id, padded) && key_of(s, padded) != NULL;
}

struct str seal_key_id(struct str sealed)
{
    return sealed.n < SEAL_OVERHEAD ? (struct str){NULL, 0}
                                    : unpadded(sealed.p);
}

enum err sealer_new_line(struct arena *a, struct str id, struct str *line_r)
{
    uint8_t master[KEY_LEN];
    char checked[ID_LEN];
    char *text = NULL;
    enum err e = ERR_OK;

    if (!padded_id(id, checked))
        return ERR_VALIDATION;
    text = arena_alloc(a, id.n + 1 + ENC_B64_LEN(KEY_LEN) + 1);
    if (text == NULL)
        return ERR_NO_MEMORY;
    e = random_bytes(master, sizeof(master));
    if (e != ERR_OK)
        return e;
    memcpy(text, id.p, id.n);
    text[id.n] = ':';
    *line_r = (struct str){
        text, id.n + 1 + enc_b64url(master, sizeof(master), text + id.n + 1)};
    secret_wipe(master, sizeof(master));
    return ERR_OK;
}

/* Associated data: purpose number, then the place. */
static enum err bind_place(struct arena *a, enum seal_purpose purpose,
                           struct str place, struct str *ad_r)
{
    char *ad = NULL;

    if ((size_t)purpose >= SEAL_PURPOSE_COUNT)
        return ERR_INTERNAL;
    ad = arena_alloc(a, 1 + place.n);
    if (ad == NULL)
        return ERR_NO_MEMORY;
    ad[0] = (char)subkey_numbers[purpose];
    if (place.n > 0)
        memcpy(ad + 1, place.p, place.n);
    *ad_r = (struct str){ad, 1 + place.n};
    return ERR_OK;
}

enum err seal(const struct sealer *s, struct arena *a,
              enum seal_purpose purpose, struct str place, struct str content,
              struct str *sealed_r)
{
    const struct sealing_key *k = &s->keys[0];
    struct str ad;
    uint8_t *out = NULL;
    uint8_t *nonce = NULL;
    enum err e = bind_place(a, purpose, place, &ad);

    if (e != ERR_OK)
        return e;
    out = arena_alloc(a, content.n + SEAL_OVERHEAD);
    if (out == NULL)
        return ERR_NO_MEMORY;
    nonce = out + ID_LEN;
    memcpy(out, k->id, ID_LEN);
    e = random_bytes(nonce, NONCE_LEN);
    if (e != ERR_OK)
        return e;
    if (crypto_aead_xchacha20poly1305_ietf_encrypt(
            nonce + NONCE_LEN, NULL, (const uint8_t *)content.p, content.n,
            (const uint8_t *)ad.p, ad.n, NULL, nonce, k->subkeys[purpose]) != 0)
        return ERR_INTERNAL;
    *sealed_r =
        (struct str){(const char *)(void *)out, content.n + SEAL_OVERHEAD};
    return ERR_OK;
}

enum err seal_open(const struct sealer *s, struct arena *a,
                   enum seal_purpose purpose, struct str place,
                   struct str sealed, struct str *content_r)
{
    const struct sealing_key *k = NULL;
    const uint8_t *nonce = NULL;
    struct str ad;
    uint8_t *out = NULL;
    enum err e = ERR_OK;

    if (sealed.n < SEAL_OVERHEAD)
        return ERR_VALIDATION;
    k = key_of(s, sealed.p);
    if (k == NULL)
        return ERR_VALIDATION;
    e = bind_place(a, purpose, place, &ad);
    if (e != ERR_OK)
        return e;
    out = arena_alloc(a, sealed.n - SEAL_OVERHEAD + 1);
    if (out == NULL)
        return ERR_NO_MEMORY;
    nonce = (const uint8_t *)sealed.p + ID_LEN;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            out, NULL, NULL, nonce + NONCE_LEN, sealed.n - ID_LEN - NONCE_LEN,
            (const uint8_t *)ad.p, ad.n, nonce, k->subkeys[purpose]) != 0)
        return ERR_VALIDATION;
    *content_r =
        (struct str){(const char *)(void *)out, sealed.n - SEAL_OVERHEAD};
    return ERR_OK;
}

/* Two steps, so that no label and value of another pair give the same input:
 * HMAC(HMAC(lookup key, label), value). */
enum err seal_lookup(const struct sealer *s, const char *label,
                     struct str value, struct digest *d_r)
{
    struct digest label_key;
    enum err e =
        digest_hmac(s->lookup, sizeof(s->lookup), str_of(label), &label_key);

    if (e == ERR_OK)
        e = digest_hmac(label_key.b, sizeof(label_key.b), value, d_r);
    secret_wipe(&label_key, sizeof(label_key));
    return e;
}
