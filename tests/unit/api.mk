# SPDX-License-Identifier: MIT
# Unit tests of src/api. Example of one entry:
# check_PROGRAMS += tests/unit/test_api_x
# TESTS += tests/unit/test_api_x
# tests_unit_test_api_x_SOURCES = tests/unit/test_api_x.c
# tests_unit_test_api_x_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
# tests_unit_test_api_x_LDADD = libgh-api.a … $(CMOCKA_LIBS)
