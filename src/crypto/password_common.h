/* SPDX-License-Identifier: MIT */
/* The built-in list of common passwords, as hashes. */
#ifndef GATEHOUSE_CRYPTO_PASSWORD_COMMON_H
#define GATEHOUSE_CRYPTO_PASSWORD_COMMON_H

#include <stddef.h>
#include <stdint.h>

/* The first 8 bytes (big endian) of the SHA-256 of each password in lower
 * case, sorted. Made by script/make-common-passwords. */
extern const uint64_t password_common_table[];

/* How many there are. */
extern const size_t password_common_n;

#endif
