/* SPDX-License-Identifier: MIT */
/* Tokens we make, what they say, and the rules of time, issuer and audience. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/enc.h"
#include "crypto/secret.h"
#include "crypto_token.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct fixture {
    struct arena *arena;
    struct key *keys[KEY_ALG_COUNT];
};

static int set_up(void **state)
{
    static struct fixture f;

    f.arena = arena_new(1 << 22);
    for (size_t i = 0; i < KEY_ALG_COUNT; i++) {
        if (key_generate((enum key_alg)i, &f.keys[i]) != ERR_OK)
            return -1;
    }
    *state = &f;
    return f.arena == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < KEY_ALG_COUNT; i++)
        key_free(&f->keys[i]);
    arena_free(&f->arena);
    return 0;
}

static struct str make(struct fixture *f, const struct jwt_claims *c)
{
    struct str token = {NULL, 0};

    assert_int_equal(jwt_make(f->arena, f->keys[KEY_ES256], c, &token), ERR_OK);
    return token;
}

static enum err verify(struct fixture *f, struct str token,
                       struct jwt_claims *c_r)
{
    return jwt_verify(f->arena, token, f->keys[KEY_ES256], &token_rules, c_r);
}

/* Text of part 0 or 1 of a token. */
static struct str part(struct fixture *f, struct str token, int i)
{
    struct str text = str_cut(&token, '.');
    char *out = NULL;
    size_t n = 0;

    if (i == 1)
        text = str_cut(&token, '.');
    out = arena_alloc(f->arena, text.n + 1);
    assert_non_null(out);
    assert_true(enc_unb64url(text, (uint8_t *)out, text.n, &n));
    return (struct str){out, n};
}

static void assert_same(struct str a, struct str b)
{
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, b.n);
}

static void assert_claims(const struct jwt_claims *a,
                          const struct jwt_claims *b)
{
    assert_same(a->iss, b->iss);
    assert_same(a->aud, b->aud);
    assert_same(a->sub, b->sub);
    assert_same(a->acr, b->acr);
    assert_same(a->client_id, b->client_id);
    assert_same(a->amr, b->amr);
    assert_same(a->roles, b->roles);
    assert_same(a->groups, b->groups);
    assert_true(id_eq(&a->sid, &b->sid));
    assert_true(id_eq(&a->jti, &b->jti));
    assert_int_equal(a->iat, b->iat);
    assert_int_equal(a->exp, b->exp);
    assert_int_equal(a->auth_time, b->auth_time);
    assert_int_equal(a->ver, b->ver);
    assert_int_equal(a->rti, b->rti);
    assert_memory_equal(&a->rth, &b->rth, sizeof(a->rth));
    assert_memory_equal(&a->prh, &b->prh, sizeof(a->prh));
}

static void token_comes_back_whole_with_every_kind_of_key(void **state)
{
    struct fixture *f = *state;
    struct jwt_claims c = token_claims();

    c.custom = STR("{\"plan\":\"gold\",\"seats\":5,\"deep\":{\"b\":[1]}}");
    for (size_t i = 0; i < KEY_ALG_COUNT; i++) {
        struct jwt_claims got;
        struct str token;
        struct str kid;

        assert_int_equal(jwt_make(f->arena, f->keys[i], &c, &token), ERR_OK);
        assert_int_equal(jwt_kid(f->arena, token, &kid), ERR_OK);
        assert_same(kid, str_of(key_id(f->keys[i])));
        assert_int_equal(
            jwt_verify(f->arena, token, f->keys[i], &token_rules, &got),
            ERR_OK);
        assert_claims(&got, &c);
        assert_same(got.custom, STR("{\"deep\":{\"b\":[1]},\"plan\":\"gold\","
                                    "\"seats\":5}"));
    }
}

static void hand_made_token_means_the_same(void **state)
{
    struct fixture *f = *state;
    struct jwt_claims c = token_claims();
    struct jwt_claims got;

    assert_int_equal(
        verify(f,
               token_sign(f->arena, f->keys[KEY_ES256],
                          token_header(f->arena, f->keys[KEY_ES256]),
                          token_payload(f->arena, NULL, NULL)),
               &got),
        ERR_OK);
    assert_claims(&got, &c);
    assert_int_equal(got.custom.n, 0);
}

static void payload_has_what_the_profile_wants_R9068_2_2(void **state)
{
    static const char *const names[] = {"iss",       "exp", "aud", "sub",
                                        "client_id", "iat", "jti", "auth_time",
                                        "acr",       "amr"};
    struct fixture *f = *state;
    struct jwt_claims c = token_claims();
    struct str token = make(f, &c);
    struct str header = part(f, token, 0);
    struct str payload = part(f, token, 1);

    assert_same(header, token_header(f->arena, f->keys[KEY_ES256]));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_non_null(strstr(payload.p, names[i]));
    assert_same(payload, token_payload(f->arena, NULL, NULL));
}

