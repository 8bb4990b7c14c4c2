# SPDX-License-Identifier: MIT
# Unit tests of src/server. Example of one entry:
# check_PROGRAMS += tests/unit/test_server_x
# TESTS += tests/unit/test_server_x
# tests_unit_test_server_x_SOURCES = tests/unit/test_server_x.c
# tests_unit_test_server_x_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
# tests_unit_test_server_x_LDADD = libgh-server.a … $(CMOCKA_LIBS)
