/* SPDX-License-Identifier: MIT */
/* Hashing passwords: right answers, and what happens to the shared arenas.
 * argon2id_ctx is wrapped, so that a test can act while an arena is held. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <argon2.h>

#include "crypto/password.h"
#include "crypto/secret.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MEMORY_KIB 64
#define MEMORY_BYTES ((size_t)MEMORY_KIB * 1024)
#define WAIT_MS 5000

int __real_argon2id_ctx(argon2_context *c);
int __wrap_argon2id_ctx(argon2_context *c);

/* What happens inside the next call, while the arena is held. */
static int (*inside)(argon2_context *c);

int __wrap_argon2id_ctx(argon2_context *c)
{
    int (*now)(argon2_context *) = inside;

    inside = NULL;
    return now == NULL ? __real_argon2id_ctx(c) : now(c);
}

static struct hasher *hasher;

static int set_up(void **state)
{
    static const struct password_params params = {MEMORY_KIB, 2};

    (void)state;
    inside = NULL;
    return hasher_new(&params, 1, &hasher) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    hasher_free(&hasher);
    return 0;
}

static enum err verify(const char *password, const char *hash)
{
    bool rehash = false;

    return password_verify(hasher, str_of(password), hash, WAIT_MS, &rehash);
}

/* From the tests of the reference implementation; all need more memory or
 * passes than the hasher has. */
static void reference_hashes_are_verified(void **state)
{
    static const char *const hashes[] = {
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"
        "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"
        "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(hashes); i++) {
        assert_int_equal(verify("password", hashes[i]), ERR_OK);
        assert_int_equal(verify("Password", hashes[i]),
                         ERR_INVALID_CREDENTIALS);
    }
}

static void libargon2_verifies_what_we_hash_A_11_4_2(void **state)
{
    char out[PASSWORD_HASH_MAX];
    char again[PASSWORD_HASH_MAX];

    (void)state;
    assert_int_equal(password_hash(hasher, STR("open sesame"), WAIT_MS, out),
                     ERR_OK);
    assert_int_equal(strncmp(out, "$argon2id$v=19$m=64,t=2,p=1$", 28), 0);
    assert_int_equal(argon2id_verify(out, "open sesame", 11), ARGON2_OK);
    assert_int_equal(verify("open sesame", out), ERR_OK);
    assert_int_equal(password_hash(hasher, STR("open sesame"), WAIT_MS, again),
                     ERR_OK);
    assert_string_not_equal(out, again);
}

static void every_byte_of_a_password_counts_A_6_2_8(void **state)
{
    static const char a128[] =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    char long_1[257];
    char long_2[257];
    const struct {
        struct str set, given;
    } cases[] = {
        {STR("Password1"), STR("password1")},
        {STR("password1"), STR("password1 ")},
        {STR("password1"), STR(" password1")},
        {STR("password1"), STR("password1\0")},
        {STR("pass\0word1"), STR("pass\0word2")},
        {STR("pass\0word1"), STR("pass")},
        {STR("password1"), STR("")},
        {STR("password1"), {NULL, 0}},
        {(struct str){a128, 72}, (struct str){a128, 73}},
        {(struct str){a128, 128}, (struct str){a128, 127}},
        {(struct str){long_1, 257}, (struct str){long_2, 257}},
        {(struct str){long_1, 256}, (struct str){long_1, 257}},
    };

    (void)state;
    memset(long_1, 'x', sizeof(long_1));
    memset(long_2, 'x', sizeof(long_2));
    long_2[256] = 'y';
    for (size_t i = 0; i < COUNT(cases); i++) {
        char out[PASSWORD_HASH_MAX];
        bool rehash = false;

        assert_int_equal(password_hash(hasher, cases[i].set, WAIT_MS, out),
                         ERR_OK);
        assert_int_equal(
            password_verify(hasher, cases[i].set, out, WAIT_MS, &rehash),
            ERR_OK);
        assert_int_equal(
            password_verify(hasher, cases[i].given, out, WAIT_MS, &rehash),
            ERR_INVALID_CREDENTIALS);
    }
}

