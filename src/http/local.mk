# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-http.a
libgh_http_a_SOURCES = \
	src/http/fetch.c src/http/fetch.h \
	src/http/geoip.c src/http/geoip.h \
	src/http/invalid.h \
	src/http/json.c src/http/json.h \
	src/http/origin.c src/http/origin.h \
	src/http/qr_svg.c src/http/qr_svg.h \
	src/http/request.c src/http/request.h \
	src/http/response.c src/http/response.h \
	src/http/router.c src/http/router.h \
	src/http/useragent.c src/http/useragent.h \
	src/http/useragent_rules.c src/http/useragent_rules.h
