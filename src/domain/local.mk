# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-domain.a
libgh_domain_a_SOURCES =
