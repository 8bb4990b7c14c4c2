# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-api.a
libgh_api_a_SOURCES =
