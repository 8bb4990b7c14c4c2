# SPDX-License-Identifier: MIT
# Unit tests of src/http.
http_tests = \
	tests/unit/test_http_credentials \
	tests/unit/test_http_fetch \
	tests/unit/test_http_json \
	tests/unit/test_http_origin \
	tests/unit/test_http_qr_svg \
	tests/unit/test_http_request \
	tests/unit/test_http_response \
	tests/unit/test_http_router \
	tests/unit/test_http_useragent
check_PROGRAMS += $(http_tests)
TESTS += $(http_tests)
http_fixture = tests/unit/http_fixture.c tests/unit/http_fixture.h
http_libs = libgh-http.a libgh-base.a $(MAXMINDDB_LIBS) -lm $(JSONC_LIBS) $(PCRE2_LIBS) $(YAML_LIBS) \
	$(CMOCKA_LIBS)

tests_unit_test_http_credentials_SOURCES = tests/unit/test_http_credentials.c $(http_fixture)
tests_unit_test_http_credentials_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_http_credentials_LDADD = $(http_libs)

tests_unit_test_http_fetch_SOURCES = tests/unit/test_http_fetch.c
tests_unit_test_http_fetch_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_http_fetch_LDADD = $(http_libs) $(CURL_LIBS)

tests_unit_test_http_json_SOURCES = tests/unit/test_http_json.c $(http_fixture)
tests_unit_test_http_json_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_http_json_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=json_tokener_new \
	-Wl,--wrap=json_object_to_json_string_length
tests_unit_test_http_json_LDADD = $(http_libs)

tests_unit_test_http_origin_SOURCES = tests/unit/test_http_origin.c $(http_fixture)
tests_unit_test_http_origin_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_http_origin_LDADD = $(http_libs)

tests_unit_test_http_request_SOURCES = tests/unit/test_http_request.c $(http_fixture)
tests_unit_test_http_request_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_http_request_LDADD = $(http_libs)

tests_unit_test_http_response_SOURCES = tests/unit/test_http_response.c $(http_fixture)
tests_unit_test_http_response_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_http_response_LDADD = $(http_libs)

tests_unit_test_http_router_SOURCES = tests/unit/test_http_router.c $(http_fixture)
tests_unit_test_http_router_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_http_router_LDADD = $(http_libs)

tests_unit_test_http_useragent_SOURCES = tests/unit/test_http_useragent.c $(http_fixture)
tests_unit_test_http_useragent_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_http_useragent_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=pcre2_match_data_create_8 -Wl,--wrap=yaml_parser_initialize
tests_unit_test_http_useragent_LDADD = $(http_libs)

tests_unit_test_http_qr_svg_SOURCES = tests/unit/test_http_qr_svg.c
tests_unit_test_http_qr_svg_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_http_qr_svg_LDADD = $(http_libs) $(QRENCODE_LIBS)
