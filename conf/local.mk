# SPDX-License-Identifier: MIT
# Samples, installed as data: never over a configuration in use.
sampledir = $(pkgdatadir)/conf
dist_sample_DATA = conf/gatehouse.conf \
	conf/lighttpd-pool.conf conf/lighttpd-spawn.conf \
	conf/apache-proxy.conf conf/apache-fcgid.conf conf/nginx.conf \
	conf/gatehouse.service conf/gatehouse.socket conf/gatehouse.sysusers \
	conf/gatehouse.tmpfiles conf/gatehouse.logrotate conf/fail2ban-filter.conf
