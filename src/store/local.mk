# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-store.a
libgh_store_a_SOURCES =
