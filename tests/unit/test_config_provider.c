/* SPDX-License-Identifier: MIT */
/* Providers people may sign in with: what a section may say, what a preset
 * stands in for, and what is refused at which line. */
#include "config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "config/provider.h"

/* Four lines come before the text of a case. */
#define ACME                                                                   \
    "[provider acme]\nissuer = https://id.acme.example\nclient_id = us\n"      \
    "client_secret_file = seal.key\n"

static struct config *take(void **state, const char *text)
{
    struct fixture *f = *state;
    struct config *c = fixture_take(f, text);
    if (c == NULL)
        print_error("%s", f->errors);
    assert_non_null(c);
    assert_string_equal(f->errors, "");
    return c;
}

static const struct config_provider *find(const struct config *c,
                                          const char *name)
{
    const struct config_provider *p =
        config_provider(c, (struct str){name, strlen(name)});
    assert_non_null(p);
    return p;
}

static void test_a_provider_needs_issuer_client_and_secret(void **state)
{
    struct config *c = take(state, FIXTURE_NEEDED ACME);
    const struct config_provider *p = find(c, "acme");
    assert_int_equal(c->provider_count, 1);
    assert_string_equal(p->name, "acme");
    assert_string_equal(p->title, "acme");
    assert_int_equal(p->kind, PROVIDER_OIDC);
    assert_string_equal(p->issuer, "https://id.acme.example");
    assert_string_equal(p->client_secret_file.value, "1:key");
    assert_int_equal(p->client_auth, PROVIDER_AUTH_BASIC);
    assert_int_equal(p->id_token_alg, PROVIDER_ALG_RS256);
    assert_string_equal(p->scope, "openid email profile");
    assert_string_equal(p->subject_claim, "sub");
    assert_string_equal(p->token_uri, "");
    assert_true(p->registers);
    assert_false(p->email_trusted);
    assert_false(p->keep_tokens);
    assert_null(config_provider(c, STR("acm")));
    assert_null(config_provider(c, STR("")));
    config_free(&c);
}

static void test_every_key_reaches_its_member(void **state)
{
    struct config *c =
        take(state, FIXTURE_NEEDED
             "[provider a-1]\npreset = none\ntitle = A One\nkind = oidc\n"
             "issuer = http://127.0.0.1:9/x\nclient_id = us\n"
             "client_auth = private_key_jwt\nclient_key_file = seal.key\n"
             "client_key_id = k1\nscope = email openid\n"
             "authorization_uri = https://a.example/1\n"
             "token_uri = https://a.example/2\n"
             "user_info_uri = https://a.example/3?fields=id\n"
             "jwks_uri = https://a.example/4\nid_token_alg = EdDSA\n"
             "subject_claim = s\nemail_claim = e\nemail_verified_claim = v\n"
             "name_claim = n\nemail_trusted = yes\nregister = no\n"
             "sufficient_acr = urn:two\n  urn:three\nsufficient_amr = mfa\n"
             "keep_tokens = yes\nca_file = ca.pem\n");
    const struct config_provider *p = find(c, "a-1");
    assert_string_equal(p->title, "A One");
    assert_int_equal(p->client_auth, PROVIDER_AUTH_KEY);
    assert_string_equal(p->client_key_file.value, "1:key");
    assert_null(p->client_secret_file.value);
    assert_string_equal(p->client_key_id, "k1");
    assert_string_equal(p->scope, "email openid");
    assert_string_equal(p->authorization_uri, "https://a.example/1");
    assert_string_equal(p->token_uri, "https://a.example/2");
    assert_string_equal(p->user_info_uri, "https://a.example/3?fields=id");
    assert_string_equal(p->jwks_uri, "https://a.example/4");
    assert_int_equal(p->id_token_alg, PROVIDER_ALG_EDDSA);
    assert_string_equal(p->subject_claim, "s");
    assert_string_equal(p->email_claim, "e");
    assert_string_equal(p->email_verified_claim, "v");
    assert_string_equal(p->name_claim, "n");
    assert_true(p->email_trusted);
    assert_false(p->registers);
    assert_true(p->keep_tokens);
    assert_int_equal(p->sufficient_acr.count, 2);
    assert_true(str_eq(p->sufficient_acr.items[1], STR("urn:three")));
    assert_int_equal(p->sufficient_amr.count, 1);
    assert_string_equal(p->ca_file, fixture_path(*state, "ca.pem"));
    config_free(&c);
}

