# SPDX-License-Identifier: MIT
# Fuzz targets. `make check` replays the stored corpus through each of them; a
# tree configured with --enable-fuzzing (by script/fuzz) links libFuzzer instead.
EXTRA_DIST += script/fuzz script/lib/fuzz tests/fuzz/corpus tests/fuzz/dict
fuzz_targets = \
	tests/fuzz/fuzz_app_token \
	tests/fuzz/fuzz_bearer \
	tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_cookies \
	tests/fuzz/fuzz_device \
	tests/fuzz/fuzz_email \
	tests/fuzz/fuzz_enc \
	tests/fuzz/fuzz_fcgi \
	tests/fuzz/fuzz_forwarded \
	tests/fuzz/fuzz_guard \
	tests/fuzz/fuzz_ip \
	tests/fuzz/fuzz_json_body \
	tests/fuzz/fuzz_json_scan \
	tests/fuzz/fuzz_json_write \
	tests/fuzz/fuzz_jwt \
	tests/fuzz/fuzz_jwt_claims \
	tests/fuzz/fuzz_oidc \
	tests/fuzz/fuzz_origin \
	tests/fuzz/fuzz_params \
	tests/fuzz/fuzz_phc \
	tests/fuzz/fuzz_query \
	tests/fuzz/fuzz_refresh \
	tests/fuzz/fuzz_seal \
	tests/fuzz/fuzz_sealing_keys \
	tests/fuzz/fuzz_sql \
	tests/fuzz/fuzz_target \
	tests/fuzz/fuzz_token_cipher \
	tests/fuzz/fuzz_useragent
fuzz_common = tests/fuzz/fuzz.c tests/fuzz/fuzz.h
fuzz_token = tests/fuzz/fuzz_token.c tests/fuzz/fuzz_token.h

if FUZZING
EXTRA_PROGRAMS = $(fuzz_targets)
fuzz_link_flags = $(AM_LDFLAGS) -fsanitize=fuzzer
else
check_PROGRAMS += $(fuzz_targets)
TESTS += $(fuzz_targets)
fuzz_common += tests/fuzz/replay.c
fuzz_link_flags = $(AM_LDFLAGS)
endif

fuzz_http_libs = libgh-http.a libgh-base.a $(JSONC_LIBS) $(PCRE2_LIBS) \
	$(YAML_LIBS)
fuzz_crypto_libs = libgh-crypto.a libgh-base.a $(SODIUM_LIBS) $(CRYPTO_LIBS) \
	$(ARGON2_LIBS) $(CRYPT_LIBS) $(JWT_LIBS) $(UNISTRING_LIBS)

# For script/fuzz.
.PHONY: fuzz-targets
fuzz-targets: $(fuzz_targets)

tests_fuzz_fuzz_app_token_SOURCES = tests/fuzz/fuzz_app_token.c $(fuzz_common)
tests_fuzz_fuzz_app_token_CFLAGS = $(AM_CFLAGS) $(MARIADB_CFLAGS)
tests_fuzz_fuzz_app_token_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_app_token_LDADD = $(DOMAIN_LIBS)

tests_fuzz_fuzz_bearer_SOURCES = tests/fuzz/fuzz_bearer.c $(fuzz_common)
tests_fuzz_fuzz_bearer_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_bearer_LDADD = $(fuzz_http_libs)

tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c $(fuzz_common)
tests_fuzz_fuzz_config_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_config_LDADD = libgh-config.a libgh-base.a $(INIH_LIBS)

tests_fuzz_fuzz_cookies_SOURCES = tests/fuzz/fuzz_cookies.c $(fuzz_common)
tests_fuzz_fuzz_cookies_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_cookies_LDADD = $(fuzz_http_libs)

tests_fuzz_fuzz_device_SOURCES = tests/fuzz/fuzz_device.c $(fuzz_token) $(fuzz_common)
tests_fuzz_fuzz_device_CFLAGS = $(AM_CFLAGS) $(MARIADB_CFLAGS)
tests_fuzz_fuzz_device_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_device_LDADD = $(DOMAIN_LIBS)

tests_fuzz_fuzz_email_SOURCES = tests/fuzz/fuzz_email.c $(fuzz_common)
tests_fuzz_fuzz_email_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_email_LDADD = $(fuzz_crypto_libs)

tests_fuzz_fuzz_enc_SOURCES = tests/fuzz/fuzz_enc.c $(fuzz_common)
tests_fuzz_fuzz_enc_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_enc_LDADD = libgh-base.a

tests_fuzz_fuzz_fcgi_SOURCES = tests/fuzz/fuzz_fcgi.c $(fuzz_common)
tests_fuzz_fuzz_fcgi_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_fcgi_LDADD = libgh-fcgi.a $(fuzz_http_libs) $(FCGI_LIBS)

tests_fuzz_fuzz_forwarded_SOURCES = tests/fuzz/fuzz_forwarded.c $(fuzz_common)
tests_fuzz_fuzz_forwarded_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_forwarded_LDADD = $(fuzz_http_libs)

