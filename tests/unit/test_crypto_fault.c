/* SPDX-License-Identifier: MIT */
/* Every call of a library or the system that can fail, made to fail: nothing
 * is signed, opened, accepted or half made then (ASVS 11.2.5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>

#include <argon2.h>
#include <jwt.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <uninorm.h>

#include "crypto/normal.h"
#include "crypto/password.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "crypto_token.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SEAL_KEY "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"

/* Which call fails once, and after how many good ones. */
static struct {
    const char *name;
    int after;
    int failed;
} plan;

static bool fails(const char *name)
{
    if (plan.name == NULL || strcmp(plan.name, name) != 0 || plan.after-- != 0)
        return false;
    plan.failed++;
    errno = ENOMEM;
    return true;
}

static void make_fail(const char *name, int after)
{
    plan.name = name;
    plan.after = after;
    plan.failed = 0;
}

/* One wrapper: the real prototype, its arguments, and the answer that means
 * failure. */
#define WRAP(type, name, prototype, arguments, bad)                            \
    type __real_##name prototype;                                              \
    type __wrap_##name prototype;                                              \
    type __wrap_##name prototype                                               \
    {                                                                          \
        return fails(#name) ? (bad) : __real_##name arguments;                 \
    }

WRAP(int, EVP_Digest,
     (const void *p, size_t n, unsigned char *out, unsigned *out_n,
      const EVP_MD *type, ENGINE *e),
     (p, n, out, out_n, type, e), 0)
WRAP(int, EVP_PKEY_sign,
     (EVP_PKEY_CTX * c, unsigned char *s, size_t *n, const unsigned char *t,
      size_t tn),
     (c, s, n, t, tn), 0)
WRAP(int, EVP_PKEY_verify,
     (EVP_PKEY_CTX * c, const unsigned char *s, size_t n,
      const unsigned char *t, size_t tn),
     (c, s, n, t, tn), -1)
WRAP(int, EVP_PKEY_sign_init, (EVP_PKEY_CTX * c), (c), 0)
WRAP(PKCS8_PRIV_KEY_INFO *, EVP_PKEY2PKCS8, (const EVP_PKEY *k), (k), NULL)
WRAP(int, EVP_PKEY_get_bn_param,
     (const EVP_PKEY *k, const char *name, BIGNUM **bn), (k, name, bn), 0)
WRAP(void *, sodium_malloc, (size_t n), (n), NULL)
WRAP(int, crypto_kdf_derive_from_key,
     (unsigned char *out, size_t n, uint64_t id, const char *ctx,
      const unsigned char *key),
     (out, n, id, ctx, key), -1)
WRAP(int, crypto_aead_xchacha20poly1305_ietf_encrypt,
     (unsigned char *c, unsigned long long *cn, const unsigned char *m,
      unsigned long long mn, const unsigned char *ad, unsigned long long adn,
      const unsigned char *nsec, const unsigned char *nonce,
      const unsigned char *k),
     (c, cn, m, mn, ad, adn, nsec, nonce, k), -1)
WRAP(int, jwt_new, (jwt_t * *jwt), (jwt), ENOMEM)
WRAP(char *, jwt_get_grants_json, (jwt_t * jwt, const char *name), (jwt, name),
     NULL)
WRAP(uint8_t *, u8_normalize,
     (uninorm_t nf, const uint8_t *s, size_t n, uint8_t *buf, size_t *length),
     (nf, s, n, buf, length), NULL)
WRAP(uint8_t *, u8_casefold,
     (const uint8_t *s, size_t n, const char *language, uninorm_t nf,
      uint8_t *buf, size_t *length),
     (s, n, language, nf, buf, length), NULL)
WRAP(void *, mmap, (void *at, size_t n, int p, int flags, int fd, off_t o),
     (at, n, p, flags, fd, o), MAP_FAILED)
WRAP(int, argon2id_ctx, (argon2_context * c), (c),
     ARGON2_MEMORY_ALLOCATION_ERROR)
WRAP(int, pthread_mutexattr_setrobust, (pthread_mutexattr_t * a, int robust),
     (a, robust), EINVAL)
WRAP(void *, calloc, (size_t n, size_t size), (n, size), NULL)

ssize_t __real_getrandom(void *p, size_t n, unsigned flags);
ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags);
ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags)
{
    if (fails("getrandom EINTR")) {
        errno = EINTR;
        return -1;
    }
    if (fails("getrandom")) {
        errno = ENOSYS;
        return -1;
    }
    if (fails("getrandom short"))
        n = 1;
    return __real_getrandom(p, n, flags);
}

