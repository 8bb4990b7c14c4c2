# SPDX-License-Identifier: MIT
# Unit tests of src/fcgi. Example of one entry:
# check_PROGRAMS += tests/unit/test_fcgi_x
# TESTS += tests/unit/test_fcgi_x
# tests_unit_test_fcgi_x_SOURCES = tests/unit/test_fcgi_x.c
# tests_unit_test_fcgi_x_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
# tests_unit_test_fcgi_x_LDADD = libgh-fcgi.a … $(CMOCKA_LIBS)
