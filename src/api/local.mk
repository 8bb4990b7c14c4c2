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
	src/api/cdi.c src/api/cdi.h \
	src/api/cdi_user.c src/api/cdi_user.h \
	src/api/cdi_password.c src/api/cdi_password.h src/api/cdi_email.c \
	src/api/cdi_keys.c src/api/cdi_keys.h \
	src/api/cdi_member.c src/api/cdi_member.h \
	src/api/cdi_meta.c src/api/cdi_meta.h \
	src/api/cdi_session.c src/api/cdi_session.h \
	src/api/cdi_people.h src/api/cdi_metadata.c src/api/cdi_role.c \
	src/api/cdi_tenant.c src/api/cdi_tenant.h \
	src/api/cdi_link.c src/api/cdi_totp.c src/api/cdi_totp.h \
	src/api/face.c src/api/face.h \
	src/api/fdi.c src/api/fdi.h \
	src/api/fdi_claims.c src/api/fdi_claims.h \
	src/api/fdi_email.c src/api/fdi_mail.h \
	src/api/fdi_factors.c src/api/fdi_factors.h \
	src/api/fdi_form.c src/api/fdi_form.h \
	src/api/fdi_password.c \
	src/api/fdi_reset.c \
	src/api/fdi_meta.c \
	src/api/fdi_mfa.c src/api/fdi_mfa.h \
	src/api/fdi_routes.h \
	src/api/fdi_session.c \
	src/api/fdi_token.c src/api/fdi_token.h \
	src/api/fdi_totp.c \
	src/api/routes_cdi_meta.def \
	src/api/routes_cdi_app.def src/api/routes_cdi_app_fields.def \
	src/api/routes_cdi_keys.def src/api/routes_cdi_keys_fields.def \
	src/api/routes_cdi_session.def src/api/routes_cdi_session_fields.def \
	src/api/routes_cdi_user.def src/api/routes_cdi_user_fields.def \
	src/api/routes_cdi_people.def src/api/routes_cdi_people_fields.def \
	src/api/routes_fdi.def src/api/routes_fdi_fields.def \
	src/api/routes_admin.def src/api/routes_admin_fields.def \
	src/api/routes_oauth2.def src/api/routes_oauth2_fields.def \
	src/api/routes_person.def src/api/routes_person_fields.def \
	src/api/routes_provider.def src/api/routes_provider_fields.def
