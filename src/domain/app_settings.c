/* SPDX-License-Identifier: MIT */
/* One row per name. Numbers may come as texts, which is how test suites of SDKs
 * send them. */
#include "domain/app_settings.h"

#include <stddef.h>

#include "base/enc.h"
#include "base/json_read.h"
#include "base/json_write.h"

#define MINUTE_US (INT64_C(60) * CLOCK_SECOND)
#define HOUR_US (60 * MINUTE_US)
#define MILLI_US INT64_C(1000)
#define SETTING_API_KEYS "api_keys"
#define HASH_PREFIX "sha256-"
#define KEY_MIN 20 /* characters of a back end's key */
#define KEY_MAX 256

enum setting_kind {
    SETTING_WHOLE,  /* a number without a fraction */
    SETTING_NUMBER, /* any number */
    SETTING_REUSE,
    SETTING_HASH,
    SETTING_KEYS,
    SETTING_SERVICE /* of the service, the same for all: refused */
};

/* Bounds are in the unit back ends use, `unit` makes ours of it. */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) */
struct setting {
    const char *name;
    enum setting_kind kind;
    double min, max;
    int64_t unit;
    size_t at;   /* of an int64_t in struct app_settings */
    bool shared; /* of the application, not of one tenant */
    bool clock;  /* of the schedule of keys: any value in test mode */
};

#define AT(member) offsetof(struct app_settings, member)

static const struct setting settings[] = {
    {"access_token_validity", SETTING_WHOLE, 1, 86400000, 1,
     AT(access_lifetime_s), false, false},
    {"refresh_token_validity", SETTING_NUMBER, 0.01, 5256000, MINUTE_US,
     AT(refresh_lifetime_us), false, false},
    {"access_token_signing_key_update_interval", SETTING_NUMBER, 1, 87600,
     HOUR_US, AT(key_rotation_us), true, true},
    {"access_token_dynamic_signing_key_update_interval", SETTING_NUMBER, 1,
     87600, HOUR_US, AT(key_rotation_us), true, true},
    {"access_token_validity_jitter", SETTING_NUMBER, 0, 0.25, 1000000,
     AT(jitter_ppm), false, false},
    {"refresh_token_rotation_grace_period", SETTING_WHOLE, 0, 300, 1,
     AT(grace_s), false, false},
    {"recent_token_reuse_behaviour", SETTING_REUSE, 0, 0, 1, 0, false, false},
    {"password_reset_token_lifetime", SETTING_WHOLE, 1, 31536000000.0, MILLI_US,
     AT(reset_lifetime_us), false, false},
    {"email_verification_token_lifetime", SETTING_WHOLE, 1, 31536000000.0,
     MILLI_US, AT(verify_lifetime_us), false, false},
    {"totp_max_attempts", SETTING_WHOLE, 1, 1000, 1, AT(totp_attempts), false,
     false},
    {"totp_rate_limit_cooldown_sec", SETTING_WHOLE, 1, 86400, 1,
     AT(totp_cooldown_s), false, false},
    {"password_hashing_alg", SETTING_HASH, 0, 0, 1, 0, true, false},
    {SETTING_API_KEYS, SETTING_KEYS, 0, 0, 1, 0, true, false},
    {"base_path", SETTING_SERVICE, 0, 0, 1, 0, false, false},
    {"ip_allow_regex", SETTING_SERVICE, 0, 0, 1, 0, false, false},
    {"ip_deny_regex", SETTING_SERVICE, 0, 0, 1, 0, false, false},
    {"bcrypt_log_rounds", SETTING_WHOLE, 4, 20, 1, AT(bcrypt_rounds), true,
     false},
};

/* The value without quotes; {NULL, 0} for what is neither text nor number. */
static struct str plain(struct arena *a, struct str value)
{
    struct str text;
    double n;

    if (json_read_text(a, value, &text) == ERR_OK)
        return text;
    return json_read_number(value, &n) ? value : (struct str){NULL, 0};
}

