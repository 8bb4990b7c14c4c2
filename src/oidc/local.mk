# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-oidc.a
libgh_oidc_a_SOURCES = \
	src/oidc/oidc.c src/oidc/oidc.h \
	src/oidc/oidc_client.c src/oidc/oidc_client.h \
	src/oidc/oidc_form.c src/oidc/oidc_form.h \
	src/oidc/oidc_id_token.c src/oidc/oidc_id_token.h \
	src/oidc/oidc_job.h \
	src/oidc/oidc_jose.c src/oidc/oidc_jose.h \
	src/oidc/oidc_jwks.c src/oidc/oidc_jwks.h \
	src/oidc/oidc_logout.c src/oidc/oidc_logout.h \
	src/oidc/oidc_metadata.c src/oidc/oidc_metadata.h \
	src/oidc/oidc_net.c src/oidc/oidc_net.h \
	src/oidc/oidc_person.c src/oidc/oidc_person.h \
	src/oidc/oidc_shelf.c src/oidc/oidc_shelf.h \
	src/oidc/oidc_token.c src/oidc/oidc_token.h \
	src/oidc/oidc_user_info.c src/oidc/oidc_user_info.h
