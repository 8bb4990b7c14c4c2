# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-base.a
libgh_base_a_SOURCES = \
	src/base/arena.c src/base/arena.h \
	src/base/buf.c src/base/buf.h \
	src/base/clock.c src/base/clock.h \
	src/base/enc.c src/base/enc.h \
	src/base/err.c src/base/err.def src/base/err.h \
	src/base/id.c src/base/id.h \
	src/base/ip.c src/base/ip.h \
	src/base/json_read.c src/base/json_read.h \
	src/base/json_scan.c src/base/json_scan.h \
	src/base/json_write.c src/base/json_write.h \
	src/base/log.c src/base/log.h \
	src/base/mailbox.c src/base/mailbox.h \
	src/base/str.c src/base/str.h \
	src/base/url.c src/base/url.h
