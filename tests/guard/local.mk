# SPDX-License-Identifier: MIT
# Guards are tests too: layers, SQL, headers, hard caps, documents.
GUARDS = tests/guard/check_layers tests/guard/check_sql \
	tests/guard/check_headers tests/guard/check_requirements \
	tests/guard/check_style
include tests/guard/config.mk
include tests/guard/routes.mk
TESTS += $(GUARDS)
EXTRA_DIST += $(GUARDS) tests/guard/lib.sh script/requirements \
	doc/requirements.tsv doc/keys.md
AM_TESTS_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)'; \
	top_builddir='$(abs_top_builddir)'; CC='$(CC)'; \
	CPPFLAGS_GUARD='$(JSONC_CFLAGS) $(MARIADB_CFLAGS)'; \
	export top_srcdir top_builddir CC CPPFLAGS_GUARD;
