# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-crypto.a
libgh_crypto_a_SOURCES =