static void absent_members_are_left_out_and_come_back_empty(void **state)
{
    static const struct digest none;
    struct fixture *f = *state;
    struct jwt_claims c = token_claims();
    struct jwt_claims got;
    struct str token;

    c.acr = (struct str){NULL, 0};
    c.prh = none;
    c.amr = c.roles = c.groups = (struct str){NULL, 0};
    token = make(f, &c);
    assert_null(strstr(part(f, token, 1).p, "acr"));
    assert_null(strstr(part(f, token, 1).p, "prh"));
    assert_int_equal(verify(f, token, &got), ERR_OK);
    assert_int_equal(got.acr.n, 0);
    assert_memory_equal(&got.prh, &none, sizeof(none));
    assert_same(got.roles, STR("[]"));
}

static void strange_text_survives(void **state)
{
    struct fixture *f = *state;
    struct jwt_claims c = token_claims();
    struct jwt_claims got;

    c.sub = STR("\"\\\x01\xc3\xa9 \xf0\x9f\x98\x80/");
    c.roles = STR("[\"a\\\"]\",\"\\\\\",\"\"]");
    c.custom = STR(" { \"x\" : \"\\u00e9\" , \"y\" : [ ] } ");
    assert_int_equal(verify(f, make(f, &c), &got), ERR_OK);
    assert_same(got.sub, c.sub);
    assert_same(got.roles, c.roles);
    assert_same(got.custom, STR("{\"x\":\"\xc3\xa9\",\"y\":[]}"));
}

static void bad_custom_is_refused(void **state)
{
    static const char *const cases[] = {
        "x",
        "[]",
        "\"a\"",
        "1",
        "null",
        "{",
        "{}x",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"a\":NaN}",
        "{'a':1}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":9007199254740993}",
        "{\"iss\":\"x\"}",
        "{\"plan\":1,\"sub\":\"root\"}",
        "{\"r\\u006fles\":[\"admin\"]}",
        "{\"exp\":null}",
        "{\"nbf\":1}",
        "{\"scope\":\"all\"}",
        "{\"cnf\":{}}",
        "{\"rth\":\"x\"}",
        "{\"prh\":\"x\"}",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct jwt_claims c = token_claims();
        struct str token = STR("untouched");

        c.custom = str_of(cases[i]);
        assert_int_equal(jwt_make(f->arena, f->keys[KEY_ES256], &c, &token),
                         ERR_VALIDATION);
        assert_same(token, STR("untouched"));
    }
}

static void token_without_a_needed_text_is_not_made_A_9_2_4(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < 4; i++) {
        struct jwt_claims c = token_claims();
        struct str *needed[] = {&c.iss, &c.aud, &c.sub, &c.client_id};
        struct str token;

        *needed[i] = (struct str){NULL, 0};
        assert_int_equal(jwt_make(f->arena, f->keys[KEY_ES256], &c, &token),
                         ERR_VALIDATION);
    }
}

/* {"k00":"xxx…","k01":…}: n members of size bytes. */
static struct str many(struct fixture *f, int n, size_t size)
{
    struct buf b = buf_new(f->arena);
    struct str text;

    for (int i = 0; i < n; i++) {
        buf_fmt(&b, "%c\"k%02d\":\"", i == 0 ? '{' : ',', i);
        for (size_t j = 0; j < size; j++)
            buf_char(&b, 'x');
        buf_char(&b, '"');
    }
    buf_char(&b, '}');
    assert_int_equal(buf_done(&b, &text), ERR_OK);
    return text;
}

static void token_that_nobody_would_read_is_not_made(void **state)
{
    static const struct {
        size_t size;
        int n;
        enum err e;
    } cases[] = {{1, 40, ERR_OK},
                 {1, 60, ERR_VALIDATION},
                 {5000, 1, ERR_OK},
                 {6000, 1, ERR_VALIDATION},
                 {9000, 1, ERR_VALIDATION}};
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct jwt_claims c = token_claims();
        struct jwt_claims got;
        struct str token;

        c.custom = many(f, cases[i].n, cases[i].size);
        assert_int_equal(jwt_make(f->arena, f->keys[KEY_ES256], &c, &token),
                         cases[i].e);
        if (cases[i].e == ERR_OK)
            assert_int_equal(verify(f, token, &got), ERR_OK);
    }
}

static void times_have_exact_bounds_A_9_2_1(void **state)
{
    static const struct {
        const char *name, *json;
        enum err e;
    } cases[] = {
        {"exp", "1700000001", ERR_OK},
        {"exp", "1700000000", ERR_ACCESS_TOKEN_EXPIRED},
        {"exp", "1699999999", ERR_ACCESS_TOKEN_EXPIRED},
        {"exp", "0", ERR_ACCESS_TOKEN_EXPIRED},
        {"iat", "1700000000", ERR_OK},
        {"iat", "1700000060", ERR_OK},
        {"iat", "1700000061", ERR_ACCESS_TOKEN_INVALID},
        {"nbf", "1700000060", ERR_OK},
        {"nbf", "1700000061", ERR_ACCESS_TOKEN_INVALID},
        {"nbf", "0", ERR_OK},
    };
    struct fixture *f = *state;
    const struct key *k = f->keys[KEY_ES256];

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct jwt_claims got;
        struct str payload =
            token_payload(f->arena, cases[i].name, cases[i].json);

        assert_int_equal(
            verify(f,
                   token_sign(f->arena, k, token_header(f->arena, k), payload),
                   &got),
            cases[i].e);
    }
}

