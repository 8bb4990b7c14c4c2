# SPDX-License-Identifier: MIT
# Samples, installed as data: never over a configuration in use.
sampledir = $(pkgdatadir)/conf
dist_sample_DATA = conf/gatehouse.conf \
	conf/lighttpd-pool.conf conf/lighttpd-spawn.conf \
	conf/apache-proxy.conf conf/apache-fcgid.conf conf/nginx.conf \
	conf/lighttpd-core.conf conf/apache-core.conf \
	conf/lighttpd-frontend.conf conf/apache-frontend.conf conf/nginx-frontend.conf \
	conf/apache-guard.conf conf/lighttpd-guard.conf \
	conf/lighttpd-guard-ask.lua conf/lighttpd-guard-answer.lua \
	conf/gatehouse.service conf/gatehouse.socket conf/gatehouse.sysusers \
	conf/gatehouse.tmpfiles conf/gatehouse.logrotate conf/fail2ban-filter.conf