struct preset {
    const char *name;
    enum config_provider_kind kind;
    const char *issuer, *user_info_uri, *subject_claim;
};

static void test_a_preset_leaves_only_id_and_secret(void **state)
{
    static const struct preset presets[] = {
        {"google", PROVIDER_OIDC, "https://accounts.google.com", "", "sub"},
        {"apple", PROVIDER_OIDC, "https://appleid.apple.com", "", "sub"},
        {"gitlab", PROVIDER_OIDC, "https://gitlab.com", "", "sub"},
        {"github", PROVIDER_OAUTH2, "", "https://api.github.com/user", "id"},
        {"facebook", PROVIDER_OAUTH2, "",
         "https://graph.facebook.com/v26.0/me?fields=id,name,email", "id"},
        {"discord", PROVIDER_OAUTH2, "", "https://discord.com/api/users/@me",
         "id"},
        {"linkedin", PROVIDER_OAUTH2, "",
         "https://api.linkedin.com/v2/userinfo", "sub"}};
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
        char text[512];
        assert_in_range(
            snprintf(text, sizeof text,
                     "%s[provider x%zu]\nclient_id = us\npreset = %s\n"
                     "client_secret_file = seal.key\n",
                     FIXTURE_NEEDED, i, presets[i].name),
            1, sizeof text - 1);
        struct config *c = take(state, text);
        const struct config_provider *p = &c->providers[0];
        assert_int_equal(p->kind, presets[i].kind);
        assert_string_equal(p->issuer, presets[i].issuer);
        assert_string_equal(p->user_info_uri, presets[i].user_info_uri);
        assert_string_equal(p->subject_claim, presets[i].subject_claim);
        assert_false(p->email_trusted);
        assert_string_not_equal(p->title, p->name);
        config_free(&c);
    }
}

static void test_what_is_written_wins_over_a_preset(void **state)
{
    struct config *c =
        take(state, FIXTURE_NEEDED
             "[provider google]\ntitle = Work\nname_claim =\n"
             "client_id = us\nclient_secret_file = seal.key\n"
             "preset = google\n"
             "[provider ms]\npreset = microsoft\nclient_id = us\n"
             "issuer = https://login.microsoftonline.com/t/v2.0\n"
             "client_secret_file = seal.key\n");
    assert_string_equal(find(c, "google")->title, "Work");
    assert_string_equal(find(c, "google")->name_claim, "");
    assert_string_equal(find(c, "google")->issuer,
                        "https://accounts.google.com");
    assert_string_equal(find(c, "ms")->title, "Microsoft");
    /* Nobody vouches for these addresses. */
    assert_string_equal(find(c, "ms")->email_verified_claim, "");
    config_free(&c);
}

static void test_a_drop_in_changes_one_key_of_a_provider(void **state)
{
    struct fixture *f = *state;
    struct config *c = take(state, FIXTURE_NEEDED ACME);
    config_free(&c);
    assert_int_equal(mkdir(fixture_path(f, "gatehouse.conf.d"), 0755), 0);
    fixture_write(f, "gatehouse.conf.d/a.conf",
                  "[provider acme]\nclient_id = they\n[provider b]\n"
                  "preset = gitlab\nclient_auth = none\nclient_id = we\n",
                  0644);
    c = take(state, FIXTURE_NEEDED ACME);
    assert_int_equal(c->provider_count, 2);
    assert_string_equal(find(c, "acme")->client_id, "they");
    assert_string_equal(find(c, "acme")->issuer, "https://id.acme.example");
    assert_string_equal(find(c, "b")->client_id, "we");
    config_free(&c);
}

