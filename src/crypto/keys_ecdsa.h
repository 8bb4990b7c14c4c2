/* SPDX-License-Identifier: MIT */
/* The two forms of an ECDSA P-256 signature: r||s of JWS (RFC 7518 section
 * 3.4) and the DER that OpenSSL speaks. */
#ifndef GATEHOUSE_CRYPTO_KEYS_ECDSA_H
#define GATEHOUSE_CRYPTO_KEYS_ECDSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYS_ECDSA_LEN 64
#define KEYS_ECDSA_DER_MAX 72

/* r||s of an n-byte DER signature. false when it is not one of P-256. */
bool keys_ecdsa_raw(const uint8_t *der, size_t n, uint8_t out[KEYS_ECDSA_LEN]);

/* Is n KEYS_ECDSA_LEN, and are both numbers of r||s in [1, order - 1]? */
bool keys_ecdsa_sound(const uint8_t *raw, size_t n);

/* DER of a sound r||s. false for want of memory only. */
bool keys_ecdsa_der(const uint8_t raw[KEYS_ECDSA_LEN],
                    uint8_t out[KEYS_ECDSA_DER_MAX], size_t *n_r);

#endif
