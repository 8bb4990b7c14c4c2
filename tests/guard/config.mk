# SPDX-License-Identifier: MIT
# The guard that ties the key table to its sample file and man page.
TESTS += tests/guard/check_config
EXTRA_DIST += tests/guard/check_config
