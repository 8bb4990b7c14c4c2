/* SPDX-License-Identifier: MIT */
/* The configuration: read once from an INI file, checked whole, immutable. */
#ifndef GATEHOUSE_CONFIG_CONFIG_H
#define GATEHOUSE_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/ip.h"
#include "base/str.h"

struct config_list {
    struct str *items;
    size_t count;
};

struct config_nets {
    struct ip_net *items;
    size_t count;
};

/* The member types behind the TYPE column of keys.def. */
#define CONFIG_C_TEXT const char *
#define CONFIG_C_PATH const char *
#define CONFIG_C_SECRET struct config_secret
#define CONFIG_C_INT int64_t
#define CONFIG_C_MODE int64_t /* permission bits, read as octal */
#define CONFIG_C_BOOL bool
#define CONFIG_C_SECONDS int64_t
#define CONFIG_C_BYTES int64_t
#define CONFIG_C_CHOICE unsigned
#define CONFIG_C_LIST struct config_list
#define CONFIG_C_NETS struct config_nets

/* A secret read from its own file: path for messages, value for use. */
struct config_secret {
    const char *path;
    const char *value; /* NUL-terminated; NULL when path is empty */
    size_t n;          /* bytes of value, one trailing newline dropped */
};

/* Choices: the position of the word in the key's help text. */
enum config_prefix { PREFIX_NONE, PREFIX_SECURE, PREFIX_HOST };
enum config_same_site { SAME_SITE_STRICT, SAME_SITE_LAX };
enum config_anti_csrf { ANTI_CSRF_NONE, ANTI_CSRF_HEADER, ANTI_CSRF_TOKEN };
enum config_algorithm { ALG_ES256, ALG_RS256, ALG_HS256 };
enum config_limit_policy { LIMIT_REFUSE, LIMIT_DROP_OLDEST };
/* Each does what those before it do. */
enum config_watch { WATCH_LOG, WATCH_NOTIFY, WATCH_STEP_UP, WATCH_REVOKE };
enum config_mail_transport {
    MAIL_TRANSPORT_NONE,
    MAIL_TRANSPORT_SMTP,
    MAIL_TRANSPORT_SENDMAIL
};
enum config_smtp_tls {
    SMTP_TLS_REQUIRED,
    SMTP_TLS_OPPORTUNISTIC,
    SMTP_TLS_IMPLICIT,
    SMTP_TLS_NONE
};
enum config_reuse { REUSE_THEFT, REUSE_UNAUTHORISED };
enum config_password_hash { PASSWORD_HASH_BCRYPT, PASSWORD_HASH_ARGON2 };
enum config_fdi_same_site {
    FDI_SAME_SITE_AUTO,
    FDI_SAME_SITE_LAX,
    FDI_SAME_SITE_STRICT,
    FDI_SAME_SITE_NONE
};
enum config_fdi_anti_csrf {
    FDI_ANTI_CSRF_AUTO,
    FDI_ANTI_CSRF_NONE,
    FDI_ANTI_CSRF_HEADER,
    FDI_ANTI_CSRF_TOKEN
};
enum config_fdi_transfer { FDI_ANY, FDI_COOKIE, FDI_HEADER };
enum config_fdi_email { FDI_EMAIL_OFF, FDI_EMAIL_OPTIONAL, FDI_EMAIL_REQUIRED };

struct config_provider; /* config/provider.h */

/* In the order of the table, which is that of the man page. */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct config {
#define KEY(section, name, TYPE, def, min, max, reload, help)                  \
    CONFIG_C_##TYPE section##_##name;
#include "config/keys.def"
#undef KEY
    /* The [provider NAME] sections (config/provider.h), in their order. */
    const struct config_provider *providers;
    size_t provider_count;
    struct config_store *store; /* owns every text above */
};

/* Reads file, then file's drop-ins (FILE.d/NAME.conf in byte order), checks
 * every key, bound, relation and secret file (refused when others may read
 * it). NULL on any problem: every problem is written to errors as
 * "file:line: text", and nothing is kept. file NULL: only defaults.
 * Owned by the caller. */
struct config *config_load(const char *file, FILE *errors);

/* Writes every key with its value and help as a file that config_load takes;
 * secrets only by their path. The sample file is this for the defaults. */
void config_show(const struct config *c, FILE *out);

/* A copy of fresh in which every key that needs a restart keeps old's value;
 * their names go to notes. For SIGHUP. Takes over fresh; owned by the caller.
 */
struct config *config_reload(const struct config *old, struct config *fresh,
                             FILE *notes);

/* iss and aud of access tokens (public_url where not set). */
const char *config_issuer(const struct config *c);
/* The aud claim (public_url where not set). */
const char *config_audience(const struct config *c);

/* Wipes the secrets, frees and NULLs *c; safe on NULL. */
void config_free(struct config **c);

#endif
