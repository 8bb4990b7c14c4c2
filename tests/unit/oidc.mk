# SPDX-License-Identifier: MIT
# Unit tests of src/oidc; fetch() is played by oidc_world.c.
oidc_tests = \
	tests/unit/test_oidc_discovery \
	tests/unit/test_oidc_id_token \
	tests/unit/test_oidc_logout \
	tests/unit/test_oidc_token
check_PROGRAMS += $(oidc_tests)
TESTS += $(oidc_tests)
oidc_world = tests/unit/oidc_world.c tests/unit/oidc_world.h
OIDC_TEST_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
OIDC_TEST_LIBS = libgh-oidc.a libgh-http.a libgh-crypto.a libgh-config.a \
	libgh-base.a $(JSONC_LIBS) $(SODIUM_LIBS) $(CRYPTO_LIBS) $(ARGON2_LIBS) \
	$(CRYPT_LIBS) $(JWT_LIBS) $(UNISTRING_LIBS) $(OATH_LIBS) $(INIH_LIBS) $(CMOCKA_LIBS)

tests_unit_test_oidc_id_token_SOURCES = tests/unit/test_oidc_id_token.c $(oidc_world)
tests_unit_test_oidc_id_token_CFLAGS = $(OIDC_TEST_CFLAGS)
tests_unit_test_oidc_id_token_LDADD = $(OIDC_TEST_LIBS)

tests_unit_test_oidc_discovery_SOURCES = tests/unit/test_oidc_discovery.c $(oidc_world)
tests_unit_test_oidc_discovery_CFLAGS = $(OIDC_TEST_CFLAGS)
tests_unit_test_oidc_discovery_LDADD = $(OIDC_TEST_LIBS)

tests_unit_test_oidc_logout_SOURCES = tests/unit/test_oidc_logout.c $(oidc_world)
tests_unit_test_oidc_logout_CFLAGS = $(OIDC_TEST_CFLAGS)
tests_unit_test_oidc_logout_LDADD = $(OIDC_TEST_LIBS)

tests_unit_test_oidc_token_SOURCES = tests/unit/test_oidc_token.c $(oidc_world)
tests_unit_test_oidc_token_CFLAGS = $(OIDC_TEST_CFLAGS)
tests_unit_test_oidc_token_LDADD = $(OIDC_TEST_LIBS)
