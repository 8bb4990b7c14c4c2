/* SPDX-License-Identifier: MIT */
/* Configurations that must be refused, and the line each one is told for. */
#include "config_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct bad {
    const char *name;
    const char *text; /* behind FIXTURE_NEEDED, which has four lines */
    const char *told; /* the whole of errors */
};

#define HUNDRED                                                                \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                       \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct bad lines[] = {
    {"unknown section", "[servers]\n",
     "gatehouse.conf:5: [servers]: unknown section\n"},
    {"unknown section with a key", "[Server]\nworkers = 2\n",
     "gatehouse.conf:5: [Server]: unknown section\n"
     "gatehouse.conf:6: Server.workers: unknown key\n"},
    {"unknown key", "[server]\nworker = 2\n",
     "gatehouse.conf:6: server.worker: unknown key\n"},
    {"key of another section", "[log]\nworkers = 2\n",
     "gatehouse.conf:6: log.workers: unknown key\n"},
    {"key in capitals", "[server]\nWORKERS = 2\n",
     "gatehouse.conf:6: server.WORKERS: unknown key\n"},
    {"key twice", "[server]\nworkers = 2\nworkers = 2\n",
     "gatehouse.conf:7: server.workers: set before, in line 6\n"},
    {"key twice in two parts of a section",
     "[server]\nworkers = 2\n[log]\n[server]\nworkers = 3\n",
     "gatehouse.conf:9: server.workers: set before, in line 6\n"},
    {"list twice in two parts of a section, indented",
     "[server]\npeer_users = a\n[server]\n peer_users = b\n",
     "gatehouse.conf:8: server.peer_users: set before, in line 6\n"},
    {"no equals sign", "[server]\nworkers\n",
     "gatehouse.conf:6: neither [section] nor key = value\n"},
    {"open section", "[server\n",
     "gatehouse.conf:5: neither [section] nor key = value\n"},
    {"text behind a section", "[server] workers = 2\n",
     "gatehouse.conf:5: unexpected text behind [server]\n"},
    {"quoted value", "[database]\nname = \"gatehouse\"\n",
     "gatehouse.conf:6: database.name: values are written without quotes or "
     "';'\n"},
    {"control character", "[database]\nname = gate\033house\n",
     "gatehouse.conf:6: not UTF-8, or a control character\n"},
    {"no UTF-8", "[database]\nname = gate\xffhouse\n",
     "gatehouse.conf:6: not UTF-8, or a control character\n"},
    {"line longer than the parser takes",
     "[passwords]\ncontext_words = " HUNDRED HUNDRED "\n",
     "gatehouse.conf:6: line longer than 190 bytes\n"},
    {"overlong comment, whose tail would be a key",
     "[server]\n# " HUNDRED HUNDRED "\nworkers = 0\n",
     "gatehouse.conf:6: line longer than 190 bytes\n"
     "gatehouse.conf:7: server.workers: must be 1 to 512\n"},
    {"continued line of a single value", "[log]\nlevel = info\n  debug\n",
     "gatehouse.conf:7: log.level: takes one line (a line began with a "
     "blank)\n"},
    {"list with commas", "[passwords]\ncontext_words = acme, rocket\n",
     "gatehouse.conf:6: passwords.context_words: words are parted by blanks, "
     "not commas\n"},
    {"list with a word that looks like a key",
     "[passwords]\ncontext_words = acme a=b\n",
     "gatehouse.conf:6: passwords.context_words: word 2 has '=' or ';', or "
     "begins with '#' or '['\n"},
    {"list with a word that looks like a comment",
     "[passwords]\ncontext_words = acme #b\n",
     "gatehouse.conf:6: passwords.context_words: word 2 has '=' or ';', or "
     "begins with '#' or '['\n"},
    {"key indented under a list",
     "[server]\npeer_users = www-data\n  workers = 2\n",
     "gatehouse.conf:7: server.peer_users: a continued line holds only "
     "words\n"},
    {"comment behind a continued line",
     "[server]\npeer_users = www-data\n  root ; no\n",
     "gatehouse.conf:7: server.peer_users: a continued line holds only "
     "words\n"},
    {"every problem is told", "[server]\nworkers = 0\nbacklog = 0\n",
     "gatehouse.conf:6: server.workers: must be 1 to 512\n"
     "gatehouse.conf:7: server.backlog: must be 1 to 65535\n"},
};

#define TIME "must be a time such as 900, 30s, 15m, 12h, 7d\n"
#define SIZE "must be a size such as 65536, 64k, 1m\n"

