# SPDX-License-Identifier: MIT
# Unit tests of src/fcgi.
fcgi_tests = tests/unit/test_fcgi_guard tests/unit/test_fcgi_read
check_PROGRAMS += $(fcgi_tests)
TESTS += $(fcgi_tests)
fcgi_fixture = tests/unit/fcgi_wire.c tests/unit/fcgi_wire.h
fcgi_libs = libgh-fcgi.a libgh-http.a libgh-base.a $(FCGI_LIBS) $(CMOCKA_LIBS)

tests_unit_test_fcgi_guard_SOURCES = tests/unit/test_fcgi_guard.c $(fcgi_fixture)
tests_unit_test_fcgi_guard_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_fcgi_guard_LDADD = $(fcgi_libs)

tests_unit_test_fcgi_read_SOURCES = tests/unit/test_fcgi_read.c $(fcgi_fixture)
tests_unit_test_fcgi_read_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_fcgi_read_LDADD = $(fcgi_libs)
