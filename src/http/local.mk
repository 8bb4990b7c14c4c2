# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-http.a
libgh_http_a_SOURCES =