static const struct bad values[] = {
    {"number with a sign", "[server]\nworkers = +2\n",
     "gatehouse.conf:6: server.workers: must be a whole number\n"},
    {"negative number", "[server]\nworkers = -1\n",
     "gatehouse.conf:6: server.workers: must be a whole number\n"},
    {"hexadecimal number", "[server]\nworkers = 0x10\n",
     "gatehouse.conf:6: server.workers: must be a whole number\n"},
    {"leading zero", "[server]\nworkers = 08\n",
     "gatehouse.conf:6: server.workers: must be a whole number\n"},
    {"empty number", "[server]\nworkers =\n",
     "gatehouse.conf:6: server.workers: must be a whole number\n"},
    {"number with a unit", "[server]\nworkers = 2k\n",
     "gatehouse.conf:6: server.workers: must be a whole number\n"},
    {"number over its bound", "[server]\nworkers = 513\n",
     "gatehouse.conf:6: server.workers: must be 1 to 512\n"},
    {"number past 64 bits", "[server]\nworkers = 18446744073709551617\n",
     "gatehouse.conf:6: server.workers: must be a whole number\n"},
    {"unknown unit of time", "[throttle]\nwindow = 5w\n",
     "gatehouse.conf:6: throttle.window: " TIME},
    {"unit alone", "[throttle]\nwindow = m\n",
     "gatehouse.conf:6: throttle.window: " TIME},
    {"fraction of a time", "[throttle]\nwindow = 1.5h\n",
     "gatehouse.conf:6: throttle.window: " TIME},
    {"two units", "[throttle]\nwindow = 1h30m\n",
     "gatehouse.conf:6: throttle.window: " TIME},
    {"time that overflows", "[throttle]\nwindow = 9223372036854775807d\n",
     "gatehouse.conf:6: throttle.window: " TIME},
    {"time over its bound", "[throttle]\nwindow = 2d\n",
     "gatehouse.conf:6: throttle.window: must be 1 to 86400 seconds\n"},
    {"unit of another type", "[http]\nmax_body = 1d\n",
     "gatehouse.conf:6: http.max_body: " SIZE},
    {"size over its bound", "[http]\nmax_body = 2m\n",
     "gatehouse.conf:6: http.max_body: must be 1024 to 1048576 bytes\n"},
    {"mode that is not octal", "[server]\nlisten_mode = 688\n",
     "gatehouse.conf:6: server.listen_mode: must be an octal mode such as "
     "660\n"},
    {"mode with more than permissions", "[server]\nlisten_mode = 4660\n",
     "gatehouse.conf:6: server.listen_mode: must be an octal mode such as "
     "660\n"},
    {"mode that is too short", "[server]\nlisten_mode = 66\n",
     "gatehouse.conf:6: server.listen_mode: must be an octal mode such as "
     "660\n"},
    {"word that is no truth", "[http]\nrequire_https = 1\n",
     "gatehouse.conf:6: http.require_https: must be yes or no\n"},
    {"truth in capitals", "[http]\nrequire_https = Yes\n",
     "gatehouse.conf:6: http.require_https: must be yes or no\n"},
    {"R8725_3_2 the algorithm none", "[tokens]\nalgorithm = none\n",
     "gatehouse.conf:6: tokens.algorithm: must be one of: ES256 RS256 "
     "HS256\n"},
    {"R8725_3_2 a weak algorithm", "[tokens]\nalgorithm = RS1\n",
     "gatehouse.conf:6: tokens.algorithm: must be one of: ES256 RS256 "
     "HS256\n"},
    {"choice in another case", "[tokens]\nalgorithm = es256\n",
     "gatehouse.conf:6: tokens.algorithm: must be one of: ES256 RS256 "
     "HS256\n"},
    {"two choices", "[log]\nsink = stderr file\n",
     "gatehouse.conf:6: log.sink: must be one of: stderr file syslog\n"},
    {"empty text that must not be", "[database]\nname =\n",
     "gatehouse.conf:6: database.name: must not be empty\n"},
    {"text that is too long", "[database]\nname = " HUNDRED "\n",
     "gatehouse.conf:6: database.name: must have 1 to 64 characters\n"},
    {"network with host bits", "[http]\ntrusted_proxies = ::1 10.0.0.1/8\n",
     "gatehouse.conf:6: http.trusted_proxies: word 2 is no network (address "
     "or address/bits, host bits zero)\n"},
    {"name as a network", "[http]\ntrusted_proxies = localhost\n",
     "gatehouse.conf:6: http.trusted_proxies: word 1 is no network (address "
     "or address/bits, host bits zero)\n"},
};

#define LISTEN "must be unix:/PATH or tcp:ADDRESS:PORT\n"

