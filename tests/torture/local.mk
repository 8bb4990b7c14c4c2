# SPDX-License-Identifier: MIT
# What script/test torture preloads into the service; not for sanitizers, which
# have a heap of their own.
torture_sources = tests/torture/torture.c tests/torture/torture_calls.c \
	tests/torture/torture_memory.c
EXTRA_DIST += $(torture_sources) tests/torture/torture.h \
	tests/torture/torture.test.mjs tests/torture/planted.test.mjs \
	tests/torture/random.test.mjs tests/torture/lib/torture.mjs \
	tests/torture/lib/requests.mjs tests/torture/lib/torment.mjs
CLEANFILES += tests/torture/torture.so
tests/torture/torture.so: $(torture_sources) tests/torture/torture.h
	$(AM_V_CCLD)$(MKDIR_P) tests/torture && \
	$(CC) $(AM_CPPFLAGS) $(MARIADB_CFLAGS) $(CRYPTO_CFLAGS) \
		$(SODIUM_CFLAGS) $(ARGON2_CFLAGS) $(GH_WARN) $(CFLAGS) \
		-fno-builtin -fPIC -shared -o $@ \
		$(torture_sources:%=$(srcdir)/%)
