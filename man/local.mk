# SPDX-License-Identifier: MIT
dist_man_MANS = man/gatehouse.conf.5 man/gatehouse.8 man/gatehousectl.8