static bool number_of(const struct config *config, const struct setting *row,
                      struct str text, int64_t *value_r)
{
    const double min = row->clock && config->cdi_test_mode ? 1e-6 : row->min;
    int64_t whole;
    double n;

    if (!json_read_number(text, &n) || n < min || n > row->max)
        return false;
    if (row->kind == SETTING_WHOLE && !json_read_int(text, &whole))
        return false;
    *value_r = row->kind == SETTING_WHOLE
                   ? whole * row->unit
                   : (int64_t)(n * (double)row->unit + 0.5);
    return true;
}

static bool reuse_set(struct str text, struct app_settings *s)
{
    const bool unauthorised = str_eq_nocase(text, STR("UNAUTHORISED"));

    if (!unauthorised && !str_eq_nocase(text, STR("TOKEN_THEFT")))
        return false;
    s->reuse_unauthorised = unauthorised;
    return true;
}

static bool hash_set(struct str text, struct app_settings *s)
{
    const bool argon2 = str_eq_nocase(text, STR("ARGON2"));

    if (!argon2 && !str_eq_nocase(text, STR("BCRYPT")))
        return false;
    s->password_hash = argon2 ? PASSWORD_HASH_ARGON2 : PASSWORD_HASH_BCRYPT;
    return true;
}

/* Hashes, as app_settings_hide writes them. */
static bool keys_set(struct str text, struct app_settings *s)
{
    const size_t n = sizeof(HASH_PREFIX) - 1;
    struct str rest = text;
    size_t count = 0;

    while (rest.p != NULL) {
        struct str item = str_cut(&rest, ',');

        if (count == APP_OWN_KEYS_MAX || !str_starts(item, STR(HASH_PREFIX)) ||
            !enc_unhex((struct str){item.p + n, item.n - n},
                       s->own_keys[count].b, DIGEST_LEN))
            return false;
        count++;
    }
    s->own_key_count = count;
    return true;
}

static bool setting_set(const struct config *config, const struct setting *row,
                        struct str text, struct app_settings *s)
{
    int64_t *place = (int64_t *)(void *)((char *)s + row->at);

    switch (row->kind) {
    case SETTING_REUSE:
        return reuse_set(text, s);
    case SETTING_HASH:
        return hash_set(text, s);
    case SETTING_KEYS:
        return keys_set(text, s);
    case SETTING_SERVICE:
        return text.p != NULL && text.n == 0;
    case SETTING_WHOLE:
    case SETTING_NUMBER:
    default:
        return number_of(config, row, text, place);
    }
}

/* A test suite's keys follow each other in seconds. */
static void overlap_set(const struct config *config, struct app_settings *s)
{
    const bool fast =
        config->cdi_test_mode && s->key_rotation_us < 60 * CLOCK_SECOND;

    if (fast)
        s->key_overlap_us = s->key_rotation_us / 5;
}

/* Lays what fits; the first row that does not, or NULL. */
static const struct setting *lay(const struct config *config, struct arena *a,
                                 struct str core_config, bool shared,
                                 struct app_settings *s)
{
    const struct setting *wrong = NULL;

    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        const struct setting *row = &settings[i];
        struct str value = json_read_member(core_config, str_of(row->name));

        if (value.p == NULL || json_read_null(value))
            continue;
        if ((row->shared && !shared) ||
            !setting_set(config, row, plain(a, value), s))
            wrong = row;
    }
    overlap_set(config, s);
    return wrong;
}

void app_settings_lay(const struct config *config, struct arena *a,
                      struct str core_config, bool shared,
                      struct app_settings *s)
{
    (void)lay(config, a, core_config, shared, s);
}

enum err app_settings_check(const struct config *config, struct arena *a,
                            struct str core_config, bool shared,
                            struct app_settings s, struct str *reason_r)
{
    const struct setting *wrong = lay(config, a, core_config, shared, &s);
    struct buf b = buf_new(a);

