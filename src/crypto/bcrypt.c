/* SPDX-License-Identifier: MIT */
/* The C library's crypt does the work. It sets traps for one old bug in
 * hashes that begin with $2a$, which those of other programs do not have: all
 * are computed as $2b$. */
#include "crypto/bcrypt.h"

#include <stdlib.h>
#include <string.h>

#include <crypt.h>

#include "crypto/secret.h"

#define PREFIX "$2b$"
#define PREFIX_LEN 4
#define SETTING_LEN 29 /* prefix, cost, salt */
#define SALT_LEN 16

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_itoa64(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '.' || c == '/';
}

bool bcrypt_form(struct str text, unsigned *cost_r)
{
    const char *p = text.p;

    if (text.n != BCRYPT_LEN || memcmp(p, "$2", 2) != 0 ||
        strchr("aby", p[2]) == NULL || p[3] != '$' || !is_digit(p[4]) ||
        !is_digit(p[5]) || p[6] != '$')
        return false;
    for (size_t i = 7; i < text.n; i++) {
        if (!is_itoa64(p[i]))
            return false;
    }
    const unsigned cost = (unsigned)(p[4] - '0') * 10 + (unsigned)(p[5] - '0');

    if (cost < BCRYPT_COST_MIN || cost > BCRYPT_COST_MAX)
        return false;
    *cost_r = cost;
    return true;
}

/* Room for crypt and a copy of the password that ends with NUL. */
struct bcrypt_work {
    struct crypt_data data;
    char password[BCRYPT_PASSWORD_MAX + 1];
};

static enum err compute(struct str password, const char *setting,
                        char out[BCRYPT_LEN + 1])
{
    struct bcrypt_work *work = calloc(1, sizeof(*work));
    enum err e = ERR_INTERNAL;

    if (work == NULL)
        return ERR_NO_MEMORY;
    const size_t n =
        password.n < BCRYPT_PASSWORD_MAX ? password.n : BCRYPT_PASSWORD_MAX;

    if (n > 0)
        memcpy(work->password, password.p, n);
    const char *hash = crypt_r(work->password, setting, &work->data);

    if (hash != NULL && strlen(hash) == BCRYPT_LEN) {
        memcpy(out, hash, BCRYPT_LEN + 1);
        e = ERR_OK;
    }
    secret_wipe(work, sizeof(*work));
    free(work);
    return e;
}

enum err bcrypt_make(struct str password, unsigned cost,
                     char out[BCRYPT_LEN + 1])
{
    char salt[SALT_LEN];
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    enum err e = random_bytes(salt, sizeof(salt));

    if (e != ERR_OK)
        return e;
    if (crypt_gensalt_rn(PREFIX, cost, salt, sizeof(salt), setting,
                         sizeof(setting)) == NULL)
        return ERR_INTERNAL;
    return compute(password, setting, out);
}

/* A password that holds NUL is another one than its beginning. */
enum err bcrypt_check(struct str password, struct str hash)
{
    char setting[SETTING_LEN + 1] = PREFIX;
    char given[BCRYPT_LEN + 1];

    memcpy(setting + PREFIX_LEN, hash.p + PREFIX_LEN, SETTING_LEN - PREFIX_LEN);
    enum err e = compute(password, setting, given);

    if (e != ERR_OK)
        return e;
    const bool fits =
        secret_eq(given + PREFIX_LEN, hash.p + PREFIX_LEN,
                  BCRYPT_LEN - PREFIX_LEN) &&
        (password.n == 0 || memchr(password.p, '\0', password.n) == NULL);

    secret_wipe(given, sizeof(given));
    return fits ? ERR_OK : ERR_INVALID_CREDENTIALS;
}