static void test_what_is_shown_of_providers_loads_to_the_same(void **state)
{
    struct config *c = take(
        state, FIXTURE_NEEDED
        "[oauth2]\nenabled = yes\nredirect_uris = https://a.example/b\n"
        "    org.example.app:/back http://localhost:3000/\n" ACME
        "sufficient_amr = mfa hwk\n[provider hub]\npreset = github\n"
        "client_id = us\nclient_secret_file = seal.key\nscope = user:email\n");
    char *first = fixture_show(c);
    assert_null(strstr(first, "1:key"));
    config_free(&c);
    c = take(state, first);
    assert_int_equal(c->provider_count, 2);
    assert_string_equal(find(c, "hub")->scope, "user:email");
    assert_int_equal(find(c, "acme")->sufficient_amr.count, 2);
    char *second = fixture_show(c);
    assert_string_equal(first, second);
    free(first);
    free(second);
    config_free(&c);
}

static void test_a_reload_takes_providers(void **state)
{
    struct config *old = take(state, FIXTURE_NEEDED ACME);
    struct config *fresh =
        take(state, FIXTURE_NEEDED "[provider b]\npreset = gitlab\n"
                                   "client_auth = none\nclient_id = we\n");
    struct config *c = config_reload(old, fresh, stderr);
    assert_non_null(c);
    config_free(&old); /* nothing of it may be borrowed */
    assert_int_equal(c->provider_count, 1);
    assert_string_equal(find(c, "b")->client_id, "we");
    config_free(&c);
}

struct bad {
    const char *name;
    const char *text; /* behind FIXTURE_NEEDED, which has four lines */
    const char *told; /* the whole of errors */
};

#define NAME_RULE                                                              \
    "a provider's name has 1 to 32 of a-z, 0-9 and -, and is neither "         \
    "password nor oauth2\n"
#define URI_RULE "must be https, or http to this machine, without fragment\n"
#define X32 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct bad sections[] = {
    {"no name", "[provider]\n",
     "gatehouse.conf:5: [provider]: unknown "
     "section\n"},
    {"empty name", "[provider ]\n",
     "gatehouse.conf:5: [provider ]: " NAME_RULE},
    {"capitals, whose keys are not told as well",
     "[provider Acme]\nclient_id = x\nfoo = x\n",
     "gatehouse.conf:5: [provider Acme]: " NAME_RULE},
    {"hyphen first", "[provider -a]\n",
     "gatehouse.conf:5: [provider -a]: " NAME_RULE},
    {"two names", "[provider a b]\n",
     "gatehouse.conf:5: [provider a b]: " NAME_RULE},
    {"path", "[provider a/b]\n",
     "gatehouse.conf:5: [provider a/b]: " NAME_RULE},
    {"the name of another way in", "[provider password]\n",
     "gatehouse.conf:5: [provider password]: " NAME_RULE},
    {"the name of the protocol", "[provider oauth2]\n",
     "gatehouse.conf:5: [provider oauth2]: " NAME_RULE},
    {"overlong name", "[provider " X32 "x]\n",
     "gatehouse.conf:5: [provider " X32 "x]: " NAME_RULE},
    {"text behind", ACME "[provider b] client_id = us\n",
     "gatehouse.conf:9: unexpected text behind [provider b]\n"
     "gatehouse.conf:9: provider b.client_id: must be set\n"
     "gatehouse.conf:9: provider b.client_secret_file: must be set with a "
     "client_auth of client_secret_...\n"
     "gatehouse.conf:9: provider b.issuer: must be set with kind = oidc\n"},
    {"unknown key", ACME "secret = x\n",
     "gatehouse.conf:9: provider acme.secret: unknown key\n"},
    {"key of another section", ACME "enabled = yes\n",
     "gatehouse.conf:9: provider acme.enabled: unknown key\n"},
    {"key of a provider in another section", "[oauth2]\nissuer = x\n",
     "gatehouse.conf:6: oauth2.issuer: unknown key\n"},
    {"key twice", ACME "client_id = we\n",
     "gatehouse.conf:9: provider acme.client_id: set before, in line 7\n"},
    {"key twice in two parts of a section",
     ACME "[log]\n[provider acme]\nclient_id = we\n",
     "gatehouse.conf:11: provider acme.client_id: set before, in line 7\n"},
    {"continued single value", ACME "title = A\n  B\n",
     "gatehouse.conf:10: provider acme.title: takes one line (a line began "
     "with a blank)\n"},
};

