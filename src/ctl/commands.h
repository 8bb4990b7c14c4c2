/* SPDX-License-Identifier: MIT */
/* The commands of gatehousectl, by the files that hold them. */
#ifndef GATEHOUSE_CTL_COMMANDS_H
#define GATEHOUSE_CTL_COMMANDS_H

#include "ctl/ctl.h"

/* check-config: the configuration is sound. */
enum ctl_exit ctl_check_config(struct ctl *c, struct ctl_args *args);
/* secret create FILE: a sealing-key file with one new key. */
enum ctl_exit ctl_secret_create(struct ctl *c, struct ctl_args *args);
/* secret rotate FILE: one more key on top, atomically. */
enum ctl_exit ctl_secret_rotate(struct ctl *c, struct ctl_args *args);
/* secret reseal: orders re-sealing; --wait: does it. */
enum ctl_exit ctl_secret_reseal(struct ctl *c, struct ctl_args *args);
/* secret status: which keys are still needed. */
enum ctl_exit ctl_secret_status(struct ctl *c, struct ctl_args *args);
/* migrate: applies what is missing of sql/. */
enum ctl_exit ctl_migrate(struct ctl *c, struct ctl_args *args);
/* import supertokens --from DSN [--prefix P]: takes its users, sessions and
 * keys over. */
enum ctl_exit ctl_import_supertokens(struct ctl *c, struct ctl_args *args);
/* purge: deletes what is over. */
enum ctl_exit ctl_purge(struct ctl *c, struct ctl_args *args);
/* check: prepares every statement and looks for broken invariants. */
enum ctl_exit ctl_check(struct ctl *c, struct ctl_args *args);

/* user create EMAIL: the password is read from standard input. */
enum ctl_exit ctl_user_create(struct ctl *c, struct ctl_args *args);
/* user disable EMAIL|ID: and every session ends. */
enum ctl_exit ctl_user_disable(struct ctl *c, struct ctl_args *args);
/* user enable EMAIL|ID. */
enum ctl_exit ctl_user_enable(struct ctl *c, struct ctl_args *args);
/* user reset EMAIL|ID: mails the link for a new password. */
enum ctl_exit ctl_user_reset(struct ctl *c, struct ctl_args *args);
/* user list. */
enum ctl_exit ctl_user_list(struct ctl *c, struct ctl_args *args);

/* user show EMAIL|ID. */
enum ctl_exit ctl_user_show(struct ctl *c, struct ctl_args *args);
/* user delete EMAIL|ID: with its sessions. */
enum ctl_exit ctl_user_delete(struct ctl *c, struct ctl_args *args);

/* factors list EMAIL|ID. */
enum ctl_exit ctl_factor_list(struct ctl *c, struct ctl_args *args);
/* factors reset EMAIL|ID --ticket TEXT: and every session ends. */
enum ctl_exit ctl_factor_reset(struct ctl *c, struct ctl_args *args);

/* role grant EMAIL|ID ROLE. */
enum ctl_exit ctl_role_grant(struct ctl *c, struct ctl_args *args);
/* role revoke EMAIL|ID ROLE. */
enum ctl_exit ctl_role_revoke(struct ctl *c, struct ctl_args *args);
/* role list ROLE: who has it. */
enum ctl_exit ctl_role_list(struct ctl *c, struct ctl_args *args);

/* group create KEY. */
enum ctl_exit ctl_group_create(struct ctl *c, struct ctl_args *args);
/* group delete KEY. */
enum ctl_exit ctl_group_delete(struct ctl *c, struct ctl_args *args);
/* group list. */
enum ctl_exit ctl_group_list(struct ctl *c, struct ctl_args *args);
/* group add KEY EMAIL|ID. */
enum ctl_exit ctl_group_add(struct ctl *c, struct ctl_args *args);
/* group remove KEY EMAIL|ID. */
enum ctl_exit ctl_group_remove(struct ctl *c, struct ctl_args *args);
/* user export EMAIL|ID: all that is kept of the person, as JSON. */
enum ctl_exit ctl_user_export(struct ctl *c, struct ctl_args *args);
/* user erase EMAIL|ID: and nothing is kept any more. */
enum ctl_exit ctl_user_erase(struct ctl *c, struct ctl_args *args);

/* event list: the audit trail, newest first. */
enum ctl_exit ctl_event_list(struct ctl *c, struct ctl_args *args);

/* session list --user EMAIL|SUBJECT. */
enum ctl_exit ctl_session_list(struct ctl *c, struct ctl_args *args);
/* session revoke --user, --id, --ip, --before or --all. */
enum ctl_exit ctl_session_revoke(struct ctl *c, struct ctl_args *args);

/* keys list, of the service or of an application. */
enum ctl_exit ctl_keys_list(struct ctl *c, struct ctl_args *args);
/* keys rotate: a new key, published ahead of its first signature or --now. */
enum ctl_exit ctl_keys_rotate(struct ctl *c, struct ctl_args *args);
/* keys revoke KID: dead at once, everywhere; an application's within a minute.
 */
enum ctl_exit ctl_keys_revoke(struct ctl *c, struct ctl_args *args);

/* api-key create NAME: prints the key, once. */
enum ctl_exit ctl_api_key_create(struct ctl *c, struct ctl_args *args);
/* api-key list. */
enum ctl_exit ctl_api_key_list(struct ctl *c, struct ctl_args *args);
/* api-key revoke ID. */
enum ctl_exit ctl_api_key_revoke(struct ctl *c, struct ctl_args *args);

/* outbox list: what waits or was given up, without addresses. */
enum ctl_exit ctl_outbox_list(struct ctl *c, struct ctl_args *args);
/* outbox retry ID or --all: at once, also what was given up. */
enum ctl_exit ctl_outbox_retry(struct ctl *c, struct ctl_args *args);
/* outbox purge: deletes what was given up. */
enum ctl_exit ctl_outbox_purge(struct ctl *c, struct ctl_args *args);
/* mail test ADDRESS: a message with sample values, by the usual way. */
enum ctl_exit ctl_mail_test(struct ctl *c, struct ctl_args *args);

/* The account a word names, by address or id. ERR_NOT_FOUND,
 * ERR_USER_NOT_FOUND. */
enum err ctl_account(struct ctl *c, const char *who, struct id *id_r);

/* The subject a person is named by: an address is looked up, anything else
 * taken as it is. In the run's arena; ERR_NOT_FOUND. */
enum err ctl_subject(struct ctl *c, const char *who, struct str *subject_r);

#endif
