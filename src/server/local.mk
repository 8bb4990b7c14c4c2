# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-server.a
libgh_server_a_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
libgh_server_a_SOURCES = \
	src/server/background.c src/server/background.h \
	src/server/courier.c src/server/courier.h \
	src/server/courier_gateway.c \
	src/server/courier_message.c src/server/courier_message.h \
	src/server/courier_net.c src/server/courier_net.h \
	src/server/courier_pipe.c \
	src/server/courier_render.c src/server/courier_render.h \
	src/server/courier_smtp.c src/server/courier_transport.h \
	src/server/desk.c src/server/desk.h \
	src/server/listen.c src/server/listen.h src/server/listen_peers.c \
	src/server/master.c src/server/master.h \
	src/server/notify.c src/server/notify.h \
	src/server/options.c src/server/options.h \
	src/server/process.c src/server/process.h \
	src/server/relay.c src/server/relay.h \
	src/server/scoreboard.c src/server/scoreboard.h \
	src/server/service.c src/server/service.h \
	src/server/signals.c src/server/signals.h \
	src/server/spawn.c src/server/spawn.h \
	src/server/worker.c src/server/worker.h

sbin_PROGRAMS += gatehouse
gatehouse_SOURCES = src/server/main.c
gatehouse_LDADD = libgh-server.a $(SERVER_LIBS)
