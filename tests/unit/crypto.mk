# SPDX-License-Identifier: MIT
# Unit tests of src/crypto; wrapped functions fail on demand.
crypto_tests = \
	tests/unit/test_crypto_digest \
	tests/unit/test_crypto_fault \
	tests/unit/test_crypto_jwk \
	tests/unit/test_crypto_jws \
	tests/unit/test_crypto_jwt \
	tests/unit/test_crypto_jwt_claims \
	tests/unit/test_crypto_jwt_forgery \
	tests/unit/test_crypto_keys \
	tests/unit/test_crypto_normal \
	tests/unit/test_crypto_password \
	tests/unit/test_crypto_password_kinds \
	tests/unit/test_crypto_phc \
	tests/unit/test_crypto_seal \
	tests/unit/test_crypto_secret \
	tests/unit/test_crypto_token_cipher \
	tests/unit/test_crypto_totp
check_PROGRAMS += $(crypto_tests)
TESTS += $(crypto_tests)

CRYPTO_TEST_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
CRYPTO_TEST_LIBS = libgh-crypto.a libgh-base.a $(SODIUM_LIBS) $(CRYPTO_LIBS) \
	$(ARGON2_LIBS) $(CRYPT_LIBS) $(JWT_LIBS) $(UNISTRING_LIBS) $(OATH_LIBS) $(CMOCKA_LIBS)
crypto_token = tests/unit/crypto_token.c tests/unit/crypto_token.h

tests_unit_test_crypto_digest_SOURCES = tests/unit/test_crypto_digest.c
tests_unit_test_crypto_digest_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_digest_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_fault_SOURCES = tests/unit/test_crypto_fault.c \
	$(crypto_token)
tests_unit_test_crypto_fault_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_fault_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=getrandom -Wl,--wrap=EVP_Digest -Wl,--wrap=EVP_PKEY_sign \
	-Wl,--wrap=EVP_PKEY_verify -Wl,--wrap=EVP_PKEY_sign_init \
	-Wl,--wrap=EVP_PKEY_Q_keygen -Wl,--wrap=EVP_PKEY2PKCS8 \
	-Wl,--wrap=EVP_PKEY_get_bn_param -Wl,--wrap=sodium_malloc \
	-Wl,--wrap=crypto_kdf_derive_from_key -Wl,--wrap=jwt_new \
	-Wl,--wrap=jwt_get_grants_json -Wl,--wrap=u8_normalize \
	-Wl,--wrap=u8_casefold -Wl,--wrap=mmap -Wl,--wrap=argon2id_ctx \
	-Wl,--wrap=pthread_mutexattr_setrobust -Wl,--wrap=calloc \
	-Wl,--wrap=crypto_aead_xchacha20poly1305_ietf_encrypt
tests_unit_test_crypto_fault_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_jwt_SOURCES = tests/unit/test_crypto_jwt.c \
	$(crypto_token)
tests_unit_test_crypto_jwt_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_jwt_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_jwt_claims_SOURCES = \
	tests/unit/test_crypto_jwt_claims.c $(crypto_token)
tests_unit_test_crypto_jwt_claims_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_jwt_claims_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_jwt_forgery_SOURCES = \
	tests/unit/test_crypto_jwt_forgery.c $(crypto_token)
tests_unit_test_crypto_jwt_forgery_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_jwt_forgery_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_keys_SOURCES = tests/unit/test_crypto_keys.c
tests_unit_test_crypto_keys_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_keys_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_normal_SOURCES = tests/unit/test_crypto_normal.c
tests_unit_test_crypto_normal_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_normal_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_password_SOURCES = tests/unit/test_crypto_password.c
tests_unit_test_crypto_password_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_password_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=argon2id_ctx
tests_unit_test_crypto_password_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_phc_SOURCES = tests/unit/test_crypto_phc.c
tests_unit_test_crypto_phc_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_phc_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_seal_SOURCES = tests/unit/test_crypto_seal.c
tests_unit_test_crypto_seal_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_seal_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_secret_SOURCES = tests/unit/test_crypto_secret.c
tests_unit_test_crypto_secret_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_secret_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_token_cipher_SOURCES = \
	tests/unit/test_crypto_token_cipher.c
tests_unit_test_crypto_token_cipher_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_token_cipher_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_totp_SOURCES = tests/unit/test_crypto_totp.c
tests_unit_test_crypto_totp_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_totp_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_jwk_SOURCES = tests/unit/test_crypto_jwk.c
tests_unit_test_crypto_jwk_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_jwk_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_jws_SOURCES = tests/unit/test_crypto_jws.c
tests_unit_test_crypto_jws_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_jws_LDADD = $(CRYPTO_TEST_LIBS)

tests_unit_test_crypto_password_kinds_SOURCES = \
	tests/unit/test_crypto_password_kinds.c
tests_unit_test_crypto_password_kinds_CFLAGS = $(CRYPTO_TEST_CFLAGS)
tests_unit_test_crypto_password_kinds_LDADD = $(CRYPTO_TEST_LIBS)