EVP_PKEY *__real_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *lib, const char *query,
                                   const char *type, ...);
EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *lib, const char *query,
                                   const char *type, ...);
EVP_PKEY *__wrap_EVP_PKEY_Q_keygen(OSSL_LIB_CTX *lib, const char *query,
                                   const char *type, ...)
{
    if (fails("EVP_PKEY_Q_keygen"))
        return NULL;
    return __real_EVP_PKEY_Q_keygen(lib, query, type, "P-256");
}

struct fixture {
    struct arena *arena;
    struct key *es256, *hs256;
    struct sealer *sealer;
    struct hasher *hasher;
    struct str token, der, sealed;
    char hash[PASSWORD_HASH_MAX];
};

static enum err fill(struct fixture *f)
{
    static const struct password_params params = {64, 1};
    struct jwt_claims c = token_claims();
    enum err e = key_generate(KEY_ES256, &f->es256);

    f->arena = arena_new(1 << 24);
    if (f->arena == NULL || e != ERR_OK ||
        key_generate(KEY_HS256, &f->hs256) != ERR_OK ||
        sealer_new(STR(SEAL_KEY), &f->sealer) != ERR_OK ||
        hasher_new(&params, 1, &f->hasher) != ERR_OK)
        return ERR_INTERNAL;
    if (jwt_make(f->arena, f->es256, &c, &f->token) != ERR_OK ||
        key_export(f->es256, f->arena, &f->der) != ERR_OK ||
        seal(f->sealer, f->arena, SEAL_EMAIL, STR("p"), STR("x"), &f->sealed) !=
            ERR_OK)
        return ERR_INTERNAL;
    return password_hash(f->hasher, STR("pw"), 1000, f->hash);
}

static int set_up(void **state)
{
    static struct fixture f;

    *state = &f;
    return fill(&f) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    key_free(&f->es256);
    key_free(&f->hs256);
    sealer_free(&f->sealer);
    hasher_free(&f->hasher);
    arena_free(&f->arena);
    return 0;
}

/* What the calls below would fill, to see that they do not. */
static struct {
    struct key *key;
    struct sealer *sealer;
    struct hasher *hasher;
    struct str text;
    struct jwt_claims claims;
    struct digest digest;
    char hash[PASSWORD_HASH_MAX];
    uint8_t bytes[16];
    size_t n;
    bool rehash;
} out;

static enum err do_random(struct fixture *f)
{
    (void)f;
    return random_bytes(out.bytes, sizeof(out.bytes));
}

static enum err do_generate_es256(struct fixture *f)
{
    (void)f;
    return key_generate(KEY_ES256, &out.key);
}

static enum err do_generate_hs256(struct fixture *f)
{
    (void)f;
    return key_generate(KEY_HS256, &out.key);
}

static enum err do_import(struct fixture *f)
{
    return key_import(KEY_ES256, f->der, &out.key);
}

static enum err do_import_hs256(struct fixture *f)
{
    return key_import(KEY_HS256, key_hmac_secret(f->hs256), &out.key);
}

static enum err do_export(struct fixture *f)
{
    return key_export(f->es256, f->arena, &out.text);
}

static enum err do_make(struct fixture *f)
{
    struct jwt_claims c = token_claims();

    c.custom = STR("{\"plan\":1}");
    return jwt_make(f->arena, f->es256, &c, &out.text);
}

static enum err do_verify(struct fixture *f)
{
    return jwt_verify(f->arena, f->token, f->es256, &token_rules, &out.claims);
}

