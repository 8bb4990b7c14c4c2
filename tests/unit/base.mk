# SPDX-License-Identifier: MIT
# Unit tests of src/base. Example of one entry:
# check_PROGRAMS += tests/unit/test_base_x
# TESTS += tests/unit/test_base_x
# tests_unit_test_base_x_SOURCES = tests/unit/test_base_x.c
# tests_unit_test_base_x_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
# tests_unit_test_base_x_LDADD = libgh-base.a … $(CMOCKA_LIBS)
