# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-domain.a
libgh_domain_a_SOURCES = \
	src/domain/account.c src/domain/account.h \
	src/domain/account_delete.c src/domain/account_delete.h \
	src/domain/account_login.c \
	src/domain/account_read.c src/domain/account_read.h \
	src/domain/account_search.c src/domain/account_search.h \
	src/domain/address.c src/domain/address.h \
	src/domain/app.c src/domain/app.h \
	src/domain/app_refresh_token.c src/domain/app_refresh_token.h \
	src/domain/app_session.c src/domain/app_session.h \
	src/domain/app_session_change.c src/domain/app_session_end.c \
	src/domain/app_session_part.c src/domain/app_session_part.h \
	src/domain/app_session_refresh.c \
	src/domain/app_token.c src/domain/app_token.h \
	src/domain/app_token_claims.c src/domain/app_token_claims.h \
	src/domain/app_jwt.c src/domain/app_jwt.h \
	src/domain/app_keys.c src/domain/app_keys.h \
	src/domain/app_keys_plan.c src/domain/app_keys_plan.h \
	src/domain/app_keys_rows.c src/domain/app_keys_rows.h \
	src/domain/app_cache.c src/domain/app_cache.h \
	src/domain/app_provider.c src/domain/app_provider.h \
	src/domain/app_settings.c src/domain/app_settings.h \
	src/domain/app_tenants.c src/domain/app_tenants.h \
	src/domain/app_user.c src/domain/app_user.h src/domain/app_user_ref.c \
	src/domain/app_user_find.c src/domain/app_user_page.c \
	src/domain/app_user_tenant.c \
	src/domain/app_email.c src/domain/app_email.h \
	src/domain/app_mail.c src/domain/app_mail.h \
	src/domain/app_once.c src/domain/app_once.h \
	src/domain/app_password.c src/domain/app_password.h \
	src/domain/app_password_change.c src/domain/app_password_reset.c \
	src/domain/app_user_map.c src/domain/app_user_map.h \
	src/domain/app_metadata.c src/domain/app_metadata.h \
	src/domain/app_role.c src/domain/app_role.h \
	src/domain/app_link.c src/domain/app_link.h \
	src/domain/app_thirdparty.c src/domain/app_thirdparty.h \
	src/domain/app_totp.c src/domain/app_totp.h \
	src/domain/app_totp_row.h src/domain/app_totp_verify.c \
	src/domain/api_key.c src/domain/api_key.h \
	src/domain/audit.c src/domain/audit.h \
	src/domain/challenge.c src/domain/challenge.h \
	src/domain/ctx.h \
	src/domain/device.c src/domain/device.h \
	src/domain/email_change.c src/domain/email_change.h \
	src/domain/email_verify.c src/domain/email_verify.h \
	src/domain/event.c src/domain/event.h src/domain/event.def \
	src/domain/group.c src/domain/group.h \
	src/domain/guest.c src/domain/guest.h \
	src/domain/identity.c src/domain/identity.h src/domain/identity_key.h \
	src/domain/identity_change.c src/domain/identity_change.h \
	src/domain/identity_connect.c \
	src/domain/identity_end.c src/domain/identity_end.h \
	src/domain/identity_tokens.c src/domain/identity_tokens.h \
	src/domain/janitor.c src/domain/janitor.h \
	src/domain/keyring.c src/domain/keyring.h \
	src/domain/keyring_plan.c src/domain/keyring_plan.h \
	src/domain/keyring_rotate.c \
	src/domain/keyring_rows.c src/domain/keyring_rows.h \
	src/domain/link.c src/domain/link.h \
	src/domain/lineage.c src/domain/lineage.h \
	src/domain/mail.c src/domain/mail.h src/domain/mail.def \
	src/domain/outbox.c src/domain/outbox.h \
	src/domain/oauth2.c src/domain/oauth2.h \
	src/domain/oauth2_sign_in.c src/domain/oauth2_sign_in.h \
	src/domain/otp.c src/domain/otp.h \
	src/domain/otp_address.c src/domain/otp_address.h \
	src/domain/otp_sign_in.c \
	src/domain/pack.c src/domain/pack.h \
	src/domain/password_change.c src/domain/password_change.h \
	src/domain/password_policy.c src/domain/password_policy.h \
	src/domain/password_reset.c src/domain/password_reset.h \
	src/domain/person.c src/domain/person.h \
	src/domain/phone.c src/domain/phone.h \
	src/domain/dossier.c src/domain/dossier.h \
	src/domain/proof_token.c src/domain/proof_token.h \
	src/domain/refresh_token.c src/domain/refresh_token.h \
	src/domain/rights.c src/domain/rights.h \
	src/domain/reseal.c src/domain/reseal.h \
	src/domain/reseal_place.c src/domain/reseal_place.h \
	src/domain/reseal_survey.c \
	src/domain/sealed_text.c src/domain/sealed_text.h \
	src/domain/session.c src/domain/session.h \
	src/domain/session_claims.c src/domain/session_claims.h \
	src/domain/session_list.c \
	src/domain/session_refresh.c \
	src/domain/session_revoke.c \
	src/domain/session_settle.c src/domain/session_settle.h \
	src/domain/session_start.c \
	src/domain/session_state.c src/domain/session_state.h \
	src/domain/session_token.c src/domain/session_token.h \
	src/domain/sign_in.c src/domain/sign_in.h \
	src/domain/step_up.c src/domain/step_up.h \
	src/domain/takeover.c src/domain/takeover.h \
	src/domain/takeover_key.c src/domain/takeover_mail.c \
	src/domain/takeover_record.c src/domain/takeover_session.c \
	src/domain/takeover_tenant.c src/domain/takeover_user.c src/domain/takeover_work.h \
	src/domain/text.c src/domain/text.h \
	src/domain/throttle.c src/domain/throttle.h \
	src/domain/token_cache.c src/domain/token_cache.h \
	src/domain/token_mint.c src/domain/token_mint.h \
	src/domain/two_factor.c src/domain/two_factor.h \
	src/domain/two_factor_change.c src/domain/two_factor_change.h \
	src/domain/two_factor_code.c src/domain/two_factor_code.h \
	src/domain/two_factor_mail.c \
	src/domain/two_factor_pass.c src/domain/two_factor_pass.h \
	src/domain/two_factor_recovery.c src/domain/two_factor_recovery.h \
	src/domain/totp_url.c src/domain/totp_url.h \
	src/domain/two_factor_totp.c src/domain/two_factor_totp.h \
	src/domain/watch.c src/domain/watch.h \
	src/domain/watch_rules.c src/domain/watch_rules.h \
	src/domain/watch_tell.c src/domain/watch_tell.h
