# SPDX-License-Identifier: MIT
# Unit tests of src/domain; domain_world starts a private MariaDB for those that
# need one.
domain_tests = \
	tests/unit/test_domain_account \
	tests/unit/test_domain_app_keys \
	tests/unit/test_domain_app_keys_plan \
	tests/unit/test_domain_app_native \
	tests/unit/test_domain_app_refresh \
	tests/unit/test_domain_app_session \
	tests/unit/test_domain_app_session_change \
	tests/unit/test_domain_app_user \
	tests/unit/test_domain_app_people \
	tests/unit/test_domain_app_settings \
	tests/unit/test_domain_identity \
	tests/unit/test_domain_identity_tokens \
	tests/unit/test_domain_keyring \
	tests/unit/test_domain_keyring_plan \
	tests/unit/test_domain_lineage \
	tests/unit/test_domain_login \
	tests/unit/test_domain_oauth2 \
	tests/unit/test_domain_outbox \
	tests/unit/test_domain_password_policy \
	tests/unit/test_domain_phone \
	tests/unit/test_domain_refresh \
	tests/unit/test_domain_rights \
	tests/unit/test_domain_reseal \
	tests/unit/test_domain_session \
	tests/unit/test_domain_sign_in \
	tests/unit/test_domain_two_factor \
	tests/unit/test_domain_people \
	tests/unit/test_domain_token_cache \
	tests/unit/test_domain_watch_rules
check_PROGRAMS += $(domain_tests)
TESTS += $(domain_tests)

DOMAIN_TEST_CPPFLAGS = $(AM_CPPFLAGS) $(MARIADB_CFLAGS) \
	-DGATEHOUSE_TEST_SOURCE='"$(abs_top_srcdir)"'
DOMAIN_TEST_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
DOMAIN_TEST_LIBS = $(DOMAIN_LIBS) $(CMOCKA_LIBS)
domain_world = tests/unit/domain_world.c tests/unit/domain_world.h

tests_unit_test_domain_account_SOURCES = tests/unit/test_domain_account.c \
	$(domain_world)
tests_unit_test_domain_account_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_account_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_account_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_app_keys_SOURCES = tests/unit/test_domain_app_keys.c \
	tests/unit/app_keys_week.h $(domain_world)
tests_unit_test_domain_app_keys_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_app_keys_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_app_keys_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_app_keys_plan_SOURCES = tests/unit/test_domain_app_keys_plan.c \
	tests/unit/app_keys_week.h
tests_unit_test_domain_app_keys_plan_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_app_keys_plan_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_app_keys_plan_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_app_user_SOURCES = tests/unit/test_domain_app_user.c \
	$(domain_world)
tests_unit_test_domain_app_user_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_app_user_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_app_user_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=password_verify_as
tests_unit_test_domain_app_user_LDADD = $(DOMAIN_TEST_LIBS)

app_session_world = tests/unit/app_session_world.c \
	tests/unit/app_session_world.h $(domain_world)

tests_unit_test_domain_app_native_SOURCES = \
	tests/unit/test_domain_app_native.c $(app_session_world)
tests_unit_test_domain_app_native_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_app_native_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_app_native_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_app_refresh_SOURCES = \
	tests/unit/test_domain_app_refresh.c $(app_session_world)
tests_unit_test_domain_app_refresh_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_app_refresh_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_app_refresh_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_app_session_SOURCES = \
	tests/unit/test_domain_app_session.c $(app_session_world)
tests_unit_test_domain_app_session_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_app_session_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_app_session_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_app_people_SOURCES = \
	tests/unit/test_domain_app_people.c $(app_session_world)
tests_unit_test_domain_app_people_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_app_people_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_app_people_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_app_session_change_SOURCES = \
	tests/unit/test_domain_app_session_change.c $(app_session_world)
tests_unit_test_domain_app_session_change_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_app_session_change_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_app_session_change_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_identity_SOURCES = tests/unit/test_domain_identity.c \
	$(domain_world)
tests_unit_test_domain_identity_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_identity_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_identity_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_identity_tokens_SOURCES = tests/unit/test_domain_identity_tokens.c \
	$(domain_world)
tests_unit_test_domain_identity_tokens_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_identity_tokens_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_identity_tokens_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_keyring_SOURCES = tests/unit/test_domain_keyring.c \
	$(domain_world)
tests_unit_test_domain_keyring_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_keyring_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_keyring_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_keyring_plan_SOURCES = tests/unit/test_domain_keyring_plan.c
tests_unit_test_domain_keyring_plan_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_keyring_plan_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_lineage_SOURCES = tests/unit/test_domain_lineage.c
tests_unit_test_domain_lineage_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_lineage_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_login_SOURCES = tests/unit/test_domain_login.c \
	$(domain_world)
tests_unit_test_domain_login_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_login_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_login_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_oauth2_SOURCES = tests/unit/test_domain_oauth2.c \
	$(domain_world)
tests_unit_test_domain_oauth2_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_oauth2_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_oauth2_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_password_policy_SOURCES = tests/unit/test_domain_password_policy.c
tests_unit_test_domain_password_policy_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_password_policy_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_phone_SOURCES = tests/unit/test_domain_phone.c
tests_unit_test_domain_phone_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_phone_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_refresh_SOURCES = tests/unit/test_domain_refresh.c \
	$(domain_world)
tests_unit_test_domain_refresh_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_refresh_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_refresh_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_rights_SOURCES = tests/unit/test_domain_rights.c \
	$(domain_world)
tests_unit_test_domain_rights_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_rights_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_rights_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_session_SOURCES = tests/unit/test_domain_session.c \
	$(domain_world)
tests_unit_test_domain_session_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_session_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_session_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_token_cache_SOURCES = tests/unit/test_domain_token_cache.c
tests_unit_test_domain_token_cache_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_token_cache_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_reseal_SOURCES = tests/unit/test_domain_reseal.c \
	$(domain_world)
tests_unit_test_domain_reseal_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_reseal_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_reseal_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_outbox_SOURCES = tests/unit/test_domain_outbox.c \
	$(domain_world)
tests_unit_test_domain_outbox_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_outbox_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_outbox_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_watch_rules_SOURCES = tests/unit/test_domain_watch_rules.c
tests_unit_test_domain_watch_rules_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_watch_rules_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_watch_rules_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_sign_in_SOURCES = tests/unit/test_domain_sign_in.c
tests_unit_test_domain_sign_in_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_sign_in_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_two_factor_SOURCES = tests/unit/test_domain_two_factor.c \
	$(domain_world)
tests_unit_test_domain_two_factor_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_two_factor_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_two_factor_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_people_SOURCES = tests/unit/test_domain_people.c \
	$(domain_world)
tests_unit_test_domain_people_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_people_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_people_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_app_settings_SOURCES = tests/unit/test_domain_app_settings.c
tests_unit_test_domain_app_settings_CPPFLAGS = $(DOMAIN_TEST_CPPFLAGS)
tests_unit_test_domain_app_settings_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_app_settings_LDADD = $(DOMAIN_TEST_LIBS)
