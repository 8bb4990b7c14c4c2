# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-store.a
libgh_store_a_SOURCES = \
	src/store/db.c src/store/db.h src/store/db_conn.h \
	src/store/db_age.c src/store/db_clock.c src/store/db_host.c \
	src/store/migrate.c src/store/migrate.h \
	src/store/migrate_script.c src/store/migrate_script.h \
	src/store/statements.def \
	src/store/stmt.c src/store/stmt.h \
	src/store/store_account.c src/store/store_account.h \
	src/store/store_app.c src/store/store_app.h \
	src/store/store_app_member.c src/store/store_app_member.h \
	src/store/store_app_token.c src/store/store_app_token.h \
	src/store/store_app_user.c src/store/store_app_user.h \
	src/store/store_app_session.c src/store/store_app_session.h \
	src/store/store_app_key.c src/store/store_app_key.h \
	src/store/store_app_metadata.c src/store/store_app_metadata.h \
	src/store/store_app_role.c src/store/store_app_role.h \
	src/store/store_app_link.c src/store/store_app_link.h \
	src/store/store_app_totp.c src/store/store_app_totp.h \
	src/store/store_audit.c src/store/store_audit.h \
	src/store/store_challenge.c src/store/store_challenge.h \
	src/store/store_event.c src/store/store_event.h \
	src/store/store_factor.c src/store/store_factor.h \
	src/store/store_group.c src/store/store_group.h \
	src/store/store_guest.c src/store/store_guest.h \
	src/store/store_identity.c src/store/store_identity.h \
	src/store/store_key.c src/store/store_key.h \
	src/store/store_outbox.c src/store/store_outbox.h \
	src/store/store_person.c src/store/store_person.h \
	src/store/store_dossier.c src/store/store_dossier.h \
	src/store/store_rows.c src/store/store_rows.h \
	src/store/store_sealed.c src/store/store_sealed.h \
	src/store/store_session.c src/store/store_session.h \
	src/store/store_session_rows.h \
	src/store/store_source.c src/store/store_source.h \
	src/store/store_takeover.c src/store/store_takeover.h \
	src/store/store_watch.c src/store/store_watch.h
libgh_store_a_CPPFLAGS = $(AM_CPPFLAGS) $(MARIADB_CFLAGS)