static enum err do_kid(struct fixture *f)
{
    return jwt_kid(f->arena, f->token, &out.text);
}

static enum err do_sealer(struct fixture *f)
{
    (void)f;
    return sealer_new(STR(SEAL_KEY), &out.sealer);
}

static enum err do_seal(struct fixture *f)
{
    return seal(f->sealer, f->arena, SEAL_EMAIL, STR("p"), STR("x"), &out.text);
}

static enum err do_seal_line(struct fixture *f)
{
    return sealer_new_line(f->arena, STR("k"), &out.text);
}

static enum err do_nfc(struct fixture *f)
{
    return normal_nfc(f->arena, STR("\xc3\xa9"), &out.text);
}

static enum err do_fold(struct fixture *f)
{
    return normal_fold(f->arena, STR("\xc3\xa9"), &out.text);
}

static enum err do_email(struct fixture *f)
{
    return normal_email(f->arena, STR("\xc3\xa9@b.c"), &out.text);
}

static enum err do_hasher(struct fixture *f)
{
    static const struct password_params params = {64, 1};

    (void)f;
    return hasher_new(&params, 1, &out.hasher);
}

static enum err do_hash(struct fixture *f)
{
    return password_hash(f->hasher, STR("pw"), 1000, out.hash);
}

static enum err do_check(struct fixture *f)
{
    return password_verify(f->hasher, STR("pw"), f->hash, 1000, &out.rehash);
}

static enum err do_check_nobody(struct fixture *f)
{
    return password_verify(f->hasher, STR("pw"), NULL, 1000, &out.rehash);
}

static enum err do_digest(struct fixture *f)
{
    (void)f;
    return digest_sha256(STR("x"), &out.digest);
}

static void failing_call_fails_closed_A_11_2_5(void **state)
{
    static const struct {
        const char *name;
        int after;
        enum err e;
        enum err (*act)(struct fixture *f);
    } cases[] = {
        {"getrandom", 0, ERR_NO_RANDOM, do_random},
        {"getrandom", 0, ERR_NO_RANDOM, do_generate_hs256},
        {"getrandom", 0, ERR_NO_RANDOM, do_seal},
        {"getrandom", 0, ERR_NO_RANDOM, do_seal_line},
        {"getrandom", 0, ERR_NO_RANDOM, do_hash},
        {"EVP_Digest", 0, ERR_INTERNAL, do_digest},
        {"EVP_Digest", 0, ERR_INTERNAL, do_generate_es256},
        {"EVP_Digest", 2, ERR_INTERNAL, do_generate_es256},
        {"EVP_Digest", 0, ERR_INTERNAL, do_import_hs256},
        {"EVP_Digest", 0, ERR_INTERNAL, do_make},
        {"EVP_Digest", 0, ERR_INTERNAL, do_verify},
        {"EVP_PKEY_Q_keygen", 0, ERR_INTERNAL, do_generate_es256},
        {"EVP_PKEY_sign", 0, ERR_INTERNAL, do_generate_es256},
        {"EVP_PKEY_sign", 0, ERR_INTERNAL, do_import},
        {"EVP_PKEY_sign", 0, ERR_INTERNAL, do_make},
        {"EVP_PKEY_verify", 0, ERR_INTERNAL, do_verify},
        {"EVP_PKEY_verify", 0, ERR_INTERNAL, do_import},
        {"EVP_PKEY_sign_init", 0, ERR_INTERNAL, do_import},
        {"EVP_PKEY2PKCS8", 0, ERR_INTERNAL, do_export},
        {"EVP_PKEY_get_bn_param", 0, ERR_INTERNAL, do_import},
        {"EVP_PKEY_get_bn_param", 1, ERR_INTERNAL, do_import},
        {"calloc", 0, ERR_NO_MEMORY, do_import},
        {"calloc", 0, ERR_NO_MEMORY, do_hasher},
        {"sodium_malloc", 0, ERR_NO_MEMORY, do_generate_hs256},
        {"sodium_malloc", 0, ERR_NO_MEMORY, do_import_hs256},
        {"sodium_malloc", 0, ERR_NO_MEMORY, do_sealer},
        {"crypto_kdf_derive_from_key", 0, ERR_INTERNAL, do_sealer},
        {"crypto_kdf_derive_from_key", 5, ERR_INTERNAL, do_sealer},
        {"crypto_aead_xchacha20poly1305_ietf_encrypt", 0, ERR_INTERNAL,
         do_seal},
        {"jwt_new", 0, ERR_NO_MEMORY, do_kid},
        {"jwt_new", 1, ERR_NO_MEMORY, do_verify},
        {"jwt_new", 0, ERR_NO_MEMORY, do_make},
        {"u8_normalize", 0, ERR_NO_MEMORY, do_nfc},
        {"u8_casefold", 0, ERR_NO_MEMORY, do_fold},
        {"u8_casefold", 0, ERR_NO_MEMORY, do_email},
        {"mmap", 0, ERR_NO_MEMORY, do_hasher},
        {"pthread_mutexattr_setrobust", 0, ERR_INTERNAL, do_hasher},
        {"argon2id_ctx", 0, ERR_NO_MEMORY, do_hash},
        {"argon2id_ctx", 0, ERR_NO_MEMORY, do_check},
        {"argon2id_ctx", 0, ERR_NO_MEMORY, do_check_nobody},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        enum err e = ERR_OK;

        memset(&out, 0, sizeof(out));
        make_fail(cases[i].name, cases[i].after);
        e = cases[i].act(*state);
        make_fail(NULL, 0);
        assert_int_equal(e, cases[i].e);
        assert_null(out.key);
        assert_null(out.sealer);
        assert_null(out.hasher);
        assert_null(out.text.p);
        assert_null(out.claims.iss.p);
        assert_int_equal(out.hash[0], 0);
        assert_int_equal(cases[i].act(*state), cases[i].act == do_check_nobody
                                                   ? ERR_INVALID_CREDENTIALS
                                                   : ERR_OK);
        key_free(&out.key);
        sealer_free(&out.sealer);
        hasher_free(&out.hasher);
    }
}

