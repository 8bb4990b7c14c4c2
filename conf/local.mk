# SPDX-License-Identifier: MIT
# Samples, installed as data: never over a configuration in use.
sampledir = $(pkgdatadir)/conf
dist_sample_DATA = conf/gatehouse.conf
