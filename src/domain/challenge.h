/* SPDX-License-Identifier: MIT */
/* Secrets that are good once: attempts at a second factor, codes, mailed links.
 * One piece of code decides tries, end and single use for all of them. */
#ifndef GATEHOUSE_DOMAIN_CHALLENGE_H
#define GATEHOUSE_DOMAIN_CHALLENGE_H

#include <stdint.h>

#include "base/err.h"
#include "crypto/digest.h"
#include "domain/ctx.h"

/* What a challenge is for; one kind is never taken for another. */
enum challenge_kind {
    CHALLENGE_SIGN_IN,      /* the second factor of a sign-in is awaited */
    CHALLENGE_STEP_UP,      /* the same of a step-up */
    CHALLENGE_FACTOR_CODE,  /* a mailed code, as a factor */
    CHALLENGE_SIGN_IN_CODE, /* a code by mail or SMS that signs in alone */
    CHALLENGE_VERIFY_EMAIL, /* the links: */
    CHALLENGE_CHANGE_EMAIL,
    CHALLENGE_RESET,
    CHALLENGE_NOT_ME,
    CHALLENGE_OAUTH2, /* the way back from a provider */
    CHALLENGE_COUNT
};

/* A challenge in hand. Texts in the arena. */
struct challenge {
    struct id id;
    struct id account_id;  /* nil: none */
    struct id session_id;  /* nil: bound to none */
    struct digest address; /* keyed hash (address_lookup); zero: none */
    struct str payload;    /* what it carries, kept sealed; may be empty */
    int64_t tries;         /* left */
    int64_t lifetime_s;    /* for challenge_make */
    int64_t created_us, expires_us;
    bool used;
};

/* Stores a challenge for secret (a code or the random part of a link; empty for
 * an attempt, which is proved by a factor), and uses up the older ones of its
 * kind and account, or else kind and address: of codes and links only the
 * newest counts. Attempts (CHALLENGE_SIGN_IN, CHALLENGE_STEP_UP,
 * CHALLENGE_OAUTH2) and what is about one session (CHALLENGE_NOT_ME) stay
 * beside each other. ch: account_id, session_id, address, payload, tries,
 * lifetime_s; its id is set here. Part of the caller's transaction. */
enum err challenge_make(struct ctx *c, enum challenge_kind kind,
                        struct challenge *ch, struct str secret);

/* Looks at it; whatever its state. ERR_NOT_FOUND: unknown, another kind or
 * realm. */
enum err challenge_find(struct ctx *c, enum challenge_kind kind,
                        const struct id *id, struct challenge *ch_r);

/* The newest of kind for an address. ERR_NOT_FOUND. */
enum err challenge_find_address(struct ctx *c, enum challenge_kind kind,
                                const struct digest *address,
                                struct challenge *ch_r);

/* Takes one of its tries, outside any transaction, so that it counts whatever
 * follows. ERR_NOT_FOUND as above or used up already, ERR_CODE_EXPIRED past its
 * end, ERR_CODE_TRIES when none is left. */
enum err challenge_try(struct ctx *c, enum challenge_kind kind,
                       const struct id *id, struct challenge *ch_r);

/* Is secret the one it was made for? In constant time. ERR_CODE_WRONG. */
enum err challenge_compare(struct ctx *c, enum challenge_kind kind,
                           const struct id *id, struct str secret);

/* Uses it up: of parallel callers one gets ERR_OK, the others ERR_NOT_FOUND. In
 * the caller's transaction, together with what it allows. */
enum err challenge_use(struct ctx *c, enum challenge_kind kind,
                       const struct id *id);

/* Uses up all of kind that an account has. */
enum err challenge_drop(struct ctx *c, enum challenge_kind kind,
                        const struct id *account);

/* A code of n digits (at most 12) from the CSPRNG, each equally likely. */
enum err challenge_code(struct ctx *c, unsigned n, struct str *code_r);

/* Makes a challenge with a random secret of 256 bits; token_r is the text for
 * the link: id and secret in base64url. Tries are not counted: it cannot be
 * guessed. */
enum err challenge_link_make(struct ctx *c, enum challenge_kind kind,
                             struct challenge *ch, struct str *token_r);

/* The challenge a link's token names, its secret compared, whatever its state.
 * ERR_LINK_INVALID for a malformed, unknown or foreign one. */
enum err challenge_link_find(struct ctx *c, enum challenge_kind kind,
                             struct str token, struct challenge *ch_r);

/* The challenge a link's token names, its secret compared; nothing is used up.
 * ERR_LINK_INVALID for a malformed, unknown, foreign or used one,
 * ERR_LINK_EXPIRED. */
enum err challenge_link_open(struct ctx *c, enum challenge_kind kind,
                             struct str token, struct challenge *ch_r);

#endif
