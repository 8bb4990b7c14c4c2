# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-fcgi.a
libgh_fcgi_a_SOURCES =
