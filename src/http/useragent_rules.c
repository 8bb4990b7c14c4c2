/* SPDX-License-Identifier: MIT */
/* Reads uap-core's regexes.yaml and runs its patterns under hard limits: they
 * are many, backtrack, and meet text that a stranger chose. */
#include "http/useragent_rules.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/buf.h"

/* Steps from one starting point, frames, and KiB one match may take; no text
 * that a browser sends comes near them. */
#define RULES_MATCH_LIMIT 10000
#define RULES_DEPTH_LIMIT 1000
#define RULES_HEAP_LIMIT 512
/* A text that runs into the limits so often is made for it. */
#define RULES_STRIKES 4
#define RULES_GROUPS 16
#define RULES_MAX 8192

/* What a rule may say besides its pattern: replacements of groups 1 to 3. */
enum rule_part { RULE_FAMILY, RULE_V1, RULE_V2, RULE_PART_COUNT };

struct rule {
    pcre2_code *code;
    char *parts[RULE_PART_COUNT]; /* NULL: the group itself */
};

struct rule_list {
    struct rule *rules;
    size_t count, cap;
};

struct useragent_rules {
    struct rule_list lists[UA_LIST_COUNT];
};

/* The keys of one list in the file. */
struct rule_keys {
    const char *list;
    const char *parts[RULE_PART_COUNT];
};

static const struct rule_keys rules_keys[UA_LIST_COUNT] = {
    [UA_LIST_BROWSER] = {"user_agent_parsers",
                         {"family_replacement", "v1_replacement",
                          "v2_replacement"}},
    [UA_LIST_OS] = {"os_parsers",
                    {"os_replacement", "os_v1_replacement",
                     "os_v2_replacement"}},
};

/* Where the reader stands in the file. */
struct rules_reader {
    struct useragent_rules *rules;
    unsigned list;    /* UA_LIST_COUNT: in none of ours */
    size_t depth;     /* open mappings and sequences */
    char key[32];     /* the key whose value comes next; "" when a key comes */
    char *pattern;    /* of the rule at hand */
    bool nocase;      /* regex_flag: 'i' */
    struct rule rule; /* the same rule's parts; no code yet */
};

static void rules_drop(struct rule *rule)
{
    pcre2_code_free(rule->code);
    for (size_t i = 0; i < RULE_PART_COUNT; i++)
        free(rule->parts[i]);
    *rule = (struct rule){.code = NULL};
}

static void rules_forget(struct rules_reader *in)
{
    rules_drop(&in->rule);
    free(in->pattern);
    in->pattern = NULL;
    in->nocase = false;
}

static bool rules_room(struct rule_list *list)
{
    if (list->count < list->cap)
        return true;
    size_t cap = list->cap == 0 ? 64 : list->cap * 2;
    struct rule *more =
        cap > RULES_MAX ? NULL : realloc(list->rules, cap * sizeof(*more));

    if (more == NULL)
        return false;
    list->rules = more;
    list->cap = cap;
    return true;
}

/* At the end of a rule: compiles it into its list. */
static bool rules_add(struct rules_reader *in)
{
    struct rule_list *list = &in->rules->lists[in->list];
    int problem;
    PCRE2_SIZE at;

    if (in->pattern == NULL || !rules_room(list))
        return false;
    in->rule.code =
        pcre2_compile((PCRE2_SPTR)in->pattern, PCRE2_ZERO_TERMINATED,
                      in->nocase ? PCRE2_CASELESS : 0, &problem, &at, NULL);
    if (in->rule.code == NULL)
        return false;
    list->rules[list->count++] = in->rule;
    in->rule = (struct rule){.code = NULL};
    rules_forget(in);
    return true;
}

/* Puts a copy of text to *p, once. */
static bool rules_keep(char **p, const char *text)
{
    if (*p != NULL)
        return false;
    *p = strdup(text);
    return *p != NULL;
}

/* Keys of other readers of the file are skipped. */
static bool rules_value(struct rules_reader *in, const char *value)
{
    const struct rule_keys *keys = &rules_keys[in->list];

    if (strcmp(in->key, "regex") == 0)
        return rules_keep(&in->pattern, value);
    if (strcmp(in->key, "regex_flag") == 0)
        in->nocase = strcmp(value, "i") == 0;
    for (size_t i = 0; i < RULE_PART_COUNT; i++)
        if (strcmp(in->key, keys->parts[i]) == 0)
            return rules_keep(&in->rule.parts[i], value);
    return true;
}

/* A scalar: at depth 1 the name of a list, at depth 3 (document mapping, list,
 * rule) a key or its value. */
static bool rules_scalar(struct rules_reader *in, const char *text)
{
    if (in->depth == 1) {
        in->list = 0;
        while (in->list < UA_LIST_COUNT &&
               strcmp(text, rules_keys[in->list].list) != 0)
            in->list++;
        return true;
    }
    if (in->depth != 3 || in->list == UA_LIST_COUNT)
        return in->list == UA_LIST_COUNT;
    if (in->key[0] == '\0') {
        (void)snprintf(in->key, sizeof(in->key), "%s", text);
        return in->key[0] != '\0';
    }
    bool good = rules_value(in, text);

    in->key[0] = '\0';
    return good;
}

static bool rules_event(struct rules_reader *in, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_MAPPING_START_EVENT:
    case YAML_SEQUENCE_START_EVENT:
        in->depth++;
        return true;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        in->depth--;
        return in->depth != 2 || in->list == UA_LIST_COUNT || rules_add(in);
    case YAML_SCALAR_EVENT:
        return rules_scalar(in, (const char *)event->data.scalar.value);
    default:
        return event->type != YAML_ALIAS_EVENT;
    }
}

