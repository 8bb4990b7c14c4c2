# SPDX-License-Identifier: MIT
# Unit tests of src/domain. Example of one entry:
# check_PROGRAMS += tests/unit/test_domain_x
# TESTS += tests/unit/test_domain_x
# tests_unit_test_domain_x_SOURCES = tests/unit/test_domain_x.c
# tests_unit_test_domain_x_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
# tests_unit_test_domain_x_LDADD = libgh-domain.a … $(CMOCKA_LIBS)
