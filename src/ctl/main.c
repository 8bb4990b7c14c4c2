/* SPDX-License-Identifier: MIT */
/* gatehousectl: what an operator needs when the page is down. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config.h"
#include "ctl/commands.h"

static const struct ctl_command commands[] = {
    {"check-config", NULL, "", "check the configuration", CTL_NEED_CONFIG,
     ctl_check_config},
    {"secret", "create", "FILE", "make a sealing-key file", CTL_NEED_NOTHING,
     ctl_secret_create},
    {"secret", "rotate", "FILE", "put a new key on top of a sealing-key file",
     CTL_NEED_NOTHING, ctl_secret_rotate},
    {"secret", "reseal", "[--wait]",
     "seal everything anew under the newest key, renew the signing key",
     CTL_NEED_STORE, ctl_secret_reseal},
    {"secret", "status", "", "tell which sealing keys are needed",
     CTL_NEED_STORE, ctl_secret_status},
    {"migrate", NULL, "[--sql FOLDER]", "bring the schema up to date",
     CTL_NEED_CONFIG, ctl_migrate},
    {"user", "create", "EMAIL [--name NAME]",
     "create an account; the password is read from standard input",
     CTL_NEED_STORE, ctl_user_create},
    {"user", "disable", "EMAIL|ID", "disable an account, end its sessions",
     CTL_NEED_STORE, ctl_user_disable},
    {"user", "enable", "EMAIL|ID", "enable an account", CTL_NEED_STORE,
     ctl_user_enable},
    {"user", "reset", "EMAIL|ID", "mail a link for a new password",
     CTL_NEED_STORE, ctl_user_reset},
    {"user", "list", "", "list accounts", CTL_NEED_STORE, ctl_user_list},
    {"user", "show", "EMAIL|ID", "show one account", CTL_NEED_STORE,
     ctl_user_show},
    {"user", "delete", "EMAIL|ID", "delete an account and its sessions",
     CTL_NEED_STORE, ctl_user_delete},
    {"factors", "list", "EMAIL|ID", "show an account's second factors",
     CTL_NEED_STORE, ctl_factor_list},
    {"factors", "reset", "EMAIL|ID --ticket TEXT",
     "take an account's second factors away, end its sessions", CTL_NEED_STORE,
     ctl_factor_reset},
    {"role", "grant", "EMAIL|ID ROLE", "grant a role", CTL_NEED_STORE,
     ctl_role_grant},
    {"role", "revoke", "EMAIL|ID ROLE", "revoke a role", CTL_NEED_STORE,
     ctl_role_revoke},
    {"role", "list", "ROLE", "list the accounts with a role", CTL_NEED_STORE,
     ctl_role_list},
    {"group", "create",
     "KEY [--name NAME] [--description TEXT] [--locale LOCALE]", "make a group",
     CTL_NEED_STORE, ctl_group_create},
    {"group", "delete", "KEY", "delete a group", CTL_NEED_STORE,
     ctl_group_delete},
    {"group", "list", "", "list the groups", CTL_NEED_STORE, ctl_group_list},
    {"group", "add", "KEY EMAIL|ID", "add a member", CTL_NEED_STORE,
     ctl_group_add},
    {"group", "remove", "KEY EMAIL|ID", "take a member out", CTL_NEED_STORE,
     ctl_group_remove},
    {"user", "export", "EMAIL|ID", "write all that is kept of a person as JSON",
     CTL_NEED_STORE, ctl_user_export},
    {"user", "erase", "EMAIL|ID",
     "delete an account and make its events nobody's", CTL_NEED_STORE,
     ctl_user_erase},
    {"event", "list",
     "[--user EMAIL|SUBJECT] [--kind KIND] [--session ID] [--ip ADDRESS] "
     "[--from TIME] [--to TIME] [--limit N]",
     "list audit events, newest first", CTL_NEED_STORE, ctl_event_list},
    {"session", "list", "--user EMAIL|SUBJECT", "list live sessions",
     CTL_NEED_STORE, ctl_session_list},
    {"session", "revoke",
     "--user EMAIL|SUBJECT [--id ID] | --ip ADDRESS | --before TIME | --all",
     "end sessions at once", CTL_NEED_STORE, ctl_session_revoke},
    {"keys", "list", "[--app NAME]", "list signing keys", CTL_NEED_STORE,
     ctl_keys_list},
    {"keys", "rotate", "[--now]", "publish a new signing key", CTL_NEED_STORE,
     ctl_keys_rotate},
    {"keys", "revoke", "KID [--app NAME]", "kill a signing key", CTL_NEED_STORE,
     ctl_keys_revoke},
    {"api-key", "create", "NAME [--days N]",
     "make a key for a back end; it is shown once", CTL_NEED_STORE,
     ctl_api_key_create},
    {"api-key", "list", "", "list API keys", CTL_NEED_STORE, ctl_api_key_list},
    {"api-key", "revoke", "ID", "revoke an API key", CTL_NEED_STORE,
     ctl_api_key_revoke},
    {"mail", "test",
     "ADDRESS|+NUMBER [--kind KIND] [--locale LOCALE] [--no-wait]",
     "send a message with sample values and tell how it went", CTL_NEED_STORE,
     ctl_mail_test},
    {"outbox", "list", "", "list messages that wait or were given up",
     CTL_NEED_STORE, ctl_outbox_list},
    {"outbox", "retry", "ID | --all", "try messages again at once",
     CTL_NEED_STORE, ctl_outbox_retry},
    {"outbox", "purge", "", "delete messages that were given up",
     CTL_NEED_STORE, ctl_outbox_purge},
    {"import", "supertokens",
     "--from DSN|- [--prefix WORD] [--dry-run] [--replace]",
     "take users, sessions and keys of a SuperTokens database over",
     CTL_NEED_STORE, ctl_import_supertokens},
    {"purge", NULL, "", "delete what is over", CTL_NEED_STORE, ctl_purge},
    {"check", NULL, "", "check statements and the store's invariants",
     CTL_NEED_STORE, ctl_check},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void help(FILE *out)
{
    fputs("gatehousectl [--config FILE] [--json] COMMAND\n\n", out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct ctl_command *c = &commands[i];

        fprintf(out, "  %s%s%s %s\n        %s\n", c->noun,
                c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "",
                c->usage, c->help);
    }
}

static void usage(const struct ctl_command *c, FILE *out)
{
    fprintf(out, "usage: gatehousectl %s%s%s %s\n", c->noun,
            c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "",
            c->usage);
}

static const struct ctl_command *find(struct ctl_args *args)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct ctl_command *c = &commands[i];
        int words = c->verb != NULL ? 2 : 1;

        if (args->count < words || strcmp(args->words[0], c->noun) != 0)
            continue;
        if (c->verb != NULL && strcmp(args->words[1], c->verb) != 0)
            continue;
        args->words += words;
        args->count -= words;
        return c;
    }
    return NULL;
}

static const char *config_file(struct ctl_args *args)
{
    const char *file = ctl_take(args, "--config");

    if (file == NULL)
        file = getenv("GATEHOUSE_CONF");
    return file != NULL ? file : GATEHOUSE_SYSCONFDIR "/gatehouse.conf";
}

int main(int argc, char **argv)
{
    struct ctl_args args = {argv + 1, argc - 1};
    struct ctl ctl = {0};
    const struct ctl_command *command;
    enum ctl_exit code;

    if (ctl_take_flag(&args, "--help")) {
        help(stdout);
        return CTL_OK;
    }
    if (ctl_take_flag(&args, "--version")) {
        puts("gatehousectl " PACKAGE_VERSION);
        return CTL_OK;
    }
    ctl.config_file = config_file(&args);
    ctl.json = ctl_take_flag(&args, "--json");
    if ((command = find(&args)) == NULL) {
        help(stderr);
        return CTL_USAGE;
    }
    log_open(LOG_STDERR, LOG_LOGFMT, LOG_LEVEL_WARNING, NULL);
    code = ctl_open(&ctl, command->need);
    if (code == CTL_OK)
        code = command->run(&ctl, &args);
    if (code == CTL_USAGE)
        usage(command, stderr);
    ctl_close(&ctl);
    return (int)code;
}
