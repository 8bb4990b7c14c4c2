# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libgh-crypto.a
libgh_crypto_a_SOURCES = \
	src/crypto/digest.c src/crypto/digest.h \
	src/crypto/jwk.c src/crypto/jwk.h \
	src/crypto/jws.c src/crypto/jws.h \
	src/crypto/jwt.c src/crypto/jwt.h \
	src/crypto/jwt_claims.c src/crypto/jwt_claims.h \
	src/crypto/keys.c src/crypto/keys.h \
	src/crypto/keys_ecdsa.c src/crypto/keys_ecdsa.h \
	src/crypto/normal.c src/crypto/normal.h \
	src/crypto/password.c src/crypto/password.h \
	src/crypto/password_common.c src/crypto/password_common.def \
	src/crypto/phc.c src/crypto/phc.h \
	src/crypto/seal.c src/crypto/seal.h \
	src/crypto/secret.c src/crypto/secret.h \
	src/crypto/totp.c src/crypto/totp.h
EXTRA_DIST += script/make-common-passwords
