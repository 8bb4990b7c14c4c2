# SPDX-License-Identifier: MIT
# Unit tests of src/server. Each signals, forks and waits on its own.
server_tests = \
	tests/unit/test_server_listen \
	tests/unit/test_server_options \
	tests/unit/test_server_relay \
	tests/unit/test_server_spawn \
	tests/unit/test_server_templates \
	tests/unit/test_server_worker
check_PROGRAMS += $(server_tests)
TESTS += $(server_tests)
server_test_libs = libgh-server.a $(SERVER_LIBS) $(CMOCKA_LIBS)

tests_unit_test_server_listen_SOURCES = tests/unit/test_server_listen.c
tests_unit_test_server_listen_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_server_listen_LDADD = $(server_test_libs)

tests_unit_test_server_options_SOURCES = tests/unit/test_server_options.c
tests_unit_test_server_options_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_server_options_LDADD = $(server_test_libs)

tests_unit_test_server_relay_SOURCES = tests/unit/test_server_relay.c \
	$(fcgi_fixture)
tests_unit_test_server_relay_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_server_relay_LDADD = $(server_test_libs)

tests_unit_test_server_spawn_SOURCES = tests/unit/test_server_spawn.c
tests_unit_test_server_spawn_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_server_spawn_LDADD = $(server_test_libs)

tests_unit_test_server_worker_SOURCES = tests/unit/test_server_worker.c \
	$(fcgi_fixture)
tests_unit_test_server_worker_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_server_worker_LDADD = $(server_test_libs)

tests_unit_test_server_templates_SOURCES = tests/unit/test_server_templates.c
tests_unit_test_server_templates_CPPFLAGS = $(AM_CPPFLAGS) \
	-DGATEHOUSE_TEST_SOURCE='"$(abs_top_srcdir)"'
tests_unit_test_server_templates_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_server_templates_LDADD = $(server_test_libs)
