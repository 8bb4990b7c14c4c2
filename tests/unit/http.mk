# SPDX-License-Identifier: MIT
# Unit tests of src/http. Example of one entry:
# check_PROGRAMS += tests/unit/test_http_x
# TESTS += tests/unit/test_http_x
# tests_unit_test_http_x_SOURCES = tests/unit/test_http_x.c
# tests_unit_test_http_x_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
# tests_unit_test_http_x_LDADD = libgh-http.a … $(CMOCKA_LIBS)
