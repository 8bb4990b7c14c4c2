/* SPDX-License-Identifier: MIT */
/* The rules of NIST SP 800-63B section 3.1.1.2: length, no composition, lists
 * of what attackers try first. */
#include "domain/password_policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crypto/normal.h"

/* Shorter words are in half of all good passwords. */
#define PASSWORD_POLICY_WORD_MIN 4

/* Is the password a line of the operator's list? A list that cannot be read
 * refuses everything, or it would be off without anybody knowing. */
static enum err password_policy_file(const char *path, struct str password)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    FILE *f = fopen(path, "re");

    if (f == NULL) {
        log_msg(LOG_LEVEL_ERROR, "password.list_unreadable", "%s: %s", path,
                strerror(errno));
        return ERR_UNAVAILABLE;
    }
    enum err e = ERR_OK;

    while (e == ERR_OK && (n = getline(&line, &cap, f)) > 0) {
        while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            n--;
        if (n > 0 && str_eq_nocase((struct str){line, (size_t)n}, password))
            e = ERR_PASSWORD_COMMON;
    }
    if (e == ERR_OK && ferror(f))
        e = ERR_UNAVAILABLE;
    free(line);
    fclose(f);
    return e;
}

/* Is word (any case) in the folded password? */
static enum err password_policy_word(struct ctx *c, struct str folded,
                                     struct str word, size_t least)
{
    struct str w;

    if (word.n == 0 || normal_length(word) < least)
        return ERR_OK;
    enum err e = normal_fold(c->arena, word, &w);

    if (e == ERR_BAD_REQUEST)
        return ERR_OK;
    if (e == ERR_OK && str_has_nocase(folded, w))
        return ERR_PASSWORD_CONTEXT;
    return e;
}

/* Every part of text between separators, and text itself. */
static enum err password_policy_words(struct ctx *c, struct str folded,
                                      struct str text)
{
    enum err e =
        password_policy_word(c, folded, text, PASSWORD_POLICY_WORD_MIN);

    while (e == ERR_OK && text.n > 0) {
        size_t n = 0;

        while (n < text.n && strchr(" .-_+/:", text.p[n]) == NULL)
            n++;
        e = password_policy_word(c, folded, (struct str){text.p, n},
                                 PASSWORD_POLICY_WORD_MIN);
        n += n < text.n;
        text.p += n;
        text.n -= n;
    }
    return e;
}

/* A host name without its last label: "org" is nobody's word. */
static struct str password_policy_host(struct str host)
{
    while (host.n > 0 && host.p[host.n - 1] != '.')
        host.n--;
    if (host.n > 0)
        host.n--;
    return host;
}

/* The host of the public URL, without scheme, port and path. */
static struct str password_policy_site(struct str url)
{
    if (str_has_nocase(url, STR("://"))) {
        (void)str_cut(&url, '/');
        (void)str_cut(&url, '/');
    }
    url = str_cut(&url, '/');
    return password_policy_host(str_cut(&url, ':'));
}

static enum err password_policy_context(struct ctx *c, struct str normal,
                                        struct str email, struct str name)
{
    const struct config_list *words = &c->config->passwords_context_words;
    struct str folded;
    enum err e = normal_fold(c->arena, normal, &folded);

    for (size_t i = 0; i < words->count && e == ERR_OK; i++)
        e = password_policy_word(c, folded, words->items[i], 1);
    if (e == ERR_OK)
        e = password_policy_words(
            c, folded,
            password_policy_site(str_of(c->config->http_public_url)));
    if (e == ERR_OK)
        e = password_policy_words(c, folded, name);
    struct str local = str_cut(&email, '@');

    if (e == ERR_OK)
        e = password_policy_words(c, folded, local);
    if (e == ERR_OK)
        e = password_policy_words(c, folded, password_policy_host(email));
    return e;
}

enum err password_policy(struct ctx *c, struct str password, struct str email,
                         struct str name, struct str *normal_r)
{
    struct str normal;

    /* Before the work of normalising: its cost grows with the length. */
    if (password.n > PASSWORD_MAX_BYTES)
        return ERR_PASSWORD_TOO_LONG;
    enum err e = normal_nfc(c->arena, password, &normal);

    if (e != ERR_OK)
        return e;
    if (normal.n > PASSWORD_MAX_BYTES)
        return ERR_PASSWORD_TOO_LONG;
    if (normal_length(normal) < (size_t)c->config->passwords_min_length)
        return ERR_PASSWORD_TOO_SHORT;
    e = password_common(normal);
    if (e == ERR_OK && c->config->passwords_common_file[0] != '\0')
        e = password_policy_file(c->config->passwords_common_file, normal);
    if (e == ERR_OK)
        e = password_policy_context(c, normal, email, name);
    if (e == ERR_OK)
        *normal_r = normal;
    return e;
}
