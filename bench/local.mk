# SPDX-License-Identifier: MIT
# What the measurements compare with; built with everything, never installed.
noinst_PROGRAMS += bench/ceiling bench/argon2_rate bench/commit_rate
bench_ceiling_SOURCES = bench/ceiling.c
bench_ceiling_LDADD = $(FCGI_LIBS)
bench_argon2_rate_SOURCES = bench/argon2_rate.c
bench_argon2_rate_CPPFLAGS = $(AM_CPPFLAGS) $(ARGON2_CFLAGS)
bench_argon2_rate_LDADD = $(ARGON2_LIBS) -lpthread
bench_commit_rate_SOURCES = bench/commit_rate.c
bench_commit_rate_CPPFLAGS = $(AM_CPPFLAGS) $(MARIADB_CFLAGS)
bench_commit_rate_LDADD = $(MARIADB_LIBS) -lpthread
EXTRA_DIST += bench/README.md bench/run bench/fill bench/enumeration \
	bench/lib/enumeration.mjs \
	bench/lib/house.mjs bench/lib/main.mjs bench/lib/measure.mjs \
	bench/lib/peers.mjs bench/lib/proc.mjs bench/lib/report.mjs \
	bench/lib/rows.mjs bench/lib/traffic.mjs \
	bench/peers/better-auth/.npmrc \
	bench/peers/better-auth/package.json \
	bench/peers/better-auth/server.mjs \
	bench/wrk/replay.lua bench/wrk/refresh.lua