/* Each of the many look-ups of claims in its turn. */
static void lost_claim_never_passes_for_an_absent_one(void **state)
{
    int after = 0;

    do {
        enum err e = ERR_OK;

        memset(&out, 0, sizeof(out));
        make_fail("jwt_get_grants_json", after++);
        e = do_verify(*state);
        if (plan.failed == 0)
            assert_int_equal(e, ERR_OK);
        else if (e != ERR_OK)
            assert_null(out.claims.iss.p);
        else
            assert_true(out.claims.acr.n == 1 && out.claims.prh.b[0] == 9);
    } while (plan.failed > 0);
    make_fail(NULL, 0);
    assert_true(after > 10);
}

static void interrupted_and_short_reads_are_taken_up_again(void **state)
{
    static const char *const how[] = {"getrandom EINTR", "getrandom short"};

    for (size_t i = 0; i < COUNT(how); i++) {
        make_fail(how[i], 0);
        assert_int_equal(do_random(*state), ERR_OK);
        assert_int_equal(plan.failed, 1);
        make_fail(NULL, 0);
    }
}

/* A common password must not pass because it could not be looked up. */
static void unknown_verdict_on_a_password_refuses_it(void **state)
{
    (void)state;
    make_fail("EVP_Digest", 0);
    assert_int_equal(password_common(STR("correct horse battery staple")),
                     ERR_INTERNAL);
    make_fail(NULL, 0);
    assert_int_equal(password_common(STR("correct horse battery staple")),
                     ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failing_call_fails_closed_A_11_2_5),
        cmocka_unit_test(lost_claim_never_passes_for_an_absent_one),
        cmocka_unit_test(interrupted_and_short_reads_are_taken_up_again),
        cmocka_unit_test(unknown_verdict_on_a_password_refuses_it),
    };

    if (crypto_init() != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