    if (wrong == NULL &&
        s.access_lifetime_s * CLOCK_SECOND < s.refresh_lifetime_us)
        return ERR_OK;
    buf_text(&b, "Invalid core config: ");
    if (wrong == NULL)
        buf_text(&b, "access_token_validity must be below "
                     "refresh_token_validity");
    else if (wrong->shared && !shared)
        buf_fmt(&b, "%s is the application's, not a tenant's", wrong->name);
    else if (wrong->kind == SETTING_SERVICE)
        buf_fmt(&b, "%s is the service's, not an application's", wrong->name);
    else
        buf_fmt(&b, "%s has a wrong type or value", wrong->name);
    return buf_done(&b, reason_r) == ERR_OK ? ERR_APP_CONFIG : ERR_NO_MEMORY;
}

/* Keys come as they stand between their quotes and leave so. */
static void member_put(struct buf *b, const struct json_part *part)
{
    if (b->n > 1)
        buf_char(b, ',');
    buf_char(b, '"');
    buf_str(b, part->key);
    buf_text(b, "\":");
    buf_str(b, part->value);
}

enum err app_settings_merge(struct arena *a, struct str core_config,
                            struct str change, struct str *text_r)
{
    struct json_walk old = json_walk(core_config), new = json_walk(change);
    struct json_part part;
    struct buf b = buf_new(a);

    buf_char(&b, '{');
    while (json_walk_next(&old, &part))
        if (json_read_member(change, part.key).p == NULL)
            member_put(&b, &part);
    while (json_walk_next(&new, &part))
        if (!json_read_null(part.value))
            member_put(&b, &part);
    buf_char(&b, '}');
    return buf_done(&b, text_r);
}

static bool is_key(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'A' && s.p[i] <= 'Z') ||
              (s.p[i] >= 'a' && s.p[i] <= 'z') ||
              (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '=' ||
              s.p[i] == '-'))
            return false;
    return s.n >= KEY_MIN && s.n <= KEY_MAX;
}

/* Keys, comma-separated, as a JSON text of their hashes. */
static enum err keys_hide(struct arena *a, struct str keys, struct str *value_r)
{
    struct buf b = buf_new(a);
    struct str rest = keys;
    struct digest d;
    char hex[2 * DIGEST_LEN + 1];

    while (rest.p != NULL) {
        struct str key = str_trim(str_cut(&rest, ','));

        if (!is_key(key))
            return ERR_APP_CONFIG;
        if (digest_sha256(key, &d) != ERR_OK)
            return ERR_NO_MEMORY;
        enc_hex(d.b, DIGEST_LEN, hex);
        buf_text(&b, b.n == 0 ? "\"" HASH_PREFIX : "," HASH_PREFIX);
        buf_text(&b, hex);
    }
    buf_char(&b, '"');
    return buf_done(&b, value_r);
}

static enum err member_hide(struct arena *a, struct json_part *part)
{
    struct str keys;
    enum err e;

    if (!str_eq(part->key, STR(SETTING_API_KEYS)) ||
        json_read_null(part->value))
        return ERR_OK;
    e = json_read_text(a, part->value, &keys);
    if (e == ERR_OK)
        e = keys_hide(a, keys, &part->value);
    return e == ERR_VALIDATION ? ERR_APP_CONFIG : e;
}

enum err app_settings_hide(struct arena *a, struct str change,
                           struct str *text_r, struct str *reason_r)
{
    struct json_walk w = json_walk(change);
    struct json_part part;
    struct buf b = buf_new(a);
    enum err e = ERR_OK;

    buf_char(&b, '{');
    while (e == ERR_OK && json_walk_next(&w, &part)) {
        e = member_hide(a, &part);
        member_put(&b, &part);
    }
    buf_char(&b, '}');
    if (e == ERR_APP_CONFIG)
        *reason_r = STR("Invalid core config: api_keys has a wrong type or "
                        "value");
    return e == ERR_OK ? buf_done(&b, text_r) : e;
}