static const struct bad relations[] = {
    {"relative socket", "[server]\nlisten = unix:run/socket\n",
     "gatehouse.conf:6: server.listen: " LISTEN},
    {"port alone", "[server]\nlisten = 9000\n",
     "gatehouse.conf:6: server.listen: " LISTEN},
    {"address without port", "[server]\nlisten = tcp:127.0.0.1\n",
     "gatehouse.conf:6: server.listen: " LISTEN},
    {"port zero", "[server]\nlisten = tcp:127.0.0.1:0\n",
     "gatehouse.conf:6: server.listen: " LISTEN},
    {"bare IPv6 address", "[server]\nlisten = tcp:::1:9000\n",
     "gatehouse.conf:6: server.listen: " LISTEN},
    {"name instead of an address", "[server]\nlisten = tcp:localhost:9000\n",
     "gatehouse.conf:6: server.listen: " LISTEN},
    {"log file without name", "[log]\nsink = file\n",
     "gatehouse.conf:6: log.file: must be set when log.sink is file\n"},
    {"database nowhere", "[database]\nsocket =\n",
     "gatehouse.conf:6: database.host: must be set when database.socket is "
     "empty\n"},
    {"origin with a path", "[http]\nallowed_origins = https://a.example/\n",
     "gatehouse.conf:6: http.allowed_origins: must have no path, not even a "
     "closing /\n"},
    {"every origin is looked at",
     "[http]\nallowed_origins = https://a.example *\n",
     "gatehouse.conf:6: http.allowed_origins: must begin with https:// or "
     "http://\n"},
    {"frontend interface at no path", "[fdi]\nbase_path = /\n",
     "gatehouse.conf:6: fdi.base_path: must be a path such as /auth, without "
     "a slash at its end\n"},
    {"frontend pages at no origin",
     "[fdi]\nwebsite_base_path = auth\ncookie_domain = .example.org\n"
     "older_cookie_domain = A\n",
     "gatehouse.conf:6: fdi.website_base_path: must be empty or a path such "
     "as /auth, without a slash at its end\n"
     "gatehouse.conf:7: fdi.cookie_domain: must be a domain such as "
     "example.org, without a dot before it\n"
     "gatehouse.conf:8: fdi.older_cookie_domain: must be host or a domain "
     "such as example.org\n"},
    {"__Host- cookies with a domain",
     "[cookies]\nprefix = host\ndomain = example.org\n",
     "gatehouse.conf:7: cookies.domain: must be empty with cookies.prefix = "
     "host\n"},
    {"prefix without Secure", "[cookies]\nprefix = secure\nsecure = no\n",
     "gatehouse.conf:7: cookies.secure: must be on with a cookies.prefix\n"},
    {"cookie domain with a dot before it", "[cookies]\ndomain = .example.org\n",
     "gatehouse.conf:6: cookies.domain: must be a domain such as "
     "example.org, without a dot before it\n"
     "gatehouse.conf:6: cookies.domain: must be the host of http.public_url "
     "or above\n"},
    {"cookie domain of one label", "[cookies]\ndomain = org\n",
     "gatehouse.conf:6: cookies.domain: must be a domain such as "
     "example.org, without a dot before it\n"},
    {"cookie domain of somebody else", "[cookies]\ndomain = example.com\n",
     "gatehouse.conf:6: cookies.domain: must be the host of http.public_url "
     "or above\n"},
    {"cookie domain that only ends alike", "[cookies]\ndomain = ple.org\n",
     "gatehouse.conf:6: cookies.domain: must be the host of http.public_url "
     "or above\n"},
    {"access token that outlives its refresh token",
     "[tokens]\nrefresh_lifetime = 900\n",
     "gatehouse.conf:6: tokens.access_lifetime: must be below "
     "tokens.refresh_lifetime\n"},
    {"mail from nobody", "[mail]\ntransport = smtp\n",
     "gatehouse.conf:6: mail.from: must be set when mail leaves\n"},
    {"mail from what is no address", "[mail]\nfrom = Somebody <a@b>\n",
     "gatehouse.conf:6: mail.from: must be an address such as "
     "id@example.org\n"},
    {"mail in clear to another host",
     "[mail]\nsmtp_host = mail.example.org\nsmtp_tls = none\n",
     "gatehouse.conf:7: mail.smtp_tls: may be none only with a host of this "
     "machine\n"},
    {"mail in clear to what only looks like this host",
     "[mail]\nsmtp_host = 127.0.0.1.example.org\nsmtp_tls = none\n",
     "gatehouse.conf:7: mail.smtp_tls: may be none only with a host of this "
     "machine\n"},
    {"password by a TLS that can be stripped",
     "[mail]\nsmtp_host = mail.example.org\nsmtp_tls = opportunistic\n"
     "smtp_user = a\nsmtp_password_file = seal.key\n",
     "gatehouse.conf:7: mail.smtp_tls: must be required or implicit with "
     "smtp_user\n"},
    {"user without password", "[mail]\nsmtp_user = a\n",
     "gatehouse.conf:6: mail.smtp_password_file: must be set with "
     "smtp_user\n"},
    {"gateway without secret", "[sms]\ngateway_url = https://g.example/\n",
     "gatehouse.conf:6: sms.secret_file: must be set with gateway_url\n"},
    {"gateway in clear",
     "[sms]\nsecret_file = seal.key\ngateway_url = http://g.example/\n",
     "gatehouse.conf:7: sms.gateway_url: must be https, or http to this "
     "machine\n"},
    {"gateway that only looks like this host",
     "[sms]\nsecret_file = seal.key\n"
     "gateway_url = http://127.0.0.1:80@g.example/\n",
     "gatehouse.conf:7: sms.gateway_url: must be https, or http to this "
     "machine\n"},
    {"gateway of another kind",
     "[sms]\nsecret_file = seal.key\ngateway_url = file:///etc/passwd\n",
     "gatehouse.conf:7: sms.gateway_url: must be https, or http to this "
     "machine\n"},
    {"key that signs before it is published", "[keys]\nrotation = 1h\n",
     "gatehouse.conf:6: keys.publish_ahead: must be below keys.rotation\n"},
};

