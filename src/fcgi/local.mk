# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-fcgi.a
libgh_fcgi_a_SOURCES = \
	src/fcgi/fcgi.c src/fcgi/fcgi.h \
	src/fcgi/guard.c src/fcgi/guard.h \
	src/fcgi/params.c src/fcgi/params.h
