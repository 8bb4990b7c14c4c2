# SPDX-License-Identifier: MIT
sbin_PROGRAMS += gatehousectl
gatehousectl_SOURCES = src/ctl/main.c src/ctl/commands.h src/ctl/ctl.c \
	src/ctl/ctl.h src/ctl/ctl_event.c src/ctl/ctl_factor.c src/ctl/ctl_import.c src/ctl/ctl_keys.c src/ctl/ctl_mail.c \
	src/ctl/ctl_dossier.c \
	src/ctl/ctl_right.c \
	src/ctl/ctl_secret.c src/ctl/ctl_session.c \
	src/ctl/ctl_store.c src/ctl/ctl_user.c
gatehousectl_LDADD = $(DOMAIN_LIBS)
