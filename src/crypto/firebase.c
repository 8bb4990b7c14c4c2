/* SPDX-License-Identifier: MIT */
/* scrypt and AES by OpenSSL. */
#include "crypto/firebase.h"

#include <string.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "crypto/secret.h"

#define HASH_MAX 128
#define SALT_MAX 128
#define KEY_MAX 128
#define DERIVED_LEN 32 /* an AES-256 key */
#define MEMORY_MAX 17  /* with the most rounds half a GiB */
#define ROUNDS_MAX 32
#define SCRYPT_BYTES_MAX ((uint64_t)1 << 30)

/* A hash, taken apart. */
struct firebase {
    uint8_t hash[HASH_MAX];
    uint8_t salt[SALT_MAX]; /* and the separator behind it */
    size_t hash_n, salt_n;
    uint64_t memory, rounds;
};

static bool bytes(struct str text, uint8_t *out, size_t cap, size_t *n_r)
{
    const char *end = NULL;

    return text.p != NULL &&
           sodium_base642bin(out, cap, text.p, text.n, NULL, n_r, &end,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           end == text.p + text.n;
}

/* "m=14" with name "m=". */
static bool number(struct str field, struct str name, uint64_t max,
                   uint64_t *value_r)
{
    return str_starts(field, name) &&
           str_uint((struct str){field.p + name.n, field.n - name.n}, max,
                    value_r) &&
           *value_r > 0;
}

static bool parse(struct str text, struct firebase *f)
{
    struct str separator;
    size_t n = 0;

    memset(f, 0, sizeof(*f));
    if (str_cut(&text, '$').n != 0 ||
        !str_eq(str_cut(&text, '$'), STR("f_scrypt")) ||
        !bytes(str_cut(&text, '$'), f->hash, sizeof(f->hash), &f->hash_n) ||
        !bytes(str_cut(&text, '$'), f->salt, sizeof(f->salt), &f->salt_n) ||
        !number(str_cut(&text, '$'), STR("m="), MEMORY_MAX, &f->memory) ||
        !number(str_cut(&text, '$'), STR("r="), ROUNDS_MAX, &f->rounds) ||
        !str_starts(text, STR("s=")) || f->hash_n == 0)
        return false;
    separator = (struct str){text.p + 2, text.n - 2};
    if (!bytes(separator, f->salt + f->salt_n, sizeof(f->salt) - f->salt_n, &n))
        return false;
    f->salt_n += n;
    return true;
}

bool firebase_form(struct str text)
{
    struct firebase f;

    return parse(text, &f);
}

static enum err encrypt(const uint8_t key[DERIVED_LEN], const uint8_t *in,
                        size_t n, uint8_t *out)
{
    static const uint8_t iv[16] = {0};
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int out_n = 0;

    if (ctx == NULL)
        return ERR_NO_MEMORY;
    const bool done =
        EVP_EncryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, key, iv) == 1 &&
        EVP_EncryptUpdate(ctx, out, &out_n, in, (int)n) == 1 &&
        (size_t)out_n == n;

    EVP_CIPHER_CTX_free(ctx);
    return done ? ERR_OK : ERR_INTERNAL;
}

enum err firebase_check(struct str password, struct str hash,
                        struct str signer_key)
{
    struct firebase f;
    uint8_t derived[DERIVED_LEN], signer[KEY_MAX], given[KEY_MAX];
    size_t signer_n = 0;
    enum err e = ERR_INVALID_CREDENTIALS;

    if (!parse(hash, &f))
        return ERR_INTERNAL;
    if (!bytes(signer_key, signer, sizeof(signer), &signer_n))
        signer_n = 0;
    if (EVP_PBE_scrypt(password.n > 0 ? password.p : "", password.n, f.salt,
                       f.salt_n, (uint64_t)1 << f.memory, f.rounds, 1,
                       SCRYPT_BYTES_MAX, derived, sizeof(derived)) != 1)
        return ERR_INTERNAL;
    if (signer_n == f.hash_n) {
        e = encrypt(derived, signer, signer_n, given);
        if (e == ERR_OK && !secret_eq(given, f.hash, f.hash_n))
            e = ERR_INVALID_CREDENTIALS;
    }
    secret_wipe(derived, sizeof(derived));
    secret_wipe(signer, sizeof(signer));
    secret_wipe(given, sizeof(given));
    return e;
}