static void damaged_hash_verifies_nothing(void **state)
{
    char out[PASSWORD_HASH_MAX];

    (void)state;
    assert_int_equal(password_hash(hasher, STR("pw"), WAIT_MS, out), ERR_OK);
    out[strlen(out) - 2] = out[strlen(out) - 2] == 'A' ? 'B' : 'A';
    assert_int_equal(verify("pw", out), ERR_INVALID_CREDENTIALS);
    assert_int_equal(verify("pw", ""), ERR_INTERNAL);
    assert_int_equal(verify("", "$argon2id$v=19$m=64,t=2,p=1$$"), ERR_INTERNAL);
}

static void weaker_parameters_ask_for_a_rehash_A_11_2_2(void **state)
{
    static const struct {
        struct password_params params;
        bool rehash;
    } cases[] = {
        {{MEMORY_KIB, 2}, false},    {{MEMORY_KIB * 2, 2}, false},
        {{MEMORY_KIB, 3}, false},    {{MEMORY_KIB / 2, 2}, true},
        {{MEMORY_KIB, 1}, true},     {{MEMORY_KIB * 2, 1}, true},
        {{MEMORY_KIB / 2, 9}, true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct hasher *other = NULL;
        char out[PASSWORD_HASH_MAX];
        bool rehash = !cases[i].rehash;

        assert_int_equal(hasher_new(&cases[i].params, 1, &other), ERR_OK);
        assert_int_equal(password_hash(other, STR("pw"), WAIT_MS, out), ERR_OK);
        hasher_free(&other);
        assert_int_equal(
            password_verify(hasher, STR("pw"), out, WAIT_MS, &rehash), ERR_OK);
        assert_int_equal(rehash, cases[i].rehash);
        rehash = false;
        assert_int_equal(
            password_verify(hasher, STR("pv"), out, WAIT_MS, &rehash),
            ERR_INVALID_CREDENTIALS);
        assert_false(rehash);
    }
}

static uint32_t seen_memory;
static uint32_t seen_passes;

static int note_parameters(argon2_context *c)
{
    seen_memory = c->m_cost;
    seen_passes = c->t_cost;
    return __real_argon2id_ctx(c);
}

static void unknown_account_costs_the_same_work(void **state)
{
    (void)state;
    seen_memory = 0;
    inside = note_parameters;
    assert_int_equal(verify("pw", NULL), ERR_INVALID_CREDENTIALS);
    assert_int_equal(seen_memory, MEMORY_KIB);
    assert_int_equal(seen_passes, 2);
}

static enum err while_held;

static int try_again_inside(argon2_context *c)
{
    char out[PASSWORD_HASH_MAX];

    while_held = password_hash(hasher, STR("pw"), 15, out);
    /* The call in the call has taken the loan with it. */
    c->allocate_cbk = NULL;
    c->free_cbk = NULL;
    return __real_argon2id_ctx(c);
}

static void no_free_arena_is_unavailable_after_the_wait(void **state)
{
    char out[PASSWORD_HASH_MAX];

    (void)state;
    inside = try_again_inside;
    assert_int_equal(password_hash(hasher, STR("pw"), 0, out), ERR_OK);
    assert_int_equal(while_held, ERR_UNAVAILABLE);
    assert_int_equal(password_hash(hasher, STR("pw"), 0, out), ERR_OK);
}

static void second_arena_is_used_while_the_first_is_held(void **state)
{
    static const struct password_params params = {MEMORY_KIB, 1};
    char out[PASSWORD_HASH_MAX];

    (void)state;
    hasher_free(&hasher);
    assert_int_equal(hasher_new(&params, 2, &hasher), ERR_OK);
    inside = try_again_inside;
    assert_int_equal(password_hash(hasher, STR("pw"), WAIT_MS, out), ERR_OK);
    assert_int_equal(while_held, ERR_OK);
}

static size_t dirty; /* bytes of the arena that were not zero */

static int count_dirty(argon2_context *c)
{
    uint8_t *p = NULL;

    assert_int_equal(c->allocate_cbk(&p, MEMORY_BYTES), ARGON2_OK);
    for (size_t i = 0; i < MEMORY_BYTES; i++)
        dirty += p[i] != 0;
    assert_int_not_equal(c->allocate_cbk(&p, MEMORY_BYTES + 1), ARGON2_OK);
    return __real_argon2id_ctx(c);
}

static void arena_is_wiped_after_use(void **state)
{
    char out[PASSWORD_HASH_MAX];

    (void)state;
    assert_int_equal(password_hash(hasher, STR("pw"), WAIT_MS, out), ERR_OK);
    dirty = 0;
    inside = count_dirty;
    assert_int_equal(password_hash(hasher, STR("pw"), WAIT_MS, out), ERR_OK);
    assert_int_equal(dirty, 0);
}

static int die_inside(argon2_context *c)
{
    uint8_t *p = NULL;

    (void)c->allocate_cbk(&p, MEMORY_BYTES);
    memset(p, 'x', MEMORY_BYTES);
    (void)raise(SIGKILL);
    return ARGON2_OK;
}

static void arena_of_a_dead_worker_is_taken_over_and_wiped(void **state)
{
    char out[PASSWORD_HASH_MAX];
    int status = 0;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        inside = die_inside;
        (void)password_hash(hasher, STR("pw"), WAIT_MS, out);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    dirty = 0;
    inside = count_dirty;
    assert_int_equal(password_hash(hasher, STR("pw"), WAIT_MS, out), ERR_OK);
    assert_int_equal(dirty, 0);
    assert_int_equal(verify("pw", out), ERR_OK);
}

static void hash_of_a_child_is_verified_by_its_parent(void **state)
{
    char out[PASSWORD_HASH_MAX] = "";
    int ends[2];
    int status = 1;
    pid_t child = 0;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (password_hash(hasher, STR("pw"), WAIT_MS, out) != ERR_OK ||
            write(ends[1], out, sizeof(out)) != sizeof(out))
            _exit(1);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(ends[0], out, sizeof(out)), sizeof(out));
    assert_int_equal(verify("pw", out), ERR_OK);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void impossible_settings_are_refused(void **state)
{
    static const struct {
        struct password_params params;
        unsigned arenas;
    } cases[] = {{{7, 1}, 1}, {{64, 0}, 1}, {{64, 1}, 0}, {{64, 1}, 65}};
    struct hasher *other = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(hasher_new(&cases[i].params, cases[i].arenas, &other),
                         ERR_VALIDATION);
        assert_null(other);
    }
    hasher_free(&other);
}

