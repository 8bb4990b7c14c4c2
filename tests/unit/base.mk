# SPDX-License-Identifier: MIT
# Unit tests of src/base; wrapped functions fail on demand.
base_tests = \
	tests/unit/test_base_str \
	tests/unit/test_base_arena \
	tests/unit/test_base_enc \
	tests/unit/test_base_id \
	tests/unit/test_base_ip \
	tests/unit/test_base_json_read \
	tests/unit/test_base_json_scan \
	tests/unit/test_base_json_write \
	tests/unit/test_base_log
check_PROGRAMS += $(base_tests)
TESTS += $(base_tests)

tests_unit_test_base_str_SOURCES = tests/unit/test_base_str.c
tests_unit_test_base_str_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_str_LDADD = libgh-base.a $(CMOCKA_LIBS)

tests_unit_test_base_arena_SOURCES = tests/unit/test_base_arena.c
tests_unit_test_base_arena_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_arena_LDADD = libgh-base.a $(CMOCKA_LIBS)

tests_unit_test_base_enc_SOURCES = tests/unit/test_base_enc.c
tests_unit_test_base_enc_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_enc_LDADD = libgh-base.a $(CMOCKA_LIBS)

tests_unit_test_base_id_SOURCES = tests/unit/test_base_id.c
tests_unit_test_base_id_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_id_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getrandom
tests_unit_test_base_id_LDADD = libgh-base.a $(CMOCKA_LIBS)

tests_unit_test_base_ip_SOURCES = tests/unit/test_base_ip.c
tests_unit_test_base_ip_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_ip_LDADD = libgh-base.a $(CMOCKA_LIBS)

tests_unit_test_base_json_read_SOURCES = tests/unit/test_base_json_read.c
tests_unit_test_base_json_read_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_json_read_LDADD = libgh-base.a $(CMOCKA_LIBS)

tests_unit_test_base_json_scan_SOURCES = tests/unit/test_base_json_scan.c
tests_unit_test_base_json_scan_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_json_scan_LDADD = libgh-base.a $(CMOCKA_LIBS)

tests_unit_test_base_json_write_SOURCES = tests/unit/test_base_json_write.c
tests_unit_test_base_json_write_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_json_write_LDADD = libgh-base.a $(CMOCKA_LIBS)

tests_unit_test_base_log_SOURCES = tests/unit/test_base_log.c
tests_unit_test_base_log_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_base_log_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=write,--wrap=openlog \
	-Wl,--wrap=syslog,--wrap=__syslog_chk
tests_unit_test_base_log_LDADD = libgh-base.a $(CMOCKA_LIBS)
