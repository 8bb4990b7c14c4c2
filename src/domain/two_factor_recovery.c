/* SPDX-License-Identifier: MIT */
/* Recovery codes: 120 random bits each, so that a keyed hash keeps them. */
#include "domain/two_factor_recovery.h"

#include <string.h>

#include "base/buf.h"
#include "crypto/secret.h"
#include "store/store_factor.h"

#define RECOVERY_CHARS 24 /* of five bits */
#define RECOVERY_GROUP 4

/* Without I, L, O and U. */
static const char recovery_alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static enum err recovery_digest(struct ctx *c, const struct id *account,
                                struct str plain, struct digest *hash_r)
{
    struct buf b = buf_new(c->arena);
    struct str value;

    buf_put(&b, account->b, sizeof(account->b));
    buf_str(&b, plain);
    enum err e = buf_done(&b, &value);

    return e != ERR_OK ? e
                       : seal_lookup(c->sealer, "recovery-code", value, hash_r);
}

/* One code, in groups. */
static enum err recovery_one(struct ctx *c, const struct id *account,
                             struct str *code_r, uint8_t hash_r[STORE_HASH_LEN])
{
    uint8_t bytes[RECOVERY_CHARS];
    char plain[RECOVERY_CHARS];
    struct buf b = buf_new(c->arena);
    struct digest hash;
    enum err e = random_bytes(bytes, sizeof(bytes));

    for (size_t i = 0; i < RECOVERY_CHARS; i++) {
        plain[i] = recovery_alphabet[bytes[i] & 31];
        if (i > 0 && i % RECOVERY_GROUP == 0)
            buf_char(&b, '-');
        buf_char(&b, plain[i]);
    }
    if (e == ERR_OK)
        e = recovery_digest(c, account, (struct str){plain, sizeof(plain)},
                            &hash);
    if (e == ERR_OK)
        e = buf_done(&b, code_r);
    if (e == ERR_OK)
        memcpy(hash_r, hash.b, STORE_HASH_LEN);
    secret_wipe(bytes, sizeof(bytes));
    secret_wipe(plain, sizeof(plain));
    return e;
}

enum err two_factor_recovery_make(struct ctx *c, const struct id *account,
                                  struct str codes_r[TWO_FACTOR_RECOVERY_CODES],
                                  uint8_t hashes_r[][STORE_HASH_LEN])
{
    enum err e = ERR_OK;

    for (size_t i = 0; e == ERR_OK && i < TWO_FACTOR_RECOVERY_CODES; i++)
        e = recovery_one(c, account, &codes_r[i], hashes_r[i]);
    return e;
}

/* A character as it stands in the alphabet; 0 when it cannot. */
static char recovery_char(char typed)
{
    char ch = typed;

    if (typed >= 'a' && typed <= 'z')
        ch = (char)(typed - 'a' + 'A');
    if (ch == 'O')
        ch = '0';
    if (ch == 'I' || ch == 'L')
        ch = '1';
    if (ch == '\0' || strchr(recovery_alphabet, ch) == NULL)
        return '\0';
    return ch;
}

enum err two_factor_recovery_hash(struct ctx *c, const struct id *account,
                                  struct str typed, struct digest *hash_r)
{
    char plain[RECOVERY_CHARS];
    size_t n = 0;

    for (size_t i = 0; i < typed.n; i++) {
        if (typed.p[i] == '-' || typed.p[i] == ' ')
            continue;
        char ch = recovery_char(typed.p[i]);

        if (ch == '\0' || n == sizeof(plain))
            return ERR_RECOVERY_CODE_WRONG;
        plain[n++] = ch;
    }
    if (n != sizeof(plain))
        return ERR_RECOVERY_CODE_WRONG;
    return recovery_digest(c, account, (struct str){plain, n}, hash_r);
}

enum err two_factor_recovery_put(struct ctx *c, const struct id *account,
                                 uint8_t hashes[][STORE_HASH_LEN])
{
    const int64_t now = clock_us(&c->clock);
    enum err e = store_factor_recovery_clear(c->db, account);

    for (size_t i = 0; e == ERR_OK && i < TWO_FACTOR_RECOVERY_CODES; i++)
        e = store_factor_recovery_add(c->db, account, hashes[i], now);
    return e;
}
