# SPDX-License-Identifier: MIT
# Unit tests by folder; each list is beside its tests.
if HAVE_CMOCKA
include tests/unit/base.mk
include tests/unit/config.mk
include tests/unit/crypto.mk
include tests/unit/store.mk
include tests/unit/domain.mk
include tests/unit/http.mk
include tests/unit/oidc.mk
include tests/unit/api.mk
include tests/unit/fcgi.mk
include tests/unit/server.mk
endif
include tests/fuzz/local.mk
include tests/guard/local.mk
include tests/torture/local.mk

# The tests that read files of the tree. A tarball that lacks one of them fails
# in `make distcheck TESTS='$(shipped_tests)'`; what the others tell has been
# told by `make check`.
shipped_tests = $(GUARDS) tests/guard/check_config tests/guard/check_routes \
	$(fuzz_targets) $(config_tests) tests/unit/test_server_templates \
	tests/unit/test_store_migrate tests/unit/test_domain_account
