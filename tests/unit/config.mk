# SPDX-License-Identifier: MIT
# Unit tests of src/config. Example of one entry:
# check_PROGRAMS += tests/unit/test_config_x
# TESTS += tests/unit/test_config_x
# tests_unit_test_config_x_SOURCES = tests/unit/test_config_x.c
# tests_unit_test_config_x_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
# tests_unit_test_config_x_LDADD = libgh-config.a … $(CMOCKA_LIBS)
