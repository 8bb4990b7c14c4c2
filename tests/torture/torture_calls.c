/* SPDX-License-Identifier: MIT */
/* The libraries' functions that the service calls and that may fail: random
 * bytes, cryptography, the database's client. */
#include <argon2.h>
#include <errno.h>
#include <mysql.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdarg.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "torture.h"

#define CALLER __builtin_return_address(0)

#define FIND(name)                                                             \
    static __typeof__(&name) real;                                             \
    if (real == NULL)                                                          \
    torture_find(#name, &real)

/* What a library does with another is counted by its memory alone. */
static bool crypto_fails(const void *caller)
{
    return torture_ours(caller) && torture_call(TORTURE_CRYPTO) == TORTURE_FAIL;
}

#define CRYPTO(type, bad, name, params, args)                                  \
    type name params                                                           \
    {                                                                          \
        FIND(name);                                                            \
        return crypto_fails(CALLER) ? (bad) : real args;                       \
    }

CRYPTO(int, 0, EVP_Digest,
       (const void *p, size_t n, unsigned char *out, unsigned *out_n,
        const EVP_MD *type, ENGINE *e),
       (p, n, out, out_n, type, e))
CRYPTO(EVP_PKEY *, NULL, EVP_PKCS82PKEY, (const PKCS8_PRIV_KEY_INFO *p), (p))
CRYPTO(EVP_PKEY_CTX *, NULL, EVP_PKEY_CTX_new_from_pkey,
       (OSSL_LIB_CTX * l, EVP_PKEY *k, const char *q), (l, k, q))
CRYPTO(int, 0, EVP_PKEY_CTX_set_rsa_padding, (EVP_PKEY_CTX * c, int pad),
       (c, pad))
CRYPTO(int, 0, EVP_PKEY_CTX_set_signature_md,
       (EVP_PKEY_CTX * c, const EVP_MD *md), (c, md))
CRYPTO(int, 0, EVP_PKEY_get_bn_param,
       (const EVP_PKEY *k, const char *name, BIGNUM **bn), (k, name, bn))
CRYPTO(int, 0, EVP_PKEY_get_group_name,
       (const EVP_PKEY *k, char *name, size_t n, size_t *n_r),
       (k, name, n, n_r))
CRYPTO(int, 0, EVP_PKEY_public_check, (EVP_PKEY_CTX * c), (c))
CRYPTO(int, 0, EVP_PKEY_sign_init, (EVP_PKEY_CTX * c), (c))
CRYPTO(int, 0, EVP_PKEY_sign,
       (EVP_PKEY_CTX * c, unsigned char *s, size_t *n, const unsigned char *d,
        size_t d_n),
       (c, s, n, d, d_n))
CRYPTO(int, 0, EVP_PKEY_verify_init, (EVP_PKEY_CTX * c), (c))
CRYPTO(int, -1, EVP_PKEY_verify,
       (EVP_PKEY_CTX * c, const unsigned char *s, size_t n,
        const unsigned char *d, size_t d_n),
       (c, s, n, d, d_n))
CRYPTO(BIGNUM *, NULL, BN_bin2bn, (const unsigned char *p, int n, BIGNUM *to),
       (p, n, to))
CRYPTO(int, -1, BN_bn2binpad, (const BIGNUM *a, unsigned char *to, int n),
       (a, to, n))
CRYPTO(ECDSA_SIG *, NULL, ECDSA_SIG_new, (void), ())
CRYPTO(int, 0, ECDSA_SIG_set0, (ECDSA_SIG * s, BIGNUM *a, BIGNUM *b), (s, a, b))
CRYPTO(ECDSA_SIG *, NULL, d2i_ECDSA_SIG,
       (ECDSA_SIG * *s, const unsigned char **p, long n), (s, p, n))
CRYPTO(int, -1, i2d_ECDSA_SIG, (const ECDSA_SIG *s, unsigned char **p), (s, p))
CRYPTO(PKCS8_PRIV_KEY_INFO *, NULL, d2i_PKCS8_PRIV_KEY_INFO,
       (PKCS8_PRIV_KEY_INFO * *i, const unsigned char **p, long n), (i, p, n))
CRYPTO(int, 0, RAND_status, (void), ())
CRYPTO(int, ARGON2_MEMORY_ALLOCATION_ERROR, argon2id_ctx, (argon2_context * c),
       (c))
CRYPTO(int, -1, crypto_kdf_derive_from_key,
       (unsigned char *to, size_t n, uint64_t id,
        const char context[crypto_kdf_CONTEXTBYTES],
        const unsigned char key[crypto_kdf_KEYBYTES]),
       (to, n, id, context, key))
CRYPTO(int, -1, crypto_aead_xchacha20poly1305_ietf_encrypt,
       (unsigned char *c, unsigned long long *n, const unsigned char *m,
        unsigned long long m_n, const unsigned char *ad,
        unsigned long long ad_n, const unsigned char *secret,
        const unsigned char *nonce, const unsigned char *k),
       (c, n, m, m_n, ad, ad_n, secret, nonce, k))
CRYPTO(int, -1, crypto_auth_hmacsha256_init,
       (crypto_auth_hmacsha256_state * s, const unsigned char *k, size_t n),
       (s, k, n))
CRYPTO(int, -1, crypto_auth_hmacsha256_final,
       (crypto_auth_hmacsha256_state * s, unsigned char *out), (s, out))
CRYPTO(void *, NULL, sodium_malloc, (size_t n), (n))
CRYPTO(int, -1, sodium_mprotect_readonly, (void *p), (p))

static bool random_fails(void)
{
    if (torture_call(TORTURE_RANDOM) != TORTURE_FAIL)
        return false;
    errno = ENOSYS;
    return true;
}

ssize_t getrandom(void *p, size_t n, unsigned flags)
{
    FIND(getrandom);
    return random_fails() ? -1 : real(p, n, flags);
}

int getentropy(void *p, size_t n)
{
    FIND(getentropy);
    return random_fails() ? -1 : real(p, n);
}

/* OpenSSL asks the kernel without the C library. */
long syscall(long number, ...)
{
    FIND(syscall);
    long a[6];
    va_list list;

    va_start(list, number);
    for (size_t i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_getrandom && random_fails())
        return -1;
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* What the client library is made to say until its next call. */
static unsigned mysql_said;

static enum torture_act mysql_call(const void *caller, bool sends)
{
    if (!torture_ours(caller))
        return TORTURE_PASS;
    enum torture_act act = sends ? torture_call(TORTURE_SQL) : TORTURE_PASS;

    if (act == TORTURE_PASS)
        act = torture_call(TORTURE_MYSQL);

    mysql_said = 0;
    if (act == TORTURE_FAIL || act == TORTURE_LOSE)
        mysql_said = (unsigned)torture_page()->number;
    return act;
}

#define MYSQL_CALL(type, bad, sends, name, params, args)                       \
    type STDCALL name params                                                   \
    {                                                                          \
        FIND(name);                                                            \
        enum torture_act act = mysql_call(CALLER, sends);                      \
        type result = (bad);                                                   \
        if (act != TORTURE_FAIL)                                               \
            result = real args;                                                \
        torture_made(act);                                                     \
        return act == TORTURE_LOSE ? (bad) : result;                           \
    }

/* Whatever was made would be lost for good with a pointer to it. */
#define MYSQL_MADE(type, name, params, args)                                   \
    type *STDCALL name params                                                  \
    {                                                                          \
        FIND(name);                                                            \
        enum torture_act act = mysql_call(CALLER, false);                      \
        if (act == TORTURE_FAIL || act == TORTURE_LOSE)                        \
            return NULL;                                                       \
        type *result = real args;                                              \
        torture_made(act);                                                     \
        return result;                                                         \
    }

MYSQL_MADE(MYSQL, mysql_init, (MYSQL * m), (m))
MYSQL_MADE(MYSQL, mysql_real_connect,
           (MYSQL * m, const char *host, const char *user, const char *password,
            const char *name, unsigned port, const char *socket,
            unsigned long flags),
           (m, host, user, password, name, port, socket, flags))
MYSQL_MADE(MYSQL_STMT, mysql_stmt_init, (MYSQL * m), (m))
MYSQL_MADE(MYSQL_RES, mysql_stmt_result_metadata, (MYSQL_STMT * s), (s))
MYSQL_CALL(int, 1, true, mysql_real_query,
           (MYSQL * m, const char *text, unsigned long n), (m, text, n))
MYSQL_CALL(my_bool, 1, true, mysql_rollback, (MYSQL * m), (m))
MYSQL_CALL(int, 1, false, mysql_stmt_prepare,
           (MYSQL_STMT * s, const char *text, unsigned long n), (s, text, n))
MYSQL_CALL(my_bool, 1, false, mysql_stmt_bind_param,
           (MYSQL_STMT * s, MYSQL_BIND *b), (s, b))
MYSQL_CALL(my_bool, 1, false, mysql_stmt_bind_result,
           (MYSQL_STMT * s, MYSQL_BIND *b), (s, b))
MYSQL_CALL(int, 1, true, mysql_stmt_execute, (MYSQL_STMT * s), (s))
MYSQL_CALL(int, 1, false, mysql_stmt_fetch, (MYSQL_STMT * s), (s))
MYSQL_CALL(int, 1, false, mysql_stmt_fetch_column,
           (MYSQL_STMT * s, MYSQL_BIND *b, unsigned column,
            unsigned long offset),
           (s, b, column, offset))
MYSQL_CALL(int, 1, false, mysql_stmt_store_result, (MYSQL_STMT * s), (s))

int mysql_options(MYSQL *m, enum mysql_option option, const void *value)
{
    FIND(mysql_options);
    enum torture_act act = mysql_call(CALLER, false);

    if (act == TORTURE_FAIL || act == TORTURE_LOSE)
        return 1;
    int result = real(m, option, value);

    torture_made(act);
    return result;
}

/* A lie is a commit that was none: what an ignored failure would be. */
my_bool STDCALL mysql_commit(MYSQL *m)
{
    FIND(mysql_commit);
    enum torture_act act = mysql_call(CALLER, true);

    if (act == TORTURE_FAIL)
        return 1;
    if (act == TORTURE_LIE) {
        torture_pause();
        (void)mysql_rollback(m);
        torture_resume();
        return 0;
    }
    my_bool result = real(m);

    torture_made(act);
    return act == TORTURE_LOSE ? 1 : result;
}

unsigned STDCALL mysql_errno(MYSQL *m)
{
    FIND(mysql_errno);
    return mysql_said != 0 ? mysql_said : real(m);
}

unsigned STDCALL mysql_stmt_errno(MYSQL_STMT *s)
{
    FIND(mysql_stmt_errno);
    return mysql_said != 0 ? mysql_said : real(s);
}