static void
other_issuer_or_audience_is_refused_R8725_3_8_R8725_3_9(void **state)
{
    static const struct {
        const char *name, *json;
    } cases[] = {
        {"iss", "\"https://evil.example\""},
        {"iss", "\"https://id.example/\""},
        {"iss", "\"HTTPS://id.example\""},
        {"aud", "\"other\""},
        {"aud", "\"Shop\""},
        {"aud", "\"shop \""},
        {"aud", "\"\""},
        {"aud", "[\"shop\"]"},
        {"aud", "[\"shop\",\"other\"]"},
    };
    struct fixture *f = *state;
    const struct key *k = f->keys[KEY_ES256];

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct jwt_claims got;
        struct str payload =
            token_payload(f->arena, cases[i].name, cases[i].json);

        assert_int_equal(
            verify(f,
                   token_sign(f->arena, k, token_header(f->arena, k), payload),
                   &got),
            ERR_ACCESS_TOKEN_INVALID);
    }
}

/* "Expired" must not tell a stranger that the rest of a forgery was right. */
static void expired_is_said_of_genuine_tokens_only_A_9_1_1_R9068_4(void **state)
{
    struct fixture *f = *state;
    const struct key *k = f->keys[KEY_ES256];
    struct jwt_claims got;
    struct str old = token_payload(f->arena, "exp", "1");
    struct str good = token_sign(f->arena, k, token_header(f->arena, k), old);
    char *bad = arena_strdup(f->arena, good);
    struct jwt_rules other = token_rules;

    assert_non_null(bad);
    bad[good.n - 10] = bad[good.n - 10] == 'A' ? 'B' : 'A';
    assert_int_equal(verify(f, good, &got), ERR_ACCESS_TOKEN_EXPIRED);
    assert_int_equal(verify(f, (struct str){bad, good.n}, &got),
                     ERR_ACCESS_TOKEN_INVALID);
    other.aud = STR("elsewhere");
    assert_int_equal(jwt_verify(f->arena, good, k, &other, &got),
                     ERR_ACCESS_TOKEN_INVALID);
}

static void reserved_names_are_known_exactly(void **state)
{
    static const char *const yes[] = {"iss", "roles", "rti",
                                      "nbf", "scope", "c_hash"};
    static const char *const no[] = {"", "ISS", "is", "isss", "plan", " iss"};

    (void)state;
    for (size_t i = 0; i < COUNT(yes); i++)
        assert_true(jwt_reserved(str_of(yes[i])));
    for (size_t i = 0; i < COUNT(no); i++)
        assert_false(jwt_reserved(str_of(no[i])));
    assert_false(jwt_reserved(STR("iss\0")));
}

static enum err make_and_verify(struct fixture *f, size_t limit, bool making)
{
    struct arena *small = arena_new(limit);
    struct jwt_claims c = token_claims();
    struct jwt_claims got;
    struct str token;
    enum err e = ERR_OK;

    assert_non_null(small);
    arena_reset(f->arena);
    token = make(f, &c);
    c.custom = STR("{\"plan\":1}");
    if (making)
        e = jwt_make(small, f->keys[KEY_ES256], &c, &token);
    else
        e = jwt_verify(small, token, f->keys[KEY_ES256], &token_rules, &got);
    arena_free(&small);
    return e;
}

static void full_arena_is_no_memory_and_never_a_verdict(void **state)
{
    struct fixture *f = *state;

    for (int making = 0; making < 2; making++) {
        enum err e = ERR_NO_MEMORY;
        size_t limit = 16;

        for (; e == ERR_NO_MEMORY; limit += 16)
            e = make_and_verify(f, limit, making);
        assert_int_equal(e, ERR_OK);
        assert_true(limit > 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_comes_back_whole_with_every_kind_of_key),
        cmocka_unit_test(hand_made_token_means_the_same),
        cmocka_unit_test(payload_has_what_the_profile_wants_R9068_2_2),
        cmocka_unit_test(absent_members_are_left_out_and_come_back_empty),
        cmocka_unit_test(strange_text_survives),
        cmocka_unit_test(bad_custom_is_refused),
        cmocka_unit_test(token_without_a_needed_text_is_not_made_A_9_2_4),
        cmocka_unit_test(token_that_nobody_would_read_is_not_made),
        cmocka_unit_test(times_have_exact_bounds_A_9_2_1),
        cmocka_unit_test(
            other_issuer_or_audience_is_refused_R8725_3_8_R8725_3_9),
        cmocka_unit_test(
            expired_is_said_of_genuine_tokens_only_A_9_1_1_R9068_4),
        cmocka_unit_test(reserved_names_are_known_exactly),
        cmocka_unit_test(full_arena_is_no_memory_and_never_a_verdict),
    };

    if (crypto_init() != ERR_OK)
        return 1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
