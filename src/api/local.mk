# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-api.a
libgh_api_a_SOURCES = \
	src/api/api.h src/api/call.h \
	src/api/api_answer.c src/api/api_answer.h \
	src/api/api_audit.c src/api/api_audit.h \
	src/api/api_auth.c \
	src/api/api_backend.c \
	src/api/api_claims.c \
	src/api/api_code.c src/api/api_code.h \
	src/api/api_cookie.c src/api/api_cookie.h \
	src/api/api_credentials.c src/api/api_credentials.h \
	src/api/api_csrf.c src/api/api_csrf.h \
	src/api/api_email.c \
	src/api/api_group.c \
	src/api/api_guest.c \
	src/api/api_link.c src/api/api_link.h \
	src/api/api_factor.c \
	src/api/api_meta.c \
	src/api/api_oauth2.c src/api/api_oauth2.h \
	src/api/api_oauth2_answer.c src/api/api_oauth2_answer.h \
	src/api/api_otp.c src/api/api_otp.h \
	src/api/api_page.c src/api/api_page.h \
	src/api/api_page.def src/api/api_page_text.def \
	src/api/api_person.c src/api/api_person.h \
	src/api/api_provider.c src/api/api_provider.h \
	src/api/api_reset.c \
	src/api/api_security.c src/api/api_security.h \
	src/api/api_query.c src/api/api_query.h \
	src/api/api_session.c \
	src/api/api_sign_in.c src/api/api_sign_in.h \
	src/api/api_user.c src/api/api_user.h \
	src/api/api_two_factor.c src/api/api_two_factor.h \
	src/api/api_watch.c src/api/api_watch.h \
	src/api/dispatch.c src/api/dispatch.h \
	src/api/dispatch_body.c src/api/dispatch_body.h \
	src/api/dispatch_limit.c src/api/dispatch_limit.h \
	src/api/routes.c src/api/routes.h \
	src/api/routes_admin.def src/api/routes_admin_fields.def \
	src/api/routes_oauth2.def src/api/routes_oauth2_fields.def \
	src/api/routes_person.def src/api/routes_person_fields.def \
	src/api/routes_provider.def src/api/routes_provider_fields.def