static const struct bad values[] = {
    {"unknown preset", ACME "preset = acme\n",
     "gatehouse.conf:9: provider acme.preset: must be one of: none google "
     "microsoft apple github gitlab facebook discord linkedin\n"},
    {"unknown kind", ACME "kind = saml\n",
     "gatehouse.conf:9: provider acme.kind: must be one of: oidc oauth2\n"},
    {"algorithm none", ACME "id_token_alg = none\n",
     "gatehouse.conf:9: provider acme.id_token_alg: must be one of: RS256 "
     "ES256 PS256 EdDSA\n"},
    {"algorithm with the client's secret", ACME "id_token_alg = HS256\n",
     "gatehouse.conf:9: provider acme.id_token_alg: must be one of: RS256 "
     "ES256 PS256 EdDSA\n"},
    {"no subject", ACME "subject_claim =\n",
     "gatehouse.conf:9: provider acme.subject_claim: must not be empty\n"},
    {"no truth", ACME "email_trusted = maybe\n",
     "gatehouse.conf:9: provider acme.email_trusted: must be yes or no\n"},
    {"OpenID Connect without its scope", ACME "scope = email openidx\n",
     "gatehouse.conf:9: provider acme.scope: must have openid with kind = "
     "oidc\n"},
    {"endpoint in clear", ACME "token_uri = http://a.example/\n",
     "gatehouse.conf:9: provider acme.token_uri: " URI_RULE},
    {"endpoint that only looks like this host",
     ACME "token_uri = http://127.0.0.1@a.example/\n",
     "gatehouse.conf:9: provider acme.token_uri: " URI_RULE},
    {"endpoint on this host by a name",
     ACME "jwks_uri = http://localhost.example/\n",
     "gatehouse.conf:9: provider acme.jwks_uri: " URI_RULE},
    {"endpoint with a fragment", ACME "user_info_uri = https://a.example/#x\n",
     "gatehouse.conf:9: provider acme.user_info_uri: " URI_RULE},
    {"file as endpoint", ACME "authorization_uri = file:///etc/passwd\n",
     "gatehouse.conf:9: provider acme.authorization_uri: " URI_RULE},
    {"endpoint without host", ACME "token_uri = https:///x\n",
     "gatehouse.conf:9: provider acme.token_uri: " URI_RULE},
    {"nothing set", "[provider a]\n",
     "gatehouse.conf:5: provider a.client_id: must be set\n"
     "gatehouse.conf:5: provider a.client_secret_file: must be set with a "
     "client_auth of client_secret_...\n"
     "gatehouse.conf:5: provider a.issuer: must be set with kind = oidc\n"},
    {"a tenant's issuer is not preset",
     "[provider a]\npreset = microsoft\nclient_id = us\n"
     "client_secret_file = seal.key\n",
     "gatehouse.conf:5: provider a.issuer: must be set with kind = oidc\n"},
    {"issuer with a query",
     "[provider a]\nclient_auth = none\nclient_id = us\n"
     "issuer = https://a.example/?t=1\n",
     "gatehouse.conf:8: provider a.issuer: must have no query\n"},
    {"key without file",
     "[provider a]\npreset = gitlab\nclient_id = us\n"
     "client_auth = private_key_jwt\n",
     "gatehouse.conf:5: provider a.client_key_file: must be set with "
     "client_auth = private_key_jwt\n"},
    {"OAuth 2.0 without endpoints",
     "[provider a]\nkind = oauth2\nclient_id = us\nclient_auth = none\n"
     "issuer = https://a.example\nsufficient_amr = mfa\n",
     "gatehouse.conf:5: provider a.authorization_uri: must be set with kind "
     "= oauth2\n"
     "gatehouse.conf:5: provider a.token_uri: must be set with kind = "
     "oauth2\n"
     "gatehouse.conf:5: provider a.user_info_uri: must be set with kind = "
     "oauth2\n"
     "gatehouse.conf:9: provider a.issuer: must be empty with kind = oauth2\n"
     "gatehouse.conf:10: provider a.sufficient_amr: must be empty with kind "
     "= oauth2\n"},
};

#define BACK_RULE                                                              \
    "must be https, http to a loopback address, or an app's own scheme such "  \
    "as org.example.app:/back; without fragment\n"
#define BACK "gatehouse.conf:6: oauth2.redirect_uris: " BACK_RULE

