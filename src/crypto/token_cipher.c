/* SPDX-License-Identifier: MIT */
/* The derivation is weak on purpose of others (100 rounds): its input is 64
 * random bytes and no password. */
#include "crypto/token_cipher.h"

#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/secret.h"

#define IV_LEN 12
#define TAG_LEN 16
#define KEY_LEN 32
#define ROUNDS 100

_Static_assert(TOKEN_CIPHER_OVERHEAD == IV_LEN + TAG_LEN, "form");

static bool derive(struct str secret, const uint8_t iv[IV_LEN],
                   uint8_t key[KEY_LEN])
{
    return secret.n <= INT_MAX &&
           PKCS5_PBKDF2_HMAC(secret.p, (int)secret.n, iv, IV_LEN, ROUNDS,
                             EVP_sha512(), KEY_LEN, key) == 1;
}

static bool encrypt(EVP_CIPHER_CTX *cipher, const uint8_t key[KEY_LEN],
                    struct str content, uint8_t *out)
{
    uint8_t *text = out + IV_LEN;
    int n = 0;

    return cipher != NULL &&
           EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, out) == 1 &&
           EVP_EncryptUpdate(cipher, text, &n, (const uint8_t *)content.p,
                             (int)content.n) == 1 &&
           EVP_EncryptFinal_ex(cipher, text + n, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_LEN,
                               text + content.n) == 1;
}

enum err token_cipher_make(struct arena *a, struct str secret,
                           struct str content, struct str *made_r)
{
    uint8_t key[KEY_LEN];
    const size_t n = content.n + TOKEN_CIPHER_OVERHEAD;
    uint8_t *out = content.n < INT_MAX ? arena_alloc(a, n) : NULL;

    if (out == NULL)
        return ERR_NO_MEMORY;
    if (random_bytes(out, IV_LEN) != ERR_OK)
        return ERR_NO_RANDOM;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool good = derive(secret, out, key) && encrypt(cipher, key, content, out);

    EVP_CIPHER_CTX_free(cipher);
    secret_wipe(key, sizeof(key));
    ERR_clear_error();
    if (!good)
        return ERR_INTERNAL;
    *made_r = (struct str){(const char *)out, n};
    return ERR_OK;
}

/* *good_r: the tag fits. false: the library failed. */
static bool decrypt(EVP_CIPHER_CTX *cipher, const uint8_t key[KEY_LEN],
                    struct str made, uint8_t *out, bool *good_r)
{
    const uint8_t *iv = (const uint8_t *)made.p;
    const size_t length = made.n - TOKEN_CIPHER_OVERHEAD;
    uint8_t tag[TAG_LEN];
    int n = 0;

    memcpy(tag, iv + IV_LEN + length, TAG_LEN);
    if (cipher == NULL ||
        EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, iv) != 1 ||
        EVP_DecryptUpdate(cipher, out, &n, iv + IV_LEN, (int)length) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) != 1)
        return false;
    *good_r = EVP_DecryptFinal_ex(cipher, out + n, &n) == 1;
    return true;
}

enum err token_cipher_open(struct arena *a, struct str secret, struct str made,
                           struct str *content_r)
{
    uint8_t key[KEY_LEN];
    bool good = false;

    if (made.n < TOKEN_CIPHER_OVERHEAD || made.n > INT_MAX)
        return ERR_VALIDATION;
    const size_t n = made.n - TOKEN_CIPHER_OVERHEAD;
    uint8_t *out = arena_alloc(a, n + 1);

    if (out == NULL)
        return ERR_NO_MEMORY;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool worked = derive(secret, (const uint8_t *)made.p, key) &&
                  decrypt(cipher, key, made, out, &good);

    EVP_CIPHER_CTX_free(cipher);
    secret_wipe(key, sizeof(key));
    ERR_clear_error();
    if (!worked)
        return ERR_INTERNAL;
    if (!good)
        return ERR_VALIDATION;
    *content_r = (struct str){(const char *)out, n};
    return ERR_OK;
}
