# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-config.a
libgh_config_a_SOURCES =
