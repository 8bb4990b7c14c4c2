# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-base.a
libgh_base_a_SOURCES = \
	src/base/arena.c src/base/arena.h
