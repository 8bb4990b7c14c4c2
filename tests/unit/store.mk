# SPDX-License-Identifier: MIT
# Unit tests of src/store, each against a private MariaDB of its own.
EXTRA_DIST += tests/lib/mariadb doc/database.md

store_tests = tests/unit/test_store_script tests/unit/test_store_db \
	tests/unit/test_store_fault tests/unit/test_store_migrate \
	tests/unit/test_store_session tests/unit/test_store_list \
	tests/unit/test_store_account \
	tests/unit/test_store_event
check_PROGRAMS += $(store_tests)
TESTS += $(store_tests)
store_fixture = tests/unit/store_fixture.c tests/unit/store_fixture.h
store_cppflags = $(AM_CPPFLAGS) $(MARIADB_CFLAGS) \
	-DGATEHOUSE_TEST_SOURCE='"$(abs_top_srcdir)"'
store_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)

tests_unit_test_store_script_SOURCES = tests/unit/test_store_script.c
tests_unit_test_store_script_CFLAGS = $(store_cflags)
tests_unit_test_store_script_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)

tests_unit_test_store_db_SOURCES = tests/unit/test_store_db.c $(store_fixture)
tests_unit_test_store_db_CPPFLAGS = $(store_cppflags)
tests_unit_test_store_db_CFLAGS = $(store_cflags)
tests_unit_test_store_db_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)

tests_unit_test_store_fault_SOURCES = tests/unit/test_store_fault.c \
	tests/unit/store_proxy.c tests/unit/store_proxy.h $(store_fixture)
tests_unit_test_store_fault_CPPFLAGS = $(store_cppflags)
tests_unit_test_store_fault_CFLAGS = $(store_cflags) -pthread
tests_unit_test_store_fault_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)

tests_unit_test_store_migrate_SOURCES = tests/unit/test_store_migrate.c \
	$(store_fixture)
tests_unit_test_store_migrate_CPPFLAGS = $(store_cppflags)
tests_unit_test_store_migrate_CFLAGS = $(store_cflags) -pthread
tests_unit_test_store_migrate_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)

tests_unit_test_store_session_SOURCES = tests/unit/test_store_session.c \
	$(store_fixture)
tests_unit_test_store_session_CPPFLAGS = $(store_cppflags)
tests_unit_test_store_session_CFLAGS = $(store_cflags)
tests_unit_test_store_session_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)

tests_unit_test_store_list_SOURCES = tests/unit/test_store_list.c \
	$(store_fixture)
tests_unit_test_store_list_CPPFLAGS = $(store_cppflags)
tests_unit_test_store_list_CFLAGS = $(store_cflags)
tests_unit_test_store_list_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)

tests_unit_test_store_account_SOURCES = tests/unit/test_store_account.c \
	$(store_fixture)
tests_unit_test_store_account_CPPFLAGS = $(store_cppflags)
tests_unit_test_store_account_CFLAGS = $(store_cflags)
tests_unit_test_store_account_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)

tests_unit_test_store_event_SOURCES = tests/unit/test_store_event.c \
	$(store_fixture)
tests_unit_test_store_event_CPPFLAGS = $(store_cppflags)
tests_unit_test_store_event_CFLAGS = $(store_cflags)
tests_unit_test_store_event_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)
