/* SPDX-License-Identifier: MIT */
/* Opening the house for one command, reading words, printing rows. */
#include "ctl/ctl.h"

#include <stdio.h>
#include <string.h>

#include "crypto/secret.h"
#include "domain/keyring.h"

#define CTL_ARENA_LIMIT ((size_t)256 << 20)

static enum ctl_exit ctl_open_store(struct ctl *c)
{
    const struct config *config = c->config;
    const struct password_params params = {
        (uint32_t)config->passwords_memory_kib,
        (uint32_t)config->passwords_passes,
    };
    enum err e;

    if (config->keys_sealing_key_file.value == NULL) {
        fputs("gatehousectl: keys.sealing_key_file is not set\n", stderr);
        return CTL_CONFIG;
    }
    e = sealer_new((struct str){config->keys_sealing_key_file.value,
                                config->keys_sealing_key_file.n},
                   &c->sealer);
    if (e != ERR_OK) {
        fputs("gatehousectl: the sealing-key file is not sound\n", stderr);
        return CTL_CONFIG;
    }
    if ((e = hasher_new(&params, 1, &c->hasher)) != ERR_OK ||
        (e = keyring_new(&c->ctx.keyring)) != ERR_OK)
        return ctl_result(c, e, "start");
    c->ctx.sealer = c->sealer;
    c->ctx.hasher = c->hasher;
    return CTL_OK;
}

enum ctl_exit ctl_open(struct ctl *c, enum ctl_need need)
{
    enum err e = crypto_init();

    if (e == ERR_OK && (c->ctx.arena = arena_new(CTL_ARENA_LIMIT)) == NULL)
        e = ERR_NO_MEMORY;
    if (e != ERR_OK)
        return ctl_result(c, e, "start");
    if (need == CTL_NEED_NOTHING)
        return CTL_OK;
    if ((c->config = config_load(c->config_file, stderr)) == NULL)
        return CTL_CONFIG;
    c->ctx.config = c->config;
    c->ctx.clock = clock_system();
    c->ctx.realm_id = STORE_REALM_DEFAULT;
    if (need == CTL_NEED_CONFIG)
        return CTL_OK;
    if ((e = db_new(c->config, DB_SERVICE, &c->ctx.db)) != ERR_OK)
        return ctl_result(c, e, "start");
    c->ctx.clock = db_clock(c->ctx.db);
    return ctl_open_store(c);
}

void ctl_close(struct ctl *c)
{
    keyring_free(&c->ctx.keyring);
    hasher_free(&c->hasher);
    sealer_free(&c->sealer);
    db_free(&c->ctx.db);
    config_free(&c->config);
    arena_free(&c->ctx.arena);
}

static void ctl_remove(struct ctl_args *args, int at, int n)
{
    for (int i = at; i + n < args->count; i++)
        args->words[i] = args->words[i + n];
    args->count -= n;
}

const char *ctl_take(struct ctl_args *args, const char *name)
{
    for (int i = 0; i + 1 < args->count; i++) {
        if (strcmp(args->words[i], name) == 0) {
            const char *value = args->words[i + 1];

            ctl_remove(args, i, 2);
            return value;
        }
    }
    return NULL;
}

bool ctl_take_flag(struct ctl_args *args, const char *name)
{
    for (int i = 0; i < args->count; i++) {
        if (strcmp(args->words[i], name) == 0) {
            ctl_remove(args, i, 1);
            return true;
        }
    }
    return false;
}

bool ctl_left(const struct ctl_args *args, int n)
{
    for (int i = 0; i < args->count; i++) {
        if (args->words[i][0] == '-') {
            fprintf(stderr, "gatehousectl: %s is not understood here\n",
                    args->words[i]);
            return false;
        }
    }
    if (args->count == n)
        return true;
    fprintf(stderr, "gatehousectl: %s\n",
            args->count < n ? "a word is missing" : "too many words");
    return false;
}

enum ctl_exit ctl_result(struct ctl *c, enum err e, const char *what)
{
    const char *reason = c->ctx.db != NULL ? db_error(c->ctx.db) : "";

    if (e == ERR_OK)
        return CTL_OK;
    fprintf(stderr, "gatehousectl: %s: %s%s%s\n", what, err_title(e),
            reason[0] != '\0' ? ": " : "", reason);
    return err_status(e) == 503 ? CTL_UNAVAILABLE : CTL_FAILED;
}

void ctl_row_begin(struct ctl *c)
{
    c->row.text = buf_new(c->ctx.arena);
    c->row.json = json_out(&c->row.text);
    c->row.first = true;
    if (c->json)
        json_open(&c->row.json, NULL, '{');
}

static void ctl_row_part(struct ctl *c)
{
    if (!c->row.first)
        buf_char(&c->row.text, '\t');
    c->row.first = false;
}

void ctl_row_str(struct ctl *c, const char *name, struct str s)
{
    if (c->json) {
        json_str(&c->row.json, name, s);
        return;
    }
    ctl_row_part(c);
    if (s.p == NULL)
        s = STR("-");
    /* A name or User-Agent must not steer the operator's terminal. */
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char byte = (unsigned char)s.p[i];

        if (byte < 0x20 || byte == 0x7f)
            buf_char(&c->row.text, '?');
        else
            buf_char(&c->row.text, s.p[i]);
    }
}

void ctl_row_int(struct ctl *c, const char *name, int64_t v)
{
    if (c->json) {
        json_int(&c->row.json, name, v);
        return;
    }
    ctl_row_part(c);
    buf_int(&c->row.text, v);
}

void ctl_row_time(struct ctl *c, const char *name, int64_t us)
{
    char text[CLOCK_RFC3339_LEN + 1];

    if (us == 0) {
        ctl_row_str(c, name, (struct str){NULL, 0});
        return;
    }
    clock_rfc3339(us, text);
    ctl_row_str(c, name, str_of(text));
}

void ctl_row_id(struct ctl *c, const char *name, const struct id *id)
{
    char text[ID_TEXT_LEN + 1];

    id_text(id, text);
    ctl_row_str(c, name, id_is_nil(id) ? (struct str){NULL, 0} : str_of(text));
}

enum err ctl_row_end(struct ctl *c)
{
    struct str text;
    enum err e;

    if (c->json)
        json_close(&c->row.json, '}');
    buf_char(&c->row.text, '\n');
    if ((e = buf_done(&c->row.text, &text)) != ERR_OK)
        return e;
    return fwrite(text.p, 1, text.n, stdout) == text.n ? ERR_OK : ERR_INTERNAL;
}
