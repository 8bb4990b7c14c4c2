/* SPDX-License-Identifier: MIT */
/* What people change of their own account rows, without rules. */
#include "store/store_person.h"

#include "store/stmt.h"

/* Whether the statement changed its one row. */
static enum err person_exec(struct db *db, enum stmt_id which,
                            const struct cell *params, bool *done_r)
{
    uint64_t rows = 0;
    enum err e = stmt_exec(db, which, params, &rows);

    if (e == ERR_OK)
        *done_r = rows == 1;
    return e;
}

enum err store_person_profile(struct db *db, const struct id *id,
                              struct str name_sealed, struct str locale)
{
    const struct cell params[] = {
        name_sealed.p == NULL ? CELL_NIL : CELL_B(name_sealed.p, name_sealed.n),
        CELL_S(locale), CELL_ID(id)};

    return stmt_exec(db, STMT_PERSON_PROFILE, params, NULL);
}

enum err store_person_password(struct db *db, const struct id *id,
                               int64_t version, const char *hash, bool *done_r)
{
    const struct cell params[] = {CELL_S(str_of(hash)), CELL_ID(id),
                                  version == 0 ? CELL_NIL : CELL_N(version)};

    return person_exec(db, STMT_PERSON_PASSWORD, params, done_r);
}

enum err store_person_email(struct db *db, const struct id *id,
                            const struct store_address *address, bool *done_r)
{
    const struct cell params[] = {
        CELL_N(address->factor ? 1 : 0), CELL_HASH(address->hash),
        CELL_B(address->sealed.p, address->sealed.n),
        CELL_N(address->verified ? 1 : 0), CELL_ID(id)};

    return person_exec(db, STMT_PERSON_EMAIL, params, done_r);
}

enum err store_person_verified(struct db *db, const struct id *id,
                               const uint8_t email_hash[STORE_HASH_LEN],
                               bool *done_r)
{
    const struct cell params[] = {CELL_ID(id), CELL_HASH(email_hash)};

    return person_exec(db, STMT_PERSON_VERIFIED, params, done_r);
}

enum err store_person_phone(struct db *db, const struct id *id,
                            const struct store_address *phone)
{
    const struct cell params[] = {CELL_HASH(phone->hash),
                                  CELL_B(phone->sealed.p, phone->sealed.n),
                                  CELL_ID(id)};

    return stmt_exec(db, STMT_PERSON_PHONE, params, NULL);
}

enum err store_person_claim(struct db *db, const struct id *id, int64_t version,
                            bool *done_r)
{
    const struct cell params[] = {CELL_ID(id), CELL_N(version)};

    return person_exec(db, STMT_PERSON_CLAIM, params, done_r);
}

enum err store_person_distrust(struct db *db, const struct id *id)
{
    const struct cell params[] = {CELL_ID(id)};

    return stmt_exec(db, STMT_PERSON_DISTRUST, params, NULL);
}
