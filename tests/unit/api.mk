# SPDX-License-Identifier: MIT
# Unit tests of src/api: requests through dispatch() over fakes of the rules. The
# real ones are linked behind them, for the routes that no test here calls: of
# two definitions the first counts.
api_tests = \
	tests/unit/test_api_answer \
	tests/unit/test_api_backend \
	tests/unit/test_api_cookie \
	tests/unit/test_api_credentials \
	tests/unit/test_api_csrf \
	tests/unit/test_api_dispatch \
	tests/unit/test_api_face \
	tests/unit/test_api_routes
check_PROGRAMS += $(api_tests)
TESTS += $(api_tests)

api_test_fixture = tests/unit/api_fixture.c tests/unit/api_fixture.h \
	tests/unit/api_fake.c
api_test_cflags = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
api_test_ldflags = $(AM_LDFLAGS) -Wl,-z,muldefs
api_test_libs = $(API_LIBS) $(CMOCKA_LIBS)

tests_unit_test_api_answer_SOURCES = tests/unit/test_api_answer.c \
	$(api_test_fixture)
tests_unit_test_api_answer_CFLAGS = $(api_test_cflags)
tests_unit_test_api_answer_LDFLAGS = $(api_test_ldflags)
tests_unit_test_api_answer_LDADD = $(api_test_libs)

tests_unit_test_api_backend_SOURCES = tests/unit/test_api_backend.c \
	$(api_test_fixture)
tests_unit_test_api_backend_CFLAGS = $(api_test_cflags)
tests_unit_test_api_backend_LDFLAGS = $(api_test_ldflags)
tests_unit_test_api_backend_LDADD = $(api_test_libs)

tests_unit_test_api_cookie_SOURCES = tests/unit/test_api_cookie.c \
	$(api_test_fixture)
tests_unit_test_api_cookie_CFLAGS = $(api_test_cflags)
tests_unit_test_api_cookie_LDFLAGS = $(api_test_ldflags)
tests_unit_test_api_cookie_LDADD = $(api_test_libs)

tests_unit_test_api_credentials_SOURCES = tests/unit/test_api_credentials.c \
	$(api_test_fixture)
tests_unit_test_api_credentials_CFLAGS = $(api_test_cflags)
tests_unit_test_api_credentials_LDFLAGS = $(api_test_ldflags)
tests_unit_test_api_credentials_LDADD = $(api_test_libs)

tests_unit_test_api_csrf_SOURCES = tests/unit/test_api_csrf.c \
	$(api_test_fixture)
tests_unit_test_api_csrf_CFLAGS = $(api_test_cflags)
tests_unit_test_api_csrf_LDFLAGS = $(api_test_ldflags)
tests_unit_test_api_csrf_LDADD = $(api_test_libs)

tests_unit_test_api_dispatch_SOURCES = tests/unit/test_api_dispatch.c \
	$(api_test_fixture)
tests_unit_test_api_dispatch_CFLAGS = $(api_test_cflags)
tests_unit_test_api_dispatch_LDFLAGS = $(api_test_ldflags)
tests_unit_test_api_dispatch_LDADD = $(api_test_libs)

tests_unit_test_api_face_SOURCES = tests/unit/test_api_face.c
tests_unit_test_api_face_CFLAGS = $(api_test_cflags)
tests_unit_test_api_face_LDADD = $(api_test_libs)

tests_unit_test_api_routes_SOURCES = tests/unit/test_api_routes.c \
	$(api_test_fixture)
tests_unit_test_api_routes_CFLAGS = $(api_test_cflags)
tests_unit_test_api_routes_LDFLAGS = $(api_test_ldflags)
tests_unit_test_api_routes_LDADD = $(api_test_libs)