/* The third list of the file, devices, is passed over: it is as long as the two
 * others together, and the kind of device shows in the text itself. */
static bool rules_read(FILE *file, struct rules_reader *in)
{
    yaml_parser_t parser;
    yaml_event_t event;
    bool good = true;
    bool ended = false;

    if (yaml_parser_initialize(&parser) == 0)
        return false;
    yaml_parser_set_input_file(&parser, file);
    while (good && !ended) {
        if (yaml_parser_parse(&parser, &event) == 0)
            break;
        ended = event.type == YAML_STREAM_END_EVENT;
        good = rules_event(in, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return good && ended;
}

enum err useragent_rules_load(const char *path, struct useragent_rules **r_r)
{
    struct useragent_rules *r = calloc(1, sizeof(*r));
    struct rules_reader in = {.rules = r, .list = UA_LIST_COUNT};
    FILE *file = NULL;
    bool good = true;

    if (r == NULL)
        return ERR_NO_MEMORY;
    if (path[0] != '\0') {
        file = fopen(path, "re");
        good = file != NULL && rules_read(file, &in);
        for (size_t i = 0; i < UA_LIST_COUNT; i++)
            good = good && r->lists[i].count > 0;
        rules_forget(&in);
    }
    if (file != NULL)
        (void)fclose(file);
    if (good)
        *r_r = r;
    else
        useragent_rules_free(&r);
    return good ? ERR_OK : ERR_VALIDATION;
}

void useragent_rules_free(struct useragent_rules **r)
{
    if (*r == NULL)
        return;
    for (size_t i = 0; i < UA_LIST_COUNT; i++) {
        for (size_t k = 0; k < (*r)->lists[i].count; k++)
            rules_drop(&(*r)->lists[i].rules[k]);
        free((*r)->lists[i].rules);
    }
    free(*r);
    *r = NULL;
}

/* One match at work. */
struct rules_run {
    pcre2_match_data *data;
    pcre2_match_context *limits;
    struct str text;
    size_t groups; /* that the last match set, the whole one included */
};

static struct str rules_group(const struct rules_run *run, size_t group)
{
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(run->data);
    PCRE2_SIZE from = at[2 * group];
    PCRE2_SIZE to = at[2 * group + 1];

    if (group >= run->groups || from == PCRE2_UNSET || to <= from)
        return (struct str){NULL, 0};
    return (struct str){run->text.p + from, to - from};
}

/* A replacement with its $1 to $9 put in, or the part's own group. */
static enum err rules_part(const struct rules_run *run, const struct rule *rule,
                           enum rule_part part, struct arena *a,
                           struct str *text_r)
{
    const char *p = rule->parts[part];
    struct buf b = buf_new(a);
    struct str text = rules_group(run, (size_t)part + 1);

    if (p == NULL) {
        *text_r = text;
        return ERR_OK;
    }
    for (; *p != '\0'; p++) {
        if (p[0] == '$' && p[1] >= '1' && p[1] <= '9')
            buf_str(&b, rules_group(run, (size_t)(*++p - '0')));
        else
            buf_char(&b, *p);
    }
    if (buf_done(&b, &text) != ERR_OK)
        return ERR_NO_MEMORY;
    *text_r = str_trim(text);
    return ERR_OK;
}

/* The first rule that matches, or NULL. */
static const struct rule *rules_first(const struct rule_list *list,
                                      struct rules_run *run)
{
    for (size_t i = 0, strikes = 0; i < list->count; i++) {
        int n = pcre2_match(list->rules[i].code, (PCRE2_SPTR)run->text.p,
                            run->text.n, 0, 0, run->data, run->limits);

        if (n >= 0) {
            run->groups = n == 0 ? RULES_GROUPS : (size_t)n;
            return &list->rules[i];
        }
        if (n != PCRE2_ERROR_NOMATCH && ++strikes == RULES_STRIKES)
            return NULL;
    }
    return NULL;
}

enum err useragent_rules_match(const struct useragent_rules *r,
                               enum useragent_list list, struct arena *a,
                               struct str text, struct useragent_match *match_r)
{
    struct useragent_match match = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    struct rules_run run = {pcre2_match_data_create(RULES_GROUPS, NULL),
                            pcre2_match_context_create(NULL), text, 0};
    enum err e = ERR_NO_MEMORY;

    if (run.data == NULL || run.limits == NULL)
        goto out;
    pcre2_set_match_limit(run.limits, RULES_MATCH_LIMIT);
    pcre2_set_depth_limit(run.limits, RULES_DEPTH_LIMIT);
    pcre2_set_heap_limit(run.limits, RULES_HEAP_LIMIT);
    const struct rule *rule = rules_first(&r->lists[list], &run);

    e = ERR_OK;
    if (rule != NULL)
        e = rules_part(&run, rule, RULE_FAMILY, a, &match.family);
    if (e == ERR_OK && rule != NULL)
        e = rules_part(&run, rule, RULE_V1, a, &match.v1);
    if (e == ERR_OK && rule != NULL)
        e = rules_part(&run, rule, RULE_V2, a, &match.v2);
    if (e == ERR_OK)
        *match_r = match;
out:
    pcre2_match_data_free(run.data);
    pcre2_match_context_free(run.limits);
    return e;
}
