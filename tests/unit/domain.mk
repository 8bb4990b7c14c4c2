# SPDX-License-Identifier: MIT
# Unit tests of src/domain; domain_world starts a private MariaDB for those that
# need one.
domain_tests = \
	tests/unit/test_domain_lineage \
	tests/unit/test_domain_refresh \
	tests/unit/test_domain_session
check_PROGRAMS += $(domain_tests)
TESTS += $(domain_tests)

DOMAIN_TEST_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(MARIADB_CFLAGS)
DOMAIN_TEST_LIBS = $(DOMAIN_LIBS) $(CMOCKA_LIBS)
domain_world = tests/unit/domain_world.c tests/unit/domain_world.h

tests_unit_test_domain_lineage_SOURCES = tests/unit/test_domain_lineage.c
tests_unit_test_domain_lineage_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_lineage_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_refresh_SOURCES = tests/unit/test_domain_refresh.c \
	$(domain_world)
tests_unit_test_domain_refresh_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_refresh_LDADD = $(DOMAIN_TEST_LIBS)

tests_unit_test_domain_session_SOURCES = tests/unit/test_domain_session.c \
	$(domain_world)
tests_unit_test_domain_session_CFLAGS = $(DOMAIN_TEST_CFLAGS)
tests_unit_test_domain_session_LDADD = $(DOMAIN_TEST_LIBS)
