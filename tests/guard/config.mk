# SPDX-License-Identifier: MIT
# The guard that ties the key table to its sample file and man page, and what
# renews the sample.
TESTS += tests/guard/check_config
EXTRA_DIST += tests/guard/check_config
check_PROGRAMS += tests/guard/print_config
tests_guard_print_config_SOURCES = tests/guard/print_config.c
tests_guard_print_config_LDADD = libgh-config.a libgh-base.a $(INIH_LIBS)

.PHONY: update-sample
update-sample: tests/guard/print_config$(EXEEXT)
	$(AM_V_GEN)sed '/^\[server\]$$/,$$d' $(srcdir)/conf/gatehouse.conf \
		>conf-sample.new
	$(AM_V_at)tests/guard/print_config$(EXEEXT) | \
		sed 's/^\([a-z_]* =\)/#\1/; s/ $$//' >>conf-sample.new
	$(AM_V_at)cp conf-sample.new $(srcdir)/conf/gatehouse.conf
	$(AM_V_at)rm -f conf-sample.new
