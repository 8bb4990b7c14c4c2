# SPDX-License-Identifier: MIT
# Unit tests of src/store. Example of one entry:
# check_PROGRAMS += tests/unit/test_store_x
# TESTS += tests/unit/test_store_x
# tests_unit_test_store_x_SOURCES = tests/unit/test_store_x.c
# tests_unit_test_store_x_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
# tests_unit_test_store_x_LDADD = libgh-store.a … $(CMOCKA_LIBS)
