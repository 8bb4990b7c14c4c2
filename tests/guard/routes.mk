# SPDX-License-Identifier: MIT
# The guard that ties the route table to its documents.
check_PROGRAMS += tests/guard/print_routes
tests_guard_print_routes_SOURCES = tests/guard/print_routes.c
tests_guard_print_routes_LDADD = $(SERVER_LIBS)

TESTS += tests/guard/check_routes
EXTRA_DIST += tests/guard/check_routes doc/api.md doc/routes.md

# Writes what is printed from tables into doc/.
.PHONY: update-docs
update-docs: tests/guard/print_routes$(EXEEXT)
	$(AM_V_GEN)tests/guard/print_routes$(EXEEXT) >doc-routes.tmp && \
		mv doc-routes.tmp '$(srcdir)/doc/routes.md'