static void common_passwords_are_known_A_6_2_4(void **state)
{
    static const char *const common[] = {
        "password",         "Password",         "PASSWORD1",
        "12345678",         "123456789012345",  "qwertyuiop",
        "iloveyou",         "trustno1",         "aaaaaaaaaaaaaaa",
        "dragondragon",     "dragon2024",       "1qaz2wsx3edc4rfv",
        "passwordpassword", "abcdefghijklmnop", "baseball",
    };
    static const char *const rare[] = {
        "",
        "correct horse battery staple",
        "tr0ub4dor&3-xkcd",
        "pass word",
        "password\n",
        " password",
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
        "passwordpasswordpasswordpasswordpasswordpasswordpasswordpasswordpass",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(common); i++)
        assert_int_equal(password_common(str_of(common[i])),
                         ERR_PASSWORD_COMMON);
    for (size_t i = 0; i < COUNT(rare); i++)
        assert_int_equal(password_common(str_of(rare[i])), ERR_OK);
    assert_int_equal(password_common(STR("password\0")), ERR_OK);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(reference_hashes_are_verified),
        T(libargon2_verifies_what_we_hash_A_11_4_2),
        T(every_byte_of_a_password_counts_A_6_2_8),
        T(damaged_hash_verifies_nothing),
        T(weaker_parameters_ask_for_a_rehash_A_11_2_2),
        T(unknown_account_costs_the_same_work),
        T(no_free_arena_is_unavailable_after_the_wait),
        T(second_arena_is_used_while_the_first_is_held),
        T(arena_is_wiped_after_use),
        T(arena_of_a_dead_worker_is_taken_over_and_wiped),
        T(hash_of_a_child_is_verified_by_its_parent),
        T(impossible_settings_are_refused),
        T(common_passwords_are_known_A_6_2_4),
    };
#undef T

    if (crypto_init() != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
