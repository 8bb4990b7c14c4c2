# SPDX-License-Identifier: MIT
# Unit tests of src/config.
config_tests = tests/unit/test_config_load tests/unit/test_config_bad \
	tests/unit/test_config_secret tests/unit/test_config_origin \
	tests/unit/test_config_provider
check_PROGRAMS += $(config_tests)
TESTS += $(config_tests)
config_fixture = tests/unit/config_fixture.c tests/unit/config_fixture.h
config_test_libs = libgh-config.a libgh-base.a $(INIH_LIBS) $(CMOCKA_LIBS)

tests_unit_test_config_load_SOURCES = tests/unit/test_config_load.c \
	$(config_fixture)
tests_unit_test_config_load_CPPFLAGS = $(AM_CPPFLAGS) \
	-DTOP_SRCDIR='"$(abs_top_srcdir)"'
tests_unit_test_config_load_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_config_load_LDADD = $(config_test_libs)

tests_unit_test_config_bad_SOURCES = tests/unit/test_config_bad.c \
	$(config_fixture)
tests_unit_test_config_bad_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_config_bad_LDADD = $(config_test_libs)

tests_unit_test_config_secret_SOURCES = tests/unit/test_config_secret.c \
	$(config_fixture)
tests_unit_test_config_secret_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_config_secret_LDADD = $(config_test_libs)

tests_unit_test_config_origin_SOURCES = tests/unit/test_config_origin.c
tests_unit_test_config_origin_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_config_origin_LDADD = $(config_test_libs)

tests_unit_test_config_provider_SOURCES = tests/unit/test_config_provider.c \
	$(config_fixture)
tests_unit_test_config_provider_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_config_provider_LDADD = $(config_test_libs)