static void refuse(struct fixture *f, const char *name, const char *text,
                   const char *told)
{
    struct config *c = fixture_take(f, text);
    if (c != NULL || strcmp(f->errors, told) != 0)
        print_error("%s: %s\n", name, c ? "taken" : f->errors);
    assert_null(c);
    assert_string_equal(f->errors, told);
}

static void refuse_all(struct fixture *f, const struct bad *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[1024] = FIXTURE_NEEDED;
        strcat(text, table[i].text);
        refuse(f, table[i].name, text, table[i].told);
    }
}

#define ALL(table) table, sizeof(table) / sizeof((table)[0])

static void test_broken_lines_are_refused(void **state)
{
    refuse_all(*state, ALL(lines));
}

static void test_bad_values_are_refused(void **state)
{
    refuse_all(*state, ALL(values));
}

static void test_broken_relations_are_refused(void **state)
{
    refuse_all(*state, ALL(relations));
}

static void test_a_key_before_any_section_is_refused(void **state)
{
    refuse(*state, "no section", "workers = 2\n" FIXTURE_NEEDED,
           "gatehouse.conf:1: .workers: unknown key\n");
}

static void test_what_is_needed_is_asked_for(void **state)
{
    refuse(*state, "empty file", "",
           "gatehouse.conf:0: http.public_url: must be set\n"
           "gatehouse.conf:0: keys.sealing_key_file: must be set\n");
}

static void test_a_url_without_tls_is_refused_by_default(void **state)
{
    refuse(*state, "http",
           "[http]\npublic_url = http://localhost:8080\n"
           "[keys]\nsealing_key_file = seal.key\n",
           "gatehouse.conf:2: http.public_url: must be https while "
           "http.require_https is on\n");
}

static void test_a_missing_file_is_told(void **state)
{
    struct fixture *f = *state;
    assert_null(fixture_load(f));
    assert_non_null(strstr(f->errors, "gatehouse.conf:0: cannot be opened: "));
}

static void test_A_13_3_2_a_file_all_may_write_is_refused(void **state)
{
    struct fixture *f = *state;
    fixture_write(f, "gatehouse.conf", FIXTURE_NEEDED, 0666);
    assert_null(fixture_load(f));
    assert_non_null(strstr(
        f->errors, "gatehouse.conf:0: refused, for everybody may write it\n"));
}

static void test_a_directory_is_no_configuration(void **state)
{
    struct fixture *f = *state;
    FILE *errors = fopen("/dev/null", "w");
    assert_non_null(errors);
    assert_null(config_load(f->dir, errors));
    assert_int_equal(fclose(errors), 0);
}

int main(void)
{
#define T(name)                                                                \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        T(test_broken_lines_are_refused),
        T(test_bad_values_are_refused),
        T(test_broken_relations_are_refused),
        T(test_a_key_before_any_section_is_refused),
        T(test_what_is_needed_is_asked_for),
        T(test_a_url_without_tls_is_refused_by_default),
        T(test_a_missing_file_is_told),
        T(test_A_13_3_2_a_file_all_may_write_is_refused),
        T(test_a_directory_is_no_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
