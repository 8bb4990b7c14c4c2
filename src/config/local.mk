# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-config.a
libgh_config_a_SOURCES = \
	src/config/config.c src/config/config.h src/config/internal.h \
	src/config/keys.c src/config/keys.h src/config/keys.def \
	src/config/origin.c src/config/origin.h \
	src/config/relation.c src/config/relation.h \
	src/config/provider.c src/config/provider.h \
	src/config/provider_keys.def src/config/provider_presets.def \
	src/config/provider_section.c src/config/provider_section.h \
	src/config/relation_provider.c \
	src/config/report.c src/config/report.h \
	src/config/secret_file.c src/config/secret_file.h \
	src/config/source.c src/config/source.h \
	src/config/value.c src/config/value.h
