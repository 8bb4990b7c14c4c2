# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-oidc.a
libgh_oidc_a_SOURCES = \
	src/oidc/oidc.c src/oidc/oidc.h