tests_fuzz_fuzz_guard_SOURCES = tests/fuzz/fuzz_guard.c $(fuzz_common)
tests_fuzz_fuzz_guard_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_guard_LDADD = libgh-fcgi.a libgh-base.a

tests_fuzz_fuzz_ip_SOURCES = tests/fuzz/fuzz_ip.c $(fuzz_common)
tests_fuzz_fuzz_ip_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_ip_LDADD = libgh-base.a

tests_fuzz_fuzz_json_body_SOURCES = tests/fuzz/fuzz_json_body.c $(fuzz_common)
tests_fuzz_fuzz_json_body_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_json_body_LDADD = $(fuzz_http_libs)

tests_fuzz_fuzz_json_scan_SOURCES = tests/fuzz/fuzz_json_scan.c $(fuzz_common)
tests_fuzz_fuzz_json_scan_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
tests_fuzz_fuzz_json_scan_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_json_scan_LDADD = libgh-base.a $(JSONC_LIBS)

tests_fuzz_fuzz_json_write_SOURCES = tests/fuzz/fuzz_json_write.c $(fuzz_common)
tests_fuzz_fuzz_json_write_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_json_write_LDADD = $(fuzz_http_libs)

tests_fuzz_fuzz_jwt_SOURCES = tests/fuzz/fuzz_jwt.c $(fuzz_token) $(fuzz_common)
tests_fuzz_fuzz_jwt_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_jwt_LDADD = $(fuzz_crypto_libs)

tests_fuzz_fuzz_jwt_claims_SOURCES = tests/fuzz/fuzz_jwt_claims.c $(fuzz_token) $(fuzz_common)
tests_fuzz_fuzz_jwt_claims_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_jwt_claims_LDADD = $(fuzz_crypto_libs)

tests_fuzz_fuzz_oidc_SOURCES = tests/fuzz/fuzz_oidc.c $(fuzz_common)
tests_fuzz_fuzz_oidc_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_oidc_LDADD = libgh-oidc.a libgh-http.a $(fuzz_crypto_libs) $(JSONC_LIBS)

tests_fuzz_fuzz_origin_SOURCES = tests/fuzz/fuzz_origin.c $(fuzz_common)
tests_fuzz_fuzz_origin_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_origin_LDADD = libgh-config.a $(fuzz_http_libs)

tests_fuzz_fuzz_params_SOURCES = tests/fuzz/fuzz_params.c $(fuzz_common)
tests_fuzz_fuzz_params_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_params_LDADD = libgh-fcgi.a $(fuzz_http_libs) $(FCGI_LIBS)

tests_fuzz_fuzz_phc_SOURCES = tests/fuzz/fuzz_phc.c $(fuzz_common)
tests_fuzz_fuzz_phc_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_phc_LDADD = $(fuzz_crypto_libs)

tests_fuzz_fuzz_query_SOURCES = tests/fuzz/fuzz_query.c $(fuzz_common)
tests_fuzz_fuzz_query_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_query_LDADD = $(fuzz_http_libs)

tests_fuzz_fuzz_refresh_SOURCES = tests/fuzz/fuzz_refresh.c $(fuzz_token) $(fuzz_common)
tests_fuzz_fuzz_refresh_CFLAGS = $(AM_CFLAGS) $(MARIADB_CFLAGS)
tests_fuzz_fuzz_refresh_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_refresh_LDADD = $(DOMAIN_LIBS)

tests_fuzz_fuzz_seal_SOURCES = tests/fuzz/fuzz_seal.c $(fuzz_token) $(fuzz_common)
tests_fuzz_fuzz_seal_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_seal_LDADD = $(fuzz_crypto_libs)

tests_fuzz_fuzz_sealing_keys_SOURCES = tests/fuzz/fuzz_sealing_keys.c $(fuzz_common)
tests_fuzz_fuzz_sealing_keys_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_sealing_keys_LDADD = $(fuzz_crypto_libs)

tests_fuzz_fuzz_sql_SOURCES = tests/fuzz/fuzz_sql.c $(fuzz_common)
tests_fuzz_fuzz_sql_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_sql_LDADD = $(STORE_LIBS)

tests_fuzz_fuzz_target_SOURCES = tests/fuzz/fuzz_target.c $(fuzz_common)
tests_fuzz_fuzz_target_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_target_LDADD = $(fuzz_http_libs)

tests_fuzz_fuzz_token_cipher_SOURCES = tests/fuzz/fuzz_token_cipher.c $(fuzz_common)
tests_fuzz_fuzz_token_cipher_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_token_cipher_LDADD = $(fuzz_crypto_libs)

tests_fuzz_fuzz_useragent_SOURCES = tests/fuzz/fuzz_useragent.c $(fuzz_common)
tests_fuzz_fuzz_useragent_LDFLAGS = $(fuzz_link_flags)
tests_fuzz_fuzz_useragent_LDADD = $(fuzz_http_libs)