static const struct bad backs[] = {
    {"enabled without a way back", "[oauth2]\nenabled = yes\n",
     "gatehouse.conf:6: oauth2.redirect_uris: must be set when "
     "oauth2.enabled is on\n"},
    {"relative", "[oauth2]\nredirect_uris = /welcome\n", BACK},
    {"in clear", "[oauth2]\nredirect_uris = http://a.example/\n", BACK},
    {"one of two", "[oauth2]\nredirect_uris = https://a.example/ b\n", BACK},
    {"fragment", "[oauth2]\nredirect_uris = https://a.example/#x\n", BACK},
    {"user part", "[oauth2]\nredirect_uris = https://a@b.example/\n", BACK},
    {"script", "[oauth2]\nredirect_uris = javascript:alert(1)\n", BACK},
    {"data", "[oauth2]\nredirect_uris = data:text/html,x\n",
     "gatehouse.conf:6: oauth2.redirect_uris: words are parted by blanks, "
     "not commas\n"},
    {"scheme that is no domain", "[oauth2]\nredirect_uris = app:/back\n", BACK},
    {"scheme alone", "[oauth2]\nredirect_uris = org.example.app:\n", BACK},
    {"error page in clear", "[oauth2]\nerror_uri = http://a.example/\n",
     "gatehouse.conf:6: oauth2.error_uri: " BACK_RULE},
    {"second factor's page relative", "[oauth2]\ntwo_factor_uri = /code\n",
     "gatehouse.conf:6: oauth2.two_factor_uri: " BACK_RULE},
};

static void refuse(struct fixture *f, const struct bad *b, size_t n)
{
    assert_int_not_equal(n, 0);
    for (size_t i = 0; i < n; i++) {
        char text[2048] = FIXTURE_NEEDED;
        struct config *c = fixture_take(f, strcat(text, b[i].text));
        if (c != NULL || strcmp(f->errors, b[i].told) != 0)
            print_error("%s: %s", b[i].name, f->errors);
        assert_null(c);
        assert_string_equal(f->errors, b[i].told);
    }
}

static void test_bad_sections_are_refused(void **state)
{
    refuse(*state, sections, sizeof sections / sizeof sections[0]);
}

static void test_bad_values_are_refused(void **state)
{
    refuse(*state, values, sizeof values / sizeof values[0]);
}

static void test_bad_ways_back_are_refused(void **state)
{
    refuse(*state, backs, sizeof backs / sizeof backs[0]);
}

static void test_thirty_two_providers_are_enough(void **state)
{
    struct fixture *f = *state;
    char text[8192] = FIXTURE_NEEDED;
    size_t n = strlen(text);
    for (unsigned i = 0; i < 33; i++)
        n += (size_t)snprintf(text + n, sizeof text - n,
                              "[provider p%u]\npreset = gitlab\n"
                              "client_auth = none\nclient_id = us\n",
                              i);
    assert_in_range(n, 1, sizeof text - 1);
    assert_null(fixture_take(f, text));
    assert_string_equal(
        f->errors,
        "gatehouse.conf:133: [provider p32]: more than 32 providers\n");
}

static void test_A_13_3_2_a_secret_others_may_read_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "client.secret", "swordfish", 0644);
    assert_null(fixture_take(f, FIXTURE_NEEDED
                             "[provider a]\npreset = gitlab\nclient_id = us\n"
                             "client_secret_file = client.secret\n"));
    assert_non_null(
        strstr(f->errors, "gatehouse.conf:8: provider a.client_secret_file: "));
    assert_non_null(strstr(f->errors, "others than owner and group"));
    assert_null(strstr(f->errors, "swordfish"));
}

int main(void)
{
#define T(name)                                                                \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_provider_needs_issuer_client_and_secret),
        T(test_every_key_reaches_its_member),
        T(test_a_preset_leaves_only_id_and_secret),
        T(test_what_is_written_wins_over_a_preset),
        T(test_a_drop_in_changes_one_key_of_a_provider),
        T(test_what_is_shown_of_providers_loads_to_the_same),
        T(test_a_reload_takes_providers),
        T(test_bad_sections_are_refused),
        T(test_bad_values_are_refused),
        T(test_bad_ways_back_are_refused),
        T(test_thirty_two_providers_are_enough),
        T(test_A_13_3_2_a_secret_others_may_read_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
