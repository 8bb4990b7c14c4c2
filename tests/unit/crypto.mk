# SPDX-License-Identifier: MIT
# Unit tests of src/crypto. Example of one entry:
# check_PROGRAMS += tests/unit/test_crypto_x
# TESTS += tests/unit/test_crypto_x
# tests_unit_test_crypto_x_SOURCES = tests/unit/test_crypto_x.c
# tests_unit_test_crypto_x_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
# tests_unit_test_crypto_x_LDADD = libgh-crypto.a … $(CMOCKA_LIBS)
